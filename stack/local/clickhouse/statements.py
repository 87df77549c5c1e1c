"""Just enough of ClickHouse's grammar to route a request: kind, format, where the data of an INSERT begin.

Works on bytes: everything that matters is ASCII, and after the statement there may be binary data.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from stack.local.clickhouse.errors import INTO_OUTFILE_NOT_ALLOWED, SYNTAX_ERROR, ClickHouseError

TOKEN = re.compile(
    rb"""
    (?P<blank>\s+|--[^\n]*|\#[\s!][^\n]*|/\*.*?\*/)
  | (?P<heredoc>\$(?P<tag>\w*)\$.*?\$(?P=tag)\$)
  | (?P<string>'(?:[^'\\]|\\.|'')*')
  | (?P<quoted>"(?:[^"\\]|\\.|"")*"|`(?:[^`\\]|\\.|``)*`)
  | (?P<word>[A-Za-z_0-9\x80-\xff]+)
  | (?P<open>[(\[{])
  | (?P<close>[)\]}])
  | (?P<end>;)
  | (?P<sign>.)
    """,
    re.VERBOSE | re.DOTALL,
)

ANSWERING = {b"SELECT", b"FROM", b"SHOW", b"DESCRIBE", b"DESC", b"EXISTS", b"EXPLAIN", b"CHECK", b"KILL", b"BACKUP"}
ANSWERING |= {b"RESTORE"}
READING = {b"SELECT", b"FROM", b"SHOW", b"DESCRIBE", b"DESC", b"EXISTS", b"EXPLAIN", b"USE"}
STREAMABLE = {b"SELECT", b"FROM"}


class Token(NamedTuple):
    kind: str
    text: bytes
    start: int
    end: int
    depth: int

    @property
    def upper(self) -> bytes:
        return self.text.upper() if self.kind == "word" else b""


@dataclass(frozen=True)
class Statement:
    """One statement without its FORMAT clause and without the data of an INSERT."""

    text: bytes
    kind: bytes
    """The first keyword, in capitals; what follows the CTEs where it begins with WITH."""
    format: str | None = None

    @property
    def answers(self) -> bool:
        """Whether there is a result set, so that a format is named in the answer."""
        return self.kind in ANSWERING

    @property
    def reads(self) -> bool:
        """Whether a read-only user may say it; the engine has the last word."""
        return self.kind in READING

    @property
    def streams(self) -> bool:
        return self.kind in STREAMABLE


@dataclass(frozen=True)
class InsertWithData:
    """`INSERT … FORMAT x` or `… VALUES`, and the place where its data begin."""

    text: bytes
    format: str
    data_start: int


def tokens(text: bytes) -> Iterator[Token]:
    """Tokens without blanks and comments; an opening bracket has the depth outside of it, as its closing one."""
    depth = 0
    for match in TOKEN.finditer(text):
        kind = match.lastgroup or "sign"
        kind = "heredoc" if kind == "tag" else kind
        if kind == "blank":
            continue
        depth -= kind == "close"
        yield Token(kind, match[0], match.start(), match.end(), depth)
        depth += kind == "open"


def is_insert(text: bytes) -> bool:
    """Whether the first word is INSERT, so that data may follow the statement."""
    return next((token.upper == b"INSERT" for token in tokens(text)), False)


def split_insert(text: bytes) -> InsertWithData | None:
    """The head of an INSERT that carries its data, or None: it selects them, or the head isn't complete yet."""
    found = (token for token in tokens(text) if token.depth == 0)
    after_name = _after_the_table_s_name(found)
    for token in after_name:
        if token.upper in (b"SELECT", b"WITH", b"FROM") or token.kind == "end":
            return None
        if token.upper == b"VALUES":
            return InsertWithData(text[: token.start], "Values", token.end)
        if token.upper == b"FORMAT":
            named = next(after_name, None)
            if named is None or named.end == len(text):
                return None
            return InsertWithData(text[: token.start], named.text.decode(), _data_start(text, named.end))
    return None


def _after_the_table_s_name(found: Iterator[Token]) -> Iterator[Token]:
    """Skips `INSERT INTO [TABLE] a.b` or `INSERT INTO FUNCTION f(…)`; the name itself may be a keyword."""
    next(found, None)
    named = next(found, None)
    while named is not None and named.upper in (b"INTO", b"TABLE", b"FUNCTION"):
        named = next(found, None)
    following = next(found, None)
    while following is not None and following.text == b".":
        next(found, None)
        following = next(found, None)
    if following is not None:
        yield following
    yield from found


def _data_start(text: bytes, position: int) -> int:
    """After the format's name: blanks up to and with the first line break belong to the statement."""
    match = re.compile(rb"[ \t\r\f\v]*;?[ \t\r\f\v]*\n?").match(text, position)
    return match.end() if match else position


def parse(text: bytes) -> Statement:
    """Reads one whole statement. Several are refused, as by a server; so is INTO OUTFILE."""
    found = list(tokens(text))
    _refuse_several(found)
    while found and found[-1].kind == "end":
        found.pop()
    if not found:
        raise ClickHouseError(SYNTAX_ERROR, "Empty query.")
    top = [token for token in found if token.depth == 0]
    kind = _kind(top)
    end = found[-1].end
    if kind not in ANSWERING:
        return Statement(text[:end], kind)
    _refuse_outfile(top)
    clause = _format_clause(top)
    if clause is None:
        return Statement(text[:end], kind)
    start, stop, name = clause
    return Statement(text[:start] + text[stop:end], kind, name)


def _refuse_several(found: list[Token]) -> None:
    ended = next((place for place, token in enumerate(found) if token.kind == "end"), len(found))
    following = next((token for token in found[ended:] if token.kind != "end"), None)
    if following is not None:
        where = f"failed at position {found[ended].start + 1} (end of query)"
        raise ClickHouseError(SYNTAX_ERROR, f"Syntax error (Multi-statements are not allowed): {where}.")


def _refuse_outfile(top: list[Token]) -> None:
    for one, other in pairwise(top):
        if one.upper == b"INTO" and other.upper == b"OUTFILE":
            raise ClickHouseError(INTO_OUTFILE_NOT_ALLOWED, "INTO OUTFILE is not allowed")


def _kind(top: list[Token]) -> bytes:
    first = top[0].upper
    if top[0].kind == "open":
        return b"SELECT"
    if first != b"WITH":
        return first
    verbs = (token.upper for token in top if token.upper in (b"SELECT", b"INSERT"))
    return next(verbs, b"SELECT")


def _format_clause(top: list[Token]) -> tuple[int, int, str] | None:
    """The last `FORMAT name` that ends the statement or stands before its SETTINGS."""
    for place in range(len(top) - 2, 0, -1):
        if top[place].upper == b"FORMAT" and top[place + 1].kind == "word":
            after = top[place + 2].upper if place + 2 < len(top) else b"SETTINGS"
            if after == b"SETTINGS":
                return top[place].start, top[place + 1].end, top[place + 1].text.decode()
    return None


SETTING = re.compile(rb"\s*([A-Za-z_]\w*)\s*=\s*('(?:[^'\\]|\\.|'')*'|[^,\s]+)\s*(?:,|$)")


def settings_of(statement: Statement) -> dict[str, str]:
    """What a SET statement sets: name → the value as a literal."""
    pairs = SETTING.findall(statement.text.strip()[len("SET") :])
    return {name.decode(): value.decode() for name, value in pairs}


def database_of(statement: Statement) -> str:
    """What a USE statement names."""
    name = list(tokens(statement.text))[-1].text.decode()
    return name[1:-1] if name[:1] in ('"', "`") else name


QUERY_ID = re.compile(rb"\bquery_id\s*=\s*('(?:[^'\\]|\\.)*')", re.IGNORECASE)


def kill_by_comment(text: bytes) -> bytes:
    """KILL QUERY by the client's query id: here it stands in `log_comment`, the engine gives out its own."""
    return QUERY_ID.sub(rb"(query_id = \1 OR Settings['log_comment'] = \1)", text)


def literal(value: str) -> str:
    """A string literal of ClickHouse."""
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def identifier(name: str) -> str:
    """A quoted identifier of ClickHouse."""
    escaped = name.replace("\\", "\\\\").replace("`", "\\`")
    return f"`{escaped}`"
