"""One dbt in this process: the first command pays the imports, later ones take 0.2 s, a new process 5 to 9 s."""

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import unquote, urlsplit

from pipelines.manifest import PROJECT, hash_of_sources, target_folder
from stack.settings import Settings, tell_libraries

if TYPE_CHECKING:
    from dbt.cli.main import dbtRunner
    from dbt.contracts.graph.manifest import Manifest


class DbtFailed(RuntimeError):
    """dbt could not run, or a model failed; the message names each node and its error."""


@lru_cache(maxsize=2)
def _runner(places: tuple[str, ...], sources: str) -> "dbtRunner":
    """Has the project parsed: a refresh has variables of its own, for which dbt would parse all of it anew (4 s)."""
    from dbt.cli.main import dbtRunner  # heavy: imported by the processes that really run dbt

    parsed = dbtRunner().invoke(["parse", *places])
    if parsed.exception is not None:
        raise DbtFailed(f"dbt parse: {parsed.exception}") from parsed.exception
    return dbtRunner(manifest=cast("Manifest", parsed.result))


def parse(settings: Settings) -> None:
    """Writes the manifest of the project as it stands. Raises DbtFailed."""
    tell_libraries(**connection(settings))
    _runner.cache_clear()  # whoever asks misses the file
    _runner(_places(settings), hash_of_sources())


def invoke(settings: Settings, command: str, *arguments: str, variables: dict[str, Any] | None = None) -> Sequence[Any]:
    """Runs one dbt command and gives its node results. Raises DbtFailed, naming what failed."""
    tell_libraries(**connection(settings))
    places = _places(settings)
    line = [command, *arguments, *places, "--vars", json.dumps(variables or {})]
    outcome = _runner(places, hash_of_sources()).invoke(line)
    results = getattr(outcome.result, "results", None) or ()
    if outcome.exception is not None:
        raise DbtFailed(f"dbt {command}: {outcome.exception}") from outcome.exception
    return tuple(results)


def connection(settings: Settings) -> dict[str, str]:
    """What `dbt/profiles.yml` reads; it can't take a URL."""
    url = urlsplit(settings.clickhouse_http_url)
    return {
        "LMS_DBT_HOST": url.hostname or "",
        "LMS_DBT_PORT": str(url.port or 8123),
        "LMS_DBT_USER": unquote(url.username or "default"),
        "LMS_DBT_PASSWORD": unquote(url.password or ""),
    }


def _places(settings: Settings) -> tuple[str, ...]:
    target = target_folder(settings)
    target.mkdir(parents=True, exist_ok=True)
    places = {
        "--project-dir": PROJECT,
        "--profiles-dir": PROJECT,
        "--target-path": target,
        "--log-path": settings.logs_folder,
    }
    named = tuple(text for option, place in places.items() for text in (option, str(place)))
    return (*named, "--log-level", "error", "--log-level-file", "info")
