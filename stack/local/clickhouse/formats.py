"""What stands around the engine's bytes: content types, the empty Native block, summaries, the exception trailer."""

import json
import secrets
from collections.abc import Sequence
from typing import Any

DEFAULT_FORMAT = "TabSeparated"
STREAMED = {
    "Native",
    "RowBinary",
    "TSV",
    "TabSeparated",
    "TSVRaw",
    "TabSeparatedRaw",
    "CSV",
    "JSONEachRow",
    "JSONLines",
    "NDJSON",
    "JSONCompactEachRow",
}
"""Formats whose chunks can be put together; the others repeat their header in each chunk."""

CONTENT_TYPES = {
    "CSV": "text/csv; charset=UTF-8; header=absent",
    "CSVWithNames": "text/csv; charset=UTF-8; header=present",
    "JSON": "application/json; charset=UTF-8",
    "JSONCompact": "application/json; charset=UTF-8",
    "JSONEachRow": "application/x-ndjson; charset=UTF-8",
    "Native": "application/octet-stream",
    "RowBinary": "application/octet-stream",
    "Arrow": "application/octet-stream",
    "ArrowStream": "application/octet-stream",
    "Parquet": "application/octet-stream",
}


def content_type(name: str) -> str:
    return CONTENT_TYPES.get(name, "text/tab-separated-values; charset=UTF-8")


def native_header(columns: Sequence[tuple[str, str]]) -> bytes:
    """A Native block of no rows: how a server tells the columns of an empty result."""
    parts = [_varint(len(columns)), _varint(0)]
    for column in columns:
        for text in column:
            parts += [_varint(len(text.encode())), text.encode()]
    return b"".join(parts)


def _varint(number: int) -> bytes:
    written = bytearray()
    while number > 0x7F:
        written.append(number & 0x7F | 0x80)
        number >>= 7
    written.append(number)
    return bytes(written)


def exception_tag() -> str:
    """Sixteen letters that tell a trailer from data which look like one."""
    return secrets.token_hex(8)


def exception_trailer(tag: str, message: str) -> bytes:
    """The end of a stream that failed after its status was sent."""
    said = message.encode()
    return b"\r\n__exception__\r\n%b\r\n%b\n%d %b\r\n__exception__\r\n" % (
        tag.encode(),
        said,
        len(said) + 1,
        tag.encode(),
    )


def summary(result: Any = None) -> str:
    """`X-ClickHouse-Summary` of a query's or an insert's result; numbers are strings, as a server sends them."""
    numbers = {
        "read_rows": _number(result, "storage_rows_read"),
        "read_bytes": _number(result, "storage_bytes_read"),
        "written_rows": _number(result, "rows_written"),
        "written_bytes": _number(result, "bytes_written"),
        "total_rows_to_read": 0,
        "result_rows": _number(result, "rows_read"),
        "result_bytes": _number(result, "bytes_read"),
        "elapsed_ns": int(_number(result, "elapsed") * 1_000_000_000),
    }
    return json.dumps({name: str(int(number)) for name, number in numbers.items()})


def _number(result: Any, name: str) -> float:
    """Query results have methods where insert results have values."""
    value = getattr(result, name, 0)
    return float(value() if callable(value) else value)
