"""Opens the folder and serves it until SIGTERM."""

import signal
import sys

import uvicorn

from stack.local.clickhouse.app import App
from stack.local.clickhouse.engine import Engine, FolderUnusable
from stack.local.clickhouse.users import Users
from stack.settings import Settings

UNUSABLE_FOLDER = 3
GRACE_SECONDS = 3
"""How long a query may go on after SIGTERM before it is killed."""


def run(settings: Settings) -> int:
    """Serves until a signal; returns the exit code: 3 for a folder that is held, damaged or not ours."""
    try:
        engine = Engine(settings)
    except (FolderUnusable, OSError) as error:
        print(f"clickhouse: {error}", file=sys.stderr)
        return UNUSABLE_FOLDER
    _serve(settings, engine)
    return 0


def _serve(settings: Settings, engine: Engine) -> None:
    # After a graceful stop uvicorn raises the signal again; this makes the exit code 0.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    uvicorn.run(
        App(engine, Users(settings)),
        host=settings.host,
        port=settings.clickhouse_port,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
