"""Each expectation of the landing's suite holds for what is right and fails for the one thing that it is about."""

import warnings
from typing import Any
from uuid import uuid4

import pyarrow as pa
import pytest

from contracts.events import CATALOGUE
from pipelines.landing import CHECKS, DAY, Finding, findings
from stack.clickhouse import client
from stack.event_log.landed import newest
from tests.fixtures_loop import Living

ROWS = 200


def landed(**wrong: Any) -> pa.Table:
    """Rows as they should be, the first of them with what is given."""
    name = next(iter(CATALOGUE))
    right = [
        {
            "name": name,
            "source": "live",
            "organization_id": "o",
            "event_id": str(uuid4()),
            "payload_is_json": 1,
            "seconds_ahead": -3,
            "seconds_early": -1,
        }
        for _ in range(ROWS)
    ]
    return pa.Table.from_pylist([{**right[0], **wrong}, *right[1:]])


def found(rows: pa.Table) -> dict[str, Finding]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # great-expectations warns of its own future
        return {finding.name: finding for finding in findings(rows)}


def twice() -> pa.Table:
    rows = landed()
    return pa.concat_tables([rows, rows.slice(0, 1)])


def many_early() -> pa.Table:
    rows = landed()
    early = pa.array([DAY + 1] * 3 + [0] * (ROWS - 3))
    return rows.set_column(rows.column_names.index("seconds_early"), "seconds_early", early)


class TestTheSuite:
    def test_holds_for_what_has_really_landed(self, living: Living) -> None:
        with client(settings=living.settings) as connection:
            rows = newest(connection, batches=1_000)
        assert rows.num_rows > 1_000
        assert [finding for finding in found(rows).values() if not finding.held] == []

    @pytest.mark.parametrize(
        ("check", "rows"),
        [
            ("name_is_in_the_catalogue", landed(name="nobody.said")),
            ("source_is_known", landed(source="rumor")),
            ("payload_is_json", landed(payload_is_json=0)),
            ("event_id_is_unique", twice()),
            ("recorded_before_it_landed", landed(seconds_ahead=DAY + 1)),
            ("occurred_before_it_was_recorded", many_early()),
        ],
    )
    def test_fails_for_the_one_thing(self, check: str, rows: pa.Table) -> None:
        told = found(rows)
        assert tuple(told) == CHECKS
        assert [name for name, finding in told.items() if not finding.held] == [check]
        assert told[check].unexpected >= 1

    def test_forgives_one_client_s_wrong_clock(self) -> None:
        assert found(landed(seconds_early=10 * DAY))["occurred_before_it_was_recorded"].held
