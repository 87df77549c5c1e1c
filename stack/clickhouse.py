"""The ways to ClickHouse: a client for the pipeline, and the LMS's one road to the marts."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import UUID

import clickhouse_connect
from clickhouse_connect.driver.client import Client

from stack.local.clickhouse.statements import tokens
from stack.settings import Settings, get_settings

DATABASES = ("raw", "staging", "marts")
READER = "campus_reader"

MART = re.compile(r"(dim|fct|ftr|rpt)_[a-z_0-9]+")
COLUMN = re.compile(r"[a-z_][a-z_0-9]*")
NOT_IN_A_CONDITION = {b"SELECT", b"FROM", b"UNION", b"INTERSECT", b"EXCEPT", b"SETTINGS", b"FORMAT", b"LIMIT"}
NOT_IN_A_CONDITION |= {b"IDENTIFIER"}
"""Words by which a condition could reach past the filter."""


class NotAMart(ValueError):
    """A table, column or condition that the LMS may not ask the marts for."""


def client(*, reader: bool = False, database: str = "default", settings: Settings | None = None) -> Client:
    """A client without a server-side session: safe to share between threads, and each query stands alone.

    Moments come back aware, in UTC. `reader` is the read-only user; with `LMS_CLICKHOUSE_URL` set, that server needs
    a user of this name. The caller closes it. Raises clickhouse-connect's OperationalError when nothing answers.
    """
    settings = settings or get_settings()
    address = urlsplit(settings.clickhouse_http_url)
    password = settings.clickhouse_reader_password.get_secret_value() if reader else unquote(address.password or "")
    secure = address.scheme == "https"
    return clickhouse_connect.get_client(
        host=address.hostname or settings.host,
        port=address.port or (8443 if secure else 8123),
        secure=secure,
        username=READER if reader else unquote(address.username or "default"),
        password=password,
        database=database,
        # On the loopback compressing costs more than it saves.
        compress=settings.clickhouse_url is not None,
        autogenerate_session_id=False,
        tz_mode="aware",
    )


def ensure_databases(settings: Settings | None = None) -> None:
    """Creates the databases of the warehouse where they are missing: raw, staging, marts."""
    with client(settings=settings) as connection:
        for name in DATABASES:
            connection.command(f"CREATE DATABASE IF NOT EXISTS {name}")


def row_counts(connection: Client) -> dict[tuple[str, str], int]:
    """Rows of every table of ours by (database, table), from the engine's own accounting; views have none."""
    counts = connection.query(
        "SELECT database, name, total_rows FROM system.tables WHERE total_rows IS NOT NULL AND database NOT IN "
        "('system', 'INFORMATION_SCHEMA', 'information_schema')"
    )
    return {(database, name): rows for database, name, rows in counts.result_rows}


@dataclass(frozen=True)
class Marts:
    """The marts of one organization. Each question is asked of that organization's rows only."""

    organization_id: UUID
    connection: Client

    def rows(
        self,
        table: str,
        *,
        columns: Iterable[str] = (),
        where: str = "",
        parameters: Mapping[str, Any] | None = None,
        order_by: Iterable[str] = (),
        limit: int | None = None,
    ) -> list[dict[str, Any]]:
        """Rows as dicts; no `columns` means all of them.

        `where` is a condition in SQL with ClickHouse's parameters (`risk > {least:Float64}`), bound from `parameters`;
        a column in `order_by` with a minus before it is ordered downwards. Raises NotAMart for a name outside of the
        marts and for a condition that reads another table.
        """
        wanted = ", ".join(_column(name) for name in columns) or "*"
        ordered = ", ".join(f"{_column(name.removeprefix('-'))}{' DESC' * name.startswith('-')}" for name in order_by)
        query = f"SELECT {wanted} FROM {self._filtered(table, where)}"
        query += f" ORDER BY {ordered}" if ordered else ""
        query += f" LIMIT {int(limit)}" if limit is not None else ""
        return list(self.connection.query(query, parameters=self._bound(parameters)).named_results())

    def row(
        self, table: str, *, columns: Iterable[str] = (), where: str = "", parameters: Mapping[str, Any] | None = None
    ) -> dict[str, Any] | None:
        """The first row, or None."""
        return next(iter(self.rows(table, columns=columns, where=where, parameters=parameters, limit=1)), None)

    def count(self, table: str, *, where: str = "", parameters: Mapping[str, Any] | None = None) -> int:
        query = f"SELECT count() FROM {self._filtered(table, where)}"
        return int(self.connection.query(query, parameters=self._bound(parameters)).result_rows[0][0])

    def _filtered(self, table: str, where: str) -> str:
        """The organization's rows come from a subquery, so that no condition stands beside the filter."""
        if not MART.fullmatch(table):
            raise NotAMart(f"{table!r} is not a mart")
        condition = f" WHERE ({_condition(where)})" if where else ""
        return f"(SELECT * FROM marts.{table} WHERE organization_id = {{organization_id:UUID}}){condition}"

    def _bound(self, parameters: Mapping[str, Any] | None) -> dict[str, Any]:
        if parameters and "organization_id" in parameters:
            raise NotAMart("the organization is given by marts(), not by a parameter")
        return {**(parameters or {}), "organization_id": self.organization_id}


def marts(organization_id: UUID) -> Marts:
    """The LMS's only way to the marts; reads as the read-only user, over one shared client per process."""
    return Marts(organization_id, _shared_reader(get_settings()))


@lru_cache
def _shared_reader(settings: Settings) -> Client:
    return client(reader=True, settings=settings)


def _column(name: str) -> str:
    if not COLUMN.fullmatch(name):
        raise NotAMart(f"{name!r} is not a column's name")
    return name


def _condition(where: str) -> str:
    previous = b""
    for token in tokens(where.encode()):
        # `x IN name` reads the table of that name
        names_a_table = previous == b"IN" and token.kind != "open"
        if token.depth < 0 or token.kind == "end" or token.upper in NOT_IN_A_CONDITION or names_a_table:
            raise NotAMart(f"a condition may not say {token.text.decode()!r}")
        previous = token.upper
    return where
