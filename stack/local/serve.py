"""`campus up`: one supervisor for the whole campus, from empty folder to addresses, until Ctrl-C."""

import fcntl
import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from urllib.parse import quote

from rich.console import Console
from rich.table import Table

from stack.errors import AlreadyServed, CampusError, ProcessFailed
from stack.local import running
from stack.local.home import ensure_home, run_folder
from stack.local.interrupts import deferred_interrupt, interruptible, uninterrupted
from stack.local.processes import Process, Step, declared
from stack.local.supervisor import Supervisor, one_at_a_time
from stack.settings import Settings

CHECK_EVERY = 5.0
"""Seconds between two health checks of a process."""
LONGEST_BACK_OFF = 30.0


def serve(
    settings: Settings, console: Console, *, declare: Callable[[Settings], list[Process | Step]] = declared
) -> None:
    """Returns after Ctrl-C or SIGTERM, with everything stopped. Raises CampusError when the campus can't come up."""
    settings = ensure_home(settings)
    with sole_supervisor(settings), interruptible(), Supervisor(settings) as supervisor:
        try:
            begun = time.monotonic()
            timeline = declare(settings)
            processes = [one for one in timeline if isinstance(one, Process)]
            _clear_orphans(processes, settings, console)
            _bring_up(timeline, supervisor, console)
            _welcome(processes, settings, console, seconds=time.monotonic() - begun)
            _keep_up(processes, supervisor, console)
        except KeyboardInterrupt:
            console.print(f"stopping {len(supervisor.children)} processes …")
    console.print("stopped.")


@contextmanager
def sole_supervisor(settings: Settings) -> Iterator[None]:
    """The lock ends with the process, however it ends. Raises AlreadyServed with the pid of the one that holds it."""
    with (run_folder(settings) / "supervisor.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            by = f" by pid {pid}" if (pid := lock.read().strip()) else ""
            home = settings.home.resolve()
            raise AlreadyServed(f"{home} is already being served{by}; stop it, or set LMS_HOME and LMS_PORT.") from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def _clear_orphans(processes: Sequence[Process], settings: Settings, console: Console) -> None:
    for process in processes:
        if running.stop_orphan(settings, process):
            console.print(f"stopped {process.name}, left over from a campus that was killed")


# ---------- coming up
def _bring_up(timeline: Sequence[Process | Step], supervisor: Supervisor, console: Console) -> None:
    """Neighbouring processes start together; a step waits for all before it."""
    for _, neighbours in groupby(timeline, key=type):
        group = list(neighbours)
        _start([one for one in group if isinstance(one, Process)], supervisor, console)
        for step in [one for one in group if isinstance(one, Step)]:
            _run_step(step, supervisor.settings, console)


def _start(processes: Sequence[Process], supervisor: Supervisor, console: Console) -> None:
    for process in processes:
        if process.remark:
            console.print(process.remark)
    names = ", ".join(process.name for process in processes)
    if not names:
        return
    with console.status(f"starting {names}"), one_at_a_time(supervisor.settings):
        supervisor.start(processes, told=lambda name, seconds: _done(console, name, seconds))


def _run_step(step: Step, settings: Settings, console: Console) -> None:
    if step.skip():
        console.print(f"[dim]·[/] {step.name} [dim]nothing to do[/]")
        return
    log, begun = settings.logs_folder / f"{step.name.replace(' ', '-')}.log", time.monotonic()
    log.unlink(missing_ok=True)
    with ExitStack() as cleanup:
        with deferred_interrupt():
            child = running.spawn(step.argv, settings, log=log, environment=dict(step.environment))
            cleanup.callback(_end, child)
        status = cleanup.enter_context(console.status(step.name))
        while child.poll() is None:
            status.update(f"{step.name} [dim]{_last_line(log)}[/]")
            with suppress(subprocess.TimeoutExpired):
                child.wait(0.2)
    if child.returncode != 0:
        raise ProcessFailed(f"{step.name} ended with {child.returncode}: {running.last_words(log)}")
    _done(console, step.name, time.monotonic() - begun)


def _end(child: subprocess.Popen[bytes]) -> None:
    with uninterrupted():
        running.end(child)


def _done(console: Console, name: str, seconds: float) -> None:
    console.print(f"[green]✓[/] {name} [dim]{seconds:.1f} s[/]")


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    return lines[-1].replace("[", r"\[")[:100] if lines else ""


def _welcome(processes: Sequence[Process], settings: Settings, console: Console, *, seconds: float) -> None:
    console.print(f"\n[bold green]ready[/] in {seconds:.0f} s; all data is in {settings.home.resolve()}")
    for process in processes:
        if process.address:
            console.print(f"  {process.name:<10} {process.address}")
    if people := sign_ins(settings):
        for organization in sorted({person["organization"] for person in people}):
            console.print(f"  {'sign in at':<10} {sign_in_address(settings, organization)}", soft_wrap=True)
        table = Table("role", "e-mail", "password", title="Sign in as (made-up people)", title_justify="left")
        for person in people:
            table.add_row(person["role"], person["email"], person["password"])
        console.print(table)
    console.print("Ctrl-C stops everything and keeps the data.")


def sign_in_address(settings: Settings, organization: str) -> str:
    """The LMS's page of sign-in, with the organization already filled in."""
    return f"{settings.lms_base_url}/sign-in?organization={quote(organization)}"


def sign_ins(settings: Settings) -> list[dict[str, str]]:
    """From `sign-ins.json`, which imports write: `{role: {email, password, organization}}` at its top.

    Empty without a demo.
    """
    try:
        people = json.loads((settings.home.resolve() / "sign-ins.json").read_text())
        known = {role: person for role, person in people.items() if "email" in person}
        fields = ("email", "password", "organization")
        return [{"role": role, **{field: str(one[field]) for field in fields}} for role, one in known.items()]
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return []


# ---------- staying up
@dataclass
class Watch:
    """One process's health as the supervisor sees it."""

    process: Process
    failures: int = 0
    retry_at: float = 0.0
    last_ready: float = 0.0

    def back_off(self, now: float) -> float:
        """Seconds until the next try: 1, 2, 4 … up to LONGEST_BACK_OFF."""
        wait: float = min(2.0**self.failures, LONGEST_BACK_OFF)
        self.failures += 1
        self.retry_at = now + wait
        return wait


def _keep_up(processes: Sequence[Process], supervisor: Supervisor, console: Console) -> None:
    """Until interrupted: what ended, or has not been ready for as long as its patience, is started again."""
    watches = [Watch(process=process, last_ready=time.monotonic()) for process in processes]
    checked = time.monotonic()
    while True:
        time.sleep(0.5)
        check_health = time.monotonic() - checked > CHECK_EVERY
        for watch in watches:
            if time.monotonic() >= watch.retry_at:
                mend(watch, supervisor, console, check_health=check_health)
        if check_health:
            checked = time.monotonic()


def mend(watch: Watch, supervisor: Supervisor, console: Console, *, check_health: bool) -> None:
    """One look at one process."""
    now, process = time.monotonic(), watch.process
    if running.living_pid(supervisor.settings, process.name) is None:
        what = "ended"
    elif check_health and not process.ready():
        if now - watch.last_ready < process.patience:
            return
        what = "does not answer"
    else:
        if check_health:
            watch.last_ready, watch.failures = now, 0
        return
    console.print(f"[yellow]{process.name} {what}[/]; starting it again")
    try:
        supervisor.restart(process)
        watch.last_ready = time.monotonic()
        _done(console, process.name, watch.last_ready - now)
    except CampusError as error:
        console.print(f"[red]{process.name}[/] {error}; next try in {watch.back_off(time.monotonic()):.0f} s")
