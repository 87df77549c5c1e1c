"""Load history into the campus: real data (OULAD), or a demo campus that is made up."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from lms_api.imports import loader
from lms_api.imports.campus import Campus, organization_id
from lms_api.imports.demo.importer import SLUG as DEMO
from lms_api.imports.demo.importer import demo_campus, demo_hash
from lms_api.imports.demo.sizes import SIZES
from lms_api.imports.oulad.importer import SLUG as OULAD
from lms_api.imports.oulad.importer import file_hash, oulad_campus
from lms_api.imports.passwords import keep_sign_ins
from lms_api.imports.report import print_report
from lms_api.migrations.upgrade import migrate
from stack import clock
from stack.errors import SettingMissing
from stack.local.home import ensure_home
from stack.local.supervisor import stores
from stack.settings import Settings, get_settings

LOG_WIDTH = 100
"""Columns of the report in a log; a terminal knows its own."""

app = typer.Typer(help="Load history into the campus.", no_args_is_help=True, add_completion=False)


class Size(StrEnum):
    S = "S"
    M = "M"


@app.callback()
def _group() -> None:
    """Load history into the campus."""


@app.command()
def oulad(zip_file: Annotated[Path, typer.Argument(metavar="ZIP", help="The published zip of seven tables.")]) -> None:
    """Import the Open University Learning Analytics Dataset, all of it or nothing."""
    if not zip_file.is_file():
        raise SettingMissing(f"{zip_file} is not a file; give the path of OULAD's zip.")
    organization = organization_id(OULAD)
    _import(OULAD, organization, lambda: file_hash(zip_file), lambda: oulad_campus(zip_file))


@app.command()
def demo(
    size: Annotated[Size, typer.Option(help="S has about 500 learners, M about 5,000.")] = Size.S,
    seed: Annotated[int, typer.Option(help="The same seed makes the same campus.")] = 1,
) -> None:
    """Make the demo campus; everybody in it is made up."""
    today = clock.now().date()
    _import(
        DEMO,
        organization_id(DEMO),
        lambda: demo_hash(SIZES[size], seed),
        lambda: demo_campus(SIZES[size], seed=seed, today=today),
    )


def _import(kind: str, organization: UUID, hashed: Callable[[], str], make: Callable[[], Campus]) -> None:
    """The stores that are needed are up meanwhile; the same source again is a no-op that says so."""
    console = Console(width=None if sys.stdout.isatty() else LOG_WIDTH)
    with stores(get_settings(), ("postgres",)):
        settings = ensure_home(get_settings())
        migrate(settings.owner_url)
        if loader.known(settings, organization=organization, kind=kind, file_hash=hashed()):
            console.print(f'The same source is in already, as organization "{kind}"; nothing was changed.')
            return
        begun = time.monotonic()
        with _progress(console) as told:
            told("reading", 0)
            campus = make()
            loaded = loader.load(campus, settings, progress=told)
        _keep(campus, settings)
        print_report(campus, loaded, console, seconds=time.monotonic() - begun)


def _keep(campus: Campus, settings: Settings) -> None:
    keep_sign_ins(settings, campus.slug, campus.sign_ins, first=campus.kind == DEMO)


@contextmanager
def _progress(console: Console) -> Iterator[loader.Progress]:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as shown:
        task = shown.add_task("", total=None)

        def tell(stage: str, rows: int) -> None:
            shown.update(task, description=f"{stage} {rows:,}" if rows else stage)

        yield tell
