"""One turn of learning for the recommenders. Training itself has left out EASE where it did not beat popularity."""

from datetime import date

from contracts.predictions import ModelVersion
from models import registry
from models.exports import CHAMPION, replay_pointer
from models.recommend import versions
from models.recommend.training import TrainedActivities, TrainedCourses
from stack.settings import Settings


def renew(
    trained: TrainedCourses | TrainedActivities, *, settings: Settings, replay: date | None = None
) -> ModelVersion:
    """Registers and puts in use: as champion, or for a replay under its own alias."""
    made = versions.of_courses(trained) if isinstance(trained, TrainedCourses) else versions.of_activities(trained)
    version = registry.register(made, settings=settings)
    registry.promote(version, settings=settings, alias=replay_pointer(replay) if replay else CHAMPION)
    return version
