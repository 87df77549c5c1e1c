"""One transaction from the first statement to the commit. Nothing else in the LMS commits."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, text

from contracts.ids import OrganizationId
from lms_api.db import ReadSession, WriteSession
from lms_api.errors import LmsError
from stack.event_log.table import ORGANIZATION_SETTING

_ENTER = text("SELECT set_config(:setting, :organization, true)")
_ENTER_READING = text(
    "SELECT set_config('transaction_read_only', 'on', true), set_config(:setting, :organization, true)"
)


@contextmanager
def reading(engine: Engine, organization_id: OrganizationId | None = None) -> Iterator[ReadSession]:
    """A transaction that PostgreSQL itself keeps from writing; without an organization every table is empty."""
    with ReadSession(engine, autoflush=False) as session:
        _set(session, organization_id, read_only=True)
        yield session


@contextmanager
def writing(engine: Engine, organization_id: OrganizationId | None = None) -> Iterator[WriteSession]:
    """Commits at the end; an exception takes everything back, but for one whose class says `keeps_changes`."""
    with WriteSession(engine, autoflush=False, expire_on_commit=False) as session:
        try:
            if organization_id is not None:
                enter(session, organization_id)
            yield session
        except LmsError as error:
            if error.keeps_changes:
                session.commit()
            raise
        session.commit()


def enter(session: ReadSession, organization_id: OrganizationId) -> None:
    """From here on to the transaction's end, the session sees and writes this organization only."""
    _set(session, organization_id, read_only=False)


def _set(session: ReadSession, organization_id: OrganizationId | None, *, read_only: bool) -> None:
    session.organization_id = organization_id
    given = {"setting": ORGANIZATION_SETTING, "organization": str(organization_id or "")}
    session.execute(_ENTER_READING if read_only else _ENTER, given)
