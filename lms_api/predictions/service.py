"""What people see of predictions and what they do about them. Whatever is put before somebody is said, once."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from contracts.events import InterventionRecorded, PredictionFollowed, PredictionKind, PredictionShown, Role
from contracts.ids import CourseId, EnrollmentId, PredictionId, derived_id
from contracts.loop import LoopReport
from lms_api.courses import service as courses
from lms_api.db import ReadSession, WriteSession, new_id
from lms_api.errors import NotFound
from lms_api.identity.policy import Permission, require
from lms_api.outbox.record import Said, record, record_all
from lms_api.predictions import queries, recommendation_queries, recommendations, report_queries
from lms_api.predictions.board import Course, age_in_words, assemble
from lms_api.predictions.client import ServingClient
from lms_api.predictions.errors import InterventionIdTaken, NotThisPrediction
from lms_api.predictions.facts import fact
from lms_api.predictions.schemas import (
    Board,
    CourseRecommendations,
    Home,
    InterventionReceipt,
    InterventionRequest,
    LoopSummary,
    NextActivities,
    OwnPredictions,
    OwnRecommendation,
    OwnRisk,
    Stored,
    SystemStatus,
)
from stack import clock

ON_THE_BOARD = 10
"""As many names as an instructor can reach in a week; the rest is one click away."""
ON_THE_HOME = 4
NEXT = 3
DOUBLE_PRESS_SECONDS = 60.0
"""The same act about the same learner by the same person within so long is one act, pressed twice."""
LOOP_IS_LATE = timedelta(hours=26)


# ---------- the instructor's board


def board(session: WriteSession, course_id: CourseId, *, limit: int | None = ON_THE_BOARD) -> Board:
    """For those who may see the course's learners. Says of each listed prediction that it was shown."""
    found = _taught(session, course_id)
    shown = assemble(found, queries.learners(session, course_id), now=clock.now(), limit=limit)
    ids = [row.prediction_id for row in shown.rows] + [row.prediction_id for row in shown.never_started]
    _say_shown(session, ids, PredictionKind.RISK, course_id=course_id)
    return shown


def _taught(session: ReadSession, course_id: CourseId) -> Course:
    course = courses.read_course(session, course_id)
    require(session.who, Permission.SEE_ROSTER, instructor_id=course.instructor_id)
    found = queries.course(session, course_id)
    if found is None:
        raise NotFound("course", course_id)
    return found


def record_intervention(
    session: WriteSession, enrollment_id: EnrollmentId, request: InterventionRequest
) -> InterventionReceipt:
    """What was done about a flag, and its event, in one transaction; pressed twice it is one.

    Raises NotFound, `NotThisPrediction`, `InterventionIdTaken`.
    """
    found = queries.enrollment(session, enrollment_id)
    if found is None:
        raise NotFound("enrollment", enrollment_id)
    _taught(session, CourseId(found.course_id))
    if request.prediction_id is not None:
        _belongs(session, PredictionId(request.prediction_id), enrollment_id)
    act = {"enrollment_id": enrollment_id, "instructor_id": session.who.user_id, "act": request.act.value}
    before = queries.same_intervention(session, own_id=request.intervention_id, seconds=DOUBLE_PRESS_SECONDS, **act)
    if before is None:
        return _record_intervention(session, request, act, course_id=CourseId(found.course_id))
    if any(getattr(before, name) != value for name, value in act.items()):
        raise InterventionIdTaken(field="intervention_id", value=request.intervention_id)
    return InterventionReceipt(
        intervention_id=before.id, enrollment_id=enrollment_id, act=request.act, recorded_at=before.created_at
    )


def _record_intervention(
    session: WriteSession, request: InterventionRequest, act: Mapping[str, Any], *, course_id: CourseId
) -> InterventionReceipt:
    event = InterventionRecorded(
        intervention_id=request.intervention_id or new_id(),
        enrollment_id=act["enrollment_id"],
        act=request.act,
        prediction_id=request.prediction_id,
    )
    recorded_at = queries.add_intervention(
        session,
        organization_id=session.organization_id,
        id=event.intervention_id,
        prediction_id=request.prediction_id,
        **act,
    )
    record(session, event, course_id=course_id)
    return InterventionReceipt(
        intervention_id=event.intervention_id,
        enrollment_id=event.enrollment_id,
        act=request.act,
        recorded_at=recorded_at,
    )


def _belongs(session: ReadSession, prediction_id: PredictionId, enrollment_id: EnrollmentId) -> None:
    found = queries.prediction(session, prediction_id)
    if found is None or found.enrollment_id != enrollment_id or found.kind != PredictionKind.RISK:
        raise NotThisPrediction(field="prediction_id", value=prediction_id)


# ---------- the learner's home


def home_recommendations(session: WriteSession, *, serving: ServingClient | None = None) -> Home:
    """Stored courses first; serving is asked only for somebody whom no batch has met yet. Says what was shown."""
    require(session.who, Permission.ENROLL)
    quiet = recommendations.silence(session)
    found = recommendations.courses(session, k=ON_THE_HOME, serving=serving, live_first=False)
    running = recommendation_queries.running(session, session.who.user_id, now=clock.now())
    home = Home(courses=found, activities=tuple(_next(session, row, k=NEXT, quiet=quiet) for row in running))
    _say_courses_shown(session, found)
    for activities in home.activities:
        _say_activities_shown(session, activities)
    return home


def recommend_courses(session: WriteSession, *, k: int, serving: ServingClient) -> CourseRecommendations:
    """Live within the client's limit, then stored, then popular; the answer says which."""
    require(session.who, Permission.ENROLL)
    found = recommendations.courses(session, k=k, serving=serving, live_first=True)
    _say_courses_shown(session, found)
    return found


def next_activities(session: WriteSession, course_id: CourseId, *, k: int = NEXT) -> NextActivities:
    """For the signed-in learner's own active enrollment. Raises NotFound without one."""
    row = recommendation_queries.enrolled(session, session.who.user_id, course_id)
    if row is None or row.status != "active":
        raise NotFound("enrollment", course_id)
    found = _next(session, row, k=k, quiet=recommendations.silence(session))
    _say_activities_shown(session, found)
    return found


def _next(session: WriteSession, row: Row[Any], *, k: int, quiet: recommendations.Silence) -> NextActivities:
    return recommendations.activities(
        session, enrollment_id=EnrollmentId(row.id), course_id=CourseId(row.course_id), k=k, quiet=quiet
    )


# ---------- what was shown, and taken up


def follow(session: WriteSession, prediction_id: PredictionId, item_id: UUID | None) -> None:
    """Says once per viewer and item that somebody took up what a prediction proposed.

    Raises NotFound for one that the signed-in user can't have seen, `NotThisPrediction` for an item it doesn't name.
    """
    found = queries.prediction(session, prediction_id)
    if found is None or not _may_see(session, found):
        raise NotFound("prediction", prediction_id)
    if item_id is not None and str(item_id) not in {item["item_id"] for item in found.items}:
        raise NotThisPrediction(field="item_id", value=item_id)
    event = PredictionFollowed(prediction_id=prediction_id, kind=PredictionKind(found.kind), item_id=item_id)
    said = derived_id("followed", prediction_id, session.who.actor_id, item_id)
    record(session, event, course_id=found.course_id, event_id=said)


def _may_see(session: ReadSession, found: Row[Any]) -> bool:
    if found.kind != PredictionKind.RISK:
        return session.who.user_id in (found.user_id, found.student_id)
    if session.who.role is Role.STUDENT:
        return False
    _taught(session, CourseId(found.course_id))
    return True


def _say_courses_shown(session: WriteSession, found: CourseRecommendations) -> None:
    if found.prediction_id and found.items:
        _say_shown(session, [found.prediction_id], PredictionKind.COURSES, course_id=None)


def _say_activities_shown(session: WriteSession, found: NextActivities) -> None:
    if found.prediction_id and found.items:
        _say_shown(session, [found.prediction_id], PredictionKind.ACTIVITIES, course_id=CourseId(found.course_id))


def _say_shown(session: WriteSession, ids: Iterable[UUID], kind: PredictionKind, *, course_id: CourseId | None) -> None:
    """One event per prediction and viewer, ever: opening the page again says nothing."""
    who = session.who
    record_all(
        session,
        [
            Said(event=PredictionShown(prediction_id=new, kind=kind, viewer_role=who.role), course_id=course_id)
            for new in queries.newly_shown(session, list(ids), who.user_id)
        ],
    )


# ---------- my data


def own_predictions(session: ReadSession) -> OwnPredictions:
    """Everything predicted about the signed-in person: the one place where a learner reads a risk."""
    consent = report_queries.consent(session, session.who.user_id)
    risks = tuple(_own_risk(row) for row in report_queries.own_risks(session, session.who.user_id))
    given = tuple(_own_recommendation(row) for row in report_queries.own_recommendations(session, session.who.user_id))
    return OwnPredictions(
        opted_out=consent.opted_out,
        switched_off=not consent.enabled,
        risks=risks,
        recommendations=given,
        message=_own_words(opted_out=consent.opted_out, anything=bool(risks or given)),
    )


def _own_words(*, opted_out: bool, anything: bool) -> str:
    if opted_out:
        kept = "What was predicted before stands below and is shown to nobody else. " if anything else ""
        return f"{kept}Nothing new is predicted about you, as you asked."
    return "" if anything else "Nothing is predicted about you yet."


def _own_risk(row: Row[Any]) -> OwnRisk:
    risk = queries.stored_risk(row)
    return OwnRisk(
        prediction_id=risk.prediction_id,
        course=row.title,
        course_id=row.course_id,
        value=risk.value,
        band=risk.band,
        facts=tuple(fact(reason) for reason in risk.reasons),
        features_as_of=risk.features_as_of,
        computed_at=risk.computed_at,
        model_version=risk.version,
        model_kind=risk.model_kind,
        judged_on=risk.judged_on,
    )


def _own_recommendation(row: Row[Any]) -> OwnRecommendation:
    return OwnRecommendation(
        prediction_id=row.id,
        kind=row.kind,
        items=row.items,
        features_as_of=row.features_as_of,
        computed_at=row.computed_at,
        model_version=f"{row.model_name}@{row.model_version}",
    )


# ---------- the system


def status(session: ReadSession, *, serving: ServingClient) -> SystemStatus:
    """For administrators: the loop as it was last reported, what serving says of itself, what is stored."""
    require(session.who, Permission.SEE_SYSTEM)
    report = report_queries.last_report(session)
    versions = serving.versions()
    enabled = bool(queries.predictions_enabled(session))
    return SystemStatus(
        loop=_summary(report, own=str(session.organization_id)) if report else None,
        serving_ready=versions is not None,
        serving_versions=_own_models(versions or {}, own=str(session.organization_id)),
        stored=tuple(Stored.model_validate(dict(row._mapping)) for row in report_queries.stored(session)),
        switched_off=not enabled,
        message=" ".join(_status_words(report, serving_ready=versions is not None, enabled=enabled)),
    )


def _own_models(versions: dict[str, str], *, own: str) -> dict[str, str]:
    """Other organizations' models are none of this one's business."""
    return {name: version for name, version in versions.items() if name.endswith(own)}


def _summary(report: LoopReport, *, own: str) -> LoopSummary:
    return LoopSummary(
        run_id=report.run_id,
        started_at=report.started_at,
        finished_at=report.finished_at,
        replay_as_of=report.replay_as_of,
        seconds=(report.finished_at - report.started_at).total_seconds(),
        age_seconds=max(0.0, (clock.now() - report.finished_at).total_seconds()),
        stages=report.stages,
        reconciles=report.reconciles,
        failure=report.failure,
        lag_seconds=report.lag_seconds,
        lag_events=report.lag_events,
        model_versions=_own_models(report.model_versions, own=own),
    )


def _status_words(report: LoopReport | None, *, serving_ready: bool, enabled: bool) -> Iterable[str]:
    if report is None:
        yield "The loop has not reported yet: nothing has been carried, learnt or predicted."
    elif report.failure:
        yield f"The last run failed: {report.failure}"
    elif not report.reconciles:
        yield "The last run's stages do not reconcile."
    if report is not None and clock.now() - report.finished_at > LOOP_IS_LATE:
        yield f"The last run ended {age_in_words(clock.now() - report.finished_at)} ago."
    if not serving_ready:
        yield "Serving does not answer: pages show stored predictions."
    if not enabled:
        yield "Predictions are switched off for this organization."
