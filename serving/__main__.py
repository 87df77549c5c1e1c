"""`python -m serving`: becomes BentoML's server on the port of the settings."""

import os
import sys

from stack.settings import Settings, child_environment, get_settings

SERVICE = "serving.service:Serving"


def command(settings: Settings) -> list[str]:
    """BentoML's own command line; `--host` keeps it off other interfaces than the campus's."""
    return [
        *(sys.executable, "-m", "bentoml", "serve", SERVICE),
        *("--host", settings.host, "--port", str(settings.serving_port)),
    ]


def environment(settings: Settings) -> dict[str, str]:
    """BentoML keeps its metrics' files under the campus; one thread a library, for two cores serve five processes."""
    home = settings.home.resolve() / "bentoml"
    home.mkdir(parents=True, exist_ok=True)
    return child_environment(BENTOML_HOME=str(home), OMP_NUM_THREADS="1")


def main() -> None:
    """Replaces this process, so that the supervisor's signals reach the server itself."""
    settings = get_settings()
    os.execve(sys.executable, command(settings), environment(settings))


if __name__ == "__main__":
    main()
