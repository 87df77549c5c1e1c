"""What clients report."""

from fastapi import APIRouter

from lms_api.analytics import service
from lms_api.analytics.errors import FromTheFuture, NotTrackable, NotYours
from lms_api.analytics.schemas import OneOrMany, Receipt, TrackedBatch
from lms_api.deps import WriteDep
from lms_api.errors import documented

router = APIRouter(prefix="/analytics", tags=["analytics"])

NAMES = ", ".join(f"`{name}`" for name in service.TRACKABLE)


@router.post(
    "/track-event",
    status_code=202,
    responses=documented(NotTrackable, NotYours, FromTheFuture),
    description=f"Records one event or a batch, all or none, each once by its `event_id`. Clients may report {NAMES}.",
)
def track_event(given: OneOrMany, session: WriteDep) -> Receipt:
    events = given.events if isinstance(given, TrackedBatch) else [given]
    return service.track(session, events)
