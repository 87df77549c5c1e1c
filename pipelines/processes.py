"""What the supervisor runs for the pipelines, and the step that closes the loop for the first time."""

import sys
from pathlib import Path

import psutil

from pipelines.instance import environment, prepare
from stack.local.processes import Process, Step, answers
from stack.local.running import living_pid
from stack.settings import Settings

PROGRAMS = Path(sys.executable).parent
STORES = ("postgres", "platform", "clickhouse")


def first_loop(settings: Settings) -> Step:
    """The circle closes once before the worker takes over; skipped where a model answers already."""
    return Step(
        name="first loop",
        argv=(str(PROGRAMS / "campus"), "loop"),
        order=40,
        skip=lambda: any(settings.models_folder.glob("*/champion.json")),
    )


def worker(settings: Settings) -> Process:
    """The warm process that turns the loop after new events."""
    return Process(
        name="worker",
        argv=(str(PROGRAMS / "campus"), "worker"),
        ready=lambda: _alive(settings, "worker"),
        order=50,
        needs=STORES,
        patience=120.0,
    )


def code(settings: Settings) -> Process:
    """Dagster's code server: definitions for the UI and for the daemon's runs."""
    address = ("--host", settings.host, "--port", str(settings.dagster_code_port))
    return Process(
        name="dagster-code",
        argv=(str(PROGRAMS / "dagster"), "api", "grpc", "--module-name", "pipelines.definitions", *address),
        ready=lambda: _listens(settings, settings.dagster_code_port),
        order=60,
        port=settings.dagster_code_port,
        needs=STORES,
        patience=120.0,
        environment=environment(settings),
    )


def webserver(settings: Settings) -> Process:
    """Dagster's UI: every run with its rows, positions and durations."""
    prepare(settings)
    address = ("--host", settings.host, "--port", str(settings.dagster_port))
    return Process(
        name="dagster",
        argv=(str(PROGRAMS / "dagster-webserver"), *address, *_workspace(settings)),
        ready=lambda: answers(f"http://{settings.host}:{settings.dagster_port}/server_info"),
        order=70,
        port=settings.dagster_port,
        needs=("dagster-code",),
        patience=120.0,
        environment=environment(settings),
        address=f"http://{settings.host}:{settings.dagster_port}",
    )


def daemon(settings: Settings) -> Process:
    """Dagster's daemon: schedules and retraining."""
    return Process(
        name="dagster-daemon",
        argv=(str(PROGRAMS / "dagster-daemon"), "run", *_workspace(settings)),
        ready=lambda: _alive(settings, "dagster-daemon"),
        order=71,
        needs=("dagster-code",),
        environment=environment(settings),
    )


def _workspace(settings: Settings) -> tuple[str, ...]:
    return ("--grpc-host", settings.host, "--grpc-port", str(settings.dagster_code_port))


def _alive(settings: Settings, name: str) -> bool:
    return living_pid(settings, name) is not None


def _listens(settings: Settings, port: int) -> bool:
    pid = living_pid(settings, "dagster-code")
    if pid is None:
        return False
    family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    return any(one.laddr.port == port for process in family for one in process.net_connections("tcp") if one.laddr)
