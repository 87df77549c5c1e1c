"""ClickHouse's errors as its HTTP interface says them: a code, a status, a text."""

import re
from typing import Self

ENGINE_CODE = re.compile(r"Code: (\d+)\. ")

NOT_IMPLEMENTED = (48, "NOT_IMPLEMENTED")
SYNTAX_ERROR = (62, "SYNTAX_ERROR")
UNKNOWN_COMPRESSION_METHOD = (89, "UNKNOWN_COMPRESSION_METHOD")
UNKNOWN_SETTING = (115, "UNKNOWN_SETTING")
READONLY = (164, "READONLY")
TOO_MANY_SIMULTANEOUS_QUERIES = (202, "TOO_MANY_SIMULTANEOUS_QUERIES")
QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING = (216, "QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING")
QUERY_IS_TOO_LARGE = (229, "QUERY_IS_TOO_LARGE")
CANNOT_DECOMPRESS = (271, "CANNOT_DECOMPRESS")
INTO_OUTFILE_NOT_ALLOWED = (358, "INTO_OUTFILE_NOT_ALLOWED")
SESSION_NOT_FOUND = (372, "SESSION_NOT_FOUND")
SESSION_IS_LOCKED = (373, "SESSION_IS_LOCKED")
BAD_REQUEST_PARAMETER = (408, "BAD_REQUEST_PARAMETER")
AUTHENTICATION_FAILED = (516, "AUTHENTICATION_FAILED")
UNKNOWN_EXCEPTION = (1002, "UNKNOWN_EXCEPTION")

FORBIDDEN = {164, 497, 516}
NOT_FOUND = {46, 47, 50, 60, 81, 115}
BAD_REQUEST = {6, 26, 27, 36, 38, 41, 43, 53, 62, 69, 72, 89, 117, 131, 271, 408}
OTHERS = {48: 501, 159: 408, 229: 413}


class ClickHouseError(Exception):
    """What a client reads as `DatabaseError`, with its code."""

    def __init__(self, kind: tuple[int, str], message: str) -> None:
        self.code, name = kind
        self.text = f"Code: {self.code}. DB::Exception: {message} ({name})"
        super().__init__(self.text)

    @classmethod
    def of_engine(cls, error: BaseException) -> Self:
        """The engine's own text, without what the Python wrapper puts before it."""
        said = str(error)
        found = ENGINE_CODE.search(said)
        if found is None:
            return cls(UNKNOWN_EXCEPTION, f"{type(error).__name__}: {said}")
        made = cls(UNKNOWN_EXCEPTION, "")
        made.code, made.text = int(found[1]), said[found.start() :].strip()
        return made

    @property
    def status(self) -> int:
        if self.code in FORBIDDEN:
            return 403
        if self.code in NOT_FOUND:
            return 404
        return 400 if self.code in BAD_REQUEST else OTHERS.get(self.code, 500)


class ClientGone(Exception):
    """The client closed its connection before the end."""
