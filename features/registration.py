"""Feast's own store, opened for these settings and told of the repo when the repo has changed."""

from __future__ import annotations

import hashlib
import threading
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit, urlunsplit

import yaml

from stack.settings import Settings

if TYPE_CHECKING:
    from feast import FeatureStore

REPO = Path(__file__).resolve().parent / "repo"
LIVE = "campusloop"


def project(replay: str = "") -> str:
    """A replay ('YYYY-MM-DD') has a project of its own, so that it never overwrites what the living are judged by."""
    return f"{LIVE}_asof_{replay.replace('-', '_')}" if replay else LIVE


def opened(settings: Settings, replay: str = "") -> FeatureStore:
    """Kept per process; the first call takes seconds, Feast's import among them. Applies the repo if it changed."""
    _forget_another_warehouse(settings)
    if (settings, replay) not in _stores:
        if len(_stores) >= KEPT:
            forget()
        _stores[settings, replay] = _open(settings, replay)
    return _stores[settings, replay]


KEPT = 8
"""Open at once: the living and a few replays, each with connections of its own."""
_stores: dict[tuple[Settings, str], FeatureStore] = {}


def forget() -> None:
    """Closes all; the next question opens anew. For a lost connection, which Feast never lets go of, and for whoever
    takes a project away."""
    while _stores:
        _, store = _stores.popitem()
        online: Any = store._get_provider().online_store
        registry: Any = store.registry
        if online._conn is not None:
            online._conn.close()
        for engine in (registry.write_engine, registry.read_engine):
            engine.dispose()


def _forget_another_warehouse(settings: Settings) -> None:
    """Feast keeps one ClickHouse client per thread, whatever its configuration says."""
    from feast.infra.utils.clickhouse.connection_utils import thread_local  # heavy: see `_open`

    if getattr(_thread, "warehouse", None) != settings.clickhouse_http_url:
        vars(thread_local).pop("clickhouse_client", None)
        _thread.warehouse = settings.clickhouse_http_url


_thread = threading.local()


def _open(settings: Settings, replay: str) -> FeatureStore:
    from feast import FeatureStore, RepoConfig  # heavy: 4 s, 190 MB

    store = FeatureStore(config=RepoConfig(**configuration(settings, replay)))
    _apply(store)
    return store


def configuration(settings: Settings, replay: str = "") -> dict[str, Any]:
    """`feature_store.yaml` with its names filled in."""
    names = _names(settings) | {"FEAST_PROJECT": project(replay)}
    return _filled(yaml.safe_load((REPO / "feature_store.yaml").read_text()), names)  # type: ignore[no-any-return]


def _filled(node: Any, names: dict[str, str]) -> Any:
    """Filled in after parsing, so that no password can be read as YAML."""
    if isinstance(node, dict):
        return {key: _filled(value, names) for key, value in node.items()}
    return Template(node).substitute(names) if isinstance(node, str) else node


def _names(settings: Settings) -> dict[str, str]:
    platform, warehouse = settings.platform_url("feast"), urlsplit(settings.clickhouse_http_url)
    online = urlsplit(platform)
    return {
        "FEAST_REGISTRY_URL": urlunsplit(online._replace(scheme="postgresql+psycopg")),
        "FEAST_CLICKHOUSE_HOST": warehouse.hostname or settings.host,
        "FEAST_CLICKHOUSE_PORT": str(warehouse.port or 8123),
        "FEAST_CLICKHOUSE_USER": unquote(warehouse.username or "default"),
        "FEAST_CLICKHOUSE_PASSWORD": unquote(warehouse.password or ""),
        "FEAST_POSTGRES_HOST": online.hostname or settings.host,
        "FEAST_POSTGRES_PORT": str(online.port or 5432),
        "FEAST_POSTGRES_DATABASE": online.path.lstrip("/"),
        "FEAST_POSTGRES_USER": unquote(online.username or ""),
        "FEAST_POSTGRES_PASSWORD": unquote(online.password or ""),
    }


def repo_hash() -> str:
    """Of everything that Feast would read, the features' words included."""
    sources = [*sorted(REPO.glob("*.py")), REPO / "feature_store.yaml", REPO.parents[1] / "contracts" / "features.py"]
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:16]


def _apply(store: FeatureStore) -> None:
    """The project's tag says which repo it was told of."""
    from feast import Project

    from features.repo import entities, services, sources, views

    told = {each.name: each.tags.get("repo") for each in store.list_projects()}
    if told.get(store.project) == repo_hash():
        return
    offered: list[Any] = [
        *(entities.enrollment, entities.learner, entities.course, entities.lesson),
        *(sources.enrollment_week, sources.enrollment_lesson, sources.actor_course),
        *(views.ftr_enrollment_week, views.ftr_enrollment_lesson, views.ftr_actor_course),
        *(services.risk_v1, services.recommend_v1),
    ]
    store.apply([Project(name=store.project, description="Campusloop"), *offered])
    # Last, so that an apply that broke off is done again.
    store.apply(Project(name=store.project, description="Campusloop", tags={"repo": repo_hash()}))
