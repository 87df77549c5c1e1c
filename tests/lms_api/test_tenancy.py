"""One organization never meets another's rows, whoever forgot a filter."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg.rows import TupleRow
from sqlalchemy import Engine, text
from sqlalchemy.exc import InternalError, ProgrammingError

from contracts.events import Page, PageViewed
from lms_api import tables
from lms_api.outbox.record import record
from lms_api.unit_of_work import reading, writing
from stack.postgres import connect
from stack.settings import Settings
from tests.lms_api.conftest import Campus

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def owner(lms_engine: Engine, stores: Settings) -> Iterator[psycopg.Connection[TupleRow]]:
    with connect(stores.owner_url) as connection:
        yield connection


@pytest.fixture
def log_reader(lms_engine: Engine, stores: Settings) -> Iterator[psycopg.Connection[TupleRow]]:
    with connect(stores.log_url) as connection:
        yield connection


def tenant_tables(owner: psycopg.Connection[TupleRow]) -> list[str]:
    """By the catalogue: every table with an organization, the log's partitions too."""
    found = owner.execute(
        """select c.oid::regclass::text from pg_class c join pg_attribute a on a.attrelid = c.oid
        where a.attname = 'organization_id' and c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace"""
    )
    return sorted([row[0] for row in found] + ["organizations"])


def filled(campus: Campus) -> None:
    """At least one row in every tenant table."""
    course = campus.course()
    lesson, enrollment = campus.lesson(course), campus.enrolled(course)
    quiz = campus.quiz(course)
    one = {"organization_id": campus.organization_id, "enrollment_id": enrollment.id}
    student = {"student_id": campus.learner.user_id}
    mine = {"organization_id": campus.organization_id}
    with campus.writing(campus.admin) as session:
        submission = tables.Submission(id=uuid4(), assessment_id=quiz.id, attempt=1, **one, **student)
        prediction = tables.Prediction(
            id=uuid4(), kind="risk", model_name="risk", model_version=1, model_kind="rule", features_as_of=NOW,
            computed_at=NOW, batch_id=uuid4(), **one,
        )  # fmt: skip
        session.add_all([submission, prediction])
        session.flush()
        question = session.execute(text("select id from questions limit 1")).scalar_one()
        rows: list[Any] = [
            tables.LessonProgress(lesson_id=lesson.id, **one),
            tables.CourseResult(outcome="pass", recorded_at=NOW, **one),
            tables.StudentAnswer(submission_id=submission.id, question_id=question, **mine, **student),
            tables.Import(kind="demo", file_hash="0" * 64, **mine),
            tables.PredictionBatch(
                batch_id=uuid4(), body_hash="0" * 64, received=0, stored=0, repeated=0, refused=0, **mine
            ),
            tables.PredictionExposure(prediction_id=prediction.id, viewer_id=campus.admin.user_id, **mine),
            tables.Intervention(instructor_id=campus.instructor.user_id, act="contacted", **one),
            tables.RefreshToken(
                user_id=campus.admin.user_id, family_id=uuid4(), token_hash=uuid4().bytes, expires_at=NOW, **mine
            ),
        ]
        session.add_all(rows)


class TestForgottenFilter:
    def test_every_tenant_table_forces_row_security(self, owner: psycopg.Connection[TupleRow]) -> None:
        names = tenant_tables(owner)
        forced = owner.execute(
            "select oid::regclass::text from pg_class where relrowsecurity and relforcerowsecurity"
        ).fetchall()
        assert set(names) <= {row[0] for row in forced}
        assert set(names) >= {
            name for name, table in tables.Base.metadata.tables.items() if "organization_id" in table.c
        }

    def test_sees_nothing_of_another_organization(
        self, campus: Campus, other_campus: Campus, owner: psycopg.Connection[TupleRow]
    ) -> None:
        filled(campus)
        filled(other_campus)
        for table in tenant_tables(owner):
            if table.startswith("learning_events_2") or table == "learning_events_default":
                continue  # partitions: the application reaches them through their parent only
            key = "id" if table == "organizations" else "organization_id"
            with other_campus.reading(None) as session:
                found = set(session.execute(text(f"select distinct {key} from {table}")).scalars())
            assert found == {other_campus.organization_id}, table

    def test_without_an_organization_every_table_is_empty(
        self, campus: Campus, lms_engine: Engine, owner: psycopg.Connection[TupleRow]
    ) -> None:
        filled(campus)
        for table in tenant_tables(owner):
            if not table.startswith("learning_events_"):
                with reading(lms_engine) as session:
                    assert session.execute(text(f"select count(*) from {table}")).scalar() == 0, table
            assert owner.execute(f"select count(*) from {table}".encode()).fetchone() == (0,), f"{table} as the owner"

    def test_nobody_writes_into_another_organization(self, campus: Campus, other_campus: Campus) -> None:
        course = tables.Course(
            organization_id=other_campus.organization_id, title="Theirs", slug="theirs", family="theirs"
        )
        with pytest.raises(ProgrammingError, match="row-level security"), campus.writing(campus.admin) as session:
            session.add(course)

    def test_nobody_moves_or_deletes_another_s_row(self, campus: Campus, other_campus: Campus) -> None:
        course = other_campus.course()
        with campus.writing(campus.admin) as session:
            changed = session.execute(text("update courses set title = 'x' where id = :id"), {"id": course.id})
            gone = session.execute(text("delete from courses where id = :id"), {"id": course.id})
            assert (changed.rowcount, gone.rowcount) == (0, 0)  # type: ignore[attr-defined]

    def test_the_organization_ends_with_its_transaction(self, campus: Campus, lms_engine: Engine) -> None:
        with campus.reading(None) as session:
            backend = session.execute(text("select pg_backend_pid()")).scalar()
        for _ in range(30):
            with reading(lms_engine) as session:
                same = session.execute(text("select pg_backend_pid()")).scalar() == backend
                assert session.execute(text("select count(*) from users")).scalar() == 0
            if same:
                return
        pytest.fail("the pool never gave the same connection again")


class TestRoles:
    def test_the_application_can_not_bypass_or_own(self, owner: psycopg.Connection[TupleRow]) -> None:
        rows = owner.execute(
            "select rolname, rolsuper, rolbypassrls from pg_roles where rolname like 'campus%'"
        ).fetchall()
        assert {row[0] for row in rows} == {"campus_owner", "campus_app", "campus_log", "campus_door"}
        assert not any(row[1] or row[2] for row in rows)
        owned = owner.execute("select count(*) from pg_class where relowner = 'campus_app'::regrole").fetchone()
        assert owned == (0,)

    def test_the_application_appends_to_the_log_and_never_edits_it(self, campus: Campus) -> None:
        assert campus.said()
        for statement in ("delete from learning_events", "update learning_events set name = 'x'"):
            with pytest.raises(ProgrammingError, match="permission denied"), campus.writing(campus.admin) as session:
                session.execute(text(statement))

    def test_the_application_never_rewrites_a_prediction(self, campus: Campus) -> None:
        with pytest.raises(ProgrammingError, match="permission denied"), campus.writing(campus.admin) as session:
            session.execute(text("update predictions set value = 0"))

    def test_the_log_reader_reads_the_whole_log_and_nothing_else(
        self, campus: Campus, other_campus: Campus, log_reader: psycopg.Connection[TupleRow]
    ) -> None:
        rows = log_reader.execute("select distinct organization_id from learning_events").fetchall()
        assert {campus.organization_id, other_campus.organization_id} <= {row[0] for row in rows}
        for table in tables.Base.metadata.tables:
            with pytest.raises(psycopg.errors.InsufficientPrivilege), log_reader.transaction():
                log_reader.execute(f"select 1 from {table}".encode())
        with pytest.raises(psycopg.errors.InsufficientPrivilege), log_reader.transaction():
            log_reader.execute("select door_any_organization()")

    def test_a_read_session_can_not_write(self, campus: Campus) -> None:
        with pytest.raises(InternalError, match="read-only transaction"), campus.reading(campus.admin) as session:
            session.execute(text("update courses set title = 'x'"))


class TestDoor:
    """The functions that look before the tenant is known."""

    def test_are_these_and_belong_to_a_role_that_nobody_is(self, owner: psycopg.Connection[TupleRow]) -> None:
        rows = owner.execute(
            """select p.proname, p.proowner::regrole::text, array_to_string(p.proconfig, ',')
            from pg_proc p where p.prosecdef and p.pronamespace = 'public'::regnamespace order by 1"""
        ).fetchall()
        names = ["door_any_organization", "door_organization", "door_refresh", "door_sign_in"]
        assert rows == [(name, "campus_door", "search_path=pg_catalog, pg_temp") for name in names]
        role = owner.execute("select rolcanlogin from pg_roles where rolname = 'campus_door'").fetchone()
        assert role == (False,)
        members = owner.execute(
            """select member::regrole::text from pg_auth_members
            where roleid = 'campus_door'::regrole and (inherit_option or set_option)"""
        ).fetchall()
        assert members == []

    def test_reads_only_these_columns(self, owner: psycopg.Connection[TupleRow]) -> None:
        granted = owner.execute(
            """select table_name, column_name from information_schema.column_privileges
            where grantee = 'campus_door' and privilege_type = 'SELECT'"""
        ).fetchall()
        assert set(granted) == {
            *(("organizations", name) for name in ("id", "name", "slug", "logo_url", "made_up")),
            *(("users", name) for name in ("id", "organization_id", "email", "password_hash", "status")),
            *(("refresh_tokens", name) for name in ("organization_id", "token_hash")),
        }

    def test_organization_gives_what_the_sign_in_page_shows(self, campus: Campus, lms_engine: Engine) -> None:
        with reading(lms_engine) as session:
            row = session.execute(text("select * from door_organization(:slug)"), {"slug": campus.slug}).one()
            assert row == (campus.organization_id, "A test", campus.slug, None, True)
            assert session.execute(text("select * from door_organization('nobody')")).one_or_none() is None

    def test_any_organization(self, campus: Campus, lms_engine: Engine) -> None:
        with reading(lms_engine) as session:
            assert session.execute(text("select door_any_organization()")).scalar() is True

    def test_sign_in_gives_one_account_of_that_organization(
        self, campus: Campus, other_campus: Campus, lms_engine: Engine
    ) -> None:
        find = text("select organization_id, user_id, status from door_sign_in(:slug, :email)")
        with reading(lms_engine) as session:
            found = session.execute(find, {"slug": campus.slug, "email": "admin@example.org"}).all()
            assert [tuple(row) for row in found] == [(campus.organization_id, campus.admin.user_id, "active")]
            assert session.execute(find, {"slug": campus.slug, "email": "%"}).all() == []
            assert session.execute(find, {"slug": "%", "email": "admin@example.org"}).all() == []

    def test_refresh_gives_the_organization_of_a_token(self, campus: Campus, lms_engine: Engine) -> None:
        token = uuid4().bytes
        with campus.writing(None) as session:
            mine = {"organization_id": campus.organization_id, "user_id": campus.admin.user_id}
            session.add(tables.RefreshToken(family_id=uuid4(), token_hash=token, expires_at=NOW, **mine))
        with reading(lms_engine) as session:
            find = text("select door_refresh(:token)")
            assert session.execute(find, {"token": token}).scalar() == campus.organization_id
            assert session.execute(find, {"token": b"unknown"}).scalar() is None


class TestPseudonyms:
    def test_the_log_never_carries_a_user_s_id(self, campus: Campus) -> None:
        course = campus.course()
        campus.enrolled(course)
        people = {str(person.user_id) for person in campus.people.values()}
        everything = " ".join(str(event) for event in campus.said())
        assert campus.said("enrollment.changed")[0]["actor_id"] == campus.learner.actor_id
        assert not [person for person in people if person in everything]


class TestUnitOfWork:
    def test_an_event_needs_an_organization(self, lms_engine: Engine) -> None:
        with pytest.raises(RuntimeError, match="needs an organization"), writing(lms_engine) as session:
            record(session, PageViewed(page=Page.HOME))
