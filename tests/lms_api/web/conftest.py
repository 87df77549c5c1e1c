"""A course with something of everything on it, people who sign in by the page, and predictions about them."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import httpx2
import pytest
import uvicorn
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from contracts.events import Role
from contracts.loop import LoopReport, StageReport
from contracts.predictions import (
    Band,
    ModelVersion,
    PredictionBatch,
    Reason,
    Recommendation,
    RecommendedItem,
    RiskPrediction,
    WhyRecommended,
)
from lms_api.app import create_app
from lms_api.courses.tables import Course, Lesson
from lms_api.identity import cookies
from lms_api.identity import service as identity
from lms_api.predictions import intake
from lms_api.principal import Principal
from lms_api.unit_of_work import writing
from stack.settings import Settings

if TYPE_CHECKING:
    from tests.lms_api.conftest import Campus

PASSWORD = "correct horse battery"
TITLES = ("What a number says", "Reading a time series", "Sampling")
ORIGIN = "http://campus.test"

TEXT = """
A *mean* is the balance point.

## Why it misleads

1. Outliers pull it.
2. It hides the shape.

> Draw first, compute after.

<script>alert("no")</script>
"""


@dataclass(frozen=True)
class School:
    """A campus whose people have passwords: the learner has a course, another one never came to it."""

    campus: "Campus"
    emails: dict[Role, str]
    course: Course
    other_course: Course
    lessons: tuple[Lesson, ...]
    quiz_id: UUID
    enrollment_id: UUID
    silent_enrollment_id: UUID

    @property
    def learner(self) -> Principal:
        return self.campus.learner

    def predict(
        self, value: float, *, band: Band = Band.HIGH, kind: str = "xgboost", computed_at: datetime | None = None
    ) -> UUID:
        """A new risk of the learner's, and one of the other's, who never came; gives the first one's id."""
        now = computed_at or datetime.now(UTC)
        of_learner = _risk(self.enrollment_id, value, band, now, _SEEN)
        of_silent = _risk(self.silent_enrollment_id, 0.8, Band.HIGH, now, _NEVER)
        judged_on = None if kind == "rule" else 1280
        self._post("risk", kind, now, risks=(of_learner, of_silent), judged_on=judged_on)
        return of_learner.prediction_id

    def recommend(self) -> UUID:
        """Courses for the learner; gives the prediction's id."""
        with self.campus.reading(None) as session:
            actor = identity.actor_of(session, self.learner.user_id)
        now = datetime.now(UTC)
        item = RecommendedItem(item_id=self.other_course.id, score=1.0, why=WhyRecommended.SIMILAR)
        made = Recommendation(
            prediction_id=uuid4(), kind="courses", subject_id=actor, items=(item,), features_as_of=now
        )
        self._post("courses", "ease", now, recommendations=(made,))
        return made.prediction_id

    def _post(
        self,
        name: str,
        kind: str,
        now: datetime,
        *,
        risks: tuple[RiskPrediction, ...] = (),
        recommendations: tuple[Recommendation, ...] = (),
        judged_on: int | None = None,
    ) -> None:
        batch = PredictionBatch(
            batch_id=uuid4(),
            organization_id=self.campus.organization_id,
            model=ModelVersion(name=f"{name}.{self.campus.organization_id}", version=3, kind=kind),
            computed_at=now,
            risks=risks,
            recommendations=recommendations,
            judged_on=judged_on,
        )
        with writing(self.campus.engine) as session:
            receipt = intake.accept_batch(session, batch.model_dump_json().encode())
        assert receipt.refused == 0

    def report(self) -> None:
        """What the worker tells after a turn of the loop."""
        now = datetime.now(UTC)
        stages = (
            StageReport(stage="event log to raw", rows_in=1200, rows_out=1200, seconds=0.4, position="1/700/1200"),
            StageReport(stage="raw to marts", rows_in=1200, rows_out=1180, merged=20, seconds=1.6),
        )
        report = LoopReport(
            run_id=uuid4(),
            started_at=now - timedelta(seconds=4),
            finished_at=now,
            stages=stages,
            lag_seconds=1.5,
            model_versions={f"risk.{self.campus.organization_id}": "3"},
        )
        with writing(self.campus.engine) as session:
            intake.accept_loop_report(session, report.model_dump_json().encode())


_SEEN = (
    Reason(feature="days_since_last_view", value=11.0, contribution=0.9),
    Reason(feature="assessments_missed", value=1.0, contribution=0.6),
    Reason(feature="mean_score", value=78.0, contribution=-0.4),
)
_NEVER = (Reason(feature="never_viewed", value=1.0, contribution=1.2),)


def _risk(
    enrollment_id: UUID, value: float, band: Band, as_of: datetime, reasons: tuple[Reason, ...]
) -> RiskPrediction:
    return RiskPrediction(
        prediction_id=uuid4(),
        enrollment_id=enrollment_id,
        value=value,
        band=band,
        reasons=reasons,
        features_as_of=as_of,
        course_week=4,
        never_started=reasons is _NEVER,
    )


@pytest.fixture
def school(campus: "Campus") -> School:
    emails = {}
    for role in Role:
        campus.people[role] = campus.open_account(role, password=PASSWORD)
        emails[role] = _email(campus, campus.people[role])
    course = campus.course(title="Statistics for everyone", description="Numbers, and what they hide.")
    lessons = tuple(campus.lesson(course, title=title, content=TEXT, duration_minutes=10) for title in TITLES)
    other_course = campus.course(title="The age of sail", category="history", duration_hours=12)
    quiz = campus.quiz(course, max_attempts=2, due_date=datetime.now(UTC) + timedelta(days=3))
    return School(
        campus=campus,
        emails=emails,
        course=course,
        other_course=other_course,
        lessons=lessons,
        quiz_id=quiz.id,
        enrollment_id=campus.enrolled(course).id,
        silent_enrollment_id=campus.enrolled(course, campus.open_account(Role.STUDENT)).id,
    )


def _email(campus: "Campus", who: Principal) -> str:
    with campus.reading(who) as session:
        return identity.profile(session).email


class Visitor:
    """A browser without scripts: it keeps cookies, follows redirects, and says where its forms come from."""

    def __init__(self, app: FastAPI) -> None:
        self.http = TestClient(app, base_url=ORIGIN)
        self._settings: Settings = app.state.settings

    def cookie(self, what: cookies.Cookie) -> str:
        """The name that it has at this campus."""
        return cookies.name(self._settings, what)

    def open(self, address: str, **headers: str) -> httpx2.Response:
        return self.http.get(address, headers=headers)

    def send(self, address: str, form: dict[str, str] | None = None, **headers: str) -> httpx2.Response:
        return self.http.post(address, data=form or {}, headers={"origin": ORIGIN, **headers})

    def sign_in(self, school: School, role: Role, *, then: str = "/") -> httpx2.Response:
        given = {"organization": school.campus.slug, "email": school.emails[role], "password": PASSWORD, "next": then}
        return self.send("/sign-in", given)


@pytest.fixture(scope="module")
def address(lms_engine: Engine, stores: Settings) -> Iterator[str]:
    """The LMS on a port of its own, for real browsers; ends with the module."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        config = uvicorn.Config(create_app(stores), log_level="warning", lifespan="off", timeout_graceful_shutdown=2)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        while not server.started and thread.is_alive():
            time.sleep(0.02)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join(timeout=10)


@pytest.fixture
def visitor(lms_app: FastAPI) -> Visitor:
    """Nobody yet."""
    return Visitor(lms_app)


@pytest.fixture
def signed_in(lms_app: FastAPI, school: School) -> Callable[[Role], Visitor]:
    """A browser per role of the school, past the sign-in page."""

    def by(role: Role) -> Visitor:
        visitor = Visitor(lms_app)
        assert visitor.sign_in(school, role).status_code == 200
        return visitor

    return by
