"""For each test an organization of its own, with a course, its instructor and three lessons."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, text

from contracts.events import Role
from contracts.ids import ActorId, CourseId, EnrollmentId, OrganizationId, UserId
from contracts.predictions import (
    Band,
    BatchReceipt,
    ModelVersion,
    PredictionBatch,
    Reason,
    Recommendation,
    RecommendedItem,
    RiskPrediction,
    WhyRecommended,
)
from lms_api.courses.tables import Course, Lesson
from lms_api.db import WriteSession, application_engine
from lms_api.enrollments.tables import Enrollment
from lms_api.identity.tables import Pseudonym, User
from lms_api.migrations.upgrade import migrate
from lms_api.organizations import service as organizations
from lms_api.predictions import intake
from lms_api.principal import Principal
from lms_api.unit_of_work import writing
from stack.settings import Settings

NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture(scope="session")
def engine(stores: Settings) -> Iterator[Engine]:
    """The application's role in the session's campus, migrated."""
    migrate(stores.owner_url)
    made = application_engine(stores.application_url)
    yield made
    made.dispose()


@dataclass(frozen=True)
class Campus:
    """One organization: a course with two lessons, its instructor, and what a test adds."""

    engine: Engine
    organization_id: OrganizationId
    instructor: Principal
    course_id: CourseId
    lesson_ids: tuple[UUID, ...]

    @contextmanager
    def session(self, who: Principal | None = None) -> Iterator[WriteSession]:
        """A transaction of the organization, signed in as `who`."""
        with writing(self.engine, self.organization_id) as session:
            if who is not None:
                session.who = who
            yield session

    def person(self, role: Role, name: str) -> Principal:
        with self.session() as session:
            return _person(session, role, name)

    def course(self, title: str, *, family: str | None = None, **columns: Any) -> CourseId:
        with self.session() as session:
            return _course(session, title, instructor_id=None, family=family, **columns)

    def enroll(self, learner: Principal, course_id: UUID | None = None, *, status: str = "active") -> EnrollmentId:
        with self.session() as session:
            row = Enrollment(
                id=uuid4(),
                organization_id=self.organization_id,
                student_id=learner.user_id,
                course_id=course_id or self.course_id,
                enrolled_at=NOW - timedelta(days=30),
                status=status,
            )
            session.add(row)
            session.flush()
            return EnrollmentId(row.id)

    def learner(self, name: str) -> tuple[Principal, EnrollmentId]:
        """Somebody active in the course, and the enrollment."""
        who = self.person(Role.STUDENT, name)
        return who, self.enroll(who)

    def post(self, made: PredictionBatch) -> BatchReceipt:
        with writing(self.engine) as session:
            return intake.accept_batch(session, made.model_dump_json().encode())

    def batch(self, *risks: RiskPrediction, **given: Any) -> PredictionBatch:
        return PredictionBatch(
            **{
                "batch_id": uuid4(),
                "organization_id": self.organization_id,
                "model": ModelVersion(name=f"risk.{self.organization_id}", version=3, kind="xgboost"),
                "computed_at": NOW,
                "risks": risks,
                **given,
            }
        )

    def events(self, name: str) -> list[dict[str, Any]]:
        """Payloads of the log, with actor and course, in its order."""
        query = text("select payload, actor_id, course_id from learning_events where name = :name order by seq")
        with self.session() as session:
            found = session.execute(query, {"name": name})
            return [{**row.payload, "actor": row.actor_id, "course": row.course_id} for row in found]

    def set_column(self, table: str, row_id: UUID, assignment: str) -> None:
        with self.session() as session:
            session.execute(text(f"update {table} set {assignment} where id = :id"), {"id": row_id})


def risk(
    enrollment_id: UUID,
    value: float,
    *,
    ago: timedelta = timedelta(0),
    reasons: tuple[Reason, ...] | None = None,
    never_started: bool = False,
) -> RiskPrediction:
    """A prediction with one reason and one fact against it."""
    late = Reason(feature="days_since_last_view", value=9.0, contribution=0.4)
    good = Reason(feature="mean_score", value=82.0, contribution=-0.2)
    return RiskPrediction(
        prediction_id=uuid4(),
        enrollment_id=enrollment_id,
        value=value,
        band=Band.HIGH if value >= 0.6 else Band.RAISED if value >= 0.4 else Band.LOW,
        reasons=(late, good) if reasons is None else reasons,
        features_as_of=NOW - ago,
        course_week=4,
        never_started=never_started,
        trace_id="0af7651916cd43dd8448eb211c80319c",
    )


def recommendation(
    subject: UUID, *items: UUID, kind: str = "courses", because_of: UUID | None = None
) -> Recommendation:
    return Recommendation.model_validate(
        {
            "prediction_id": uuid4(),
            "kind": kind,
            "subject_id": subject,
            "items": [
                RecommendedItem(item_id=item, score=1.0, why=WhyRecommended.SIMILAR, because_of=because_of)
                for item in items
            ],
            "features_as_of": NOW,
        }
    )


@pytest.fixture
def campus(engine: Engine) -> Campus:
    """A fresh organization, so that no test meets another's rows."""
    slug = f"t-{uuid4().hex[:12]}"
    with writing(engine) as session:
        organization = organizations.make(session, name=slug, slug=slug, made_up=True)
        instructor = _person(session, Role.INSTRUCTOR, "Ida Instructor")
        course_id = _course(session, "Statistics", instructor_id=instructor.user_id)
        lessons = tuple(_lesson(session, course_id, order) for order in range(3))
    return Campus(engine, OrganizationId(organization.id), instructor, course_id, lessons)


def _person(session: WriteSession, role: Role, name: str) -> Principal:
    first, _, last = name.partition(" ")
    user = User(
        id=uuid4(),
        organization_id=session.organization_id,
        email=f"{uuid4().hex}@example.org",
        first_name=first,
        last_name=last or None,
        role=role.value,
    )
    session.add(user)
    session.flush()
    pseudonym = Pseudonym(organization_id=session.organization_id, user_id=user.id, actor_id=uuid4())
    session.add(pseudonym)
    session.flush()
    assert session.organization_id is not None
    return Principal(
        user_id=UserId(user.id),
        organization_id=session.organization_id,
        actor_id=ActorId(pseudonym.actor_id),
        role=role,
    )


def _course(
    session: WriteSession, title: str, *, instructor_id: UUID | None, family: str | None = None, **columns: Any
) -> CourseId:
    slug = uuid4().hex
    row = Course(
        **{
            "id": uuid4(),
            "organization_id": session.organization_id,
            "instructor_id": instructor_id,
            "title": title,
            "slug": slug,
            "family": family or slug,
            "is_published": True,
            **columns,
        }
    )
    session.add(row)
    session.flush()
    return CourseId(row.id)


def _lesson(session: WriteSession, course_id: UUID, order: int) -> UUID:
    row = Lesson(
        id=uuid4(),
        organization_id=session.organization_id,
        course_id=course_id,
        title=f"Lesson {order + 1}",
        order_index=order,
    )
    session.add(row)
    session.flush()
    return row.id
