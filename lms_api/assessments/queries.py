"""Reading and writing of assessments, questions, attempts and answers."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select

from lms_api.assessments.tables import Assessment, Question, StudentAnswer, Submission
from lms_api.db import ReadSession, WriteSession


def assessment(session: ReadSession, assessment_id: UUID) -> Assessment | None:
    return session.get(Assessment, assessment_id)


def lock_assessment(session: WriteSession, assessment_id: UUID) -> Assessment | None:
    """Fresh, and nobody else changes it or its questions until this transaction ends."""
    query = select(Assessment).where(Assessment.id == assessment_id).with_for_update(key_share=True)
    return session.scalar(query.execution_options(populate_existing=True))


def assessments(session: ReadSession, course_id: UUID) -> Sequence[Assessment]:
    query = select(Assessment).where(Assessment.course_id == course_id)
    return session.scalars(query.order_by(Assessment.due_date.nulls_last(), Assessment.id)).all()


def question(session: ReadSession, question_id: UUID) -> Question | None:
    return session.get(Question, question_id)


def questions(session: ReadSession, assessment_id: UUID) -> Sequence[Question]:
    query = select(Question).where(Question.assessment_id == assessment_id)
    return session.scalars(query.order_by(Question.order_index, Question.id)).all()


def next_place(session: ReadSession, assessment_id: UUID) -> int:
    last = session.scalar(select(func.max(Question.order_index)).where(Question.assessment_id == assessment_id))
    return 0 if last is None else last + 1


def attempts(session: ReadSession, *, assessment_id: UUID, enrollment_id: UUID) -> Sequence[Submission]:
    """The first one first."""
    query = select(Submission).where(
        Submission.assessment_id == assessment_id, Submission.enrollment_id == enrollment_id
    )
    return session.scalars(query.order_by(Submission.attempt)).all()


def submissions(
    session: ReadSession, assessment_id: UUID, *, student_id: UUID | None, after: UUID | None, limit: int
) -> Sequence[Submission]:
    query = select(Submission).where(Submission.assessment_id == assessment_id).order_by(Submission.id).limit(limit)
    if student_id is not None:
        query = query.where(Submission.student_id == student_id)
    if after is not None:
        query = query.where(Submission.id > after)
    return session.scalars(query).all()


def own_submissions(session: ReadSession, course_id: UUID, *, student_id: UUID) -> Sequence[Submission]:
    """Of one learner, in all assessments of the course; the first attempts first."""
    query = select(Submission).join(Assessment, Assessment.id == Submission.assessment_id)
    mine = query.where(Assessment.course_id == course_id, Submission.student_id == student_id)
    return session.scalars(mine.order_by(Submission.attempt)).all()


def submission(session: ReadSession, submission_id: UUID) -> Submission | None:
    return session.get(Submission, submission_id)


def lock_submission(session: WriteSession, submission_id: UUID) -> Submission | None:
    query = select(Submission).where(Submission.id == submission_id).with_for_update()
    return session.scalar(query.execution_options(populate_existing=True))


def answers(session: ReadSession, submission_ids: Sequence[UUID]) -> Sequence[StudentAnswer]:
    query = select(StudentAnswer).where(StudentAnswer.submission_id.in_(submission_ids))
    return session.scalars(query.order_by(StudentAnswer.id)).all()
