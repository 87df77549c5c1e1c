"""One migrated database for the session; each test gets an organization of its own, so none meets another's rows."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine, text
from starlette.testclient import TestClient

from contracts.events import Role
from contracts.ids import OrganizationId, UserId
from lms_api.app import create_app
from lms_api.assessments import service as assessments
from lms_api.assessments.schemas import NewAssessment, Option, QuestionGiven, QuestionKind
from lms_api.assessments.tables import Assessment
from lms_api.courses import service as courses
from lms_api.courses.schemas import NewCourse, NewLesson
from lms_api.courses.tables import Course, Lesson
from lms_api.db import ReadSession, WriteSession, application_engine
from lms_api.enrollments import service as enrollments
from lms_api.enrollments.schemas import Enroll
from lms_api.enrollments.tables import Enrollment
from lms_api.identity import queries, tokens
from lms_api.identity import service as identity
from lms_api.identity.schemas import NewUser
from lms_api.migrations.upgrade import migrate
from lms_api.organizations import service as organizations
from lms_api.principal import Principal
from lms_api.unit_of_work import reading, writing
from stack.settings import Settings

PASSWORD = "correct horse battery"


@pytest.fixture(scope="session")
def lms_engine(stores: Settings) -> Iterator[Engine]:
    """The application's role in the session's campus, migrated."""
    migrate(stores.owner_url)
    made = application_engine(stores.application_url)
    yield made
    made.dispose()


class WentWrong(Exception):
    """After the last statement of a transaction, before its commit."""


@dataclass
class Campus:
    """One organization with one user of each role, all with the same password."""

    engine: Engine
    settings: Settings
    slug: str
    organization_id: OrganizationId
    people: dict[Role, Principal]

    @property
    def admin(self) -> Principal:
        return self.people[Role.ADMIN]

    @property
    def instructor(self) -> Principal:
        return self.people[Role.INSTRUCTOR]

    @property
    def ta(self) -> Principal:
        return self.people[Role.TA]

    @property
    def learner(self) -> Principal:
        return self.people[Role.STUDENT]

    @contextmanager
    def writing(self, who: Principal | None) -> Iterator[WriteSession]:
        with writing(self.engine, self.organization_id) as session:
            if who is not None:
                session.who = who
            yield session

    @contextmanager
    def taken_back(self, who: Principal | None) -> Iterator[WriteSession]:
        """As `writing`, but something goes wrong at the end."""
        with suppress(WentWrong), self.writing(who) as session:
            yield session
            raise WentWrong

    @contextmanager
    def reading(self, who: Principal | None) -> Iterator[ReadSession]:
        with reading(self.engine, self.organization_id) as session:
            if who is not None:
                session.who = who
            yield session

    def open_account(self, role: Role, *, password: str | None = None) -> Principal:
        email = f"{role.value}-{uuid4().hex[:8]}@example.org"
        with self.writing(self.admin) as session:
            user = identity.open_account(
                session, NewUser(email=email, role=role, first_name="Maria", password=password)
            )
            return _principal(session, user.id)

    # ---------- things to learn from
    def course(self, **given: Any) -> Course:
        """Published, with two seats unless said otherwise."""
        new = NewCourse(**{"title": "Statistics", "slug": f"stat-{uuid4().hex[:8]}", "is_published": True, **given})
        with self.writing(self.instructor) as session:
            return courses.make_course(session, new)

    def lesson(self, course: Course, **given: Any) -> Lesson:
        with self.writing(self.instructor) as session:
            return courses.add_lesson(session, course.id, NewLesson(**{"title": "Means", "content": "# Mean", **given}))

    def quiz(self, course: Course, **given: Any) -> Assessment:
        """One mcq (3 points, key `b`) and one true or false (1 point, `true`)."""
        with self.writing(self.instructor) as session:
            quiz = assessments.make_assessment(session, course.id, NewAssessment(**{"title": "Quiz 1", **given}))
            options = [Option(key="a", text="one"), Option(key="b", text="two")]
            mcq = {"question_type": QuestionKind.MCQ, "options": options, "correct_answer": "b", "points": 3}
            assessments.add_question(session, quiz.id, QuestionGiven(question_text="1 + 1?", **mcq))
            told = {"question_type": QuestionKind.TRUE_FALSE, "correct_answer": "true"}
            assessments.add_question(session, quiz.id, QuestionGiven(question_text="A mean is a number.", **told))
            return quiz

    def essay(self, assessment: Assessment, points: int = 4) -> UUID:
        with self.writing(self.instructor) as session:
            given = QuestionGiven(question_text="Why?", question_type=QuestionKind.ESSAY, points=points)
            return assessments.add_question(session, assessment.id, given).id

    def enrolled(self, course: Course, who: Principal | None = None) -> Enrollment:
        with self.writing(who or self.learner) as session:
            return enrollments.enroll(session, course.id, Enroll())

    # ---------- what was said
    def said(self, name: str | None = None) -> list[dict[str, Any]]:
        """The log of this organization in its order: payload, and envelope's columns under their names."""
        query = text(
            "select *, payload from learning_events where :name = '' or name = :name order by epoch, txid, seq"
        )
        with self.reading(None) as session:
            rows = session.execute(query, {"name": name or ""}).mappings()
            return [{**row, **row["payload"]} for row in rows]

    # ---------- over HTTP
    def token(self, who: Principal) -> dict[str, str]:
        access = tokens.access_token(self.settings, user_id=who.user_id, organization_id=who.organization_id)
        return {"Authorization": f"Bearer {access}"}


def make_campus(engine: Engine, settings: Settings) -> Campus:
    """An organization of a fresh name, with one user of each role."""
    slug = f"t-{uuid4().hex[:12]}"
    with writing(engine) as session:
        organization = organizations.make(session, name="A test", slug=slug, made_up=True)
        people = {}
        for role in Role:
            account = NewUser(email=f"{role.value}@example.org", role=role, first_name="Maria")
            people[role] = _principal(session, identity.add_account(session, account).id)
    return Campus(engine, settings, slug, OrganizationId(organization.id), people)


def _principal(session: ReadSession, user_id: UUID) -> Principal:
    found = queries.principal(session, UserId(user_id))
    assert found is not None
    return found


@pytest.fixture
def campus(lms_engine: Engine, stores: Settings) -> Campus:
    return make_campus(lms_engine, stores)


@pytest.fixture
def other_campus(lms_engine: Engine, stores: Settings) -> Campus:
    """Another organization beside `campus`."""
    return make_campus(lms_engine, stores)


@pytest.fixture(scope="session")
def lms_app(lms_engine: Engine, stores: Settings) -> FastAPI:
    return create_app(stores)


@pytest.fixture
def client(lms_app: FastAPI) -> TestClient:
    """A browser without cookies."""
    return TestClient(lms_app, raise_server_exceptions=False)


def moment(text_of_it: str) -> datetime:
    """`2026-03-01` or with a time; UTC."""
    return datetime.fromisoformat(text_of_it).replace(tzinfo=UTC)
