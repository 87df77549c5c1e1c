"""The schema's history, in a database of its own."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, make_url
from sqlalchemy.pool import NullPool

from lms_api.migrations.upgrade import downgrade, head, migrate
from lms_api.tables import Base
from stack.postgres import DRIVER, connect
from stack.settings import Settings


@pytest.fixture(scope="module")
def empty(stores: Settings) -> Iterator[str]:
    """The owner's URL of an empty database."""
    name = "migrations_test"
    with psycopg.connect(make_url(stores.owner_url).render_as_string(hide_password=False), autocommit=True) as owner:
        owner.execute(f"create database {name}".encode())
        yield make_url(stores.owner_url).set(database=name).render_as_string(hide_password=False)
        owner.execute(f"drop database {name} with (force)".encode())


def ours(name: str | None, kind: str, _: Any) -> bool:
    """The event log's tables are stack's, not SQLAlchemy's."""
    return not (kind == "table" and name is not None and name.startswith(("learning_event", "event_log")))


class TestMigrate:
    def test_there_and_back_and_there(self, empty: str) -> None:
        assert migrate(empty) == (None, head())
        assert migrate(empty) == (head(), head())
        downgrade(empty)
        with connect(empty) as connection:
            left = connection.execute(
                """select relname from pg_class
                where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'S')"""
            ).fetchall()
            functions = connection.execute(
                "select proname from pg_proc where pronamespace = 'public'::regnamespace and proowner <> 10"
            ).fetchall()
        assert {row[0] for row in left} == {"alembic_version"}
        assert functions == []
        assert migrate(empty) == (None, head())

    def test_gives_the_tables_that_the_code_knows(self, empty: str) -> None:
        migrate(empty)
        engine = create_engine(make_url(empty).set(drivername=DRIVER), poolclass=NullPool)
        options = {"compare_type": True, "compare_server_default": True, "include_name": ours}
        with engine.connect() as connection:
            assert compare_metadata(MigrationContext.configure(connection, opts=options), Base.metadata) == []

    def test_makes_the_log_s_next_partitions(self, empty: str) -> None:
        migrate(empty)
        with connect(empty) as connection:
            made = connection.execute(
                "select count(*) from pg_inherits where inhparent = 'learning_events'::regclass"
            ).fetchone()
        assert made is not None
        assert made[0] >= 15

    def test_has_the_plan_s_indexes(self, empty: str) -> None:
        migrate(empty)
        with connect(empty) as connection:
            names = {
                row[0] for row in connection.execute("select indexname from pg_indexes where schemaname = 'public'")
            }
        assert names >= {
            "idx_users_email",
            "idx_users_organization",
            "idx_courses_organization",
            "idx_courses_instructor",
            "idx_courses_published",
            "idx_enrollments_student",
            "idx_enrollments_course",
            "idx_lesson_progress_enrollment",
            "idx_assessments_course",
            "idx_questions_assessment",
            "idx_student_answers_student",
        }
