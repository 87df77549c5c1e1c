"""Every table of the LMS, so that one import knows the whole schema; features import their own module."""

from lms_api.assessments.tables import Assessment, Question, StudentAnswer, Submission
from lms_api.courses.tables import Course, Lesson
from lms_api.db import Base
from lms_api.enrollments.tables import CourseResult, Enrollment, LessonProgress
from lms_api.identity.tables import Pseudonym, RefreshToken, User
from lms_api.imports.tables import Import
from lms_api.organizations.tables import Organization
from lms_api.predictions.tables import (
    Intervention,
    LoopReportRow,
    Prediction,
    PredictionBatch,
    PredictionExposure,
    ServiceNonce,
)

__all__ = [
    "Assessment",
    "Base",
    "Course",
    "CourseResult",
    "Enrollment",
    "Import",
    "Intervention",
    "Lesson",
    "LessonProgress",
    "LoopReportRow",
    "Organization",
    "Prediction",
    "PredictionBatch",
    "PredictionExposure",
    "Pseudonym",
    "Question",
    "RefreshToken",
    "ServiceNonce",
    "StudentAnswer",
    "Submission",
    "User",
]
