"""`python tests/verify/oulad.py ZIP`: do the marts hold what the zip holds? Counted by polars, nothing of ours between.

Prints one row per number and exits with 1 when one differs. The zip has to be imported and the loop run once.
"""

import sys
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import polars as pl
from rich.console import Console
from rich.table import Table

from contracts.ids import derived_id
from stack.clickhouse import client
from stack.local.supervisor import stores
from stack.settings import Settings, get_settings

ORGANIZATION = derived_id("organization", "oulad")
WITHIN = ("code_module", "code_presentation")

TOTALS = {
    "learners": "SELECT count() FROM marts.dim_actors WHERE {mine} AND role = 'student'",
    "courses": "SELECT count() FROM marts.dim_courses WHERE {mine}",
    "pages": "SELECT count() FROM marts.dim_lessons WHERE {mine}",
    "assessments": "SELECT count() FROM marts.dim_assessments WHERE {mine}",
    "enrollments": "SELECT count() FROM marts.dim_enrollments WHERE {mine}",
    "student-page-days": "SELECT count() FROM marts.fct_activity_views WHERE {mine}",
    "clicks": "SELECT sum(views) FROM marts.fct_activity_views WHERE {mine}",
    "submissions": "SELECT count() FROM marts.fct_assessment_submissions WHERE {mine}",
    "banked submissions": "SELECT countIf(banked) FROM marts.fct_assessment_submissions WHERE {mine}",
    "scores": "SELECT count() FROM marts.fct_submission_grades WHERE {mine}",
    "sum of scores": "SELECT sum(score) FROM marts.fct_submission_grades WHERE {mine}",
}
RESULTS = "SELECT outcome, count() FROM marts.fct_course_results WHERE {mine} GROUP BY outcome"
BY_COURSE = """
SELECT
    concat(upper(course.family), ' ', toString(toYear(course.starts_at)), if(toMonth(course.starts_at) = 2, 'B', 'J')),
    {value}
FROM marts.{fact} AS fact INNER JOIN marts.dim_courses AS course
    ON fact.organization_id = course.organization_id AND fact.course_id = course.course_id
WHERE fact.{mine} GROUP BY 1"""


def counted(path: Path) -> dict[str, float]:
    """Every number that is compared, from the zip alone."""
    with zipfile.ZipFile(path) as archive:
        tables = {
            PurePosixPath(name).stem: pl.read_csv(archive.read(name), infer_schema=False, null_values=["", "?"])
            for name in archive.namelist()
        }
    clicks = tables["studentVle"].with_columns(pl.col("sum_click").cast(pl.Int64))
    info, handed_in = tables["studentInfo"], tables["studentAssessment"].with_columns(pl.col("score").cast(pl.Float64))
    totals: dict[str, float] = {
        "learners": info["id_student"].n_unique(),
        "courses": tables["courses"].height,
        "pages": tables["vle"].height,
        "assessments": tables["assessments"].height,
        "enrollments": info.height,
        "student-page-days": clicks.select("id_student", "id_site", "date").n_unique(),
        "clicks": sum(clicks["sum_click"].to_list()),
        "submissions": handed_in.height,
        "banked submissions": handed_in.filter(pl.col("is_banked") == "1").height,
        "scores": handed_in["score"].count(),
        "sum of scores": sum(handed_in["score"].drop_nulls().to_list()),
    }
    results = info.group_by(pl.col("final_result").str.to_lowercase()).len()
    totals |= {f"result {name}": count for name, count in results.iter_rows()}
    placed = handed_in.join(tables["assessments"], on="id_assessment")
    totals |= _by_course("clicks", clicks.group_by(WITHIN).agg(pl.col("sum_click").sum()))
    totals |= _by_course("enrollments", info.group_by(WITHIN).len())
    return totals | _by_course("submissions", placed.group_by(WITHIN).len())


def _by_course(what: str, counts: pl.DataFrame) -> dict[str, float]:
    return {f"{what} of {module} {presentation}": count for module, presentation, count in counts.iter_rows()}


def found(settings: Settings) -> dict[str, float]:
    """The same numbers, from the marts."""
    mine = f"organization_id = '{ORGANIZATION}'"
    with client(settings=settings) as connection:

        def ask(query: str) -> Sequence[Sequence[Any]]:
            return connection.query(query.format(mine=mine)).result_rows

        totals = {name: ask(query)[0][0] for name, query in TOTALS.items()}
        totals |= {f"result {outcome}": count for outcome, count in ask(RESULTS)}
        for what, fact, value in (
            ("clicks", "fct_activity_views", "sum(fact.views)"),
            ("enrollments", "dim_enrollments", "count()"),
            ("submissions", "fct_assessment_submissions", "count()"),
        ):
            rows = ask(BY_COURSE.replace("{fact}", fact).replace("{value}", value))
            totals |= {f"{what} of {course}": count for course, count in rows}
    return totals


def differences(expected: Mapping[str, float], marts: Mapping[str, float]) -> list[str]:
    """The names of the numbers that are not the same, or that only one side has."""
    return sorted(name for name in expected.keys() | marts.keys() if expected.get(name) != marts.get(name))


def _print(expected: Mapping[str, float], marts: Mapping[str, float], wrong: list[str]) -> None:
    table = Table("", "zip", "marts", "")
    for name in [*expected, *(marts.keys() - expected.keys())]:
        told = [f"{side[name]:,.0f}" if name in side else "none" for side in (expected, marts)]
        table.add_row(name, *told, "differs" if name in wrong else "")
    Console().print(table)


def main(arguments: list[str]) -> int:
    """0 when every number agrees, 1 when one differs, 2 without a zip."""
    if len(arguments) != 1 or not Path(arguments[0]).is_file():
        print("usage: python tests/verify/oulad.py ZIP", file=sys.stderr)
        return 2
    expected = counted(Path(arguments[0]))
    with stores(get_settings(), ("clickhouse",)):
        marts = found(get_settings())
    wrong = differences(expected, marts)
    _print(expected, marts, wrong)
    print(f"{len(wrong)} of {len(expected)} numbers differ")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
