"""From an export folder to something that answers; whatever loads has proved on a probe that it answers sense."""

from pathlib import Path

import numpy as np

from models.recommend import activities, courses
from models.recommend import versions as recommenders
from models.recommend.versions import LoadedActivities, LoadedCourses
from models.risk import versions
from models.risk.scoring import RiskModel
from stack import clock


class Nonsense(ValueError):
    """A version loaded and gave something that is no answer."""


def risk(folder: Path) -> RiskModel:
    """Raises what the export's reader raises, and `Nonsense`."""
    model = versions.load(folder)
    probe = np.full((2, len(model.features)), np.nan, dtype=np.float32)
    probe[1] = 0.0
    values = model.value(probe)
    if values.shape != (2,) or not np.all((values >= 0.0) & (values <= 1.0)):
        raise Nonsense(f"{folder}: the probe's answer is {values}")
    return model


def next_courses(folder: Path) -> LoadedCourses:
    """The probe is somebody without a history; what is raised for it is raised here."""
    loaded = recommenders.read_courses(folder)
    offers = courses.open_courses(loaded.model.catalogue, now=clock.now())
    courses.recommend(loaded.model, [[]], offers=offers, k=1)
    return loaded


def next_activities(folder: Path) -> LoadedActivities:
    """The probe is somebody who opened nothing, in each course."""
    loaded = recommenders.read_activities(folder)
    for course_id in loaded.model:
        activities.recommend(loaded.model, course_id, [[]], k=1)
    return loaded
