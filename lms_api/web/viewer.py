"""Who looks at a page, and what every page is told about them."""

from dataclasses import dataclass
from typing import Any

from contracts.events import Page, PageViewed, Role
from lms_api.db import ReadSession, WriteSession
from lms_api.identity.policy import Permission, may
from lms_api.organizations import service as organizations
from lms_api.outbox.record import record
from lms_api.principal import Principal
from stack import clock


@dataclass(frozen=True)
class Entry:
    """One entry of the main navigation."""

    key: str
    href: str
    label: str


@dataclass(frozen=True)
class Viewer:
    """The signed-in person as the top of a page shows them."""

    name: str
    organization: str
    entries: tuple[Entry, ...]


HOME = Entry("home", "/", "Home")
COURSES = Entry("courses", "/courses", "Courses")
BOARDS = Entry("boards", "/boards", "My courses")
SYSTEM = Entry("system", "/system", "System")
MY_DATA = Entry("my-data", "/my-data", "My data")


def entries_for(who: Principal) -> tuple[Entry, ...]:
    """What this role can use; the rest would only refuse."""
    if who.role is Role.STUDENT:
        return (HOME, COURSES, MY_DATA)
    system = (SYSTEM,) if may(who, Permission.SEE_SYSTEM) else ()
    return (BOARDS, COURSES, *system)


def context(session: ReadSession, *, here: str, **more: Any) -> dict[str, Any]:
    """What every page needs, and `more`: the viewer, whether the campus is made up, where we are, and the moment."""
    organization = organizations.own(session)
    who = session.who
    viewer = Viewer(name=who.first_name or "Signed in", organization=organization.name, entries=entries_for(who))
    return {"viewer": viewer, "made_up": organization.made_up, "here": here, "now": clock.now(), **more}


def nobody(*, here: str = "", made_up: bool = False, **more: Any) -> dict[str, Any]:
    """The same for a page that is shown to somebody unknown."""
    return {"viewer": None, "made_up": made_up, "here": here, "now": clock.now(), **more}


def viewed(session: WriteSession, page: Page, **place: Any) -> None:
    """Says that this page was opened; `place` may carry the course."""
    record(session, PageViewed(page=page), **place)
