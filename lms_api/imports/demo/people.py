"""Who is in the demo campus: names drawn from lists, tastes and habits drawn from distributions."""

from dataclasses import dataclass

import numpy as np

from lms_api.imports.demo.catalogue import Family

DOMAIN = "demo.invalid"
FIRST_NAMES = """
Ada Amir Anna Aisha Bela Bruno Carla Chen Chidi Dana David Diego Elena Emeka Emma Farid Fatima Felix Grace Hana Hugo
Ines Ivan Jana Jamal Jonas Julia Kaito Kenji Lara Leila Leon Lucia Luka Maria Mateo Maya Mina Nadia Noah Nora Olga
Omar Oscar Paula Pedro Priya Rafael Rana Rosa Ruth Samir Sara Sofia Tariq Theo Uma Vera Yara Zoe
"""
LAST_NAMES = """
Abebe Adler Almeida Andersen Bauer Becker Blanc Bose Brandt Castro Costa Cruz Dahl Diaz Ellis Farah Fischer Fontaine
Garcia Gray Haddad Hansen Ibrahim Ito Jansen Kaya Keller Khan Kim Klein Kovacs Kumar Lang Larsen Lee Lopez Mancini
Martin Mbeki Meyer Moreau Nguyen Novak Okafor Olsen Park Patel Petrov Reyes Rossi Ruiz Sato Schmid Silva Singh
Suzuki Tanaka Torres Vogel Weber Wood Yilmaz Zhang
"""


@dataclass(frozen=True)
class Learners:
    """One entry each; `appeal` is how much each family attracts each learner, the others are around 0 with spread 1."""

    ability: np.ndarray
    diligence: np.ndarray
    appeal: np.ndarray
    since_slot: np.ndarray
    """The first slot in which they may take a course."""


def learners(count: int, families: tuple[Family, ...], rng: np.random.Generator) -> Learners:
    """Tastes are few topics each, and liking of tags that cross them: that is what a recommender can find."""
    topics = sorted({family.topic for family in families})
    tags = sorted({tag for family in families for tag in family.tags})
    of_topic = np.array([topics.index(family.topic) for family in families])
    has_tag = np.array([[tag in family.tags for tag in tags] for family in families], dtype=float)
    taste = np.log(rng.dirichlet(np.full(len(topics), 0.35), size=count) + 0.02)
    liking = rng.normal(0, 0.7, size=(count, len(tags)))
    return Learners(
        ability=rng.normal(size=count),
        diligence=rng.normal(size=count),
        appeal=taste[:, of_topic] - taste.mean() + liking @ has_tag.T,
        since_slot=rng.choice(5, size=count, p=(0.4, 0.15, 0.15, 0.15, 0.15)),
    )


def names(count: int, rng: np.random.Generator) -> tuple[list[str], list[str]]:
    """First and last names."""
    first = rng.choice(FIRST_NAMES.split(), size=count).tolist()
    last = rng.choice(LAST_NAMES.split(), size=count).tolist()
    return first, last
