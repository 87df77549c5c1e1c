"""A request of ClickHouse's HTTP interface: what the URL, the headers and a multipart form say, and its body."""

import re
import uuid
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from python_multipart import create_form_parser

from stack.local.clickhouse.compression import Decoder, accepted
from stack.local.clickhouse.errors import (
    BAD_REQUEST_PARAMETER,
    QUERY_IS_TOO_LARGE,
    UNKNOWN_SETTING,
    ClickHouseError,
    ClientGone,
)

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

BODY_LIMIT_BYTES = 256 << 20
"""For what must be held whole: statements, forms with external data. The data of an INSERT are streamed."""

# Names that are no settings, or settings of the HTTP handler that mean nothing to the engine in-process.
RESERVED = {
    "buffer_size",
    "cancel_http_readonly_queries_on_client_close",
    "client_protocol_version",
    "compress",
    "database",
    "decompress",
    "default_format",
    "enable_http_compression",
    "http_headers_progress_interval_ms",
    "password",
    "query",
    "query_id",
    "quota_key",
    "role",
    "send_progress_in_http_headers",
    "session_check",
    "session_id",
    "session_timeout",
    "stacktrace",
    "user",
    "wait_end_of_query",
}
SETTING_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")
EXTERNAL = re.compile(r"(.+)_(format|structure|types)")


@dataclass(frozen=True)
class ExternalTable:
    """A file of the form that the query reads like a table."""

    name: str
    structure: str
    format: str
    data: bytes


@dataclass
class Request:
    method: str
    path: str
    headers: Mapping[str, str]
    url: Mapping[str, str]
    query: bytes = b""
    parameters: dict[str, str] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)
    external: list[ExternalTable] = field(default_factory=list)

    @classmethod
    def of(cls, scope: Scope) -> "Request":
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        said = scope["query_string"].decode("latin-1")
        url = dict(parse_qsl(said, keep_blank_values=True, errors="surrogateescape"))
        query = url.get("query", "").encode(errors="surrogateescape")
        request = cls(scope["method"], scope["path"], headers, url, query)
        request.parameters = {name[6:]: value for name, value in url.items() if name.startswith("param_")}
        return request

    def read_settings(self, external: Mapping[str, object]) -> None:
        """What is left of the URL is a setting, except the descriptions of the form's files."""
        for name, value in self.url.items():
            described = EXTERNAL.fullmatch(name)
            if name in RESERVED or name.startswith("param_") or (described and described[1] in external):
                continue
            if not SETTING_NAME.fullmatch(name):
                raise ClickHouseError(UNKNOWN_SETTING, f"Unknown setting '{name}'")
            self.settings[name] = value

    @property
    def is_form(self) -> bool:
        return self.headers.get("content-type", "").startswith("multipart/form-data")

    @property
    def query_id(self) -> str:
        if "query_id" not in self.url or not self.url["query_id"]:
            self.url = {**self.url, "query_id": str(uuid.uuid4())}
        return self.url["query_id"]

    @property
    def database(self) -> str | None:
        return self.url.get("database") or self.headers.get("x-clickhouse-database") or None

    @property
    def default_format(self) -> str | None:
        return self.url.get("default_format") or self.headers.get("x-clickhouse-format")

    @property
    def session_timeout_seconds(self) -> float:
        try:
            return min(float(self.url.get("session_timeout") or 60), 3600.0)
        except ValueError:
            raise ClickHouseError(BAD_REQUEST_PARAMETER, "Invalid session timeout") from None

    @property
    def answer_encoding(self) -> str | None:
        wanted = self.url.get("enable_http_compression") in ("1", "true")
        return accepted(self.headers.get("accept-encoding", "")) if wanted else None

    def flag(self, name: str) -> bool:
        return self.url.get(name) in ("1", "true")


class Body:
    """The request's body, decoded, in pieces; afterwards the moment when the client leaves."""

    def __init__(self, receive: Receive, headers: Mapping[str, str]) -> None:
        self._receive = receive
        self._decoder = Decoder(headers.get("content-encoding", "").lower())
        self._ended = False

    async def piece(self, minimum: int = 1 << 20) -> bytes:
        """At least `minimum` encoded bytes, decoded; fewer at the end, then nothing. Raises ClientGone."""
        pieces: list[bytes] = []
        size = 0
        while not self._ended and size < minimum:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise ClientGone
            raw = message.get("body", b"")
            pieces.append(self._decoder.decode(raw))
            size += len(raw)
            self._ended = not message.get("more_body", False)
        if self._ended:
            self._decoder.finish()
        decoded = b"".join(pieces)
        # A piece may decode to nothing yet, which isn't the end.
        return decoded if decoded or self._ended else await self.piece(minimum)

    async def whole(self, before: bytes = b"") -> bytes:
        """Everything that is left; error 229 beyond the limit."""
        pieces, size = [before], len(before)
        while piece := await self.piece():
            pieces.append(piece)
            size += len(piece)
            if size > BODY_LIMIT_BYTES:
                raise ClickHouseError(QUERY_IS_TOO_LARGE, f"The body is larger than {BODY_LIMIT_BYTES} bytes")
        return b"".join(pieces)

    async def drain(self) -> None:
        """Reads to the end without looking, so that a client that still sends can read the error."""
        while not self._ended:
            message = await self._receive()
            self._ended = message["type"] == "http.disconnect" or not message.get("more_body", False)

    async def departure(self) -> None:
        """Returns when the client has closed the connection. Only after the body's end."""
        while (await self._receive())["type"] != "http.disconnect":
            pass


async def read_form(request: Request, body: Body) -> None:
    """Takes the query, its parameters and the external tables out of a multipart form."""
    fields: dict[str, bytes] = {}
    files: dict[str, bytes] = {}

    def on_field(part: Any) -> None:
        fields[part.field_name.decode()] = part.value or b""

    def on_file(part: Any) -> None:
        part.file_object.seek(0)
        files[part.field_name.decode()] = part.file_object.read()
        part.close()

    parser = create_form_parser(
        {"Content-Type": request.headers["content-type"].encode("latin-1")},
        on_field,
        on_file,
    )
    parser.write(await body.whole())
    parser.finalize()
    request.query = fields.pop("query", request.query)
    given = {name[6:]: value.decode() for name, value in fields.items() if name.startswith("param_")}
    request.parameters.update(given)
    request.read_settings(files)
    request.external = [_external_table(name, data, request.url) for name, data in files.items()]


def _external_table(name: str, data: bytes, url: Mapping[str, str]) -> ExternalTable:
    structure = url.get(f"{name}_structure", "")
    if not structure:
        kinds = [kind.strip() for kind in url.get(f"{name}_types", "").split(",") if kind.strip()]
        structure = ", ".join(f"_{number} {kind}" for number, kind in enumerate(kinds, start=1))
    if not structure:
        raise ClickHouseError(BAD_REQUEST_PARAMETER, f"Neither structure nor types given for external table {name}")
    return ExternalTable(name, structure, url.get(f"{name}_format", "TabSeparated"), data)
