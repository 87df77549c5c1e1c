"""A database of its own for imports: their organizations have fixed ids, which other tests may use too."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.rows import TupleRow

from lms_api.imports.campus import Campus
from lms_api.imports.loader import Loaded, load
from lms_api.imports.oulad.importer import oulad_campus
from lms_api.migrations.upgrade import migrate
from stack.event_log.table import ORGANIZATION_SETTING
from stack.postgres import connect
from stack.settings import Settings, get_settings


@contextmanager
def new_database(stores: Settings) -> Iterator[Settings]:
    """Migrated and empty; the settings of this process and of commands point at it meanwhile."""
    name = f"imports_{uuid4().hex[:12]}"
    _execute(stores.owner_url, "create database {}", name)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LMS_DATABASE_OWNER_URL", stores.owner_url.rpartition("/")[0] + f"/{name}")
        get_settings.cache_clear()
        settings = get_settings()
        migrate(settings.owner_url)
        yield settings
    get_settings.cache_clear()
    _execute(stores.owner_url, "drop database {} with (force)", name)


def _execute(url: str, statement: str, name: str) -> None:
    with connect(url) as connection:
        connection.autocommit = True
        connection.execute(sql.SQL(statement).format(sql.Identifier(name)))


@pytest.fixture
def database(stores: Settings) -> Iterator[Settings]:
    """One for a test that writes."""
    with new_database(stores) as settings:
        yield settings


@pytest.fixture
def inside(database: Settings) -> Iterator["Inside"]:
    """Looks into the test's database."""
    with looking_into(database) as found:
        yield found


@contextmanager
def looking_into(settings: Settings) -> Iterator["Inside"]:
    with connect(settings.owner_url) as connection:
        yield Inside(connection)


@dataclass(frozen=True)
class Imported:
    """One campus that was loaded into a database of its own, for tests that only read."""

    campus: Campus
    loaded: Loaded
    inside: "Inside"
    settings: Settings


@pytest.fixture(scope="module")
def imported_oulad(stores: Settings, small_oulad_zip) -> Iterator[Imported]:
    with new_database(stores) as settings:
        campus = oulad_campus(small_oulad_zip.path)
        loaded = load(campus, settings)
        with looking_into(settings) as inside:
            yield Imported(campus, loaded, inside, settings)


class Inside:
    """Reads as the owner, inside one organization at a time."""

    def __init__(self, connection: psycopg.Connection[TupleRow]) -> None:
        self._connection = connection

    def rows(self, organization: UUID, query: str) -> list[TupleRow]:
        with self._connection.transaction():
            self._connection.execute("select set_config(%s, %s, true)", (ORGANIZATION_SETTING, str(organization)))
            return self._connection.execute(query.encode()).fetchall()

    def one(self, organization: UUID, query: str) -> object:
        return self.rows(organization, query)[0][0]
