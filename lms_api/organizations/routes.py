"""One's own organization; there is no other as far as a request can see."""

from uuid import UUID

from fastapi import APIRouter

from lms_api.deps import ReadDep, WriteDep
from lms_api.errors import NotAllowed, NotFound, documented
from lms_api.organizations import service
from lms_api.organizations.schemas import OrganizationChange, OrganizationShown

router = APIRouter(prefix="/organizations", tags=["organizations"])


@router.get("")
def list_organizations(session: ReadDep) -> list[OrganizationShown]:
    """The one that the signed-in user belongs to."""
    return [OrganizationShown.model_validate(service.own(session))]


@router.get("/{organization_id}", responses=documented(NotFound))
def read_organization(organization_id: UUID, session: ReadDep) -> OrganizationShown:
    """One's own organization, by its id."""
    return OrganizationShown.model_validate(service.read(session, organization_id))


@router.put("/{organization_id}", responses=documented(NotAllowed, NotFound))
def change_organization(organization_id: UUID, given: OrganizationChange, session: WriteDep) -> OrganizationShown:
    """Changes the organization; what is not given stays, and `predictions_enabled` is the kill switch."""
    return OrganizationShown.model_validate(service.change(session, organization_id, given))
