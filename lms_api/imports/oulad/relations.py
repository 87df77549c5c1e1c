"""What must hold between the tables: whatever points somewhere points at something that is there."""

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from lms_api.imports.oulad.layout import (
    ASSESSMENTS,
    COURSES,
    STUDENT_ASSESSMENT,
    STUDENT_INFO,
    STUDENT_REGISTRATION,
    STUDENT_VLE,
    VLE,
    WITHIN,
    Table,
)
from lms_api.imports.oulad.reading import LINE, Read
from lms_api.imports.rejects import Reject, refuse

ENROLLMENT = (*WITHIN, "id_student")
SLUG = r"^[a-z0-9][a-z0-9_.+-]{0,63}$"
ENROLLMENT_ROW, PAGE_ROW = "enrollment_row", "page_row"


@dataclass(frozen=True)
class Tables:
    """The seven tables, each row's references known to hold.

    `clicks` has one row per student, page and day: `enrollment_row` and `page_row` say where in `student_info` and
    `vle`; `clicks` is the sum, `rows` how many rows of the file it stands for.
    """

    courses: pl.DataFrame
    assessments: pl.DataFrame
    vle: pl.DataFrame
    student_info: pl.DataFrame
    registration: pl.DataFrame
    submissions: pl.DataFrame
    clicks: pl.DataFrame
    rows: dict[str, int]
    merged: dict[str, int]


def related(tables: dict[str, Read]) -> Tables:
    """Raises ImportRejected; empties `tables` of studentVle, whose rows are added up here."""
    frames = {name: read.frame for name, read in tables.items() if name != STUDENT_VLE.name}
    refuse(reject for found in _rejects(frames) for reject in found)
    clicks = _added_up(tables.pop(STUDENT_VLE.name).frame, frames[STUDENT_INFO.name], frames[VLE.name])
    vle_rows = int(clicks["rows"].sum())
    return Tables(
        courses=frames[COURSES.name],
        assessments=frames[ASSESSMENTS.name],
        vle=frames[VLE.name],
        student_info=frames[STUDENT_INFO.name],
        registration=frames[STUDENT_REGISTRATION.name],
        submissions=frames[STUDENT_ASSESSMENT.name],
        clicks=clicks,
        rows={**{name: read.rows for name, read in tables.items()}, STUDENT_VLE.name: vle_rows},
        merged={**{name: read.merged for name, read in tables.items()}, STUDENT_VLE.name: vle_rows - clicks.height},
    )


def _rejects(frames: dict[str, pl.DataFrame]) -> Iterator[Iterator[Reject]]:
    courses, info = frames[COURSES.name], frames[STUDENT_INFO.name]
    yield _unreadable(COURSES, courses, pl.col("code_presentation").str.contains(r"^(19|20)\d\d[BJ]$"), "presentation")
    yield _unreadable(COURSES, courses, pl.col("code_module").str.to_lowercase().str.contains(SLUG), "module")
    yield _unreadable(VLE, frames[VLE.name], pl.col("activity_type").str.contains(SLUG), "activity type")
    for table in (ASSESSMENTS, VLE, STUDENT_INFO):
        yield _dangling(table, frames[table.name], courses, WITHIN, "no such presentation in courses.csv")
    registration = frames[STUDENT_REGISTRATION.name]
    yield _dangling(STUDENT_INFO, info, registration, ENROLLMENT, "no registration in studentRegistration.csv")
    yield _dangling(STUDENT_REGISTRATION, registration, info, ENROLLMENT, "no such student in studentInfo.csv")
    assessments, submissions = frames[ASSESSMENTS.name], frames[STUDENT_ASSESSMENT.name]
    yield _dangling(
        STUDENT_ASSESSMENT, submissions, assessments, ("id_assessment",), "no such assessment in assessments.csv"
    )
    placed = submissions.join(assessments.select("id_assessment", *WITHIN), on="id_assessment")
    yield _dangling(STUDENT_ASSESSMENT, placed, info, ENROLLMENT, "not a student of the assessment's presentation")


def _unreadable(table: Table, frame: pl.DataFrame, good: pl.Expr, what: str) -> Iterator[Reject]:
    for (line,) in frame.filter(~good).select(LINE).iter_rows():
        yield Reject(table.file, line, f"not the code of a {what}")


def _dangling(
    table: Table, frame: pl.DataFrame, target: pl.DataFrame, key: tuple[str, ...], why: str
) -> Iterator[Reject]:
    for line, *values in frame.join(target, on=key, how="anti").select(LINE, *key).iter_rows():
        yield Reject(table.file, line, f"{why}: {', '.join(str(value) for value in values)}")


def _added_up(visits: pl.DataFrame, info: pl.DataFrame, vle: pl.DataFrame) -> pl.DataFrame:
    """One row per student, page and day, in the order of the days; identical rows count each."""
    enrollments = info.select(*ENROLLMENT).with_row_index(ENROLLMENT_ROW)
    pages = vle.select("id_site", *WITHIN).with_row_index(PAGE_ROW)
    placed = visits.join(enrollments, on=ENROLLMENT, how="left", maintain_order="left").join(
        pages, on=("id_site", *WITHIN), how="left", maintain_order="left"
    )
    refuse(_lost(placed))
    return (
        placed.group_by(ENROLLMENT_ROW, PAGE_ROW, "date")
        .agg(pl.col("sum_click").cast(pl.Int64).sum().alias("clicks"), pl.len().alias("rows"))
        .sort("date", ENROLLMENT_ROW, PAGE_ROW)
    )


def _lost(placed: pl.DataFrame) -> Iterator[Reject]:
    lost = placed.with_row_index(LINE, offset=2).filter(pl.col(ENROLLMENT_ROW).is_null() | pl.col(PAGE_ROW).is_null())
    for row in lost.iter_rows(named=True):
        missing = "student in studentInfo.csv" if row[ENROLLMENT_ROW] is None else "page in vle.csv"
        where = f"{row['code_module']}, {row['code_presentation']}, {row['id_student']}, {row['id_site']}"
        yield Reject(STUDENT_VLE.file, row[LINE], f"no such {missing}: {where}")
