"""What the supervisor does with an empty campus: it fills it with the demo."""

import sys
from pathlib import Path

from lms_api.db import application_engine
from lms_api.organizations.service import any_organization
from lms_api.unit_of_work import reading
from stack.local.processes import Step
from stack.settings import Settings


def demo(settings: Settings) -> Step:
    """After the migration; skipped where an organization stands already."""
    campus = Path(sys.executable).parent / "campus"
    return Step(
        name="demo campus",
        argv=(str(campus), "import", "demo", "--size", "S"),
        order=25,
        skip=lambda: _stands(settings),
    )


def _stands(settings: Settings) -> bool:
    with reading(application_engine(settings.application_url)) as session:
        return any_organization(session)
