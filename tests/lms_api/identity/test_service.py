"""Accounts and sign-in."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select, update

from contracts.events import Role
from lms_api.errors import NotAllowed, NotFound, NotSignedIn
from lms_api.identity import service
from lms_api.identity.errors import (
    EmailTaken,
    LastAdministrator,
    RefreshRefused,
    RefreshReplayed,
    WrongCurrentPassword,
    WrongSignIn,
)
from lms_api.identity.schemas import NewUser, ProfileChange, UserChange
from lms_api.identity.service import SignedIn
from lms_api.identity.tables import RefreshToken, User
from lms_api.identity.tokens import REUSE_GRACE, read_access_token
from lms_api.principal import Principal
from lms_api.schemas import Page
from lms_api.unit_of_work import writing
from tests.lms_api.conftest import PASSWORD, Campus


@pytest.fixture
def maria(campus: Campus) -> Principal:
    """A learner who can sign in."""
    return campus.open_account(Role.STUDENT, password=PASSWORD)


def email_of(campus: Campus, who: Principal) -> str:
    with campus.reading(who) as session:
        return service.profile(session).email


def sign_in(campus: Campus, who: Principal, **given: str) -> SignedIn:
    asked = {"slug": campus.slug, "email": email_of(campus, who), "password": PASSWORD, **given}
    with writing(campus.engine) as session:
        return service.sign_in(session, campus.settings, **asked)


def refresh(campus: Campus, token: str) -> SignedIn:
    with writing(campus.engine) as session:
        return service.refresh(session, campus.settings, refresh_token=token)


class TestSignIn:
    def test_gives_a_token_for_this_user_and_organization(self, campus: Campus, maria: Principal) -> None:
        claims = read_access_token(campus.settings, sign_in(campus, maria).access_token)
        assert (claims.user_id, claims.organization_id) == (maria.user_id, campus.organization_id)

    def test_takes_slug_and_address_in_any_case(self, campus: Campus, maria: Principal) -> None:
        shouted = email_of(campus, maria).upper()
        assert sign_in(campus, maria, email=f" {shouted} ", slug=campus.slug.upper()).user_id == maria.user_id

    @pytest.mark.parametrize(
        "wrong", [{"password": "not the password"}, {"email": "nobody@example.org"}, {"slug": "nowhere"}]
    )
    def test_refuses_all_the_same_way(self, campus: Campus, maria: Principal, wrong: dict[str, str]) -> None:
        with pytest.raises(WrongSignIn) as refusal:
            sign_in(campus, maria, **wrong)
        assert refusal.value.detail == WrongSignIn.title

    def test_refuses_in_another_organization(self, campus: Campus, other_campus: Campus, maria: Principal) -> None:
        with pytest.raises(WrongSignIn):
            sign_in(campus, maria, slug=other_campus.slug)

    def test_refuses_an_account_without_a_password(self, campus: Campus) -> None:
        with pytest.raises(WrongSignIn):
            sign_in(campus, campus.learner, password="")

    def test_refuses_a_closed_account_and_its_tokens(self, campus: Campus, maria: Principal) -> None:
        signed_in = sign_in(campus, maria)
        with campus.writing(campus.admin) as session:
            service.change_account(session, maria.user_id, UserChange(status="inactive"))
        with pytest.raises(WrongSignIn):
            sign_in(campus, maria, email=email_by_id(campus, maria))
        with pytest.raises(RefreshRefused):
            refresh(campus, signed_in.refresh_token)
        with pytest.raises(NotSignedIn), campus.reading(None) as session:
            service.signed_in(session, read_access_token(campus.settings, signed_in.access_token))

    def test_keeps_only_the_hash_of_the_refresh_token(self, campus: Campus, maria: Principal) -> None:
        token = sign_in(campus, maria).refresh_token
        with campus.reading(maria) as session:
            stored = session.scalars(select(RefreshToken.token_hash)).all()
        assert len(stored[0]) == 32
        assert token.encode() not in stored


def email_by_id(campus: Campus, who: Principal) -> str:
    with campus.reading(campus.admin) as session:
        return session.scalars(select(User.email).where(User.id == who.user_id)).one()


def a_while_later(campus: Campus, who: Principal, passed: timedelta = REUSE_GRACE + timedelta(seconds=1)) -> None:
    """As if tokens that were used had been used so much earlier."""
    with campus.writing(who) as session:
        session.execute(update(RefreshToken).values(used_at=RefreshToken.used_at - passed))


class TestRefresh:
    def test_rotates(self, campus: Campus, maria: Principal) -> None:
        first = sign_in(campus, maria)
        second = refresh(campus, first.refresh_token)
        third = refresh(campus, second.refresh_token)
        assert len({first.refresh_token, second.refresh_token, third.refresh_token}) == 3

    def test_two_tabs_at_once_both_go_on(self, campus: Campus, maria: Principal) -> None:
        first = sign_in(campus, maria)
        tabs = [refresh(campus, first.refresh_token) for _ in range(2)]
        assert tabs[0].refresh_token != tabs[1].refresh_token
        for tab in tabs:
            assert refresh(campus, tab.refresh_token).user_id == maria.user_id

    def test_the_grace_does_not_begin_again_with_each_use(self, campus: Campus, maria: Principal) -> None:
        first = sign_in(campus, maria)
        for _ in range(2):
            refresh(campus, first.refresh_token)
        a_while_later(campus, maria, REUSE_GRACE * 0.6)
        refresh(campus, first.refresh_token)
        a_while_later(campus, maria, REUSE_GRACE * 0.6)
        with pytest.raises(RefreshReplayed):
            refresh(campus, first.refresh_token)

    def test_a_replayed_token_ends_its_family(self, campus: Campus, maria: Principal) -> None:
        first = sign_in(campus, maria)
        second = refresh(campus, first.refresh_token)
        a_while_later(campus, maria)
        with pytest.raises(RefreshReplayed):
            refresh(campus, first.refresh_token)
        with pytest.raises(RefreshRefused):
            refresh(campus, second.refresh_token)

    def test_a_replay_leaves_other_sign_ins_alone(self, campus: Campus, maria: Principal) -> None:
        stolen, other = sign_in(campus, maria), sign_in(campus, maria)
        refresh(campus, stolen.refresh_token)
        a_while_later(campus, maria)
        with pytest.raises(RefreshReplayed):
            refresh(campus, stolen.refresh_token)
        assert refresh(campus, other.refresh_token).user_id == maria.user_id

    def test_refuses_an_expired_one(self, campus: Campus, maria: Principal) -> None:
        token = sign_in(campus, maria).refresh_token
        with campus.writing(maria) as session:
            session.execute(update(RefreshToken).values(expires_at=datetime.now(UTC) - timedelta(seconds=1)))
        with pytest.raises(RefreshRefused):
            refresh(campus, token)

    @pytest.mark.parametrize("token", ["", "unknown", "\x00", "\ud800"])
    def test_refuses_what_is_no_token(self, campus: Campus, token: str) -> None:
        with pytest.raises(RefreshRefused):
            refresh(campus, token)

    def test_signing_out_ends_the_family(self, campus: Campus, maria: Principal) -> None:
        signed_in = sign_in(campus, maria)
        for _ in range(2):
            with writing(campus.engine) as session:
                service.sign_out(session, refresh_token=signed_in.refresh_token)
        with pytest.raises(RefreshRefused):
            refresh(campus, signed_in.refresh_token)


class TestOpenAccount:
    def test_says_so_in_the_same_transaction(self, campus: Campus) -> None:
        ben = campus.open_account(Role.STUDENT)
        event = campus.said("user.changed")[-1]
        assert (event["actor_id"], event["role"], event["active"], event["revision"]) == (
            ben.actor_id,
            "student",
            True,
            1,
        )

    def test_says_nothing_when_rolled_back(self, campus: Campus) -> None:
        before = len(campus.said())
        with campus.taken_back(campus.admin) as session:
            service.open_account(session, NewUser(email="ben@example.org"))
        assert len(campus.said()) == before

    def test_an_address_is_unique_in_its_organization_only(self, campus: Campus, other_campus: Campus) -> None:
        for place in (campus, other_campus):
            with place.writing(place.admin) as session:
                service.open_account(session, NewUser(email="Ben@Example.org"))
        with pytest.raises(EmailTaken), campus.writing(campus.admin) as session:
            service.open_account(session, NewUser(email="ben@example.org"))

    @pytest.mark.parametrize("role", [Role.INSTRUCTOR, Role.TA, Role.STUDENT])
    def test_is_for_administrators(self, campus: Campus, role: Role) -> None:
        with pytest.raises(NotAllowed), campus.writing(campus.people[role]) as session:
            service.open_account(session, NewUser(email="ben@example.org"))

    def test_no_two_people_share_a_pseudonym(self, campus: Campus) -> None:
        people = list(campus.people.values())
        assert len({person.actor_id for person in people}) == len(people)
        with campus.reading(campus.admin) as session:
            assert [service.user_of_actor(session, person.actor_id) for person in people] == [
                person.user_id for person in people
            ]
            assert service.user_of_actor(session, uuid4()) is None


class TestChangeAccount:
    def test_says_the_new_state(self, campus: Campus) -> None:
        with campus.writing(campus.admin) as session:
            service.change_account(session, campus.learner.user_id, UserChange(role=Role.TA))
        event = campus.said("user.changed")[-1]
        assert (event["role"], event["revision"], event["actor_id"]) == ("ta", 2, campus.learner.actor_id)

    @pytest.mark.parametrize("change", [{"role": "student"}, {"status": "inactive"}])
    def test_keeps_one_administrator(self, campus: Campus, change: dict[str, Any]) -> None:
        with pytest.raises(LastAdministrator), campus.writing(campus.admin) as session:
            service.change_account(session, campus.admin.user_id, UserChange(**change))

    def test_does_not_find_another_organization_s(self, campus: Campus, other_campus: Campus) -> None:
        with pytest.raises(NotFound), campus.writing(campus.admin) as session:
            service.change_account(session, other_campus.learner.user_id, UserChange(first_name="x"))

    def test_lists_people_by_role_and_page(self, campus: Campus) -> None:
        with campus.reading(campus.admin) as session:
            everybody = service.list_users(session, role=None, page=Page())
            rest = service.list_users(session, role=None, page=Page(after=everybody[0].id, limit=2))
            tas = service.list_users(session, role=Role.TA, page=Page())
        assert [user.id for user in rest] == [user.id for user in everybody[1:3]]
        assert [user.id for user in tas] == [campus.ta.user_id]


class TestProfile:
    def test_a_new_password_ends_all_other_sign_ins(self, campus: Campus, maria: Principal) -> None:
        before = sign_in(campus, maria)
        change = ProfileChange(password="a new password", current_password=PASSWORD)
        with campus.writing(maria) as session:
            _, fresh = service.change_profile(session, campus.settings, change)
        with pytest.raises(RefreshRefused):
            refresh(campus, before.refresh_token)
        assert fresh is not None
        assert refresh(campus, fresh.refresh_token).user_id == maria.user_id
        assert sign_in(campus, maria, password="a new password").user_id == maria.user_id

    def test_needs_the_current_password(self, campus: Campus, maria: Principal) -> None:
        change = ProfileChange(password="a new password", current_password="wrong")
        with pytest.raises(WrongCurrentPassword), campus.writing(maria) as session:
            service.change_profile(session, campus.settings, change)

    def test_opts_out_of_predictions(self, campus: Campus) -> None:
        for wish in (True, False):
            with campus.writing(campus.learner) as session:
                change = ProfileChange(predictions_opt_out=wish)
                user, _ = service.change_profile(session, campus.settings, change)
                assert user.predictions_opt_out is wish

    def test_null_empties_only_what_may_be_empty(self, campus: Campus) -> None:
        change = ProfileChange(first_name=None, predictions_opt_out=None)
        with campus.writing(campus.learner) as session:
            user, _ = service.change_profile(session, campus.settings, change)
            assert (user.first_name, user.predictions_opt_out) == (None, False)
