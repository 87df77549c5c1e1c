"""What enrollments refuse."""

from lms_api.errors import Conflict, Invalid, NotAllowed


class CourseFull(Conflict):
    title = "All seats of this course are taken"
    remedy = "Try again when somebody leaves, or ask the instructor for more seats."


class CourseClosed(Conflict):
    title = "This course doesn't take enrollments"
    remedy = "It isn't published, or it has ended; look for its next presentation."


class AlreadyEnrolled(Conflict):
    title = "This learner is enrolled in the course already"
    remedy = "Use the existing enrollment."


class NotEnrolled(NotAllowed):
    title = "Not enrolled in this course"
    remedy = "Enroll at POST /api/v1/courses/{id}/enroll."


class EnrollmentEnded(Conflict):
    title = "This enrollment has ended"
    remedy = "Enroll again to go on."


class HasSubmissions(Conflict):
    title = "Something was handed in under this enrollment"
    remedy = "Drop it instead (status `dropped`); what was handed in is kept."


class NoSuchLearner(Invalid):
    title = "There is no active learner with this id"
    remedy = "Send the id of a user of the organization whose role is student."
