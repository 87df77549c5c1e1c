"""What the demo campus teaches."""

import tomllib
from functools import lru_cache
from itertools import groupby
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from contracts.events import Difficulty
from contracts.ids import Slug


class Family(BaseModel):
    """A course that is given again and again. `concepts` are pairs of a term and its definition."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: Slug
    title: str
    topic: Slug
    tags: tuple[Slug, ...]
    difficulty: Difficulty
    concepts: tuple[tuple[str, str], ...]


@lru_cache
def _every() -> tuple[Family, ...]:
    content = tomllib.loads(Path(__file__).with_name("catalogue.toml").read_text())
    return tuple(Family.model_validate(family) for family in content["family"])


def families(per_topic: int) -> tuple[Family, ...]:
    """The first few of each topic, in the order of the file."""
    topics = groupby(_every(), key=lambda family: family.topic)
    return tuple(family for _, group in topics for family in list(group)[:per_topic])
