"""The tenants: made by a command or an import, changed by their own administrators."""

from uuid import UUID

from sqlalchemy.exc import IntegrityError

from contracts.events import OrganizationChanged
from contracts.ids import OrganizationId
from lms_api.db import ReadSession, WriteSession, new_id
from lms_api.errors import Conflict, NotFound
from lms_api.identity.policy import Permission, require
from lms_api.organizations import queries
from lms_api.organizations.queries import Doorplate
from lms_api.organizations.schemas import OrganizationChange
from lms_api.organizations.tables import Organization
from lms_api.outbox.record import record
from lms_api.unit_of_work import enter


class SlugTaken(Conflict):
    title = "Another organization has this slug"
    remedy = "Choose another."


def make(
    session: WriteSession,
    *,
    name: str,
    slug: str,
    made_up: bool = False,
    imported: bool = False,
    organization_id: UUID | None = None,
) -> Organization:
    """Makes a tenant and enters it. For commands and imports; no signed-in user can. Raises SlugTaken."""
    if queries.doorplate(session, slug) is not None:
        raise SlugTaken(field="slug", value=slug)
    organization = Organization(
        id=organization_id or new_id(),
        name=name,
        slug=slug,
        settings={},
        made_up=made_up,
        imported=imported,
        revision=1,
    )
    enter(session, OrganizationId(organization.id))
    session.add(organization)
    try:
        session.flush()
    except IntegrityError as error:
        raise SlugTaken(field="slug", value=slug) from error
    _say(session, organization)
    return organization


def doorplate(session: ReadSession, slug: str) -> Doorplate | None:
    """What the sign-in page may show; also works before anybody is signed in."""
    return queries.doorplate(session, slug)


def any_organization(session: ReadSession) -> bool:
    """Whether this campus has a tenant at all."""
    return queries.any_organization(session)


def own(session: ReadSession) -> Organization:
    """The session's organization."""
    organization = queries.own(session)
    if organization is None:
        raise NotFound("organization", session.organization_id)
    return organization


def read(session: ReadSession, organization_id: UUID) -> Organization:
    """Raises NotFound for any but one's own."""
    if organization_id != session.organization_id:
        raise NotFound("organization", organization_id)
    return own(session)


def change(session: WriteSession, organization_id: UUID, given: OrganizationChange) -> Organization:
    """By an administrator; the kill switch of predictions is one of its settings."""
    organization = read(session, organization_id)
    require(session.who, Permission.CHANGE_ORGANIZATION)
    fields = given.model_dump(exclude_unset=True)
    enabled = fields.pop("predictions_enabled", None)
    if enabled is not None:
        organization.settings = {**organization.settings, "predictions_enabled": enabled}
    for name, value in fields.items():
        if value is not None or name != "name":
            setattr(organization, name, value)
    organization.revision += 1
    session.flush()
    _say(session, organization)
    return organization


def _say(session: WriteSession, organization: Organization) -> None:
    record(
        session,
        OrganizationChanged(
            revision=organization.revision, made_up=organization.made_up, imported=organization.imported
        ),
    )
