"""Which recommendation a learner sees: live, else stored, else what stands in for it, and the words that say which."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from contracts.events import Difficulty
from contracts.ids import CourseId, EnrollmentId, derived_id
from contracts.predictions import RecommendAnswer, RecommendedItem, WhyRecommended
from lms_api.db import WriteSession
from lms_api.predictions import recommendation_queries as queries
from lms_api.predictions import report_queries
from lms_api.predictions.board import STALE_AFTER, age_in_words
from lms_api.predictions.client import ServingClient
from lms_api.predictions.queries import version_parameters
from lms_api.predictions.recommendation_queries import StoredRecommendation
from lms_api.predictions.schemas import Answer, CourseCard, CourseRecommendations, LessonCard, NextActivities
from stack import clock

SPARE = 3
"""Asked for this many times as many live items as are shown: some of them can't be taken any more."""


@dataclass(frozen=True)
class Silence:
    """Why nothing recommended may be shown to this person; empty words where it may."""

    words: str


def silence(session: WriteSession) -> Silence:
    """The organization's kill switch, then the person's own wish."""
    found = report_queries.consent(session, session.who.user_id)
    if not found.enabled:
        return Silence("Recommendations are switched off for this organization.")
    if found.opted_out:
        return Silence("You asked for no predictions, so nothing here is meant for you in particular.")
    return Silence("")


# ---------- courses


def courses(session: WriteSession, *, k: int, serving: ServingClient | None, live_first: bool) -> CourseRecommendations:
    """Live and stored in the order asked for, then the popular ones. `serving` None never asks."""
    quiet = silence(session)
    if quiet.words:
        return _popular(session, k, f"{quiet.words} These are the courses that most learners took.")
    attempts = [_stored, _live] if not live_first else [_live, _stored]
    before = None
    for attempt in attempts:
        found = attempt(session, k, serving, live_first)
        if found is not None and found.items:
            return found
        before = before or found
    reason = _why_popular(failed=serving is not None and live_first, before=before)
    return _popular(session, k, f"{reason}; these are the courses that most learners took.")


def _why_popular(*, failed: bool, before: CourseRecommendations | None) -> str:
    if failed:
        return "The recommender does not answer just now"
    if before is not None:
        return "What was recommended to you is not open any more"
    return "There is no recommendation for you yet"


def _live(session: WriteSession, k: int, serving: ServingClient | None, _: bool) -> CourseRecommendations | None:
    if serving is None:
        return None
    history = queries.history(session, session.who.user_id)
    answer = serving.courses(organization_id=session.who.organization_id, history=history, k=min(SPARE * k, 100))
    if answer is None:
        return None
    items = _cards(session, answer.items, k)
    if not items:
        return None
    as_of = answer.features_as_of or clock.now()
    return CourseRecommendations(
        source=Answer.LIVE,
        items=items,
        prediction_id=_keep(session, answer, as_of=as_of),
        features_as_of=as_of,
        age_seconds=_age(as_of),
        model_version=str(answer.model),
        message="",
    )


def _keep(session: WriteSession, answer: RecommendAnswer, *, as_of: datetime) -> UUID:
    """What a learner saw is kept like any prediction: the same items by the same version are the same one."""
    items = [item.item_id for item in answer.items]
    prediction_id = derived_id("live", session.who.actor_id, answer.model, *items)
    report_queries.keep_live(
        session,
        prediction_id=prediction_id,
        organization_id=session.who.organization_id,
        user_id=session.who.user_id,
        items=json.dumps([item.model_dump(mode="json") for item in answer.items]),
        features_as_of=as_of,
        computed_at=clock.now(),
        **version_parameters(answer.model),
    )
    return prediction_id


def _stored(session: WriteSession, k: int, _: ServingClient | None, live_first: bool) -> CourseRecommendations | None:
    stored = queries.stored_courses(session, session.who.user_id)
    if stored is None:
        return None
    return CourseRecommendations(
        source=Answer.STORED,
        items=_cards(session, stored.items, k),
        prediction_id=stored.prediction_id,
        features_as_of=stored.features_as_of,
        age_seconds=_age(stored.features_as_of),
        model_version=stored.version,
        message=_stored_words(stored, live_failed=live_first),
    )


def _stored_words(stored: StoredRecommendation, *, live_failed: bool) -> str:
    age = clock.now() - stored.features_as_of
    if live_failed:
        return f"The recommender does not answer just now; this is what it said {age_in_words(age)} ago."
    return f"This is {age_in_words(age)} old." if age > STALE_AFTER else ""


def _popular(session: WriteSession, k: int, message: str) -> CourseRecommendations:
    rows = queries.popular_courses(session, user_id=session.who.user_id, now=clock.now(), k=k)
    cards = tuple(_card(row, why=WhyRecommended.POPULAR, because_of=None, because=_POPULAR) for row in rows)
    return CourseRecommendations(
        source=Answer.POPULAR if cards else Answer.NONE,
        items=cards,
        prediction_id=None,
        features_as_of=None,
        age_seconds=None,
        model_version=None,
        message=message if cards else "There is no open course that you have not taken.",
    )


def _cards(session: WriteSession, items: Sequence[RecommendedItem], k: int) -> tuple[CourseCard, ...]:
    """In the model's order, without what can't be taken any more."""
    rows = queries.open_courses(session, [item.item_id for item in items], user_id=session.who.user_id, now=clock.now())
    kept = [item for item in items if item.item_id in rows][:k]
    titles = queries.titles(session, [item.because_of for item in kept if item.because_of])
    return tuple(
        _card(rows[item.item_id], why=item.why, because_of=item.because_of, because=because(item, titles))
        for item in kept
    )


def _card(row: Row[Any], *, why: WhyRecommended, because_of: UUID | None, because: str) -> CourseCard:
    return CourseCard(
        course_id=row.id,
        title=row.title,
        description=row.description or "",
        category=row.category,
        difficulty=Difficulty(row.difficulty_level) if row.difficulty_level else None,
        duration_hours=row.duration_hours,
        why=why,
        because=because,
        because_of=because_of,
    )


_POPULAR = "Many learners here took it"


def because(item: RecommendedItem, titles: dict[UUID, str]) -> str:
    """The model's reason in words; the learner's own item is named where there is one."""
    own = titles.get(item.because_of) if item.because_of else None
    match item.why:
        case WhyRecommended.SIMILAR:
            return f"Learners who had “{own}” often had this" if own else "Learners with a like history had this"
        case WhyRecommended.CONTENT:
            return f"Close in topic to “{own}”" if own else "Close in topic to what you had"
        case WhyRecommended.NEXT:
            return f"Follows “{own}”" if own else "Next in order"
        case WhyRecommended.POPULAR:
            return _POPULAR


# ---------- in a course


def activities(
    session: WriteSession, *, enrollment_id: EnrollmentId, course_id: CourseId, k: int, quiet: Silence
) -> NextActivities:
    """The stored ones that are still open, else the course's own order."""
    stored = None if quiet.words else queries.stored_activities(session, enrollment_id)
    items = _lesson_cards(session, stored, enrollment_id=enrollment_id, course_id=course_id)[:k] if stored else ()
    if stored is None or not items:
        message = f"{quiet.words or _why_in_order(stored)} These are the next lessons in order."
        return _in_order(session, enrollment_id=enrollment_id, course_id=course_id, k=k, message=message)
    return NextActivities(
        source=Answer.STORED,
        enrollment_id=enrollment_id,
        course_id=course_id,
        items=items,
        prediction_id=stored.prediction_id,
        features_as_of=stored.features_as_of,
        age_seconds=_age(stored.features_as_of),
        model_version=stored.version,
        message=_stored_words(stored, live_failed=False),
    )


def _why_in_order(stored: StoredRecommendation | None) -> str:
    if stored is None:
        return "There is no recommendation yet."
    return "Everything recommended here is finished." if stored.items else "Nothing is left to recommend here."


def _lesson_cards(
    session: WriteSession, stored: StoredRecommendation, *, enrollment_id: EnrollmentId, course_id: CourseId
) -> tuple[LessonCard, ...]:
    ids = [item.item_id for item in stored.items]
    rows = queries.open_lessons(session, ids, enrollment_id=enrollment_id, course_id=course_id)
    titles = queries.titles(session, [item.because_of for item in stored.items if item.because_of])
    return tuple(
        _lesson_card(rows[item.item_id], why=item.why, because=because(item, titles))
        for item in stored.items
        if item.item_id in rows
    )


def _in_order(
    session: WriteSession, *, enrollment_id: EnrollmentId, course_id: CourseId, k: int, message: str
) -> NextActivities:
    rows = queries.next_lessons(session, enrollment_id=enrollment_id, course_id=course_id, k=k)
    return NextActivities(
        source=Answer.ORDER if rows else Answer.NONE,
        enrollment_id=enrollment_id,
        course_id=course_id,
        items=tuple(_lesson_card(row, why=WhyRecommended.NEXT, because="Next in the course's order") for row in rows),
        prediction_id=None,
        features_as_of=None,
        age_seconds=None,
        model_version=None,
        message=message if rows else "Every lesson of this course is done.",
    )


def _lesson_card(row: Row[Any], *, why: WhyRecommended, because: str) -> LessonCard:
    return LessonCard(
        lesson_id=row.id,
        title=row.title,
        activity_type=row.activity_type,
        duration_minutes=row.duration_minutes,
        why=why,
        because=because,
    )


def _age(moment: datetime) -> float:
    return max(0.0, (clock.now() - moment).total_seconds())
