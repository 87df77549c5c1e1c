"""Unmodified dbt-clickhouse builds a small project against the server."""

import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from clickhouse_connect.driver.client import Client

from stack.settings import Settings, child_environment

PROJECT = """
name: small
version: "1.0.0"
config-version: 2
profile: small
seed-paths: [seeds]
model-paths: [models]
flags: {send_anonymous_usage_stats: false}
"""
PROFILE = """
small:
  target: test
  outputs:
    test:
      type: clickhouse
      driver: http
      host: "{host}"
      port: {port}
      user: "{user}"
      password: "{password}"
      schema: {database}
      threads: 4
      use_lw_deletes: true
"""
MODELS = {
    "stg_grades.sql": "select student, grade, week from {{ ref('grades') }} -- as said; nothing more",
    "fct_weeks.sql": """{{ config(materialized='table', order_by='week') }}
select week, toUInt64(count()) as submissions, avg(grade) as mean from {{ ref('stg_grades') }} group by week""",
    "fct_latest.sql": """{{ config(
    materialized='incremental', incremental_strategy='delete+insert', unique_key='student', order_by='student'
) }}
select student, argMax(grade, week) as grade, {{ var('run') }} as run from {{ ref('stg_grades') }}
{% if is_incremental() %} where student > 1 {% endif %} group by student""",
}
YAML = """
models:
  - name: fct_weeks
    config: {contract: {enforced: true}}
    columns:
      - {name: week, data_type: Int32, data_tests: [unique, not_null]}
      - {name: submissions, data_type: UInt64}
      - {name: mean, data_type: Float64}
unit_tests:
  - name: averages_a_week
    model: fct_weeks
    given:
      - {input: ref('stg_grades'), rows: [{student: 1, grade: 4, week: 1}, {student: 2, grade: 8, week: 1}]}
    expect: {rows: [{week: 1, submissions: 2, mean: 6}]}
"""


@pytest.fixture
def project(tmp_path: Path, settings: Settings, database: str) -> Path:
    address = httpx.URL(settings.clickhouse_http_url)
    profile = PROFILE.format(
        host=address.host, port=address.port, user=address.username, password=address.password, database=database
    )
    for folder in ("models", "seeds"):
        (tmp_path / folder).mkdir()
    (tmp_path / "dbt_project.yml").write_text(PROJECT)
    (tmp_path / "profiles.yml").write_text(profile)
    (tmp_path / "seeds" / "grades.csv").write_text("student,grade,week\n1,5,1\n1,7,2\n2,9,1\n3,7,1\n")
    for name, text in MODELS.items():
        (tmp_path / "models" / name).write_text(text)
    (tmp_path / "models" / "models.yml").write_text(YAML)
    return tmp_path


BUILD_TWICE = """
import sys
from dbt.cli.main import dbtRunner

runner = dbtRunner()
for run in (1, 2):
    if not runner.invoke(["build", "--vars", f"{{run: {run}}}"]).success:
        sys.exit(run)
"""


def build_twice(project: Path) -> None:
    """In a process of its own, whose imports can't touch ours; one for both, for they take most of the time."""
    argv = [sys.executable, "-c", BUILD_TWICE]
    done = subprocess.run(argv, cwd=project, env=child_environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


class TestBuild:
    def test_twice(self, project: Path, writer: Client, database: str) -> None:
        build_twice(project)
        weeks = writer.query(f"SELECT week, submissions, mean FROM {database}.fct_weeks ORDER BY week").result_rows
        assert weeks == [(1, 3, 7.0), (2, 1, 7.0)]
        latest = writer.query(f"SELECT student, grade, run FROM {database}.fct_latest ORDER BY student").result_rows
        assert [row[::2] for row in latest] == [(1, 1), (2, 2), (3, 2)]
        assert [row[1] for row in latest][:2] == [7, 9]
