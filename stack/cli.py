"""`campus`: one command for everything. Packages add sub-commands by the entry-point group `campus.commands`."""

import ast
import sys
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NoReturn

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table

from stack.errors import CampusError, SettingMissing
from stack.local.interrupts import interruptible, wait_for_interrupt
from stack.settings import SECRETS, TELEMETRY_OFF, Settings, get_settings, tell_libraries

COMMANDS = "campus.commands"


class PackagesCommands(typer.core.TyperGroup):
    """Loads a package's command when it runs, or when its own help is asked; never to print the list."""

    listing = False

    def list_commands(self, ctx: Any) -> list[str]:
        """Ours first, then the packages' by name."""
        return [*self.commands, *sorted(entry.name for entry in entry_points(group=COMMANDS))]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """A Typer app or a plain function stands behind each entry point."""
        found = [entry for entry in entry_points(group=COMMANDS) if entry.name == cmd_name]
        if not found:
            return super().get_command(ctx, cmd_name)
        if self.listing:
            return typer.core.TyperCommand(cmd_name, help=_first_line(found[0]))
        command = as_command(found[0].load())
        command.name = cmd_name
        return command

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """The list needs names and first lines only."""
        self.listing = True
        super().format_help(ctx, formatter)


def as_command(target: Any) -> Any:
    """What Typer runs, from an app or from a function."""
    if isinstance(target, typer.Typer):
        return typer.main.get_command(target)
    app = typer.Typer(add_completion=False)
    app.command()(target)
    return typer.main.get_command(app)


def _first_line(entry: EntryPoint) -> str:
    """The docstring of the entry's function, else of its module, read without importing what is heavy."""
    spec = find_spec(entry.module)
    if spec is None or spec.origin is None:
        return ""
    tree = ast.parse(Path(spec.origin).read_text())
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == entry.attr]
    text = ast.get_docstring(functions[0] if functions else tree) or ""
    return text.partition("\n")[0]


app = typer.Typer(
    cls=PackagesCommands,
    help="Campusloop on this machine.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.command()
def up() -> None:
    """Start the whole campus and keep it up until Ctrl-C."""
    from stack.local.serve import serve  # psycopg and psutil: other commands start without them

    serve(get_settings(), Console())


@app.command()
def stores() -> None:
    """Start only the stores and keep them up until Ctrl-C, for developing against them."""
    from stack.local.supervisor import stores as started_stores  # see `up`

    with started_stores(get_settings()) as started:
        print(f"started {', '.join(started) or 'nothing: all were up'}; Ctrl-C stops them")
        wait_for_interrupt()


@app.command()
def settings() -> None:
    """List every setting with its environment variable, value and meaning; secrets are hidden."""
    table = Table("variable", "value", "meaning")
    current = get_settings()
    for name, field in Settings.model_fields.items():
        variable = str(field.validation_alias or f"LMS_{name.upper()}")
        table.add_row(variable, _shown(current, name), field.description or "")
    Console().print(table)


def _shown(current: Settings, name: str) -> str:
    """A URL's password is a secret too."""
    value = getattr(current, name)
    if name in SECRETS:
        return "set" if value.get_secret_value() else ""
    text = "" if value is None else str(value)
    scheme, separator, rest = text.partition("://")
    if not separator or "@" not in rest:
        return text
    user, _, place = rest.rpartition("@")
    return f"{scheme}://{user.partition(':')[0]}:***@{place}"


def main() -> None:
    """Our errors are one line on stderr and an exit code; everything else is a bug and shows its traceback."""
    tell_libraries(**TELEMETRY_OFF)  # a command does in its own process what the supervisor's children do in theirs
    try:
        with interruptible():  # also a killed command must stop the stores that it started
            app()
    except ValidationError as error:
        if error.title != Settings.__name__:
            raise
        wrong = [" ".join([*(f"LMS_{name}".upper() for name in one["loc"]), one["msg"]]) for one in error.errors()]
        ended_by(SettingMissing("; ".join(wrong)))
    except CampusError as error:
        ended_by(error)


def ended_by(error: CampusError) -> NoReturn:
    """One line and the exit code of the error's class."""
    print(f"campus: {error}", file=sys.stderr)
    sys.exit(error.exit_code)
