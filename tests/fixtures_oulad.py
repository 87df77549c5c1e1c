"""A small zip in OULAD's shape with every quirk of the real one, and what it holds, counted while it was written.

Plain Python on purpose: the counts must not come from the code that they check.
"""

import csv
import io
import random
import zipfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

Row = dict[str, str]
Key = tuple[str, str]

LENGTHS = {"2013B": 240, "2013J": 268, "2014B": 234}
MODULES = ("AAA", "BBB")
STUDENTS = 45
"""Of each presentation."""
KINDS = ("homepage", "oucontent", "forumng", "resource", "quiz", "oucontent", "subpage", "url", "resource", "oucontent")
TASKS = (("TMA", 30, 20), ("CMA", 60, 10), ("TMA", 110, 30), ("CMA", 160, 10), ("TMA", 200, 30))


@dataclass
class SmallOulad:
    """The zip and its truths. `tables` are its rows as they stand in the files, in their order."""

    path: Path
    tables: dict[str, list[Row]] = field(default_factory=dict)

    @property
    def rows(self) -> dict[str, int]:
        return {name: len(rows) for name, rows in self.tables.items()}

    @property
    def clicks(self) -> int:
        return sum(int(row["sum_click"]) for row in self.tables["studentVle"])

    @property
    def student_page_days(self) -> int:
        return len({(row["id_student"], row["id_site"], row["date"]) for row in self.tables["studentVle"]})

    @property
    def learners(self) -> int:
        return len({row["id_student"] for row in self.tables["studentInfo"]})

    @property
    def enrollments(self) -> int:
        return len(self.tables["studentInfo"])

    @property
    def submissions(self) -> int:
        return len(self.tables["studentAssessment"])

    @property
    def graded(self) -> int:
        return sum(row["score"] not in ("", "?") for row in self.tables["studentAssessment"])

    @property
    def unregistrations(self) -> int:
        return sum(row["date_unregistration"] not in ("", "?") for row in self.tables["studentRegistration"])

    def known_click_rows(self, as_of: date) -> int:
        """Rows of studentVle whose day had ended by the midnight after `as_of`."""
        return sum(_day(row) <= as_of for row in self.tables["studentVle"])

    def active(self, presentation: str, as_of: date) -> int:
        """Registered by that day (a missing date counts), and not unregistered by it."""
        last = (as_of - start(presentation)).days
        return sum(
            row["code_presentation"] == presentation
            and _number(row["date_registration"], otherwise=-1) <= last
            and _number(row["date_unregistration"], otherwise=last + 1) > last
            for row in self.tables["studentRegistration"]
        )


def start(presentation: str) -> date:
    """B starts in February, J in October."""
    return date(int(presentation[:4]), 2 if presentation[4] == "B" else 10, 1)


def evening(presentation: str, day: int) -> datetime:
    """When what happened on a presentation's day is known."""
    moment = datetime.combine(start(presentation), datetime.min.time(), tzinfo=UTC)
    return moment + timedelta(days=day, seconds=86_399)


def _day(row: Row) -> date:
    return start(row["code_presentation"]) + timedelta(days=int(row["date"]))


def _number(value: str, *, otherwise: int) -> int:
    return otherwise if value in ("", "?") else int(value)


def write_zip(path: Path, tables: dict[str, list[Row]], *, columns: dict[str, list[str]] | None = None) -> Path:
    """Every field quoted, CRLF, as published."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, rows in tables.items():
            header = (columns or {}).get(name) or list(rows[0])
            archive.writestr(f"{name}.csv", _csv(header, rows))
    return path


def _csv(header: list[str], rows: Iterable[Row]) -> str:
    content = io.StringIO()
    writer = csv.DictWriter(content, header, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return content.getvalue()


def make_small_oulad(path: Path, *, seed: int = 7, students: int = STUDENTS) -> SmallOulad:
    """The same seed gives the same rows. `students` of each presentation; a model needs a hundred to learn from."""
    made = SmallOulad(path, _Maker(random.Random(seed), students).tables())
    write_zip(path, made.tables)
    return made


class _Maker:
    """One drive per student decides clicks, hand-ins and the end, so that a model finds something."""

    def __init__(self, rng: random.Random, students: int) -> None:
        self.rng = rng
        self.students = students
        self.made: dict[str, list[Row]] = {
            name: []
            for name in (
                "courses",
                "assessments",
                "vle",
                "studentInfo",
                "studentRegistration",
                "studentAssessment",
                "studentVle",
            )
        }
        self.seen: Counter[tuple[str, int]] = Counter()

    def tables(self) -> dict[str, list[Row]]:
        for number, (module, presentation) in enumerate((m, p) for p in LENGTHS for m in MODULES):
            self._presentation(number, (module, presentation))
        self._quirks()
        return self.made

    def _add(self, table: str, at: Key, **values: object) -> Row:
        row = {"code_module": at[0], "code_presentation": at[1], **{name: str(value) for name, value in values.items()}}
        self.made[table].append(row)
        return row

    def _presentation(self, number: int, at: Key) -> None:
        self._add("courses", at, module_presentation_length=LENGTHS[at[1]])
        pages = [1000 * (number + 1) + place for place in range(len(KINDS))]
        for page, kind in zip(pages, KINDS, strict=True):
            week = self.rng.choice(["", "3"])
            row = self._add("vle", at, activity_type=kind, week_from=week, week_to=week)
            self.made["vle"][-1] = {"id_site": str(page), **row}
        tasks = [(100 * (number + 1) + place, kind, day) for place, (kind, day, _) in enumerate(TASKS)]
        for (task, kind, day), (_, _, weight) in zip(tasks, TASKS, strict=True):
            self._add("assessments", at, id_assessment=task, assessment_type=kind, date=day, weight=float(weight))
        exam, exam_day = 100 * (number + 1) + 50, LENGTHS[at[1]] - 6 if at[0] == "BBB" else ""
        self._add("assessments", at, id_assessment=exam, assessment_type="Exam", date=exam_day, weight=100.0)
        for place in range(self.students):
            # every ninth has been here before: one student, several presentations
            student = 10_000 + place if place % 9 == 0 else 10_000 * (number + 2) + place
            self._student(at, student, pages, tasks, exam)

    def _student(self, at: Key, student: int, pages: list[int], tasks: list[tuple[int, str, int]], exam: int) -> None:
        drive, length = self.rng.gauss(0, 1), LENGTHS[at[1]]
        leaves = self.rng.randint(5, length - 20) if self.rng.random() < 0.15 + 0.2 * (drive < 0) else None
        until = length if leaves is None else leaves
        self._visits(at, student, pages, drive, until)
        handed_in = [task for task in tasks if task[2] < until and self.rng.random() < (0.95 if drive > -0.4 else 0.55)]
        for task, _, day in handed_in:
            self._hand_in(task, student, day + self.rng.choice([-9, -3, -1, 0, 0, 2]), 60 + 15 * drive)
        passed = leaves is None and len(handed_in) >= 4
        if passed:
            self._hand_in(exam, student, length - 5, 62 + 12 * drive)
        result = (
            "Withdrawn" if leaves is not None else "Fail" if not passed else "Distinction" if drive > 1.3 else "Pass"
        )
        self._register(at, student, self.rng.randint(-120, -3), leaves)
        self._describe(at, student, result)

    def _visits(self, at: Key, student: int, pages: list[int], drive: float, until: int) -> None:
        if self.rng.random() < 0.04:
            return  # enrolled, without one click
        for day in range(-14, until):
            if self.rng.random() < (0.16 + 0.07 * drive if day >= 0 else 0.05):
                for page in self.rng.sample(pages, self.rng.randint(1, 3)):
                    self._click(at, student, page, day, self.rng.randint(1, 9))
                    if self.rng.random() < 0.1:
                        self._click(at, student, page, day, self.rng.randint(1, 9))

    def _click(self, at: Key, student: int, page: int, day: int, clicks: int) -> None:
        self._add("studentVle", at, id_student=student, id_site=page, date=day, sum_click=clicks)

    def _hand_in(self, task: int, student: int, day: int, score: float | None, *, banked: int = 0) -> None:
        said = "" if score is None else str(max(0, min(100, round(score + self.rng.gauss(0, 6)))))
        row = {"id_assessment": task, "id_student": student, "date_submitted": day, "is_banked": banked, "score": said}
        self.made["studentAssessment"].append({name: str(value) for name, value in row.items()})

    def _register(self, at: Key, student: int, day: int | str, left: int | None) -> None:
        unregistered = "" if left is None else left
        self._add(
            "studentRegistration", at, id_student=student, date_registration=day, date_unregistration=unregistered
        )

    def _describe(self, at: Key, student: int, result: str) -> None:
        tries = self.seen[(at[0], student)]
        self.seen[(at[0], student)] += 1
        self._add(
            "studentInfo",
            at,
            id_student=student,
            gender=self.rng.choice("FM"),
            region=self.rng.choice(["East Anglian Region", "Scotland", "North Western Region"]),
            highest_education=self.rng.choice(["A Level or Equivalent", "Lower Than A Level", "No Formal quals"]),
            imd_band=self.rng.choice(["0-10%", "10-20", "90-100%", "", "?"]),
            age_band=self.rng.choice(["0-35", "35-55", "55<="]),
            num_of_prev_attempts=tries,
            studied_credits=self.rng.choice([60, 120]),
            disability=self.rng.choice("NNNY"),
            final_result=result,
        )

    def _quirks(self) -> None:
        """What must not break, planted by hand in the first presentation, on students of its own."""
        at, page, tma, exam = ("AAA", "2013B"), 1000, 100, 150
        for _ in range(3):
            self._click(at, 1, page, 5, 4)  # exact duplicates count each
        self._click(at, 1, page, 5, 2)
        self._hand_in(tma, 1, -1, 70, banked=1)
        self._hand_in(tma + 1, 1, 60, None)  # no score
        self._hand_in(exam, 1, LENGTHS["2013B"] + 12, 55)  # after the end
        self._register(at, 1, "", None)
        self._describe(at, 1, "Pass")
        self._click(at, 2, page, -9, 1)  # without a registration date, here before day -1
        self._register(at, 2, "?", None)
        self._describe(at, 2, "Fail")
        self._register(at, 3, "", -365)  # the earliest event of all
        self._describe(at, 3, "Withdrawn")
        self._register(at, 4, -30, None)  # withdrawn, nobody knows when
        self._describe(at, 4, "Withdrawn")
        self._click(at, 5, page, 120, 7)  # clicks after leaving
        self._register(at, 5, -30, 100)  # a fail with an unregistration
        self._describe(at, 5, "Fail")
        self._register(at, 6, -10, -10)  # registered and left on one day
        self._describe(at, 6, "Withdrawn")
        self._register(at, 7, -10, LENGTHS["2013B"] + 40)  # left after the end
        self._describe(at, 7, "Withdrawn")


@pytest.fixture(scope="session")
def small_oulad_zip(tmp_path_factory: pytest.TempPathFactory) -> SmallOulad:
    """About 280 enrollments in six presentations, with every quirk; read it, don't write it."""
    return make_small_oulad(tmp_path_factory.mktemp("oulad") / "oulad-small.zip")
