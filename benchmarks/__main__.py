"""`make bench`: each path side by side with its limit, in one run; prints a table of ratios and writes them as JSON."""

import json
import sys
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks import carry
from benchmarks.campus import temporary_campus
from benchmarks.measure import Row

RESULTS = Path("build/benchmarks.json")


def main() -> None:
    """Runs everything in a campus of its own that is removed at the end."""
    console = Console()
    with temporary_campus() as settings, console.status("measuring") as status:
        rows = [row for measure in (carry.measure,) for row in measure(settings, told=status.update)]
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps([asdict(row) for row in rows], indent=2))
    console.print(_table(rows))
    console.print(f"as JSON: {RESULTS}")


def _table(rows: list[Row]) -> Table:
    table = Table("path", "ours", "beside", "", "ratio", "aim")
    for row in rows:
        table.add_row(row.path, f"{row.ours:,.0f}", row.beside, f"{row.limit:,.0f}", f"{row.ratio:.2f}", row.aim)
    return table


if __name__ == "__main__":
    sys.exit(main())
