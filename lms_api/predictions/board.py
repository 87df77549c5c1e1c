"""How stored predictions become a board: who is ranked, who stands apart, and what is said about the whole. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter

from contracts.predictions import Band, Reason
from lms_api.predictions.facts import split
from lms_api.predictions.schemas import (
    Board,
    BoardRow,
    LastIntervention,
    LearnerOnCourse,
    Movement,
    NeverStarted,
    TrendPoint,
)

_REASONS = TypeAdapter(tuple[Reason, ...])
_TREND = TypeAdapter(tuple[TrendPoint, ...])

STALE_AFTER = timedelta(hours=26)
"""A daily full scoring moves everybody; two hours of grace for the run itself."""

FLAGGED = frozenset({Band.HIGH, Band.RAISED})


@dataclass(frozen=True, kw_only=True)
class StoredRisk:
    """One risk as it stands in the database."""

    prediction_id: UUID
    value: float
    band: Band
    reasons_said: Sequence[Mapping[str, Any]]
    """As stored; read only of those who are listed."""
    course_week: int
    features_as_of: datetime
    computed_at: datetime
    model_name: str
    model_version: int
    model_kind: str
    trace_id: str | None
    never_started: bool
    judged_on: int | None

    @property
    def version(self) -> str:
        return f"{self.model_name}@{self.model_version}"

    @property
    def reasons(self) -> tuple[Reason, ...]:
        return _REASONS.validate_python(self.reasons_said)


@dataclass(frozen=True, kw_only=True)
class Learner:
    """One active enrollment of the course with what is known of it."""

    enrollment_id: UUID
    user_id: UUID
    name: str
    enrolled_at: datetime
    opted_out: bool
    risk: StoredRisk | None
    trend_said: Sequence[Mapping[str, Any]]
    """As stored, the oldest first; read only of those who are listed."""
    week_before: Band | None
    """The band of the newest prediction that is at least a week older than the current one."""
    last_intervention: LastIntervention | None

    @property
    def trend(self) -> tuple[TrendPoint, ...]:
        return _TREND.validate_python(self.trend_said)


@dataclass(frozen=True, kw_only=True)
class Course:
    """What the board says about the course itself."""

    course_id: UUID
    title: str
    made_up: bool
    switched_off: bool
    newest_replay: date | None
    ends_at: datetime | None

    def ended(self, now: datetime) -> bool:
        return self.ends_at is not None and self.ends_at <= now


def assemble(course: Course, learners: Sequence[Learner], *, now: datetime, limit: int | None = None) -> Board:
    """Ranked by risk; with the kill switch on, everybody is simply without a prediction."""
    asked = [learner for learner in learners if not learner.opted_out]
    known = [] if course.switched_off else [(learner, learner.risk) for learner in asked if learner.risk]
    known.sort(key=lambda pair: (-pair[1].value, pair[0].name, pair[0].enrollment_id))
    newest = max((risk for _, risk in known), key=lambda risk: (risk.features_as_of, risk.computed_at), default=None)
    ended = course.ended(now)
    stale = newest is not None and not ended and now - newest.features_as_of > STALE_AFTER
    without = [learner for learner in asked if course.switched_off or learner.risk is None]
    ranked = [(learner, risk) for learner, risk in known if not risk.never_started]
    return Board(
        course_id=course.course_id,
        course=course.title,
        made_up=course.made_up,
        rows=tuple(_row(learner, risk, now=now) for learner, risk in ranked[:limit]),
        more=len(ranked[limit:]) if limit is not None else 0,
        never_started=tuple(_never_started(learner, risk) for learner, risk in known if risk.never_started),
        learners=len(learners),
        without_data=tuple(_unranked(learner) for learner in without),
        opted_out=len(learners) - len(asked),
        switched_off=course.switched_off,
        stale=stale,
        ended=ended,
        newest_as_of=newest.features_as_of if newest else None,
        model_version=newest.version if newest else None,
        model_kind=newest.model_kind if newest else None,
        message=_message(course, asked=len(asked), without=len(without), newest=newest, now=now),
    )


def _row(learner: Learner, risk: StoredRisk, *, now: datetime) -> BoardRow:
    reasons, contrary = split(risk.reasons)
    return BoardRow(
        enrollment_id=learner.enrollment_id,
        user_id=learner.user_id,
        learner=learner.name,
        prediction_id=risk.prediction_id,
        reasons=reasons,
        contrary=contrary,
        value=risk.value,
        band=risk.band,
        movement=movement(now=risk.band, before=learner.week_before),
        trend=learner.trend,
        course_week=risk.course_week,
        features_as_of=risk.features_as_of,
        computed_at=risk.computed_at,
        age_seconds=max(0.0, (now - risk.features_as_of).total_seconds()),
        model_version=risk.version,
        model_kind=risk.model_kind,
        trace_id=risk.trace_id,
        judged_on=risk.judged_on,
        last_intervention=learner.last_intervention,
    )


def movement(*, now: Band, before: Band | None) -> Movement:
    """Newly flagged, back on track, or as it was a week ago; without an earlier prediction a flag is new."""
    was_flagged = before in FLAGGED
    if now in FLAGGED:
        return Movement.UNCHANGED if was_flagged else Movement.NEW
    return Movement.BACK if was_flagged else Movement.UNCHANGED


def _never_started(learner: Learner, risk: StoredRisk) -> NeverStarted:
    return NeverStarted(
        **_unranked(learner).model_dump(),
        prediction_id=risk.prediction_id,
        features_as_of=risk.features_as_of,
        computed_at=risk.computed_at,
    )


def _unranked(learner: Learner) -> LearnerOnCourse:
    return LearnerOnCourse(
        enrollment_id=learner.enrollment_id,
        user_id=learner.user_id,
        learner=learner.name,
        enrolled_at=learner.enrolled_at,
        last_intervention=learner.last_intervention,
    )


def _message(course: Course, *, asked: int, without: int, newest: StoredRisk | None, now: datetime) -> str:
    if course.switched_off:
        return "Predictions are switched off for this organization; nobody is ranked."
    if course.ends_at is not None and course.ended(now):
        kept = "; what stands here was said before." if newest else "."
        return f"This course ended on {course.ends_at:%-d %B %Y}; nobody is scored any more{kept}"
    if newest is None:
        return _nothing_yet(course, asked=asked)
    return " ".join(_remarks(newest, without=without, now=now))


def _nothing_yet(course: Course, *, asked: int) -> str:
    if asked == 0:
        return "Nobody is active in this course, so there is nothing to predict."
    if course.newest_replay:
        return (
            f"There is no current prediction. A replay as of {course.newest_replay:%-d %B %Y} is kept; "
            "what was true then is never shown as if it were now."
        )
    return "There is no prediction yet: the first one comes when the loop has run once."


def _remarks(newest: StoredRisk, *, without: int, now: datetime) -> Iterable[str]:
    age = now - newest.features_as_of
    if age > STALE_AFTER:
        yield f"The newest prediction is {age_in_words(age)} old: the loop has not closed since."
    if without == 1:
        yield "1 enrollment has no prediction yet."
    elif without:
        yield f"{without} enrollments have no prediction yet."


def age_in_words(age: timedelta) -> str:
    """Rounded to what a reader needs: minutes, hours or days."""
    seconds = max(0.0, age.total_seconds())
    for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size:
            count = round(seconds / size)
            return f"{count} {unit}" + ("s" if count != 1 else "")
    return "less than a minute"
