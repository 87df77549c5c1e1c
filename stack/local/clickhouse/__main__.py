"""`python -m stack.local.clickhouse`: the embedded ClickHouse server of one campus, until SIGTERM."""

import os
import sys
import time

from stack.settings import get_settings


def main() -> int:
    # The engine takes its time zone from the C environment when its library is loaded, and ignores the one in its
    # configuration; so this comes first, and the import after it.
    os.putenv("TZ", "UTC")
    time.tzset()
    from stack.local.clickhouse.server import run

    return run(get_settings())


if __name__ == "__main__":
    sys.exit(main())
