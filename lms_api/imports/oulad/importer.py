"""From the zip to one organization's campus."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from contracts.events import Role
from lms_api.identity.tokens import hash_password
from lms_api.imports.campus import (
    Campus,
    Said,
    SignIn,
    StaffMember,
    TableCount,
    organization_id,
    organization_row,
    organization_said,
    staff,
    user_rows,
    users_said,
)
from lms_api.imports.oulad.events import events
from lms_api.imports.oulad.layout import STUDENT_INFO, STUDENT_VLE, TABLES
from lms_api.imports.oulad.nouns import DOMAIN, Nouns, nouns
from lms_api.imports.oulad.reading import read
from lms_api.imports.oulad.relations import Tables, related
from lms_api.imports.oulad.rows import rows
from lms_api.imports.passwords import new_password

SLUG = "oulad"
NAME = "Open University (OULAD)"
INSTRUCTOR, ADMINISTRATOR = f"tutor@{DOMAIN}", f"admin@{DOMAIN}"


def file_hash(path: Path) -> str:
    """SHA-256 of the file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def oulad_campus(path: Path) -> Campus:
    """Reads and checks the whole zip. Raises ImportRejected; the events are made when they are read."""
    organization = organization_id(SLUG)
    tables = related(read(path))
    found = nouns(tables, organization)
    passwords = {email: new_password() for email in (INSTRUCTOR, ADMINISTRATOR)}
    people = _people(found, passwords)
    instructor = people.filter(pl.col("email") == INSTRUCTOR)["user_id"].item()
    return Campus(
        kind=SLUG,
        organization_id=organization,
        slug=SLUG,
        made_up=False,
        file_hash=file_hash(path),
        rows=(
            ("organizations", organization_row(organization, slug=SLUG, name=NAME, made_up=False)),
            *user_rows(people, organization),
            *rows(found, organization, instructor_id=instructor),
        ),
        events=_events(found, people),
        counts=_counts(tables),
        sign_ins={
            "instructor": SignIn(INSTRUCTOR, passwords[INSTRUCTOR]),
            "administrator": SignIn(ADMINISTRATOR, passwords[ADMINISTRATOR]),
        },
    )


def _people(found: Nouns, passwords: dict[str, str]) -> pl.DataFrame:
    """Students, who can't sign in, and the two who can."""
    hashes = {email: hash_password(password) for email, password in passwords.items()}
    members = [
        StaffMember(
            email=INSTRUCTOR,
            first_name="OULAD",
            last_name="Tutor",
            role=Role.INSTRUCTOR,
            password_hash=hashes[INSTRUCTOR],
        ),
        StaffMember(
            email=ADMINISTRATOR,
            first_name="OULAD",
            last_name="Admin",
            role=Role.ADMIN,
            password_hash=hashes[ADMINISTRATOR],
        ),
    ]
    students = found.learners.select(
        "user_id",
        "email",
        pl.lit("Student").alias("first_name"),
        pl.col("id_student").cast(pl.String).alias("last_name"),
        pl.lit(Role.STUDENT.value).alias("role"),
        pl.lit(None, pl.String).alias("password_hash"),
        "joined_at",
        "actor_id",
    )
    joined_at = min(found.courses["scheduled_at"].to_list())
    return pl.concat([staff(organization_id(SLUG), members, joined_at=joined_at), students])


def _events(found: Nouns, people: pl.DataFrame) -> Iterator[Said]:
    organization = organization_id(SLUG)
    yield organization_said(organization, made_up=False, moment=min(found.courses["scheduled_at"].to_list()))
    student = pl.col("role") == Role.STUDENT.value
    yield users_said(people.filter(~student), organization, file="staff")
    yield users_said(people.filter(student), organization, file=STUDENT_INFO.file, table=STUDENT_INFO.name)
    yield from events(found, organization)


def _counts(tables: Tables) -> dict[str, TableCount]:
    clicks = int(tables.clicks["clicks"].sum())
    return {
        table.name: TableCount(
            table=table.name,
            rows=tables.rows[table.name],
            merged=tables.merged[table.name],
            clicks=clicks if table is STUDENT_VLE else 0,
        )
        for table in TABLES
    }
