"""The registry: every version with its run, its aliases, and its export. The only file that says mlflow.

The client talks to the database itself; no server is needed. An alias (`champion`, `challenger`, `asof-<date>`) is
moved here and nowhere else, and the pointer file that scoring and serving read follows it.
"""

from __future__ import annotations

import logging
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID

from contracts.predictions import ModelVersion
from models import exports
from models.exports import CHAMPION, Manifest
from models.risk import versions
from stack.settings import Settings

if TYPE_CHECKING:
    from mlflow import MlflowClient

CHALLENGER = "challenger"
REQUIREMENTS = ["numpy", "polars", "pydantic", "xgboost-cpu"]
"""Stated, for MLflow would take ten seconds to guess them."""
IDENTITY = ("data_hash", "code_version", "feature_service", "kind")
"""What makes two versions the same one."""


class Candidate(Protocol):
    """What can be registered."""

    @property
    def manifest(self) -> Manifest: ...
    @property
    def inputs(self) -> tuple[str, ...]: ...
    def save(self, folder: Path) -> None: ...


def register(candidate: Candidate, *, settings: Settings, alias: str = CHALLENGER) -> ModelVersion:
    """Logs a run, registers a version, exports it and gives it the alias; scoring goes on with what it had.

    The same data, code, features and kind again are the version they were.
    """
    with _client(settings) as client:
        manifest = candidate.manifest
        number = _known(client, manifest) or _log(client, candidate, settings)
        numbered = manifest.model_copy(update={"version": number})
        exports.write(settings.models_folder / manifest.name / str(number), numbered, candidate.save)
        client.set_registered_model_alias(manifest.name, alias, str(number))
    return numbered.model_version


def promote(version: ModelVersion, *, settings: Settings, alias: str = CHAMPION) -> None:
    """Moves the alias, then the pointer. A gate decides this, nobody else."""
    with _client(settings) as client:
        client.set_registered_model_alias(version.name, alias, str(version.version))
    exports.point(settings.models_folder, version.name, version.version, alias)


def already(name: str, *, data_hash: str, code_version: str, settings: Settings) -> Manifest | None:
    """The newest version made of just these rows by just this code; None when there is none."""
    with _client(settings) as client:
        number = _same(client, name, {"data_hash": data_hash, "code_version": code_version})
    if number is None:
        return None
    folder = settings.models_folder / name / str(number)
    if not (folder / exports.MANIFEST).exists():
        _restore(name, number, folder, settings)
    return exports.read_manifest(folder)


def ensure_rule(organization_id: UUID, *, as_of: datetime, settings: Settings) -> ModelVersion:
    """The seven-day rule as the organization's first version, and champion while there is no other."""
    name = f"risk.{organization_id}"
    with _client(settings) as client:
        first = _versions(client, name).get(1)
        champion = _aliases(client, name).get(CHAMPION) if first else None
    if first is None or exports.pointed(settings.models_folder, name) is None:
        rule = register(versions.of_rule(organization_id, as_of=as_of), settings=settings)
        if champion is None:
            promote(rule, settings=settings)
        else:
            publish(name, settings=settings)
    return ModelVersion(name=name, version=1, kind="rule")


def champion(name: str, *, settings: Settings, alias: str = CHAMPION) -> ModelVersion | None:
    """The version that has the alias; None when none has."""
    with _client(settings) as client:
        number = _aliases(client, name).get(alias)
        return ModelVersion(name=name, version=number, kind=_versions(client, name)[number]["kind"]) if number else None


def publish(name: str, *, settings: Settings, alias: str = CHAMPION) -> ModelVersion | None:
    """Makes export and pointer what the alias says: after a lost folder, or a promotion that broke off half-way."""
    chosen = champion(name, settings=settings, alias=alias)
    if chosen is None:
        return None
    folder = settings.models_folder / name / str(chosen.version)
    if not (folder / exports.MANIFEST).exists():
        _restore(name, chosen.version, folder, settings)
    exports.point(settings.models_folder, name, chosen.version, alias)
    return chosen


# ---------- MLflow


@contextmanager
def _client(settings: Settings) -> Iterator[MlflowClient]:
    import mlflow  # heavy: 1.6 s, 207 MB

    mlflow.set_tracking_uri(settings.platform_url("mlflow"))
    mlflow.set_registry_uri(settings.platform_url("mlflow"))
    mlflow.environment_variables.MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR.set(False)  # type: ignore[no-untyped-call]
    yield mlflow.MlflowClient()


def _log(client: MlflowClient, candidate: Candidate, settings: Settings) -> int:
    import mlflow

    manifest = candidate.manifest
    _experiment(client, manifest.name, settings)
    run = mlflow.start_run(run_name=f"{manifest.kind} {manifest.as_of:%F}")
    with tempfile.TemporaryDirectory() as scratch, run, _quiet():
        folder = exports.write(Path(scratch) / "export", manifest, candidate.save)
        mlflow.log_params(manifest.parameters)
        mlflow.log_metrics({name: value for name, value in manifest.metrics.items() if value is not None})
        mlflow.set_tags(_tags(manifest))
        logged = mlflow.pyfunc.log_model(
            name="model",
            python_model=_exported(),
            artifacts={"export": str(folder)},
            signature=_signature(candidate.inputs),
            pip_requirements=REQUIREMENTS,
        )
        made = mlflow.register_model(logged.model_uri, manifest.name, tags=_tags(manifest))
    return int(made.version)


@contextmanager
def _quiet() -> Iterator[None]:
    """MLflow warns of a missing example, which it would run to guess the signature that is given here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        logging.getLogger("mlflow").setLevel(logging.ERROR)
        yield


def _experiment(client: MlflowClient, name: str, settings: Settings) -> None:
    """One experiment per registered name; its artifacts lie in the campus's own folder."""
    import mlflow

    if client.get_experiment_by_name(name) is None:
        client.create_experiment(name, artifact_location=(settings.artifacts_folder / name).as_uri())
    mlflow.set_experiment(name)


def _tags(manifest: Manifest) -> dict[str, str]:
    named = {name: str(getattr(manifest, name)) for name in IDENTITY}
    return {**named, "as_of": manifest.as_of.isoformat(), "organization_id": str(manifest.organization_id)}


def _signature(inputs: tuple[str, ...]) -> Any:
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, DataType, Schema

    if not inputs:
        return ModelSignature(Schema([ColSpec(DataType.string, "history")]), Schema([ColSpec(DataType.string, "item")]))
    columns: list[Any] = [ColSpec(DataType.float, name, required=False) for name in inputs]
    return ModelSignature(Schema(columns), Schema([ColSpec(DataType.double, "value")]))


def _exported() -> Any:
    """The registry's copy predicts through the same scoring code as serving, calibrated."""
    import mlflow
    import pandas

    def said(self, context, model_input, params=None):  # type: ignore[no-untyped-def]
        return self.predictor(model_input)

    # A hint that MLflow takes as it is, instead of guessing a schema or asking for one.
    said.__annotations__ = {"model_input": pandas.DataFrame}

    class Exported(mlflow.pyfunc.PythonModel):  # type: ignore[misc, name-defined]
        predict = said

        def load_context(self, context: Any) -> None:
            from models import loading

            self.predictor = loading.predictor(Path(context.artifacts["export"]))

    return Exported()


def _versions(client: MlflowClient, name: str) -> dict[int, dict[str, str]]:
    """Tags by version number."""
    return {int(found.version): dict(found.tags) for found in client.search_model_versions(f"name='{name}'")}


def _aliases(client: MlflowClient, name: str) -> dict[str, int]:
    return {alias: int(number) for alias, number in client.get_registered_model(name).aliases.items()}


def _known(client: MlflowClient, manifest: Manifest) -> int | None:
    return _same(client, manifest.name, {key: _tags(manifest)[key] for key in IDENTITY})


def _same(client: MlflowClient, name: str, tags: dict[str, str]) -> int | None:
    found = _versions(client, name)
    return max((number for number, has in found.items() if tags.items() <= has.items()), default=None)


def _restore(name: str, version: int, folder: Path, settings: Settings) -> None:
    """From the registry's own copy."""
    import mlflow

    with _client(settings), tempfile.TemporaryDirectory() as scratch:
        found = Path(mlflow.artifacts.download_artifacts(f"models:/{name}/{version}", dst_path=scratch))
        copied = found / "artifacts" / "export"
        manifest = exports.read_manifest(copied).model_copy(update={"version": version})
        files = [path for path in copied.iterdir() if path.name != exports.MANIFEST]

        def save(draft: Path) -> None:
            for path in files:
                shutil.copy(path, draft)

        exports.write(folder, manifest, save)
