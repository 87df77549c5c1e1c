"""Whether what a client reports is about things of its own: one question per kind and batch."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import or_, select, text

from lms_api.db import ReadSession
from lms_api.enrollments.tables import Enrollment
from lms_api.predictions.tables import Prediction, PredictionExposure

_VIEWS = text(
    """
    SELECT e.id, l.id, e.course_id
    FROM unnest(CAST(:enrollment_ids AS uuid[]), CAST(:lesson_ids AS uuid[])) AS asked (enrollment_id, lesson_id)
    JOIN enrollments e ON e.id = asked.enrollment_id AND e.student_id = :student_id AND e.status <> 'dropped'
    JOIN lessons l ON l.id = asked.lesson_id AND l.course_id = e.course_id
    """
)


def courses_of_views(
    session: ReadSession, *, student_id: UUID, views: Collection[tuple[UUID, UUID]]
) -> dict[tuple[UUID, UUID], UUID]:
    """The course of each (enrollment, lesson) that are this learner's own and of the same course."""
    pairs = list(views)
    asked = {
        "student_id": student_id,
        "enrollment_ids": [enrollment for enrollment, _ in pairs],
        "lesson_ids": [lesson for _, lesson in pairs],
    }
    return {(enrollment, lesson): course for enrollment, lesson, course in session.execute(_VIEWS, asked)}


def courses_of_predictions(
    session: ReadSession, *, viewer_id: UUID, prediction_ids: Collection[UUID]
) -> dict[tuple[UUID, str], UUID | None]:
    """By (prediction, kind), the course of each that was shown to this user or is about them."""
    seen = select(PredictionExposure.prediction_id).where(PredictionExposure.viewer_id == viewer_id)
    query = (
        select(Prediction.id, Prediction.kind, Enrollment.course_id)
        .outerjoin(Enrollment, Enrollment.id == Prediction.enrollment_id)
        .where(Prediction.id.in_(list(prediction_ids)))
        .where(or_(Prediction.id.in_(seen), Prediction.user_id == viewer_id, Enrollment.student_id == viewer_id))
    )
    return {(prediction, kind): course for prediction, kind, course in session.execute(query)}
