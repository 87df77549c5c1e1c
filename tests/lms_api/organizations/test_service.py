"""The tenants."""

from uuid import uuid4

import pytest
from sqlalchemy import Engine

from contracts.events import Role
from lms_api.errors import NotAllowed, NotFound
from lms_api.organizations import service
from lms_api.organizations.schemas import OrganizationChange
from lms_api.organizations.service import SlugTaken
from lms_api.unit_of_work import reading, writing
from tests.lms_api.conftest import Campus


class TestMake:
    def test_says_so_in_the_same_transaction(self, campus: Campus) -> None:
        event = campus.said("organization.changed")[0]
        assert (event["revision"], event["made_up"], event["imported"]) == (1, True, False)
        assert event["organization_id"] == campus.organization_id

    def test_refuses_a_slug_that_is_taken(self, campus: Campus, lms_engine: Engine) -> None:
        with pytest.raises(SlugTaken), writing(lms_engine) as session:
            service.make(session, name="Again", slug=campus.slug)

    def test_shows_its_doorplate_to_anybody(self, campus: Campus, lms_engine: Engine) -> None:
        with reading(lms_engine) as session:
            plate = service.doorplate(session, campus.slug)
            assert plate is not None
            assert (plate.organization_id, plate.name, plate.made_up) == (campus.organization_id, "A test", True)
            assert service.doorplate(session, "nobody-there") is None
            assert service.any_organization(session)


class TestChange:
    def test_says_the_next_revision(self, campus: Campus) -> None:
        with campus.writing(campus.admin) as session:
            service.change(session, campus.organization_id, OrganizationChange(name="Renamed"))
        assert [event["revision"] for event in campus.said("organization.changed")] == [1, 2]

    def test_switches_predictions_off_and_on(self, campus: Campus) -> None:
        with campus.reading(campus.admin) as session:
            assert service.own(session).predictions_enabled
        for wish in (False, True):
            with campus.writing(campus.admin) as session:
                change = OrganizationChange(predictions_enabled=wish)
                assert service.change(session, campus.organization_id, change).predictions_enabled is wish

    def test_null_leaves_the_name(self, campus: Campus) -> None:
        with campus.writing(campus.admin) as session:
            changed = service.change(session, campus.organization_id, OrganizationChange(name=None, domain=None))
            assert changed.name == "A test"

    @pytest.mark.parametrize("role", [Role.INSTRUCTOR, Role.TA, Role.STUDENT])
    def test_is_for_administrators(self, campus: Campus, role: Role) -> None:
        with pytest.raises(NotAllowed), campus.writing(campus.people[role]) as session:
            service.change(session, campus.organization_id, OrganizationChange(name="Mine"))

    def test_finds_only_one_s_own(self, campus: Campus, other_campus: Campus) -> None:
        for organization_id in (other_campus.organization_id, uuid4()):
            with pytest.raises(NotFound), campus.writing(campus.admin) as session:
                service.change(session, organization_id, OrganizationChange(name="Mine"))
