"""The permission table: who may do what. Written once, here; services ask it, and routes and pages go through services.

A role's permission is about the organization. Three more rules are about a thing: an instructor's permissions to teach
hold in their own courses; a teaching assistant's and an administrator's hold in every course of the organization; a
learner's own rows (enrollment, attempts) are theirs.
"""

from enum import StrEnum
from uuid import UUID

from contracts.events import Role
from lms_api.errors import NotAllowed
from lms_api.principal import Principal


class Permission(StrEnum):
    """What can be allowed, as a refusal would say it: "You may not …"."""

    CHANGE_ORGANIZATION = "change the organization"
    SEE_USERS = "see the organization's users"
    CHANGE_USERS = "open or change accounts"
    SEE_DRAFTS = "see courses that are not published"
    MAKE_COURSES = "make courses"
    CHANGE_COURSES = "change this course"
    SEE_ROSTER = "see this course's learners"
    CHANGE_ROSTER = "change this course's enrollments"
    GRADE = "grade in this course"
    ENROLL = "enroll in a course"
    SEE_SYSTEM = "see the system page"


_TEACHING = frozenset({Permission.SEE_DRAFTS, Permission.SEE_ROSTER, Permission.GRADE})
IN_OWN_COURSES = frozenset(
    {
        Permission.CHANGE_COURSES,
        Permission.CHANGE_ROSTER,
        Permission.SEE_ROSTER,
        Permission.GRADE,
        Permission.SEE_DRAFTS,
    }
)

GRANTS: dict[Role, frozenset[Permission]] = {
    Role.ADMIN: frozenset(Permission) - {Permission.ENROLL},
    Role.INSTRUCTOR: _TEACHING
    | {Permission.SEE_USERS, Permission.MAKE_COURSES, Permission.CHANGE_COURSES, Permission.CHANGE_ROSTER},
    Role.TA: _TEACHING,
    Role.STUDENT: frozenset({Permission.ENROLL}),
}


def may(who: Principal, permission: Permission, *, instructor_id: UUID | None = None) -> bool:
    """For a permission about a course, `instructor_id` is the course's instructor, or None where it has none."""
    if permission not in GRANTS[who.role]:
        return False
    return who.role is not Role.INSTRUCTOR or permission not in IN_OWN_COURSES or instructor_id == who.user_id


def require(who: Principal, permission: Permission, *, instructor_id: UUID | None = None) -> None:
    """Raises NotAllowed; `instructor_id` as for `may`."""
    if not may(who, permission, instructor_id=instructor_id):
        raise NotAllowed(f"You may not {permission.value} as {who.role.value}.")
