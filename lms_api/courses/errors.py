"""What courses refuse."""

from lms_api.errors import Conflict, Invalid


class SlugTaken(Conflict):
    title = "Another course of this organization has this slug"
    remedy = "Choose another slug, such as one with the term in it."


class CourseInUse(Conflict):
    title = "The course has enrollments or assessments"
    remedy = "Withdraw it with `is_published: false`, or delete its assessments first; enrollments are kept."


class DatesReversed(Invalid):
    title = "The course would end before it starts"
    remedy = "Send an `ends_at` after `starts_at`; both empty make it self-paced."


class NoSuchInstructor(Invalid):
    title = "There is no active instructor or administrator with this id"
    remedy = "Send the id of one, or leave the field out."
