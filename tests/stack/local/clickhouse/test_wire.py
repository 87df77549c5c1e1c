"""Bytes and headers, without an engine: encodings, the empty block, the trailer, the users."""

import gzip
import zlib
from base64 import b64encode
from pathlib import Path

import lz4.frame
import pytest
from clickhouse_connect.driver.transform import extract_exception_with_tag
from pydantic import SecretStr

from stack.local.clickhouse.compression import Decoder, accepted, encode
from stack.local.clickhouse.errors import ClickHouseError
from stack.local.clickhouse.formats import exception_tag, exception_trailer, native_header
from stack.local.clickhouse.users import Users
from stack.settings import Settings

DATA = b"some rows\n" * 5_000


class TestDecoder:
    @pytest.mark.parametrize(
        ("encoding", "encoded"),
        [
            ("", DATA),
            ("lz4", lz4.frame.compress(DATA)),
            ("lz4", lz4.frame.compress(DATA[:7_000]) + lz4.frame.compress(DATA[7_000:])),
            ("gzip", gzip.compress(DATA)),
            ("gzip", gzip.compress(DATA[:70]) + gzip.compress(DATA[70:])),
            ("deflate", zlib.compress(DATA)),
        ],
    )
    @pytest.mark.parametrize("size", [1, 37, 1 << 20])
    def test_decodes_in_any_pieces(self, encoding: str, encoded: bytes, size: int) -> None:
        decoder = Decoder(encoding)
        pieces = [encoded[start : start + size] for start in range(0, len(encoded), size)]
        assert b"".join(decoder.decode(piece) for piece in pieces) == DATA
        decoder.finish()

    def test_refuses_garbage(self) -> None:
        with pytest.raises(ClickHouseError, match="Cannot decompress"):
            Decoder("lz4").decode(b"not a frame at all")

    def test_refuses_a_body_that_stops_early(self) -> None:
        decoder = Decoder("gzip")
        decoder.decode(gzip.compress(DATA)[:-10])
        with pytest.raises(ClickHouseError, match="too early"):
            decoder.finish()

    def test_refuses_what_it_does_not_know(self) -> None:
        with pytest.raises(ClickHouseError, match="Unknown compression method: snappy"):
            Decoder("snappy")

    def test_writes_the_first_that_it_can(self) -> None:
        assert accepted("br, zstd, lz4;q=1, gzip") == "lz4"
        assert accepted("identity") is None
        assert gzip.decompress(encode(DATA, "gzip")) == DATA


class TestFormats:
    def test_tells_the_columns_of_nothing(self) -> None:
        assert native_header([("a", "UInt8"), ("é", "String")]) == b"\x02\x00\x01a\x05UInt8\x02\xc3\xa9\x06String"

    def test_a_client_finds_the_exception(self) -> None:
        tag = exception_tag()
        stream = b"rows rows" + exception_trailer(tag, "Code: 1. DB::Exception: oh\nno. (X)")
        assert extract_exception_with_tag(stream, tag) == "Code: 1. DB::Exception: oh\nno. (X)"


class TestUsers:
    @pytest.fixture
    def users(self, tmp_path: Path) -> Users:
        return Users(
            Settings(home=tmp_path, clickhouse_password=SecretStr("pa:ss"), clickhouse_reader_password=SecretStr(""))
        )

    def test_by_basic(self, users: Users) -> None:
        headers = {"authorization": "Basic " + b64encode(b"campus:pa:ss").decode()}
        assert not users.authenticate(headers, {}).read_only

    def test_by_header_and_by_url(self, users: Users) -> None:
        by_header = users.authenticate({"x-clickhouse-user": "campus", "x-clickhouse-key": "pa:ss"}, {})
        assert by_header == users.authenticate({}, {"user": "campus", "password": "pa:ss"})

    @pytest.mark.parametrize(
        "given",
        [
            {},
            {"user": "campus"},
            {"user": "campus", "password": "wrong"},
            {"user": "root", "password": "pa:ss"},
            {"user": "campus_reader", "password": ""},
            {"user": "nobody", "password": ""},
        ],
    )
    def test_refuses_the_others(self, users: Users, given: dict[str, str]) -> None:
        with pytest.raises(ClickHouseError, match="Authentication failed") as caught:
            users.authenticate({}, given)
        assert (caught.value.code, caught.value.status) == (516, 403)
