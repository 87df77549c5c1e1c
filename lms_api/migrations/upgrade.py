"""Brings a database to the head of the schema's history."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, make_url, text
from sqlalchemy.pool import NullPool

from stack.event_log.table import ensure_partitions
from stack.postgres import DRIVER, connect

_LOCK = 0x63616D70  # "camp": two commands at once migrate one after the other


def migrate(owner_url: str) -> tuple[str | None, str]:
    """Gives the revision before and after; the second run changes nothing. Makes the log's next partitions, too."""
    engine = create_engine(make_url(owner_url).set(drivername=DRIVER), poolclass=NullPool)
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": _LOCK})
        connection.commit()
        before = current_revision(connection)
        connection.commit()
        command.upgrade(_config(connection), "head")
        connection.commit()
        after = current_revision(connection)
    with connect(owner_url) as plain:
        ensure_partitions(plain)
    return before, after or ""


def downgrade(owner_url: str, revision: str = "base") -> None:
    """Takes the schema back, with its rows: for a test of the way back, and a mistake that is noticed at once."""
    engine = create_engine(make_url(owner_url).set(drivername=DRIVER), poolclass=NullPool)
    with engine.connect() as connection:
        command.downgrade(_config(connection), revision)
        connection.commit()


def head() -> str:
    """The newest revision that this version knows."""
    return ScriptDirectory(str(Path(__file__).parent)).get_current_head() or ""


def current_revision(connection: Connection) -> str | None:
    """None for a database that was never migrated."""
    return MigrationContext.configure(connection).get_current_revision()


def is_current(engine: Engine) -> bool:
    """Whether the database stands at our head, as any role may ask."""
    with engine.connect() as connection:
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == head()


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    return config
