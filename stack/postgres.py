"""Two ways to PostgreSQL: a pooled SQLAlchemy engine, and a plain psycopg connection for COPY and advisory locks."""

from functools import lru_cache

import psycopg
from psycopg.rows import TupleRow
from sqlalchemy import Engine, create_engine, make_url

DRIVER = "postgresql+psycopg"


@lru_cache
def engine(url: str) -> Engine:
    """One pool per URL and process; `postgresql://` URLs get the psycopg 3 driver."""
    return create_engine(make_url(url).set(drivername=DRIVER), pool_pre_ping=True)


def connect(url: str) -> psycopg.Connection[TupleRow]:
    """A connection of its own, in psycopg's default of one transaction until commit; the caller closes it."""
    return psycopg.connect(make_url(url).set(drivername="postgresql").render_as_string(hide_password=False))
