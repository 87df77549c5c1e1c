"""A campus of its own for a measurement, removed at the end."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stack.local.home import ensure_home, outside_folder
from stack.local.supervisor import stores
from stack.settings import Settings, get_settings, tell_libraries

PORT = 8_700


@contextmanager
def temporary_campus() -> Iterator[Settings]:
    """The three stores are up, with nothing in them; LMS_PORT 8700 to 8706 must be free."""
    home = Path(tempfile.mkdtemp(prefix="campus-bench-"))
    home.chmod(0o755)  # PostgreSQL's own user has to pass
    tell_libraries(LMS_HOME=str(home), LMS_PORT=str(PORT))
    get_settings.cache_clear()
    settings = ensure_home(get_settings())
    try:
        with stores(settings):
            yield settings
    finally:
        for folder in (home, outside_folder(settings)):
            shutil.rmtree(folder, ignore_errors=True)
