"""Content encodings that ClickHouse's clients use: lz4 frames, gzip, deflate."""

import gzip
import zlib
from collections.abc import Callable
from typing import Protocol

import lz4.frame

from stack.local.clickhouse.errors import CANNOT_DECOMPRESS, UNKNOWN_COMPRESSION_METHOD, ClickHouseError


class Stream(Protocol):
    """One compressed member; `eof` says that it is whole and `unused_data` what came after."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes | None: ...
    def decompress(self, data: bytes, /) -> bytes: ...


STREAMS: dict[str, Callable[[], Stream]] = {
    "lz4": lz4.frame.LZ4FrameDecompressor,
    "gzip": lambda: zlib.decompressobj(31),
    "deflate": zlib.decompressobj,
}
COMPRESSIONS: dict[str, Callable[[bytes], bytes]] = {
    "lz4": lambda data: lz4.frame.compress(data, store_size=False),
    "gzip": lambda data: gzip.compress(data, compresslevel=1),
}


class Decoder:
    """Decodes a body piece by piece. Clients send a frame per block, so members follow each other."""

    def __init__(self, encoding: str) -> None:
        if encoding not in ("", "identity") and encoding not in STREAMS:
            raise ClickHouseError(UNKNOWN_COMPRESSION_METHOD, f"Unknown compression method: {encoding}")
        self._make = STREAMS.get(encoding)
        self._stream: Stream | None = None

    def decode(self, data: bytes) -> bytes:
        if self._make is None:
            return data
        decoded = []
        try:
            while data:
                self._stream = self._stream or self._make()
                decoded.append(self._stream.decompress(data))
                data = b""
                if self._stream.eof:
                    data, self._stream = self._stream.unused_data or b"", None
        except (RuntimeError, zlib.error, EOFError) as error:
            raise ClickHouseError(CANNOT_DECOMPRESS, f"Cannot decompress the body: {error}") from error
        return b"".join(decoded)

    def finish(self) -> None:
        """Refuses a body that stops inside a member."""
        if self._stream is not None:
            raise ClickHouseError(CANNOT_DECOMPRESS, "Cannot decompress the body: it ends too early")


def accepted(header: str) -> str | None:
    """The first encoding that the client accepts and we can write."""
    wanted = (part.split(";")[0].strip().lower() for part in header.split(","))
    return next((name for name in wanted if name in COMPRESSIONS), None)


def encode(data: bytes, encoding: str | None) -> bytes:
    return COMPRESSIONS[encoding](data) if encoding else data
