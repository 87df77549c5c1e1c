"""What the assets are given."""

from typing import Any

import dagster as dg

from pipelines.turn import Turn


def resources() -> dict[str, Any]:
    """Frames pass in memory: a turn is one process, and what must outlive it is in a store already."""
    return {"turn": Turn(), "io_manager": dg.mem_io_manager}
