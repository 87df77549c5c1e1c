"""Serving as it runs, once for the folder: models of a small seeded campus, exported, and marts with histories."""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import numpy as np
import polars as pl
import pytest
from xgboost import Booster

from contracts.features import RISK_V1_NAMES
from features import store
from models import exports
from models.exports import Manifest
from models.recommend import training
from models.recommend import versions as recommenders
from models.risk import boosting
from models.risk import versions as risks
from models.risk.scoring import RULE_BANDS, RiskModel
from models.splits import TARGET
from stack.clickhouse import client, ensure_databases
from stack.local.supervisor import stores as running_stores
from stack.settings import Settings
from tests.homes import home_of_its_own

NOW = datetime(2024, 3, 20, 10, 30, 15, 123456, tzinfo=UTC)
FAMILIES = (
    *("algebra", "biology", "chemistry"),
    *("dance", "english", "french"),
    *("geology", "history", "italian"),
    *("japanese", "korean", "latin"),
)
"""Four tastes, each of three families in the order in which they are taken."""
DDL = {
    "ftr_actor_course": "organization_id UUID, actor_id UUID, course_id UUID, family String, enrollment_id UUID, "
    "first_recorded_at DateTime64(6, 'UTC'), outcome Nullable(String)",
    "ftr_enrollment_lesson": "organization_id UUID, course_id UUID, enrollment_id UUID, actor_id UUID, lesson_id UUID, "
    "views UInt32, first_recorded_at DateTime64(6, 'UTC'), last_recorded_at DateTime64(6, 'UTC')",
}


@dataclass(frozen=True)
class World:
    """A small campus as the marts would tell it, and the process that answers about it."""

    settings: Settings
    http: httpx.Client
    organization_id: UUID
    rows: pl.DataFrame
    """Open rows as they stand in the online store."""
    courses: dict[str, UUID]
    lessons: tuple[UUID, ...]
    taken: pl.DataFrame
    """Courses by person; interactions as `features.store` gives them."""
    opened: pl.DataFrame
    models: dict[int, RiskModel] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        return self.settings.models_folder

    def given(self, at: int) -> dict[str, float | None]:
        """One row's features by name, unknown ones as None."""
        return dict(self.rows.select(RISK_V1_NAMES).row(at, named=True))

    def enrollment(self, at: int) -> str:
        return str(self.rows["enrollment_id"][at])

    def ask(self, path: str, **request: object) -> httpx.Response:
        return self.http.post(path, json={"organization_id": str(self.organization_id), **request})


@pytest.fixture(scope="session")
def world() -> Iterator[World]:
    with home_of_its_own() as settings, running_stores(settings, ("platform", "clickhouse")):
        organization = uuid4()
        rows = _open_rows(organization)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Feast and its dependencies warn of their own future at import
            store.write_online(rows, settings=settings)
        courses, lessons = {family: uuid4() for family in FAMILIES}, tuple(uuid4() for _ in range(6))
        taken, opened = _taken(courses), _opened(courses["algebra"], lessons)
        models = _export_risks(settings, organization, rows)
        _export_recommenders(settings, organization, courses, lessons, taken, opened)
        with (
            running_stores(settings, ("serving",)),
            httpx.Client(base_url=settings.serving_base_url, timeout=30) as http,
        ):
            made = World(settings, http, organization, rows, courses, lessons, taken, opened, models)
            _make_marts(made)
            yield made


def _open_rows(organization: UUID) -> pl.DataFrame:
    random = np.random.default_rng(11)
    rows = [
        {
            "organization_id": str(organization),
            "enrollment_id": str(uuid4()),
            "course_week": 4,
            "as_of": NOW,
            "trace_id": f"{at:032x}",
            **{name: float(random.normal()) if random.random() > 0.2 else None for name in RISK_V1_NAMES},
        }
        for at in range(200)
    ]
    kinds = {"course_week": pl.Int32, **dict.fromkeys(RISK_V1_NAMES, pl.Float32)}
    return pl.DataFrame(rows, schema_overrides=kinds)


def _export_risks(settings: Settings, organization: UUID, rows: pl.DataFrame) -> dict[int, RiskModel]:
    """Version 1 is the rule and in use; version 2 is a booster that waits for its promotion."""
    rule = risks.of_rule(organization, as_of=NOW)
    label = (rows["views_total"].fill_null(0) + rows["mean_score"].fill_null(0) < 0).alias(TARGET)
    booster = boosting.fit(rows.with_columns(label), boosting.Recipe(rounds=20, min_child_weight=1.0))
    models = {
        1: _export(settings, rule.manifest, version=1, booster=None),
        2: _export(settings, rule.manifest.model_copy(update={"kind": "xgboost"}), version=2, booster=booster),
    }
    exports.point(settings.models_folder, rule.manifest.name, 1)
    return models


def _export(settings: Settings, manifest: Manifest, *, version: int, booster: Booster | None) -> RiskModel:
    numbered = manifest.model_copy(update={"version": version})
    model = RiskModel(numbered.model_version, RULE_BANDS, booster=booster)
    folder = settings.models_folder / manifest.name / str(version)
    exports.write(folder, numbered, risks.Candidate(numbered, model).save)
    return risks.load(folder)


def _export_recommenders(
    settings: Settings,
    organization: UUID,
    courses: dict[str, UUID],
    lessons: tuple[UUID, ...],
    taken: pl.DataFrame,
    opened: pl.DataFrame,
) -> None:
    catalogue = pl.DataFrame(
        [
            {
                "course_id": str(course),
                "family": family,
                "category": None,
                "tags": [],
                "published": True,
                "starts_at": None,
                "ends_at": None,
            }
            for family, course in courses.items()
        ],
        schema=recommenders.CATALOGUE_TYPES,
    )
    order = pl.DataFrame(
        {
            "course_id": [str(courses["algebra"])] * len(lessons),
            "lesson_id": [str(lesson) for lesson in lessons],
            "order_index": list(range(len(lessons))),
        }
    )
    named = {"organization_id": organization, "as_of": NOW}
    trained = (
        recommenders.of_courses(training.train_courses(taken, catalogue, **named)),  # type: ignore[arg-type]
        recommenders.of_activities(training.train_activities(opened, order, **named)),  # type: ignore[arg-type]
    )
    for candidate in trained:
        numbered = candidate.manifest.model_copy(update={"version": 1})
        exports.write(settings.models_folder / numbered.name / "1", numbered, candidate.save)
        exports.point(settings.models_folder, numbered.name, 1)


def _taken(courses: dict[str, UUID]) -> pl.DataFrame:
    """Half of those with a taste take its third family too, some time after the second."""
    rows = []
    for person in range(160):
        subject, taste = str(uuid4()), 3 * (person % 4)
        for at, family in enumerate(FAMILIES[taste : taste + 2 + person // 4 % 2]):
            moment = NOW - timedelta(days=800 - 4 * person - 60 * at)
            rows.append((subject, str(courses[family]), family, moment))
    return pl.DataFrame(rows, schema=["subject_id", "item_id", "family", "first_recorded_at"], orient="row")


def _opened(course: UUID, lessons: tuple[UUID, ...]) -> pl.DataFrame:
    rows = [
        (subject, str(lesson), str(course), 1, NOW - timedelta(days=30 - at))
        for subject in (str(uuid4()) for _ in range(30))
        for at, lesson in enumerate(lessons[:3])
    ]
    columns = ["subject_id", "item_id", "course_id", "views", "first_recorded_at"]
    return pl.DataFrame(rows, schema=columns, orient="row")


def _make_marts(world: World) -> None:
    """The two that histories are read from."""
    ensure_databases(world.settings)
    with client(settings=world.settings) as connection:
        for name, columns in DDL.items():
            connection.command(f"CREATE TABLE marts.{name} ({columns}) ENGINE = MergeTree ORDER BY organization_id")
    _insert(world, "ftr_actor_course", world.taken, actor_id="subject_id", course_id="item_id")
    _insert(world, "ftr_enrollment_lesson", world.opened, enrollment_id="subject_id", lesson_id="item_id")


def _insert(world: World, mart: str, rows: pl.DataFrame, **renamed: str) -> None:
    told = rows.rename({old: new for new, old in renamed.items()}).with_columns(
        organization_id=pl.lit(str(world.organization_id))
    )
    kept = told.select(name for name in told.columns if f"{name} " in DDL[mart])
    with client(settings=world.settings) as connection:
        connection.insert_df(f"marts.{mart}", _for_insert(kept))


def _for_insert(rows: pl.DataFrame) -> object:
    frame = rows.to_pandas()
    for name in frame.columns:
        if name.endswith("_id"):
            frame[name] = [UUID(value) for value in frame[name]]
    return frame
