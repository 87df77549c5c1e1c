"""Says that something happened, in the transaction in which it happens.

Nothing is announced that did not commit, and nothing commits unannounced: every service that changes something calls
`record` with the same session.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from contracts.envelope import Envelope, Source
from contracts.events import Event
from contracts.ids import ActorId, CourseId, EventId
from lms_api.db import WriteSession, new_id
from lms_api.tracing import trace_id
from stack import clock

_INSERT = text(
    """
    WITH given AS (
        SELECT * FROM unnest(
            CAST(:event_ids AS uuid[]), CAST(:names AS text[]), CAST(:versions AS smallint[]),
            CAST(:actor_ids AS uuid[]), CAST(:course_ids AS uuid[]), CAST(:occurred AS timestamptz[]),
            CAST(:payloads AS jsonb[])
        ) WITH ORDINALITY AS t (event_id, name, version, actor_id, course_id, occurred_at, payload, place)
    ), fresh AS (
        INSERT INTO learning_event_ids (organization_id, event_id)
        SELECT CAST(:organization_id AS uuid), event_id FROM given
        ON CONFLICT DO NOTHING RETURNING event_id
    )
    INSERT INTO learning_events (event_id, organization_id, name, version, source, actor_id, course_id, occurred_at,
                                 recorded_at, trace_id, payload)
    SELECT event_id, CAST(:organization_id AS uuid), name, version, :source, actor_id, course_id, occurred_at,
           CAST(:recorded_at AS timestamptz), :trace_id, payload
    FROM given WHERE event_id IN (SELECT event_id FROM fresh) ORDER BY place
    RETURNING event_id
    """
)


@dataclass(frozen=True, kw_only=True)
class Said:
    """One event on its way into the log. `event_id` and `occurred_at` are the client's where it gave them."""

    event: Event
    actor: ActorId | None = None
    course_id: CourseId | None = None
    occurred_at: datetime | None = None
    event_id: EventId | None = None


def record(
    session: WriteSession,
    event: Event,
    *,
    actor: ActorId | None = None,
    course_id: CourseId | UUID | None = None,
    occurred_at: datetime | None = None,
    event_id: EventId | UUID | None = None,
) -> bool:
    """Writes the event to the log; False when this event id was said before, and then nothing is written.

    The actor is the signed-in user where none is given. `recorded_at` is the server's clock, whatever the client says.
    """
    said = Said(
        event=event,
        actor=actor,
        course_id=None if course_id is None else CourseId(course_id),
        occurred_at=occurred_at,
        event_id=None if event_id is None else EventId(event_id),
    )
    return bool(record_all(session, [said]))


def record_all(session: WriteSession, said: Sequence[Said], *, source: Source = Source.LIVE) -> set[EventId]:
    """Writes many with one statement, in their order; gives the ids of those that were new."""
    if not said:
        return set()
    now = clock.now()
    envelopes = _distinct([_envelope(session, one, now=now, source=source) for one in said])
    rows = [(envelope, event.model_dump_json()) for envelope, event in envelopes]
    session.flush()
    found = session.execute(
        _INSERT,
        {
            "organization_id": session.organization_id,
            "source": source.value,
            "recorded_at": now,
            "trace_id": trace_id(),
            "event_ids": [envelope.event_id for envelope, _ in rows],
            "names": [envelope.name for envelope, _ in rows],
            "versions": [envelope.version for envelope, _ in rows],
            "actor_ids": [envelope.actor_id for envelope, _ in rows],
            "course_ids": [envelope.course_id for envelope, _ in rows],
            "occurred": [envelope.occurred_at for envelope, _ in rows],
            "payloads": [payload for _, payload in rows],
        },
    )
    return {EventId(row.event_id) for row in found}


def _envelope(session: WriteSession, said: Said, *, now: datetime, source: Source) -> tuple[Envelope, Event]:
    if session.organization_id is None:
        raise RuntimeError(f"{said.event.name}: an event needs an organization; the session has none")
    signed_in = session.anybody
    envelope = Envelope(
        event_id=said.event_id or new_id(),
        organization_id=session.organization_id,
        name=said.event.name,
        source=source,
        actor_id=said.actor or (signed_in.actor_id if signed_in else None),
        course_id=said.course_id,
        occurred_at=said.occurred_at or now,
        recorded_at=now,
        trace_id=trace_id(),
    )
    return envelope, said.event


def _distinct(envelopes: list[tuple[Envelope, Event]]) -> list[tuple[Envelope, Event]]:
    """The first of each id: one statement may not insert the same key twice and know which."""
    first: dict[UUID, tuple[Envelope, Event]] = {}
    for pair in envelopes:
        first.setdefault(pair[0].event_id, pair)
    return list(first.values())
