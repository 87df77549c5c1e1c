"""Reading of organizations. Past the door, only one's own is there."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select, text

from lms_api.db import ReadSession
from lms_api.organizations.tables import Organization

_BY_SLUG = text("SELECT organization_id, name, slug, logo_url, made_up FROM door_organization(:slug)")
_ANY = text("SELECT door_any_organization()")


@dataclass(frozen=True, kw_only=True)
class Doorplate:
    """What anybody may know of an organization before signing in."""

    organization_id: UUID
    name: str
    slug: str
    logo_url: str | None
    made_up: bool


def doorplate(session: ReadSession, slug: str) -> Doorplate | None:
    row = session.execute(_BY_SLUG, {"slug": slug}).one_or_none()
    return None if row is None else Doorplate(**row._mapping)


def any_organization(session: ReadSession) -> bool:
    return bool(session.execute(_ANY).scalar())


def own(session: ReadSession) -> Organization | None:
    return session.scalar(select(Organization))
