"""The installed program, as a person calls it."""

import os
import signal
import socket
import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import psutil
import pytest
from typer.testing import CliRunner

from stack import cli
from stack.local.home import ensure_home
from stack.postgres import connect
from stack.settings import TELEMETRY_OFF, Settings, child_environment

CAMPUS = Path(sys.executable).with_name("campus")


def campus(settings: Settings, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    given = child_environment(LMS_HOME=str(settings.home), LMS_PORT=str(settings.port), **environment)
    return subprocess.run([CAMPUS, *arguments], env=given, capture_output=True, text=True, timeout=60, check=False)


class TestMain:
    def test_lets_no_library_report_to_its_maker(self, monkeypatch: pytest.MonkeyPatch) -> None:
        seen: dict[str, str] = {}
        for name in TELEMETRY_OFF:
            monkeypatch.setenv(name, "")
        monkeypatch.setattr(cli, "app", lambda: seen.update(os.environ))
        cli.main()
        assert seen.items() >= TELEMETRY_OFF.items()


class TestCampus:
    def test_a_foreign_folder_is_one_line_and_code_3(self, new_home: Settings) -> None:
        (new_home.home / "thesis.doc").write_text("mine")
        ended = campus(new_home, "stores")
        assert ended.returncode == 3
        assert ended.stderr.count("\n") == 1
        assert str(new_home.home) in ended.stderr

    def test_a_damaged_folder_is_code_4(self, new_home: Settings) -> None:
        ensure_home(new_home)
        (new_home.home / "secrets.json").write_text("{")
        ended = campus(new_home, "up")
        assert (ended.returncode, ended.stderr.count("\n")) == (4, 1)

    def test_a_port_in_use_is_code_5(self, new_home: Settings) -> None:
        with socket.create_server((new_home.host, new_home.postgres_port)):
            ended = campus(new_home, "stores")
        assert ended.returncode == 5
        assert "set LMS_PORT" in ended.stderr

    def test_a_wrong_setting_is_code_2(self, new_home: Settings) -> None:
        ended = campus(new_home, "settings", LMS_OPTUNA_TRIALS="none")
        assert (ended.returncode, ended.stderr.count("\n")) == (2, 1)
        assert "LMS_OPTUNA_TRIALS" in ended.stderr

    def test_settings_show_no_secret(self, new_home: Settings) -> None:
        settings = ensure_home(new_home)
        url = "postgresql://campus_app:hunter2@db.example.org/campus"
        shown = campus(new_home, "settings", LMS_DATABASE_URL=url, COLUMNS="240").stdout
        assert "postgresql://campus_app:***@db.example.org/campus" in shown
        assert "LMS_SECRET_KEY" in shown
        assert "hunter2" not in shown
        assert settings.secret_key.get_secret_value() not in shown


class TestPackagesCommands:
    """Entry points of a module that stands in for a package's; its import leaves a trace."""

    @pytest.fixture
    def trace(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        trace = tmp_path / "imported"
        touch = f"import pathlib\npathlib.Path({str(trace)!r}).touch()\n"
        greet = 'def greet(name: str) -> None:\n    """Say hello."""\n    print(f"hello {name}")\n'
        (tmp_path / "visiting.py").write_text(touch + greet)
        monkeypatch.syspath_prepend(str(tmp_path))
        entry = EntryPoint(name="greet", value="visiting:greet", group=cli.COMMANDS)
        monkeypatch.setattr(cli, "entry_points", lambda *, group: [entry])
        monkeypatch.delitem(sys.modules, "visiting", raising=False)
        return trace

    def test_the_list_names_a_command_without_importing_it(self, trace: Path) -> None:
        shown = CliRunner().invoke(cli.app, ["--help"]).output
        assert "greet" in shown
        assert "Say hello." in shown
        assert not trace.exists()

    def test_it_is_imported_to_run(self, trace: Path) -> None:
        assert CliRunner().invoke(cli.app, ["greet", "Maria"]).output == "hello Maria\n"
        assert trace.exists()

    def test_an_unknown_command_is_refused(self, trace: Path) -> None:
        assert CliRunner().invoke(cli.app, ["gret"]).exit_code == 2
        assert not trace.exists()


class TestStoresCommand:
    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_keeps_them_up_until_it_is_told_to_stop(self, new_home: Settings, number: signal.Signals) -> None:
        given = child_environment(LMS_HOME=str(new_home.home), LMS_PORT=str(new_home.port))
        command = subprocess.Popen([CAMPUS, "stores"], env=given, stdout=subprocess.PIPE, text=True)
        assert command.stdout is not None
        assert "postgres, platform, clickhouse" in command.stdout.readline()
        family = psutil.Process(command.pid).children(recursive=True)
        connect(ensure_home(new_home).owner_url).close()
        command.send_signal(number)
        assert command.wait(30) == 0
        command.stdout.close()
        assert not any(process.is_running() for process in family)
