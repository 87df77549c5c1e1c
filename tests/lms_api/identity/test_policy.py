"""The permission table, row by row."""

from uuid import UUID, uuid4

import pytest

from contracts.events import Role
from contracts.ids import ActorId, OrganizationId, UserId
from lms_api.errors import NotAllowed
from lms_api.identity.policy import GRANTS, Permission, may, require
from lms_api.principal import Principal

P = Permission
EXPECTED: dict[Role, set[Permission]] = {
    Role.ADMIN: set(Permission) - {P.ENROLL},
    Role.INSTRUCTOR: {
        P.SEE_USERS, P.SEE_DRAFTS, P.MAKE_COURSES, P.CHANGE_COURSES, P.SEE_ROSTER, P.CHANGE_ROSTER, P.GRADE,
    },
    Role.TA: {P.SEE_DRAFTS, P.SEE_ROSTER, P.GRADE},
    Role.STUDENT: {P.ENROLL},
}  # fmt: skip


def somebody(role: Role, user_id: UUID | None = None) -> Principal:
    return Principal(
        user_id=UserId(user_id or uuid4()),
        organization_id=OrganizationId(uuid4()),
        actor_id=ActorId(uuid4()),
        role=role,
    )


class TestTable:
    @pytest.mark.parametrize("role", list(Role))
    def test_grants_exactly_this(self, role: Role) -> None:
        assert GRANTS[role] == EXPECTED[role]

    @pytest.mark.parametrize("role", list(Role))
    @pytest.mark.parametrize("permission", list(Permission))
    def test_require_agrees_with_the_table(self, role: Role, permission: Permission) -> None:
        who = somebody(role)
        if permission in EXPECTED[role]:
            require(who, permission, instructor_id=who.user_id)
        else:
            with pytest.raises(NotAllowed, match=permission.value):
                require(who, permission, instructor_id=who.user_id)


class TestOwnCourses:
    @pytest.mark.parametrize("permission", [P.CHANGE_COURSES, P.SEE_ROSTER, P.CHANGE_ROSTER, P.GRADE, P.SEE_DRAFTS])
    def test_an_instructor_teaches_only_their_own(self, permission: Permission) -> None:
        who = somebody(Role.INSTRUCTOR)
        assert may(who, permission, instructor_id=who.user_id)
        assert not may(who, permission, instructor_id=uuid4())
        assert not may(who, permission, instructor_id=None)

    def test_assistants_and_administrators_help_everywhere(self) -> None:
        assert may(somebody(Role.TA), P.GRADE, instructor_id=uuid4())
        assert may(somebody(Role.ADMIN), P.CHANGE_COURSES, instructor_id=None)
