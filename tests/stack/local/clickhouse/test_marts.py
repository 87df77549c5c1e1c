"""The LMS's road to the marts: one organization's rows, whatever is asked."""

from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest
from clickhouse_connect.driver.client import Client

from stack.clickhouse import DATABASES, Marts, NotAMart, client, ensure_databases
from stack.settings import Settings

OURS, THEIRS = uuid4(), uuid4()


@pytest.fixture(scope="module")
def table(settings: Settings) -> Iterator[str]:
    """A mart with three rows of ours and two of theirs."""
    ensure_databases(settings)
    name = f"rpt_test_{uuid4().hex[:8]}"
    with client(settings=settings) as writer:
        writer.command(
            f"CREATE TABLE marts.{name} (organization_id UUID, n UInt32, name String, at DateTime64(3, 'UTC'))"
            " ENGINE = MergeTree ORDER BY (organization_id, n)"
        )
        rows = [(OURS, n, f"ours {n}") for n in range(3)] + [(THEIRS, n, "theirs") for n in (10, 11)]
        writer.insert(f"marts.{name}", rows, column_names=["organization_id", "n", "name"])
        yield name
        writer.command(f"DROP TABLE marts.{name}")


@pytest.fixture(scope="module")
def reading(settings: Settings) -> Iterator[Client]:
    with client(reader=True, settings=settings) as connection:
        yield connection


@pytest.fixture
def ours(reading: Client) -> Marts:
    return Marts(OURS, reading)


class TestMarts:
    def test_answers_in_order(self, ours: Marts, table: str) -> None:
        rows = ours.rows(table, columns=["n", "name"], order_by=["-n"], limit=2)
        assert rows == [{"n": 2, "name": "ours 2"}, {"n": 1, "name": "ours 1"}]

    def test_binds_parameters(self, ours: Marts, table: str) -> None:
        found = ours.rows(table, columns=["n"], where="name = {name:String}", parameters={"name": "ours 1"})
        assert found == [{"n": 1}]
        assert ours.rows(table, where="name = {name:String}", parameters={"name": "' OR 1 --"}) == []

    def test_all_columns_and_aware_moments(self, ours: Marts, table: str) -> None:
        row = ours.row(table, where="n = 0")
        assert row is not None
        assert list(row) == ["organization_id", "n", "name", "at"]
        assert row["at"].tzinfo is not None

    def test_counts(self, ours: Marts, table: str) -> None:
        assert (ours.count(table), ours.count(table, where="n > 0"), ours.row(table, where="n = 10")) == (3, 2, None)

    @pytest.mark.parametrize("where", ["1 OR 1", "organization_id != {other:UUID} OR n >= 0", "n >= 0 -- all"])
    def test_never_shows_another_organization(self, ours: Marts, table: str, where: str) -> None:
        rows = ours.rows(table, columns=["organization_id"], where=f"{where}\n", parameters={"other": THEIRS})
        assert {row["organization_id"] for row in rows} == {OURS}

    @pytest.mark.parametrize(
        "where",
        ["1) OR (1", "n IN (SELECT 1)", "n IN raw.events", "1; DROP TABLE x", "1 UNION ALL", "n IN {t:Identifier}"],
    )
    def test_refuses_conditions_that_reach_further(self, ours: Marts, table: str, where: str) -> None:
        with pytest.raises(NotAMart):
            ours.rows(table, where=where)

    @pytest.mark.parametrize("name", ["learning_events", "stg_x", "rpt_a; DROP", "rpt_a.b", "RPT_A", "system.tables"])
    def test_refuses_what_is_no_mart(self, ours: Marts, name: str) -> None:
        with pytest.raises(NotAMart):
            ours.rows(name)

    def test_refuses_odd_columns(self, ours: Marts, table: str) -> None:
        for options in ({"columns": ["n, 1"]}, {"order_by": ["n DESC"]}, {"columns": ["*"]}):
            with pytest.raises(NotAMart):
                ours.rows(table, **options)  # type: ignore[arg-type]

    def test_takes_no_organization_from_a_parameter(self, ours: Marts, table: str) -> None:
        with pytest.raises(NotAMart):
            ours.rows(table, where="1", parameters={"organization_id": UUID(int=0)})


class TestDatabases:
    def test_are_made_once_and_kept(self, settings: Settings) -> None:
        ensure_databases(settings)
        ensure_databases(settings)
        with client(settings=settings) as writer:
            names = {row[0] for row in writer.query("SHOW DATABASES").result_rows}
        assert names >= set(DATABASES)
