"""Events that a client reports: only those marked trackable, only about one's own, and each once."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from pydantic import ValidationError

from contracts.events import CATALOGUE, ActivityViewed, Event, PredictionFollowed
from contracts.ids import CourseId, EventId
from lms_api.analytics import queries
from lms_api.analytics.errors import FromTheFuture, NotTrackable, NotYours
from lms_api.analytics.schemas import Receipt, Tracked
from lms_api.db import WriteSession
from lms_api.errors import Invalid
from lms_api.outbox.record import Said, record_all
from stack import clock

SLACK = timedelta(minutes=5)
"""How far a client's clock may be ahead of ours."""
MOST_VIEWS = 1000
"""What one reported event may stand for: a day's clicks of somebody very busy."""

TRACKABLE: dict[str, type[Event]] = {name: event for name, event in CATALOGUE.items() if event.trackable}


def track(session: WriteSession, tracked: Sequence[Tracked]) -> Receipt:
    """All or none. `occurred_at` is the client's; when it became known is our clock's.

    Raises NotTrackable, NotYours, FromTheFuture, Invalid, each naming the event by its place.
    """
    events = [_event(place, one) for place, one in enumerate(tracked)]
    courses = _courses(session, events)
    said = [
        Said(event=event, course_id=course, occurred_at=one.occurred_at, event_id=EventId(one.event_id))
        for one, event, course in zip(tracked, events, courses, strict=True)
    ]
    recorded = len(record_all(session, said))
    return Receipt(received=len(tracked), recorded=recorded, repeated=len(tracked) - recorded)


def _event(place: int, tracked: Tracked) -> Event:
    kind = TRACKABLE.get(tracked.name)
    if kind is None:
        raise NotTrackable(field=f"events.{place}.name", value=tracked.name)
    if tracked.occurred_at is not None and tracked.occurred_at > clock.now() + SLACK:
        raise FromTheFuture(field=f"events.{place}.occurred_at", value=tracked.occurred_at)
    try:
        event = kind.model_validate(tracked.payload)
    except ValidationError as error:
        first = error.errors()[0]
        at = ".".join(str(part) for part in first["loc"])
        raise Invalid(first["msg"], field=f"events.{place}.payload.{at}", value=first["input"]) from error
    if isinstance(event, ActivityViewed) and event.views > MOST_VIEWS:
        raise Invalid(f"At most {MOST_VIEWS} views.", field=f"events.{place}.payload.views", value=event.views)
    return event


def _courses(session: WriteSession, events: Sequence[Event]) -> list[CourseId | None]:
    """The course of each event. Raises NotYours."""
    views = {(event.enrollment_id, event.lesson_id) for event in events if isinstance(event, ActivityViewed)}
    follows = {event.prediction_id for event in events if isinstance(event, PredictionFollowed)}
    user_id = session.who.user_id
    of_views = queries.courses_of_views(session, student_id=user_id, views=views) if views else {}
    of_predictions = (
        queries.courses_of_predictions(session, viewer_id=user_id, prediction_ids=follows) if follows else {}
    )
    return [_course(place, event, of_views, of_predictions) for place, event in enumerate(events)]


def _course(
    place: int,
    event: Event,
    of_views: dict[tuple[UUID, UUID], UUID],
    of_predictions: dict[tuple[UUID, str], UUID | None],
) -> CourseId | None:
    if isinstance(event, ActivityViewed) and (event.enrollment_id, event.lesson_id) in of_views:
        return CourseId(of_views[event.enrollment_id, event.lesson_id])
    if isinstance(event, PredictionFollowed) and (event.prediction_id, event.kind.value) in of_predictions:
        course = of_predictions[event.prediction_id, event.kind.value]
        return None if course is None else CourseId(course)
    about = "enrollment_id" if isinstance(event, ActivityViewed) else "prediction_id"
    raise NotYours(field=f"events.{place}.payload.{about}", value=getattr(event, about, None))
