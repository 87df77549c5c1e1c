"""A campus of two small web servers and a step, served as `campus up` would; run as a program by test_serve.py."""

import sys

from rich.console import Console

from stack.cli import ended_by
from stack.errors import CampusError
from stack.local.processes import Process, Step, answers
from stack.local.serve import serve
from stack.settings import Settings, get_settings


def web_server(name: str, port: int, *, order: int) -> Process:
    address = f"http://127.0.0.1:{port}/"
    return Process(
        name=name,
        argv=(sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"),
        ready=lambda: answers(address),
        order=order,
        port=port,
        address=address,
    )


def declare(settings: Settings) -> list[Process | Step]:
    done = settings.home / "done"
    write = f"import pathlib; print('writing'); pathlib.Path({str(done)!r}).write_text('once')"
    return [
        web_server("first", settings.port, order=10),
        Step(name="write once", argv=(sys.executable, "-c", write), order=20, skip=done.exists),
        web_server("second", settings.port + 1, order=30),
    ]


if __name__ == "__main__":
    try:
        serve(get_settings(), Console(width=200), declare=declare)
    except CampusError as error:
        ended_by(error)
