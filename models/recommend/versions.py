"""A recommender's way into a folder and back: arrays as npz, the catalogue as JSON, everything else in the manifest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import polars as pl

from contracts.predictions import ModelVersion, WhyRecommended
from models import exports, provenance
from models.exports import CHAMPION, Manifest
from models.recommend.courses import CourseModel
from models.recommend.ranking import ItemModel
from models.recommend.training import FEATURE_SERVICE, TrainedActivities, TrainedCourses

ARRAYS, CATALOGUE = "arrays.npz", "catalogue.json"


@dataclass(frozen=True)
class Candidate:
    """A version that is about to be registered."""

    manifest: Manifest
    write: Callable[[Path], None]
    inputs: tuple[str, ...] = ()

    def save(self, folder: Path) -> None:
        self.write(folder)


def of_courses(trained: TrainedCourses) -> Candidate:
    def write(folder: Path) -> None:
        _write_arrays(folder, {"families": trained.model.items})
        trained.model.catalogue.write_json(folder / CATALOGUE)

    return Candidate(_manifest("courses", trained), write)


def of_activities(trained: TrainedActivities) -> Candidate:
    return Candidate(_manifest("activities", trained), lambda folder: _write_arrays(folder, trained.model))


def _manifest(what: str, trained: TrainedCourses | TrainedActivities) -> Manifest:
    return Manifest(
        name=f"{what}.{trained.organization_id}",
        kind=trained.kind,
        organization_id=trained.organization_id,
        as_of=trained.as_of,
        data_hash=trained.data_hash,
        code_version=provenance.code_version(),
        feature_service=FEATURE_SERVICE,
        parameters={"ridge": trained.foreseen.ridge},
        metrics={name: value if value == value else None for name, value in trained.foreseen.figures().items()},
    )


def _write_arrays(folder: Path, models: Mapping[str, ItemModel]) -> None:
    arrays: dict[str, Any] = {"names": np.array(list(models), dtype=np.str_)}
    for at, model in enumerate(models.values()):
        arrays |= {
            f"{at}/items": np.array(model.items, dtype=np.str_),
            f"{at}/similar": model.similar.astype(np.float32),
            f"{at}/content": model.content.astype(np.float32) if model.content.any() else np.zeros((0, 0), np.float32),
            f"{at}/fallback": model.fallback,
            f"{at}/why": np.array(model.fallback_why.value),
        }
    np.savez_compressed(folder / ARRAYS, **arrays)


def read_arrays(folder: Path) -> dict[str, ItemModel]:
    """The item models of an export, by course or under `families`."""
    with np.load(folder / ARRAYS, allow_pickle=False) as arrays:
        return {str(name): _model(arrays, at) for at, name in enumerate(arrays["names"])}


def _model(arrays: Any, at: int) -> ItemModel:
    items = tuple(str(item) for item in arrays[f"{at}/items"])
    content = arrays[f"{at}/content"].astype(np.float64)
    return ItemModel(
        items=items,
        similar=arrays[f"{at}/similar"].astype(np.float64),
        content=content if content.size else np.zeros((len(items), len(items))),
        fallback=arrays[f"{at}/fallback"],
        fallback_why=WhyRecommended(str(arrays[f"{at}/why"])),
    )


@dataclass(frozen=True)
class LoadedCourses:
    version: ModelVersion
    model: CourseModel


@dataclass(frozen=True)
class LoadedActivities:
    version: ModelVersion
    model: Mapping[str, ItemModel]


CATALOGUE_TYPES: dict[str, Any] = {
    "course_id": pl.String,
    "family": pl.String,
    "category": pl.String,
    "tags": pl.List(pl.String),
    "published": pl.Boolean,
    "starts_at": pl.Datetime("us", "UTC"),
    "ends_at": pl.Datetime("us", "UTC"),
}


def load_courses(models: Path, organization_id: UUID, *, pointer: str = CHAMPION) -> LoadedCourses:
    """The version in use. Raises NoSuchModel before the first one."""
    return read_courses(exports.folder_of(models, f"courses.{organization_id}", pointer))


def read_courses(folder: Path) -> LoadedCourses:
    """One version, whichever is in use. Raises NoSuchModel."""
    catalogue = pl.read_json(folder / CATALOGUE, schema=CATALOGUE_TYPES)
    families = dict(catalogue.select("course_id", "family").iter_rows())
    model = CourseModel(read_arrays(folder)["families"], families, catalogue)
    return LoadedCourses(exports.read_manifest(folder).model_version, model)


def load_activities(models: Path, organization_id: UUID, *, pointer: str = CHAMPION) -> LoadedActivities:
    """The version in use. Raises NoSuchModel before the first one."""
    return read_activities(exports.folder_of(models, f"activities.{organization_id}", pointer))


def read_activities(folder: Path) -> LoadedActivities:
    """One version, whichever is in use. Raises NoSuchModel."""
    return LoadedActivities(exports.read_manifest(folder).model_version, read_arrays(folder))
