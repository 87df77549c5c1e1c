"""SQL about the loop's reports, what is stored, and what is known about the person who asks."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from contracts.ids import UserId
from contracts.loop import LoopReport
from lms_api.db import ReadSession, WriteSession, new_id
from lms_api.predictions.queries import RISK_COLUMNS

_KEEP = text(
    """
insert into loop_reports (id, run_id, report) values (:id, :run_id, cast(:report as jsonb))
on conflict (run_id) do nothing returning id"""
)


def keep(session: WriteSession, report: LoopReport) -> bool:
    """False when this run was reported before."""
    given = {"id": new_id(), "run_id": report.run_id, "report": report.model_dump_json()}
    return session.execute(_KEEP, given).first() is not None


_LAST = text("select report from loop_reports order by received_at desc, id desc limit 1")


def last_report(session: ReadSession) -> LoopReport | None:
    """The one that came last, of the whole platform."""
    found = session.execute(_LAST).scalar_one_or_none()
    return None if found is None else LoopReport.model_validate(found)


_STORED = text(
    """
select kind, count(*) as predictions, max(features_as_of) as newest_as_of, max(computed_at) as newest_computed_at
from predictions where replay_as_of is null group by kind order by kind"""
)


def stored(session: ReadSession) -> list[Row[Any]]:
    """Per kind, replays left out."""
    return list(session.execute(_STORED))


# ---------- one's own

_CONSENT = text(
    """
select u.predictions_opt_out as opted_out, coalesce((o.settings ->> 'predictions_enabled')::boolean, true) as enabled
from users u join organizations o on o.id = u.organization_id where u.id = :user_id"""
)


def consent(session: ReadSession, user_id: UserId) -> Row[Any]:
    """Whether this person opted out, and the organization's kill switch."""
    return session.execute(_CONSENT, {"user_id": user_id}).one()


_OWN_RISKS = text(
    f"""
select c.id as course_id, c.title, p.*
from enrollments e join courses c on c.id = e.course_id
join lateral (
    select {RISK_COLUMNS} from predictions p
    where p.enrollment_id = e.id and p.kind = 'risk' and p.replay_as_of is null
    order by p.computed_at desc limit 1
) p on true
where e.student_id = :user_id order by p.features_as_of desc, c.title"""
)


def own_risks(session: ReadSession, user_id: UserId) -> list[Row[Any]]:
    """The newest risk of each of this person's enrollments, with its course."""
    return list(session.execute(_OWN_RISKS, {"user_id": user_id}))


_OWN_RECOMMENDATIONS = text(
    """
select distinct on (p.kind, coalesce(p.enrollment_id, p.user_id)) p.id, p.kind, jsonb_array_length(p.items) as items,
    p.features_as_of, p.computed_at, p.model_name, p.model_version
from predictions p
where p.kind in ('courses', 'activities') and p.replay_as_of is null
    and (p.user_id = :user_id or p.enrollment_id in (select id from enrollments where student_id = :user_id))
order by p.kind, coalesce(p.enrollment_id, p.user_id), p.computed_at desc"""
)


def own_recommendations(session: ReadSession, user_id: UserId) -> list[Row[Any]]:
    """The newest recommendation of each kind and subject that is about this person."""
    return list(session.execute(_OWN_RECOMMENDATIONS, {"user_id": user_id}))


_KEEP_LIVE = text(
    """
insert into predictions (
    organization_id, id, kind, user_id, model_name, model_version, model_kind, items, features_as_of, computed_at,
    batch_id
)
values (
    :organization_id, :id, 'courses', :user_id, :model_name, :model_version, :model_kind, cast(:items as jsonb),
    :features_as_of, :computed_at, :batch_id
)
on conflict (id) do nothing"""
)


def keep_live(session: WriteSession, *, prediction_id: UUID, **row: object) -> None:
    """A live answer becomes a stored prediction before anybody sees it; its batch is itself."""
    session.execute(_KEEP_LIVE, {"id": prediction_id, "batch_id": prediction_id, **row})
