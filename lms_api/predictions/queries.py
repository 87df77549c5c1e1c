"""SQL about one course's board and one batch: what is stored, and the way in. Row-level security keeps the tenant."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from contracts.ids import CourseId, EnrollmentId, PredictionId, UserId
from contracts.predictions import Band, ModelVersion
from lms_api.db import ReadSession, WriteSession
from lms_api.predictions.board import Course, Learner, StoredRisk
from lms_api.predictions.schemas import LastIntervention

TREND_POINTS = 8

RISK_COLUMNS = """
    p.id as prediction_id, p.value, p.band, p.reasons, p.course_week, p.features_as_of, p.computed_at,
    p.model_name, p.model_version, p.model_kind, p.trace_id, p.never_started,
    (select b.judged_on from prediction_batches b where b.batch_id = p.batch_id) as judged_on"""

NAME = "coalesce(nullif(trim(concat_ws(' ', {0}.first_name, {0}.last_name)), ''), split_part({0}.email, '@', 1))"
"""An imported account has no name: then what stands before the @."""

_COURSE = text(
    """
select
    c.id, c.title, c.ends_at, o.made_up, coalesce((o.settings ->> 'predictions_enabled')::boolean, true) as enabled,
    (
        select max(p.replay_as_of) from predictions p join enrollments e on e.id = p.enrollment_id
        where e.course_id = c.id and p.kind = 'risk' and p.replay_as_of is not null
    ) as newest_replay
from courses c join organizations o on o.id = c.organization_id
where c.id = :course_id"""
)


def course(session: ReadSession, course_id: CourseId) -> Course | None:
    """The course's own line of the board."""
    found = session.execute(_COURSE, {"course_id": course_id}).one_or_none()
    if found is None:
        return None
    return Course(
        course_id=found.id,
        title=found.title,
        made_up=found.made_up,
        switched_off=not found.enabled,
        newest_replay=found.newest_replay,
        ends_at=found.ends_at,
    )


# One index seek per learner and lateral: the cost follows the course's size, not the predictions ever made.
_LEARNERS = text(
    f"""
select
    e.id as enrollment_id, e.student_id as user_id, {NAME.format("u")} as name, e.enrolled_at,
    u.predictions_opt_out as opted_out, p.*, earlier.band as week_before, trend.points as trend,
    i.id as intervention_id, i.act, i.by, i.created_at as intervened_at
from enrollments e
join users u on u.id = e.student_id
left join lateral (
    select {RISK_COLUMNS} from predictions p
    where p.enrollment_id = e.id and p.kind = 'risk' and p.replay_as_of is null
    order by p.computed_at desc limit 1
) p on not u.predictions_opt_out
left join lateral (
    select w.band from predictions w
    where w.enrollment_id = e.id and w.kind = 'risk' and w.replay_as_of is null
        and w.computed_at <= p.computed_at - interval '7 days'
    order by w.computed_at desc limit 1
) earlier on true
left join lateral (
    select jsonb_agg(to_jsonb(t) order by t.features_as_of) as points from (
        select w.course_week, w.features_as_of, w.value, w.band from predictions w
        where w.enrollment_id = e.id and w.kind = 'risk' and w.replay_as_of is null and w.model_kind = p.model_kind
        order by w.computed_at desc limit {TREND_POINTS}
    ) t
) trend on true
left join lateral (
    select n.id, n.act, {NAME.format("a")} as by, n.created_at
    from interventions n join users a on a.id = n.instructor_id
    where n.enrollment_id = e.id
    order by n.created_at desc limit 1
) i on true
where e.course_id = :course_id and e.status = 'active'"""
)


def learners(session: ReadSession, course_id: CourseId) -> list[Learner]:
    """Every active enrollment of the course with its current risk, if there is one. Replays are never current."""
    return [_learner(row) for row in session.execute(_LEARNERS, {"course_id": course_id})]


def _learner(row: Row[Any]) -> Learner:
    return Learner(
        enrollment_id=row.enrollment_id,
        user_id=row.user_id,
        name=row.name,
        enrolled_at=row.enrolled_at,
        opted_out=row.opted_out,
        risk=stored_risk(row) if row.prediction_id else None,
        trend_said=row.trend or (),
        week_before=Band(row.week_before) if row.week_before else None,
        last_intervention=_intervention(row) if row.intervention_id else None,
    )


def _intervention(row: Row[Any]) -> LastIntervention:
    return LastIntervention(intervention_id=row.intervention_id, act=row.act, by=row.by, at=row.intervened_at)


def stored_risk(row: Row[Any]) -> StoredRisk:
    """From a row that has `RISK_COLUMNS`."""
    return StoredRisk(
        prediction_id=row.prediction_id,
        value=row.value,
        band=Band(row.band),
        reasons_said=row.reasons,
        course_week=row.course_week,
        features_as_of=row.features_as_of,
        computed_at=row.computed_at,
        model_name=row.model_name,
        model_version=row.model_version,
        model_kind=row.model_kind,
        trace_id=row.trace_id,
        never_started=row.never_started,
        judged_on=row.judged_on,
    )


# ---------- the boards at a glance


@dataclass(frozen=True)
class Glance:
    """Active enrollments of a course, those with a current prediction, and those in the high band."""

    learners: int
    predicted: int
    high: int


_GLANCES = text(
    """
select e.course_id, count(*) as learners, count(p.band) as predicted, count(*) filter (where p.band = 'high') as high
from enrollments e
join users u on u.id = e.student_id
join organizations o on o.id = e.organization_id
left join lateral (
    select p.band from predictions p
    where p.enrollment_id = e.id and p.kind = 'risk' and p.replay_as_of is null
    order by p.computed_at desc limit 1
) p on not u.predictions_opt_out and coalesce((o.settings ->> 'predictions_enabled')::boolean, true)
where e.course_id = any(:course_ids) and e.status = 'active'
group by e.course_id"""
)


def glances(session: ReadSession, course_ids: Sequence[UUID]) -> dict[UUID, Glance]:
    """By course; one without an active enrollment is left out."""
    found = session.execute(_GLANCES, {"course_ids": list(course_ids)})
    return {row.course_id: Glance(learners=row.learners, predicted=row.predicted, high=row.high) for row in found}


# ---------- the way in

_OLD_NONCES = text("delete from service_nonces where used_at < now() - make_interval(secs => :seconds)")
_NONCE = text("insert into service_nonces (nonce) values (:nonce) on conflict do nothing returning nonce")


def use_nonce(session: WriteSession, nonce: str, *, remembered_seconds: int) -> bool:
    """False when it came before; forgets those whose signature is long too old."""
    session.execute(_OLD_NONCES, {"seconds": remembered_seconds})
    return session.execute(_NONCE, {"nonce": nonce}).first() is not None


_LOCK = text("select pg_advisory_xact_lock(hashtextextended(:batch, 0))")
_RECEIPT = text(
    "select body_hash, received, stored, repeated, refused from prediction_batches where batch_id = :batch_id"
)


def receipt(session: WriteSession, batch_id: UUID) -> Row[Any] | None:
    """What was done with this batch before. The same batch twice at once waits for the first."""
    session.execute(_LOCK, {"batch": f"predictions {batch_id}"})
    return session.execute(_RECEIPT, {"batch_id": batch_id}).one_or_none()


# COPY is refused under forced row-level security; the body itself is the table, so no row becomes a Python object.
_STORE = text(
    """
with body as materialized (select cast(:body as json) as said),
given as (
    select r.prediction_id, 'risk' as kind, r.enrollment_id as subject_id, r.value, r.band, r.reasons,
        '[]'::jsonb as items, r.features_as_of, r.course_week, r.trace_id,
        coalesce(r.never_started, false) as never_started
    from body, json_to_recordset(coalesce(said -> 'risks', '[]')) as r(
        prediction_id uuid, enrollment_id uuid, value float8, band text, reasons jsonb,
        features_as_of timestamptz, course_week int, trace_id text, never_started boolean)
    union all
    select r.prediction_id, r.kind, r.subject_id, null, null, '[]'::jsonb, r.items, r.features_as_of, null, r.trace_id,
        false
    from body, json_to_recordset(coalesce(said -> 'recommendations', '[]')) as r(
        prediction_id uuid, kind text, subject_id uuid, items jsonb, features_as_of timestamptz, trace_id text)
),
wanted as (
    select given.*, e.id as enrollment_id, cast(null as uuid) as user_id
    from given join enrollments e on e.id = given.subject_id join users u on u.id = e.student_id
    where given.kind in ('risk', 'activities') and not u.predictions_opt_out
    union all
    select given.*, null, y.user_id
    from given join pseudonyms y on y.actor_id = given.subject_id join users u on u.id = y.user_id
    where given.kind = 'courses' and not u.predictions_opt_out
),
stored as (
    insert into predictions (
        organization_id, id, kind, enrollment_id, user_id, model_name, model_version, model_kind, value, band,
        reasons, items, features_as_of, course_week, computed_at, replay_as_of, batch_id, trace_id, never_started
    )
    select
        :organization_id, prediction_id, kind, enrollment_id, user_id, :model_name, :model_version, :model_kind,
        value, band, reasons, items, features_as_of, course_week, :computed_at, cast(:replay_as_of as date),
        :batch_id, trace_id, never_started
    from wanted
    on conflict (id) do nothing
    returning id
)
select (select count(*) from wanted) as wanted, (select count(*) from stored) as stored"""
)


def store(session: WriteSession, **batch: object) -> tuple[int, int]:
    """How many have a subject that may be predicted, and how many of those are new."""
    row = session.execute(_STORE, batch).one()
    return row.wanted, row.stored


_KEEP_RECEIPT = text(
    """
insert into prediction_batches (
    organization_id, batch_id, body_hash, received, stored, repeated, refused, judged_on
)
values (:organization_id, :batch_id, :body_hash, :received, :stored, :repeated, :refused, :judged_on)"""
)


def keep_receipt(session: WriteSession, **receipt: object) -> None:
    """Beside the predictions, in the same transaction."""
    session.execute(_KEEP_RECEIPT, receipt)


_ENABLED = text(
    "select coalesce((settings ->> 'predictions_enabled')::boolean, true) from organizations where id = :id"
)


def predictions_enabled(session: ReadSession) -> bool | None:
    """The organization's kill switch; None when there is no such organization."""
    return session.execute(_ENABLED, {"id": session.organization_id}).scalar_one_or_none()


# ---------- who saw what, and what was done

_SHOWN = text(
    """
insert into prediction_exposures (organization_id, prediction_id, viewer_id)
select p.organization_id, p.id, :viewer_id from predictions p where p.id = any(:ids)
on conflict do nothing returning prediction_id"""
)


def newly_shown(session: WriteSession, ids: Sequence[UUID], viewer_id: UserId) -> list[PredictionId]:
    """Marks them as seen by this viewer; returns those that weren't before."""
    found = session.execute(_SHOWN, {"ids": list(ids), "viewer_id": viewer_id})
    return [PredictionId(seen) for seen in found.scalars()]


_PREDICTION = text(
    """
select p.id, p.kind, p.items, p.user_id, p.enrollment_id, e.student_id, e.course_id
from predictions p left join enrollments e on e.id = p.enrollment_id
where p.id = :prediction_id"""
)


def prediction(session: ReadSession, prediction_id: PredictionId) -> Row[Any] | None:
    """What it is about, and its items."""
    return session.execute(_PREDICTION, {"prediction_id": prediction_id}).one_or_none()


_ENROLLMENT = text("select id, course_id, student_id from enrollments where id = :enrollment_id")


def enrollment(session: ReadSession, enrollment_id: EnrollmentId) -> Row[Any] | None:
    """Whose it is, and in which course."""
    return session.execute(_ENROLLMENT, {"enrollment_id": enrollment_id}).one_or_none()


_ONE_AT_A_TIME = text("select pg_advisory_xact_lock(hashtextextended(:press, 0))")
_SAME = text(
    """
select id, enrollment_id, act, instructor_id, created_at from interventions
where id = :id or (
    cast(:id as uuid) is null and enrollment_id = :enrollment_id and instructor_id = :instructor_id and act = :act
    and created_at > now() - make_interval(secs => :seconds)
)
order by created_at desc limit 1"""
)


def same_intervention(session: WriteSession, *, own_id: UUID | None, seconds: float, **act: object) -> Row[Any] | None:
    """The one with this id; without one, the same act by the same person in the last seconds.

    Two presses at once come one after the other.
    """
    session.execute(_ONE_AT_A_TIME, {"press": f"intervention {own_id or act}"})
    return session.execute(_SAME, {"id": own_id, "seconds": seconds, **act}).one_or_none()


_INTERVENE = text(
    """
insert into interventions (organization_id, id, enrollment_id, instructor_id, prediction_id, act)
values (:organization_id, :id, :enrollment_id, :instructor_id, :prediction_id, :act)
returning created_at"""
)


def add_intervention(session: WriteSession, **intervention: object) -> datetime:
    """When it was recorded."""
    made: datetime = session.execute(_INTERVENE, intervention).scalar_one()
    return made


def version_parameters(model: ModelVersion) -> dict[str, object]:
    """The columns that say which model it was."""
    return {"model_name": model.name, "model_version": model.version, "model_kind": model.kind}
