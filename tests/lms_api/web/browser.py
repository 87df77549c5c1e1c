"""A real browser for the tests: where Chromium is, how it is started, and what axe says about a page."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from stack.settings import child_environment, get_settings

AXE = Path(__file__).parent / "vendor" / "axe.min.js"

ARGUMENTS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

_SERIOUS = """async () => {
    const found = await axe.run(document, {resultTypes: ["violations"]});
    return found.violations
        .filter(one => ["serious", "critical"].includes(one.impact))
        .map(one => ({rule: one.id, help: one.help, nodes: one.nodes.map(node => node.html.slice(0, 160))}));
}"""


def chromium() -> Path:
    """The setting `CHROMIUM`, else the system's. As root a missing one is installed; else this fails naming it."""
    given = get_settings().chromium
    if given is not None:
        if not given.exists():
            raise AssertionError(f"CHROMIUM={given}: there is no such file.")
        return given
    found = shutil.which("chromium")
    if found is None and os.geteuid() == 0:
        _install()
        found = shutil.which("chromium")
    if found is None:
        raise AssertionError("The browser's tests need Chromium: install Debian's package `chromium`, or set CHROMIUM.")
    return Path(found)


def _install() -> None:
    quiet = child_environment(DEBIAN_FRONTEND="noninteractive")
    for command in (["apt-get", "update"], ["apt-get", "install", "-y", "--no-install-recommends", "chromium"]):
        done = subprocess.run(command, capture_output=True, text=True, env=quiet, timeout=600, check=False)
        if done.returncode != 0:
            raise AssertionError(f"Debian's package `chromium` can't be installed: {done.stderr.strip()[-400:]}")


@contextmanager
def started() -> Iterator[Browser]:
    """One Chromium; contexts of it are as separate as different people's browsers."""
    sandbox = ("--no-sandbox",) if os.geteuid() == 0 else ()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(chromium()), args=[*sandbox, *ARGUMENTS])
        try:
            yield browser
        finally:
            browser.close()


def errors_of(page: Page) -> list[str]:
    """A list that fills with whatever the page complains of: console errors (CSP included) and uncaught exceptions."""
    complaints: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        if message.type == "error":
            complaints.append(message.text)

    page.on("console", listen)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return complaints


def serious_violations(page: Page) -> list[dict[str, Any]]:
    """axe's serious and critical findings. It is evaluated from outside, so the page's own policy stays in force."""
    page.evaluate(AXE.read_text() + ";undefined")
    found: list[dict[str, Any]] = page.evaluate(_SERIOUS)
    return found


def told(violations: list[dict[str, Any]]) -> str:
    return json.dumps(violations, indent=1)
