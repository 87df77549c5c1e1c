"""What an import prints: every table's rows and what became of them."""

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from lms_api.imports.campus import Campus, SignIn
from lms_api.imports.loader import Loaded


def print_report(campus: Campus, loaded: Loaded, console: Console, *, seconds: float) -> None:
    """The table that must reconcile, then what was written and how long readers of the log waited."""
    if loaded.counts:
        console.print(_tables(loaded))
    written = Table(title=f"Organization {campus.slug}", title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    written.add_column("table")
    written.add_column("rows written", justify="right")
    for name, rows in loaded.rows.items():
        written.add_row(name, f"{rows:,}")
    written.add_row("learning_events", f"{loaded.events:,}")
    console.print(written)
    if campus.made_up:
        console.print("Everybody and everything in it is made up.")
    console.print(f"Imported in {seconds:.1f} s; it held the log's horizon for {loaded.horizon_seconds:.1f} s.")
    print_sign_ins(campus.sign_ins, console)


def _tables(loaded: Loaded) -> Table:
    table = Table(title="What became of the file's rows", title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("table", no_wrap=True)
    for column in ("zip rows", "= events", "+ merged", "+ rejected", "further", "clicks"):
        table.add_column(column, justify="right", no_wrap=True)
    for count in loaded.counts:
        numbers = (count.rows, count.events, count.merged, count.rejected, count.further, count.clicks)
        table.add_row(count.table, *(f"{number:,}" for number in numbers))
    return table


def print_sign_ins(sign_ins: dict[str, SignIn], console: Console) -> None:
    for role, one in sign_ins.items():
        console.print(f"  {role:<14} {one.email}  {one.password}", highlight=False, markup=False)
