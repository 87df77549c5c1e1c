"""What the supervisor runs, declared by entry points: it imports none of the packages whose processes it starts."""

import signal
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import entry_points

from stack.errors import ProcessFailed
from stack.local import postgres
from stack.settings import Settings

PROCESSES = "campus.processes"
STEPS = "campus.steps"


@dataclass(frozen=True, kw_only=True)
class Process:
    """A long-running child. It starts by `order`, after everything in `needs` is ready."""

    name: str
    argv: tuple[str, ...]
    ready: Callable[[], bool]
    order: int
    port: int | None = None
    """Where it listens; checked before the start, so that a port in use is told by its number."""
    needs: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    patience: float = 60.0
    """Seconds until it must be ready."""
    stop_signal: signal.Signals = signal.SIGTERM
    address: str = ""
    """What a person opens in a browser; empty for what is not meant for one."""
    remark: str = ""
    """One line for the console at the start."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """A one-shot child of `campus up`, in one order with the processes; `skip` says that its work is already done."""

    name: str
    argv: tuple[str, ...]
    order: int
    skip: Callable[[], bool] = lambda: False
    environment: Mapping[str, str] = field(default_factory=dict)


def declared(settings: Settings) -> list[Process | Step]:
    """What every installed package wants to run, by order. A declaration may be None: a store that is given by URL."""
    entries = (*entry_points(group=PROCESSES), *entry_points(group=STEPS))
    made = [entry.load()(settings) for entry in entries]
    return sorted((one for one in made if one is not None), key=lambda one: (one.order, one.name))


def answers(url: str, *, seconds: float = 2.0) -> bool:
    """Whether an HTTP address says 2xx: the readiness of most processes."""
    try:
        with urllib.request.urlopen(url, timeout=seconds) as response:
            return bool(200 <= response.status < 300)
    except (OSError, urllib.error.URLError):
        return False


# ---------- the stores
def campus_postgres(settings: Settings) -> Process | None:
    """The LMS's cluster."""
    if settings.database_url:
        return None
    return _postgres(postgres.cluster("campus", settings), settings, name="postgres", order=10)


def platform_postgres(settings: Settings) -> Process | None:
    """The cluster of Dagster, MLflow and Feast."""
    if settings.platform_database_url:
        return None
    return _postgres(postgres.cluster("platform", settings), settings, name="platform", order=11)


def _postgres(cluster: postgres.Cluster, settings: Settings, *, name: str, order: int) -> Process:
    return Process(
        name=name,
        argv=(sys.executable, "-m", "stack.local.postgres", cluster.name),
        ready=lambda: postgres.ready(cluster),
        order=order,
        port=cluster.port,
        stop_signal=signal.SIGINT,  # PostgreSQL's fast shutdown; SIGTERM waits for every client to leave
        remark=postgres.relocation(settings) if cluster.name == "campus" else "",
    )


def clickhouse(settings: Settings) -> Process | None:
    """The embedded ClickHouse engine behind its HTTP interface."""
    if settings.clickhouse_url:
        return None
    return Process(
        name="clickhouse",
        argv=(sys.executable, "-m", "stack.local.clickhouse"),
        ready=lambda: answers(f"http://{settings.host}:{settings.clickhouse_port}/ping"),
        order=12,
        port=settings.clickhouse_port,
    )


STORES: Mapping[str, Callable[[Settings], Process | None]] = {
    "postgres": campus_postgres,
    "platform": platform_postgres,
    "clickhouse": clickhouse,
}
"""Known without an installation; `campus.processes` declares the same three."""


def named(name: str, settings: Settings) -> Process | None:
    """A store, or another package's process, by its name; None when a URL stands in for it. Raises ProcessFailed."""
    if name in STORES:
        return STORES[name](settings)
    entries = entry_points(group=PROCESSES, name=name)
    if not entries:
        raise ProcessFailed(f"no installed package declares a process {name}; run `make install` again.")
    process: Process | None = entries[name].load()(settings)
    return process
