"""The LMS's commands beside `campus import`: its schema, and a campus that begins empty."""

import re
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.console import Console

from contracts.events import Role
from lms_api.db import application_engine
from lms_api.errors import LmsError
from lms_api.identity import service as identity
from lms_api.identity.schemas import NewUser
from lms_api.migrations.upgrade import migrate as upgrade
from lms_api.organizations import service as organizations
from lms_api.organizations.schemas import SLUG
from lms_api.unit_of_work import writing
from stack.errors import CampusError
from stack.local.home import ensure_home
from stack.local.supervisor import stores
from stack.settings import get_settings


class CommandRefused(CampusError):
    """What was asked can't be done; the message says why."""

    exit_code = 8


def migrate() -> None:
    """Bring the LMS's database to this version's schema; again changes nothing."""
    settings = ensure_home(get_settings())
    with stores(settings, ("postgres",)):
        before, after = upgrade(settings.owner_url)
    Console().print(f"schema {after}" + (" already" if before == after else f", was {before or 'empty'}"))


def organization(
    slug: Annotated[str, typer.Argument(help="What people type at sign-in: lower case, digits, hyphens.")],
    name: Annotated[str, typer.Option(help="What people read.")],
    email: Annotated[str, typer.Option(help="The first administrator's address.")],
    password: Annotated[str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True)],
) -> None:
    """Make an organization with its first administrator."""
    settings = ensure_home(get_settings())
    if not re.fullmatch(SLUG, slug):
        raise CommandRefused(f"slug: {slug!r} is not lower case, digits and hyphens; choose another.")
    try:
        administrator = NewUser(email=email, password=password, role=Role.ADMIN)
        with stores(settings, ("postgres",)), writing(application_engine(settings.application_url)) as session:
            organizations.make(session, name=name, slug=slug)
            identity.add_account(session, administrator)
    except ValidationError as error:
        first = error.errors()[0]
        raise CommandRefused(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    except LmsError as error:
        raise CommandRefused(f"{error.detail} {error.remedy or ''}".strip()) from error
    Console().print(f"{name} is ready: sign in to {slug} as {email}.")
