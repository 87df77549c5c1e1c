"""One child process: started in its own session, known to other commands by a pid file, stopped with its group."""

import errno
import json
import os
import signal
import socket
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from stack.errors import PortTaken, ProcessFailed
from stack.local.home import run_folder, write_atomically
from stack.local.processes import Process
from stack.settings import Settings, child_environment

GRACE = 10.0
"""Seconds between the polite signal and SIGKILL."""
TICK = 0.05


@dataclass
class Running:
    """A process that this command started."""

    process: Process
    popen: subprocess.Popen[bytes]
    log: Path

    def crashed(self) -> bool:
        """Whether it ended without being asked to."""
        return self.popen.poll() is not None


def start(process: Process, settings: Settings) -> Running:
    """Raises PortTaken before anything is started."""
    refuse_taken_port(process, settings)
    log = settings.logs_folder / f"{process.name}.log"
    popen = spawn(process.argv, settings, log=log, environment=dict(process.environment))
    record_pid(settings, process.name, popen.pid)
    return Running(process=process, popen=popen, log=log)


def spawn(
    argv: tuple[str, ...], settings: Settings, *, log: Path, environment: dict[str, str]
) -> subprocess.Popen[bytes]:
    """The child speaks to its log only, and doesn't get the terminal's Ctrl-C: whoever started it stops it."""
    home = {"LMS_HOME": str(settings.home.resolve()), "LMS_PORT": str(settings.port), "PYTHONUNBUFFERED": "1"}
    with log.open("ab") as output:
        return subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=child_environment(**home, **environment),
            start_new_session=True,
        )


def await_ready(running: Running) -> None:
    """Raises ProcessFailed when it ends, or its patience does."""
    deadline = time.monotonic() + running.process.patience
    while not running.process.ready():
        if running.crashed():
            raise ProcessFailed(
                f"{running.process.name} ended with {running.popen.returncode}: {last_words(running.log)}"
            )
        if time.monotonic() > deadline:
            waited = f"{running.process.patience:.0f} s"
            raise ProcessFailed(f"{running.process.name} is not ready after {waited}; see {running.log}")
        time.sleep(TICK)


def stop(running: Running, settings: Settings) -> None:
    """Stops it and takes back its pid file."""
    end(running.popen, running.process.stop_signal)
    pid_file(settings, running.process.name).unlink(missing_ok=True)


def end(child: subprocess.Popen[bytes], number: signal.Signals = signal.SIGTERM) -> None:
    """Asks, waits, kills: the group, and those of its descendants that left the group."""
    family = _family(child.pid)
    _signal_group(child.pid, number)
    with suppress(subprocess.TimeoutExpired):
        child.wait(GRACE)
    _, alive = psutil.wait_procs(family, timeout=0.5)
    _signal_group(child.pid, signal.SIGKILL)
    _kill(alive)
    child.wait()


def _family(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _kill(processes: list[psutil.Process]) -> None:
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(processes, timeout=GRACE)


def _signal_group(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


def last_words(log: Path) -> str:
    """The last line that says something, for a message; the path when there is none."""
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()] if log.exists() else []
    return f"{lines[-1].strip()} (see {log})" if lines else f"see {log}"


# ---------- pid files: what of this campus is up
def pid_file(settings: Settings, name: str) -> Path:
    """JSON with `pid` and `create_time` of the process, which together never mean another one, and of its starter."""
    return run_folder(settings) / f"{name}.pid"


def record_pid(settings: Settings, name: str, pid: int) -> None:
    """Written by whoever started it."""
    starter = _identity(os.getpid())
    write_atomically(pid_file(settings, name), json.dumps({**_identity(pid), "starter": starter}), mode=0o644)


def living_pid(settings: Settings, name: str) -> int | None:
    """The pid of a process of this campus that is alive, whoever started it."""
    recorded = _recorded(settings, name)
    return recorded["pid"] if recorded and _alive(recorded) else None


def orphan_pid(settings: Settings, name: str) -> int | None:
    """The same, when the command that started it was killed and can't stop it any more."""
    recorded = _recorded(settings, name)
    orphaned = recorded and _alive(recorded) and not _alive(recorded.get("starter", {}))
    return recorded["pid"] if recorded and orphaned else None


def stop_orphan(settings: Settings, process: Process) -> bool:
    """Whether there was one to stop."""
    pid = orphan_pid(settings, process.name)
    if pid is None:
        return False
    family = [psutil.Process(pid), *_family(pid)]
    _signal_group(pid, process.stop_signal)
    _, alive = psutil.wait_procs(family, timeout=GRACE)
    _kill(alive)
    pid_file(settings, process.name).unlink(missing_ok=True)
    return True


def _recorded(settings: Settings, name: str) -> dict[str, Any] | None:
    try:
        content = json.loads(pid_file(settings, name).read_text())
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) else None


def _identity(pid: int) -> dict[str, float]:
    try:
        return {"pid": pid, "create_time": psutil.Process(pid).create_time()}
    except psutil.NoSuchProcess:
        return {"pid": pid, "create_time": 0.0}


def _alive(identity: dict[str, Any]) -> bool:
    try:
        process = psutil.Process(identity["pid"])
        same = abs(process.create_time() - identity["create_time"]) < 1.0
        return same and process.status() != psutil.STATUS_ZOMBIE
    except (KeyError, TypeError, ValueError, psutil.NoSuchProcess):
        return False


# ---------- ports
def refuse_taken_port(process: Process, settings: Settings) -> None:
    """Raises PortTaken with the holder, when the system tells it."""
    if process.port is None or _free(settings.host, process.port):
        return
    holder = _holder(process.port)
    by = f" by pid {holder}" if holder else ""
    raise PortTaken(
        f"Port {process.port} for {process.name} is in use{by}; set LMS_PORT to move all ports of this campus."
    )


def _free(host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            return False
    return True


def _holder(port: int) -> int | None:
    try:
        connections = psutil.net_connections("tcp")
    except psutil.AccessDenied:
        return None
    listening = [
        one for one in connections if one.status == psutil.CONN_LISTEN and one.laddr and one.laddr.port == port
    ]
    return listening[0].pid if listening else None
