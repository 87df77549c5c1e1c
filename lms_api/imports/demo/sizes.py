"""How large a demo campus is."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Size:
    """`per_topic` course families of each of six topics."""

    name: str
    learners: int
    per_topic: int
    instructors: int


SIZES = {
    "S": Size(name="S", learners=500, per_topic=2, instructors=6),
    "M": Size(name="M", learners=5_000, per_topic=5, instructors=20),
}
