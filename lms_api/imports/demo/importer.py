"""From a size and a seed to the demo's campus."""

import hashlib
from collections.abc import Iterator
from datetime import date
from uuid import UUID

import numpy as np
import polars as pl

from lms_api.identity.tokens import hash_password
from lms_api.imports.campus import (
    Campus,
    Said,
    SignIn,
    organization_id,
    organization_row,
    organization_said,
    user_rows,
    users_said,
)
from lms_api.imports.demo.calendar import RUNNING, Today, presentations
from lms_api.imports.demo.catalogue import families
from lms_api.imports.demo.events import events
from lms_api.imports.demo.history import past
from lms_api.imports.demo.nouns import FILE, Nouns, nouns
from lms_api.imports.demo.people import learners
from lms_api.imports.demo.rows import rows
from lms_api.imports.demo.sizes import Size
from lms_api.imports.passwords import new_password

SLUG = "demo"
NAME = "Demo campus"
VERSION = 1
"""Of the generator: raised when the same seed gives another campus."""


def demo_hash(size: Size, seed: int) -> str:
    """What stands for a file's SHA-256: the same size and seed are the same source."""
    return hashlib.sha256(f"demo {VERSION} {size.name} {seed}".encode()).hexdigest()


def demo_campus(size: Size, *, seed: int, today: date) -> Campus:
    """History up to the midnight that begins `today`. The same arguments give the same campus but for its passwords."""
    organization = organization_id(SLUG)
    found = demo_nouns(size, seed=seed, today=today)
    emails = _sign_ins(found)
    passwords = {role: new_password() for role in emails}
    hashes = {emails[role]: hash_password(password) for role, password in passwords.items()}
    people = found.people.with_columns(
        pl.col("email").replace_strict(hashes, default=None, return_dtype=pl.String).alias("password_hash")
    )
    return Campus(
        kind=SLUG,
        organization_id=organization,
        slug=SLUG,
        made_up=True,
        file_hash=demo_hash(size, seed),
        rows=(
            ("organizations", organization_row(organization, slug=SLUG, name=NAME, made_up=True)),
            *user_rows(people, organization),
            *rows(found, organization),
        ),
        events=_events(found, people, organization),
        sign_ins={role: SignIn(emails[role], password) for role, password in passwords.items()},
    )


def demo_nouns(size: Size, *, seed: int, today: date) -> Nouns:
    """Everything but passwords."""
    rng = np.random.default_rng(seed)
    taught, until = families(size.per_topic), Today(today)
    courses = presentations(taught, until, rng)
    people = learners(size.learners, taught, rng)
    history = past(courses, people, until, rng)
    return nouns(
        courses,
        history,
        taught,
        organization_id(SLUG),
        instructors=size.instructors,
        learners=size.learners,
        today=until,
        rng=rng,
    )


def _events(found: Nouns, people: pl.DataFrame, organization: UUID) -> Iterator[Said]:
    yield organization_said(organization, made_up=True, moment=min(people["joined_at"].to_list()))
    yield users_said(people, organization, file=FILE)
    yield from events(found, organization)


def _sign_ins(found: Nouns) -> dict[str, str]:
    """E-mails by role: who teaches the fullest course that runs, and its busiest learner who is still there."""
    running = found.enrollments.filter((pl.col("slot") == RUNNING) & pl.col("later_status").is_null())
    course = running.group_by("course").len().sort("len", "course", descending=[True, False])["course"][0]
    teacher = found.courses.filter(pl.col("course") == course)["instructor_id"].item()
    there = running.filter(pl.col("course") == course)
    visits = found.views.join(there, on="enrollment", how="semi").group_by("enrollment").len()
    busiest = there.join(visits, on="enrollment").sort("len", "email", descending=[True, False])
    return {
        "learner": busiest["email"][0],
        "instructor": found.instructors.filter(pl.col("user_id") == teacher)["email"].item(),
        "administrator": found.administrator["email"].item(),
    }
