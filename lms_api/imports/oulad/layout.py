"""The published shape: seven tables, their columns, and what a value may be."""

from dataclasses import dataclass, field

import polars as pl

MISSING = ("", "?")
"""The published file leaves a missing value empty; copies in the wild write a question mark."""

_INTEGER_RANGE = (-(2**31), 2**31 - 1)


@dataclass(frozen=True)
class Column:
    """One column; `low` and `high` are inclusive, `allowed` is the whole vocabulary."""

    name: str
    dtype: type[pl.DataType]
    required: bool = True
    allowed: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None

    def wrong(self, value: str | None) -> str:
        """Why this text can't be the column's value; empty when it can. None is a missing value."""
        if value is None:
            return f"{self.name} is missing" if self.required else ""
        if self.dtype is pl.String:
            return (
                "" if self._in_vocabulary(value) else f'{self.name} is "{value}", not one of {", ".join(self.allowed)}'
            )
        try:
            number: float = int(value) if self.dtype is pl.Int32 else float(value)
        except ValueError:
            return f'{self.name} is "{value}", not a number'
        return "" if self._in_range(number) else f"{self.name} is {value}, out of range"

    def wrong_rows(self) -> pl.Expr:
        """True in the rows of a typed frame that `wrong` would refuse."""
        column = pl.col(self.name)
        refused = column.is_null() if self.required else pl.lit(False)
        if self.allowed:
            refused |= ~column.is_in(self.allowed).fill_null(True)
        if self.low is not None:
            refused |= (column < self.low).fill_null(False)
        if self.high is not None:
            refused |= (column > self.high).fill_null(False)
        if self.dtype is pl.Float64:
            refused |= ~column.is_finite().fill_null(True)
        return refused

    def _in_vocabulary(self, value: str) -> bool:
        return not self.allowed or value in self.allowed

    def _in_range(self, number: float) -> bool:
        low, high = (self.low, self.high) if self.dtype is not pl.Int32 else self._integer_range()
        return (low is None or number >= low) and (high is None or number <= high) and number == number

    def _integer_range(self) -> tuple[float, float]:
        low, high = _INTEGER_RANGE
        return (low if self.low is None else self.low, high if self.high is None else self.high)


@dataclass(frozen=True)
class Table:
    """One CSV file; `key` is unique in it."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    names: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", tuple(column.name for column in self.columns))

    @property
    def file(self) -> str:
        return f"{self.name}.csv"

    @property
    def schema(self) -> dict[str, type[pl.DataType]]:
        return {column.name: column.dtype for column in self.columns}


def _word(name: str, *allowed: str) -> Column:
    return Column(name, pl.String, allowed=allowed)


def _number(name: str, *, required: bool = True, low: float | None = None, high: float | None = None) -> Column:
    return Column(name, pl.Int32, required=required, low=low, high=high)


# days reach a decade around a presentation's start: more is a slip of the file, and overflows a moment
_DAYS = 3650


def _day(name: str, *, required: bool = True) -> Column:
    return _number(name, required=required, low=-_DAYS, high=_DAYS)


MODULE = Column("code_module", pl.String)
PRESENTATION = Column("code_presentation", pl.String)
STUDENT = _number("id_student", low=0)
WITHIN = ("code_module", "code_presentation")

COURSES = Table("courses", (MODULE, PRESENTATION, _number("module_presentation_length", low=1, high=3650)), key=WITHIN)
ASSESSMENTS = Table(
    "assessments",
    (
        MODULE,
        PRESENTATION,
        _number("id_assessment", low=0),
        _word("assessment_type", "TMA", "CMA", "Exam"),
        _day("date", required=False),
        Column("weight", pl.Float64, low=0, high=100),
    ),
    key=("id_assessment",),
)
VLE = Table(
    "vle",
    (
        _number("id_site", low=0),
        MODULE,
        PRESENTATION,
        Column("activity_type", pl.String),
        _number("week_from", required=False, low=-520, high=520),
        _number("week_to", required=False, low=-520, high=520),
    ),
    key=("id_site",),
)
STUDENT_INFO = Table(
    "studentInfo",
    (
        MODULE,
        PRESENTATION,
        STUDENT,
        _word("gender", "F", "M"),
        Column("region", pl.String),
        Column("highest_education", pl.String),
        Column("imd_band", pl.String, required=False),
        Column("age_band", pl.String),
        _number("num_of_prev_attempts", low=0),
        _number("studied_credits", low=0),
        _word("disability", "N", "Y"),
        _word("final_result", "Distinction", "Pass", "Fail", "Withdrawn"),
    ),
    key=(*WITHIN, "id_student"),
)
STUDENT_REGISTRATION = Table(
    "studentRegistration",
    (
        MODULE,
        PRESENTATION,
        STUDENT,
        _day("date_registration", required=False),
        _day("date_unregistration", required=False),
    ),
    key=(*WITHIN, "id_student"),
)
STUDENT_ASSESSMENT = Table(
    "studentAssessment",
    (
        _number("id_assessment", low=0),
        STUDENT,
        _day("date_submitted"),
        _number("is_banked", low=0, high=1),
        Column("score", pl.Float64, required=False, low=0, high=100),
    ),
    key=("id_assessment", "id_student"),
)
STUDENT_VLE = Table(
    "studentVle",
    (MODULE, PRESENTATION, STUDENT, _number("id_site", low=0), _day("date"), _number("sum_click", low=1)),
)
TABLES = (COURSES, ASSESSMENTS, VLE, STUDENT_INFO, STUDENT_REGISTRATION, STUDENT_ASSESSMENT, STUDENT_VLE)
