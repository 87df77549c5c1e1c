"""Is the process alive, and can it answer."""

from fastapi import APIRouter
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from lms_api.deps import EngineDep
from lms_api.errors import Unavailable, documented
from lms_api.migrations.upgrade import head

router = APIRouter(prefix="/health", tags=["health"])


class Health(BaseModel):
    status: str


class NotReady(Unavailable):
    title = "The LMS can't answer yet"
    remedy = "Start PostgreSQL and run `campus migrate`."


@router.get("/live")
async def live() -> Health:
    """The process answers; nothing is asked of the database."""
    return Health(status="live")


@router.get("/ready", responses=documented(NotReady))
def ready(engine: EngineDep) -> Health:
    """The database answers and its schema is this version's."""
    try:
        with engine.connect() as connection:
            found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    except SQLAlchemyError as error:
        raise NotReady("The database does not answer, or was never migrated.") from error
    if found != head():
        raise NotReady(f"The database's schema is {found}, and this version needs {head()}.")
    return Health(status="ready")
