"""Whether what a client reports is about things of its own: one question per kind and batch."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import or_, select, tuple_

from lms_api.courses.tables import Lesson
from lms_api.db import ReadSession
from lms_api.enrollments.tables import Enrollment
from lms_api.predictions.tables import Prediction, PredictionExposure


def courses_of_views(
    session: ReadSession, *, student_id: UUID, views: Collection[tuple[UUID, UUID]]
) -> dict[tuple[UUID, UUID], UUID]:
    """The course of each (enrollment, lesson) that are this learner's own and of the same course."""
    query = (
        select(Enrollment.id, Lesson.id, Enrollment.course_id)
        .join(Lesson, Lesson.course_id == Enrollment.course_id)
        .where(Enrollment.student_id == student_id, Enrollment.status != "dropped")
        .where(tuple_(Enrollment.id, Lesson.id).in_(list(views)))
    )
    return {(enrollment, lesson): course for enrollment, lesson, course in session.execute(query)}


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
