"""The LMS's commands and what the supervisor is told."""

import sys

import pytest
import typer
from sqlalchemy import Engine
from typer.testing import CliRunner

from lms_api import cli, processes
from lms_api.app import create_app
from lms_api.cli import CommandRefused
from lms_api.identity import service as identity
from lms_api.unit_of_work import writing
from stack.errors import SettingMissing
from stack.settings import Settings
from tests.lms_api.conftest import PASSWORD, Campus

RUNNER = CliRunner()


def command(function: object) -> typer.Typer:
    app = typer.Typer()
    app.command()(function)  # type: ignore[type-var]
    return app


class TestMigrate:
    def test_again_changes_nothing(self, lms_engine: Engine) -> None:
        result = RUNNER.invoke(command(cli.migrate), [])
        assert (result.exit_code, "already" in result.output) == (0, True), result.output


class TestOrganization:
    def test_makes_one_that_its_administrator_can_sign_in_to(self, lms_engine: Engine, stores: Settings) -> None:
        asked = ["new-school", "--name", "New School", "--email", "Head@example.org", "--password", PASSWORD]
        result = RUNNER.invoke(command(cli.organization), asked)
        assert result.exit_code == 0, result.output
        with writing(lms_engine) as session:
            given = {"slug": "new-school", "email": "head@example.org", "password": PASSWORD}
            assert identity.sign_in(session, stores, **given).access_token

    @pytest.mark.parametrize(
        ("slug", "email", "why"),
        [("", "a@example.org", "slug"), ("fresh", "nobody", "email"), ("A B", "a@example.org", "slug")],
    )
    def test_says_what_is_wrong(self, campus: Campus, slug: str, email: str, why: str) -> None:
        given = [slug or campus.slug, "--name", "x", "--email", email, "--password", PASSWORD]
        result = RUNNER.invoke(command(cli.organization), given)
        assert isinstance(result.exception, CommandRefused)
        assert why in str(result.exception)


class TestDeclared:
    def test_the_schema_comes_after_the_stores_and_before_the_lms(self, stores: Settings) -> None:
        step, process = processes.migrate(stores), processes.lms(stores)
        assert 12 < step.order < process.order < 40
        assert step.argv[1:] == ("migrate",)
        assert (process.argv, process.port) == ((sys.executable, "-m", "lms_api"), stores.port)
        assert not process.ready()


class TestCreateApp:
    def test_refuses_to_run_without_a_secret(self, stores: Settings) -> None:
        with pytest.raises(SettingMissing, match="LMS_SECRET_KEY"):
            create_app(stores.model_copy(update={"secret_key": type(stores.secret_key)("")}))
