"""What clients report."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from contracts.events import CATALOGUE, EnrollmentStatus, Role
from lms_api.analytics import service
from lms_api.analytics.errors import FromTheFuture, NotTrackable, NotYours
from lms_api.analytics.schemas import Receipt, Tracked
from lms_api.courses.tables import Course
from lms_api.enrollments import service as enrollments
from lms_api.enrollments.tables import Enrollment
from lms_api.errors import Invalid
from lms_api.predictions.tables import Prediction, PredictionExposure
from lms_api.principal import Principal
from tests.lms_api.conftest import Campus

Make = Callable[..., Tracked]


@pytest.fixture
def course(campus: Campus) -> Course:
    return campus.course()


@pytest.fixture
def enrollment(campus: Campus, course: Course) -> Enrollment:
    return campus.enrolled(course)


@pytest.fixture
def view(campus: Campus, course: Course, enrollment: Enrollment) -> Make:
    """Makes a view of the course's lesson by the learner, with whatever is given instead."""
    lesson = campus.lesson(course)

    def make(**given: Any) -> Tracked:
        payload = {"enrollment_id": str(enrollment.id), "lesson_id": str(lesson.id), **given.pop("payload", {})}
        return Tracked(**{"event_id": uuid4(), "name": "activity.viewed", "payload": payload, **given})

    return make


def track(campus: Campus, *tracked: Tracked, who: Principal | None = None) -> Receipt:
    with campus.writing(who or campus.learner) as session:
        return service.track(session, tracked)


class TestTrack:
    def test_records_as_the_learner_in_the_course(self, campus: Campus, course: Course, view: Make) -> None:
        at = datetime.now(UTC) - timedelta(days=3)
        tracked = view(occurred_at=at)
        assert track(campus, tracked) == Receipt(received=1, recorded=1, repeated=0)
        (event,) = campus.said("activity.viewed")
        assert (event["event_id"], event["actor_id"]) == (tracked.event_id, campus.learner.actor_id)
        assert (event["course_id"], event["occurred_at"]) == (course.id, at)
        assert datetime.now(UTC) - event["recorded_at"] < timedelta(minutes=1)

    def test_the_same_again_changes_nothing(self, campus: Campus, view: Make) -> None:
        batch = [view() for _ in range(3)]
        track(campus, *batch)
        again = track(campus, *batch, view())
        assert again == Receipt(received=4, recorded=1, repeated=3)
        assert len(campus.said("activity.viewed")) == 4

    def test_the_same_at_once_is_recorded_once(self, campus: Campus, view: Make) -> None:
        batch = [view() for _ in range(20)]
        with ThreadPoolExecutor(4) as pool:
            receipts = list(pool.map(lambda _: track(campus, *batch), range(4)))
        assert sum(receipt.recorded for receipt in receipts) == 20
        assert len(campus.said("activity.viewed")) == 20

    def test_an_id_doubled_within_a_batch_counts_once(self, campus: Campus, view: Make) -> None:
        one = view()
        assert track(campus, one, one) == Receipt(received=2, recorded=1, repeated=1)

    def test_is_all_or_none(self, campus: Campus, view: Make) -> None:
        with pytest.raises(NotYours) as refusal:
            track(campus, view(), view(payload={"lesson_id": str(uuid4())}))
        assert refusal.value.field == "events.1.payload.enrollment_id"
        assert campus.said("activity.viewed") == []


class TestRefusals:
    def test_only_what_is_marked_trackable(self, campus: Campus, view: Make) -> None:
        assert set(service.TRACKABLE) == {"activity.viewed", "prediction.followed"}
        for name in [*(set(CATALOGUE) - set(service.TRACKABLE)), "made.up", ""]:
            with pytest.raises(NotTrackable):
                track(campus, view(name=name))

    def test_another_learner_s_enrollment(self, campus: Campus, other_campus: Campus, view: Make) -> None:
        with pytest.raises(NotYours):
            track(campus, view(), who=campus.open_account(Role.STUDENT))
        with pytest.raises(NotYours):
            track(other_campus, view())

    def test_a_lesson_of_another_course(self, campus: Campus, view: Make) -> None:
        lesson = campus.lesson(campus.course())
        with pytest.raises(NotYours):
            track(campus, view(payload={"lesson_id": str(lesson.id)}))

    def test_a_course_that_one_has_left(self, campus: Campus, enrollment: Enrollment, view: Make) -> None:
        with campus.writing(campus.learner) as session:
            enrollments.change_status(session, enrollment.id, EnrollmentStatus.DROPPED)
        with pytest.raises(NotYours):
            track(campus, view())

    def test_the_future(self, campus: Campus, view: Make) -> None:
        with pytest.raises(FromTheFuture):
            track(campus, view(occurred_at=datetime.now(UTC) + timedelta(hours=1)))
        track(campus, view(occurred_at=datetime.now(UTC) + timedelta(minutes=1)))

    @pytest.mark.parametrize(
        ("payload", "field"),
        [
            ({"views": 0}, "views"),
            ({"views": 1001}, "views"),
            ({"lesson_id": "x"}, "lesson_id"),
            ({"note": "x"}, "note"),
        ],
    )
    def test_a_payload_that_does_not_fit_is_named(
        self, campus: Campus, view: Make, payload: dict[str, Any], field: str
    ) -> None:
        with pytest.raises(Invalid) as refusal:
            track(campus, view(payload=payload))
        assert refusal.value.field == f"events.0.payload.{field}"


class TestPredictionFollowed:
    @pytest.fixture
    def prediction_id(self, campus: Campus, enrollment: Enrollment) -> UUID:
        now = datetime.now(UTC)
        with campus.writing(None) as session:
            row = Prediction(
                id=uuid4(), organization_id=campus.organization_id, kind="activities", enrollment_id=enrollment.id,
                model_name="a", model_version=1, model_kind="ease", features_as_of=now, computed_at=now,
                batch_id=uuid4(),
            )  # fmt: skip
            session.add(row)
            return row.id

    def followed(self, prediction_id: UUID, kind: str = "activities") -> Tracked:
        payload = {"prediction_id": str(prediction_id), "kind": kind}
        return Tracked(event_id=uuid4(), name="prediction.followed", payload=payload)

    def test_by_the_learner_whom_it_is_about(self, campus: Campus, course: Course, prediction_id: UUID) -> None:
        track(campus, self.followed(prediction_id))
        assert campus.said("prediction.followed")[0]["course_id"] == course.id

    def test_by_whom_it_was_shown_to(self, campus: Campus, prediction_id: UUID) -> None:
        with pytest.raises(NotYours):
            track(campus, self.followed(prediction_id), who=campus.ta)
        with campus.writing(None) as session:
            mine = {"organization_id": campus.organization_id, "viewer_id": campus.ta.user_id}
            session.add(PredictionExposure(prediction_id=prediction_id, **mine))
        assert track(campus, self.followed(prediction_id), who=campus.ta).recorded == 1

    def test_refuses_another_kind_or_an_unknown_one(self, campus: Campus, prediction_id: UUID) -> None:
        for tracked in (self.followed(prediction_id, "risk"), self.followed(uuid4())):
            with pytest.raises(NotYours):
                track(campus, tracked)
