"""`python tests/verify/parity.py [PAIRS]`: is a feature the same number wherever it is asked for, and so the score?

For random pairs of enrollment and closed week: the mart, the training frame, Feast's join of those pairs alone, Feast's
online store (in a project of its own, removed at the end) and serving's echo, compared as Float32 with nulls equal to
nulls only; then the pipeline's score and serving's. Prints one row per place; exits with 1 when a number differs.
"""

import math
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import polars as pl
from rich.console import Console
from rich.table import Table

from contracts.features import RISK_V1_NAMES
from contracts.predictions import ModelVersion, RiskAnswer
from features import marts, nouns, registration, store
from models.risk import scoring
from models.risk import versions as risk
from stack.local.supervisor import stores
from stack.settings import Settings, get_settings

PAIRS = 1_000
SCORES_AGREE_TO = 1e-6
PROJECT = "parity"
"""Beside the living one, as a replay's is."""
ASKED_AT_ONCE = 250
KEYS = ["enrollment_id", "as_of"]

Frame = pl.DataFrame
Rows = Frame | list[dict[str, float | None]]


@dataclass
class Parity:
    """What was compared for one organization."""

    organization: UUID
    pairs: int
    model: ModelVersion
    different: dict[str, int] = field(default_factory=dict)
    """By place: how many numbers are not those of the training frame."""
    score_gap: float = 0.0
    """The largest distance between the pipeline's score and serving's."""

    @property
    def holds(self) -> bool:
        return self.pairs > 0 and not any(self.different.values()) and self.score_gap <= SCORES_AGREE_TO


def compare(settings: Settings, organization: UUID, *, pairs: int = PAIRS, seed: int = 1) -> Parity | None:
    """Needs the stores, and serving with a risk model of this organization. None where no week has closed yet."""
    everything = store.training_frame(organization, as_of=datetime.now(UTC), settings=settings)
    if everything.is_empty():
        return None
    sample = everything.sample(min(pairs, len(everything)), seed=seed, shuffle=True).sort(KEYS)
    model = risk.load_current(settings.models_folder, organization)
    found = Parity(organization, len(sample), model.version)
    expected = scoring.score(sample, model, reasons=False)["value"].to_list()
    answers = list(_served(sample, organization, settings))
    assert {answer.model for answer in answers} <= {model.version}, "serving answers with another version"
    places: dict[str, Rows] = {
        "the mart": _mart(sample, organization, settings),
        "Feast offline": _offline(sample, organization, settings),
        "Feast online": _online(sample, settings),
        "serving's echo": [answer.features for answer in answers],
    }
    found.different = {place: _differences(sample, rows) for place, rows in places.items()}
    served = [math.nan if answer.value is None else answer.value for answer in answers]
    gaps = [abs(one - other) for one, other in zip(expected, served, strict=True)]
    found.score_gap = math.inf if any(map(math.isnan, gaps)) else max(gaps, default=0.0)
    return found


def _differences(sample: Frame, rows: Rows) -> int:
    """Numbers that differ from the sample's, row by row; a missing row differs in all of them."""
    other = rows if isinstance(rows, Frame) else Frame(rows, schema=dict.fromkeys(RISK_V1_NAMES, pl.Float32))
    if len(other) != len(sample):
        return len(RISK_V1_NAMES) * max(len(sample), len(other))
    if isinstance(rows, Frame):
        assert rows.select(KEYS).equals(sample.select(KEYS)), "rows of other pairs"
    given = other.select(pl.col(name).cast(pl.Float32) for name in RISK_V1_NAMES)
    return sum(int(sample[name].ne_missing(given[name]).sum()) for name in RISK_V1_NAMES)


# ---------- the places
def _weeks(part: Frame, organization: UUID) -> str:
    """Conditions on exactly these pairs."""
    pairs = ", ".join(f"('{enrollment}', {round(as_of.timestamp() * 1e6)})" for enrollment, as_of in _pairs(part))
    return (
        f"mart.organization_id = toUUID('{organization}') AND is_open = 0 AND replay = '' "
        f"AND (toString(mart.enrollment_id), toUnixTimestamp64Micro(mart.as_of)) IN ({pairs})"
    )


def _pairs(part: Frame) -> list[tuple[str, datetime]]:
    return list(part.select(KEYS).iter_rows())


def _mart(sample: Frame, organization: UUID, settings: Settings) -> Frame:
    query = f"SELECT toString(mart.enrollment_id) AS enrollment_id, as_of, {', '.join(RISK_V1_NAMES)} "
    query += f"FROM marts.{store.VIEW} AS mart WHERE "
    parts = [marts.read(query + _weeks(part, organization), {}, settings) for part in sample.iter_slices(ASKED_AT_ONCE)]
    return pl.concat(parts).sort(KEYS)


def _offline(sample: Frame, organization: UUID, settings: Settings) -> Frame:
    query = f"SELECT {store.IDS_AS_TEXT}, course_week, as_of AS event_timestamp FROM marts.{store.VIEW} AS mart WHERE "
    parts = sample.iter_slices(ASKED_AT_ONCE)
    return pl.concat([store.historical(query + _weeks(part, organization), settings=settings) for part in parts]).sort(
        KEYS
    )


def _online(sample: Frame, settings: Settings) -> Frame:
    """The store keeps one row per enrollment, so its weeks are written and read one after the other."""
    rounds = sample.with_columns(round=pl.col("as_of").rank("ordinal").over("enrollment_id"), trace_id=pl.lit(""))
    with _own_project(settings):
        read = [_written_and_read(part, settings) for part in rounds.partition_by("round")]
    kinds: dict[str, Any] = {"as_of": pl.Datetime("us", "UTC"), **dict.fromkeys(RISK_V1_NAMES, pl.Float32)}
    return Frame([row for rows in read for row in rows], schema_overrides=kinds).sort(KEYS)


def _written_and_read(part: Frame, settings: Settings) -> list[dict[str, object]]:
    store.write_online(part, replay=PROJECT, settings=settings)
    found = store.online([UUID(each) for each in part["enrollment_id"]], replay=PROJECT, settings=settings)
    return [{"enrollment_id": str(row.enrollment_id), "as_of": row.as_of, **row.features} for row in found if row]


@contextmanager
def _own_project(settings: Settings) -> Iterator[None]:
    """Feast's own teardown would forget every project of the registry; this forgets the one."""
    opened = registration.opened(settings, PROJECT)
    try:
        yield
    finally:
        opened.apply([], objects_to_delete=list(opened.list_feature_views()), partial=False)
        opened.registry.delete_project(opened.project)
        registration.forget()


def _served(sample: Frame, organization: UUID, settings: Settings) -> Iterator[RiskAnswer]:
    with httpx.Client(base_url=settings.serving_base_url, timeout=60) as http:
        for part in sample.iter_slices(ASKED_AT_ONCE):
            given = part.select(RISK_V1_NAMES).to_dicts()
            asked = {"organization_id": str(organization), "features": given, "reasons": False}
            yield from map(RiskAnswer.model_validate, http.post("/risk", json=asked).raise_for_status().json())


# ---------- the command
def _print(found: Parity) -> None:
    table = Table("", "numbers", "different", title=f"{found.model}, {found.pairs} pairs", title_justify="left")
    for place, count in found.different.items():
        table.add_row(place, f"{found.pairs * len(RISK_V1_NAMES):,}", f"{count:,}")
    table.add_row("scores", f"{found.pairs:,}", f"at most {found.score_gap:.1e} apart")
    Console().print(table)


def main(arguments: list[str]) -> int:
    """0 when all agree for every organization that has closed weeks, 1 when something differs or there are none."""
    pairs = int(arguments[0]) if arguments else PAIRS
    with stores(get_settings(), ("postgres", "platform", "clickhouse", "serving")), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Feast warns of its own future
        settings = get_settings()
        found = [compare(settings, each, pairs=pairs) for each in nouns.organizations(settings)]
    compared = [one for one in found if one is not None]
    for one in compared:
        _print(one)
    print(f"{sum(one.holds for one in compared)} of {len(compared)} organizations agree everywhere")
    return 0 if compared and all(one.holds for one in compared) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
