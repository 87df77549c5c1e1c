"""The zip's tables as typed frames, or every row that is not what it should be, by file and line."""

import csv
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import polars as pl

from lms_api.imports.oulad.layout import MISSING, STUDENT_VLE, TABLES, Table
from lms_api.imports.rejects import ImportRejected, Reject, refuse

BAND = "imd_band"
LINE = "line"


@dataclass(frozen=True)
class Read:
    """One table. `rows` counts the file's; `merged` those that an identical row stands for."""

    table: Table
    frame: pl.DataFrame
    rows: int
    merged: int


def read(path: Path) -> dict[str, Read]:
    """Every table by its name. Raises ImportRejected; reads studentVle last, for it is the large one."""
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError) as error:
        raise ImportRejected([Reject(path.name, 0, f"not a readable zip ({error})")]) from error
    with archive:
        members = _members(archive, path)
        return {table.name: _read(_bytes(archive, members[table.file], path), table) for table in TABLES}


def _members(archive: zipfile.ZipFile, path: Path) -> dict[str, str]:
    """File name → its place in the zip, whose tables may lie in a folder."""
    found = {PurePosixPath(name).name: name for name in archive.namelist() if name.endswith(".csv")}
    expected = {table.file for table in TABLES}
    missing = [Reject(path.name, 0, f"the table {name} is missing") for name in sorted(expected - found.keys())]
    unknown = [Reject(path.name, 0, f"{name} is no table of OULAD") for name in sorted(found.keys() - expected)]
    refuse([*missing, *unknown])
    return found


def _bytes(archive: zipfile.ZipFile, member: str, path: Path) -> bytes:
    try:
        return archive.read(member)
    except (zipfile.BadZipFile, OSError, EOFError) as error:
        raise ImportRejected([Reject(path.name, 0, f"{member} is damaged ({error})")]) from error


def _read(raw: bytes, table: Table) -> Read:
    _check_header(raw, table)
    try:
        frame = pl.read_csv(raw, schema_overrides=table.schema, null_values=list(MISSING))
    except pl.exceptions.PolarsError as error:
        # the fast reader says neither line nor reason: the slow one does
        refuse(_rejects(raw, table))
        raise ImportRejected([Reject(table.file, 0, f"not readable ({str(error).splitlines()[0]})")]) from error
    frame = frame.select(table.names)
    if (
        not _one_line_a_row(raw, frame)
        or frame.select(pl.any_horizontal(c.wrong_rows() for c in table.columns).any()).item()
    ):
        refuse(_rejects(raw, table))
    return _merged(frame, table)


def _merged(frame: pl.DataFrame, table: Table) -> Read:
    """Identical rows become one, except where every row counts (clicks add up); a key that stays twice is refused."""
    if table is STUDENT_VLE:
        return Read(table, frame, frame.height, 0)
    numbered = frame.with_row_index(LINE, offset=2)
    distinct = numbered.unique(table.names, keep="first", maintain_order=True)
    again = distinct.filter(~pl.struct(table.key).is_first_distinct())
    refuse(
        Reject(table.file, line, f"a second row for {', '.join(str(part) for part in key)}")
        for line, *key in again.select(LINE, *table.key).iter_rows()
    )
    return Read(table, distinct, frame.height, frame.height - distinct.height)


def _check_header(raw: bytes, table: Table) -> None:
    first = raw[: raw.find(b"\n") if b"\n" in raw else len(raw)].decode("utf-8-sig", errors="replace")
    header = next(csv.reader([first.rstrip("\r")]), [])
    missing = [Reject(table.file, 1, f'the column "{name}" is missing') for name in table.names if name not in header]
    unknown = [Reject(table.file, 1, f'unknown column "{name}"') for name in header if name not in table.names]
    twice = [
        Reject(table.file, 1, f'the column "{name}" stands twice') for name in set(header) if header.count(name) > 1
    ]
    refuse([*missing, *unknown, *twice])


def _one_line_a_row(raw: bytes, frame: pl.DataFrame) -> bool:
    """Whether lines, separators and quotes add up. A short row, a lost quote or an empty line doesn't hide as nulls."""
    lines = raw.count(b"\n") + (not raw.endswith(b"\n"))
    return lines == frame.height + 1 and raw.count(b",") == lines * (frame.width - 1) and raw.count(b'"') % 2 == 0


def _rejects(raw: bytes, table: Table) -> Iterator[Reject]:
    """Every line of the file that is refused, by the slow and exact reader."""
    reader = csv.reader(io.StringIO(raw.decode("utf-8-sig", errors="replace"), newline=""), strict=True)
    header = next(reader)
    columns = {column.name: column for column in table.columns}
    while True:
        try:
            row = next(reader, None)
        except csv.Error as error:
            yield Reject(table.file, reader.line_num, f"not CSV ({error})")
            return
        if row is None:
            return
        if len(row) != len(header):
            yield Reject(table.file, reader.line_num, f"{len(row)} values where {len(header)} belong")
            continue
        for name, value in zip(header, row, strict=True):
            why = columns[name].wrong(None if value in MISSING else value)
            if why:
                yield Reject(table.file, reader.line_num, why)
