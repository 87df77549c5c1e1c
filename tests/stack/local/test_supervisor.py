import socket
import sys
import time

import psutil
import pytest

from stack.errors import PortTaken, ProcessFailed
from stack.local import running
from stack.local.home import ensure_home
from stack.local.processes import Process, campus_postgres, clickhouse, platform_postgres
from stack.local.supervisor import Supervisor, stores
from stack.postgres import connect
from stack.settings import Settings


def script(name: str, source: str, settings: Settings, *, needs: tuple[str, ...] = (), patience: float = 10) -> Process:
    """Ready when the script has written its own name into the home."""
    flag = settings.home / name
    argv = (
        sys.executable,
        "-c",
        f"import pathlib, time, signal, subprocess, sys\nflag = pathlib.Path({str(flag)!r})\n{source}",
    )
    return Process(name=name, argv=argv, ready=flag.exists, order=1, needs=needs, patience=patience)


STAYS = "flag.write_text(str(time.time())); time.sleep(60)"


class TestStores:
    def test_starts_what_is_down_and_stops_exactly_that(self, new_home: Settings) -> None:
        settings = ensure_home(new_home)
        with stores(settings, ("postgres",)) as outer:
            with stores(settings, ("postgres", "platform")) as inner:
                connect(settings.platform_url("dagster")).close()
            assert (outer, inner) == (["postgres"], ["platform"])
            assert running.living_pid(settings, "platform") is None
            connect(settings.owner_url).close()
        assert running.living_pid(settings, "postgres") is None

    def test_keeps_the_data_at_the_second_start(self, new_home: Settings) -> None:
        settings = ensure_home(new_home)
        with stores(settings, ("postgres",)), connect(settings.owner_url) as connection:
            connection.execute("create table kept as select 42 as answer")
        with stores(settings, ("postgres",)), connect(settings.owner_url) as connection:
            assert connection.execute("select answer from kept").fetchone() == (42,)

    def test_stops_also_when_a_client_is_still_connected(self, new_home: Settings) -> None:
        settings = ensure_home(new_home)
        with stores(settings, ("postgres",)):
            client = connect(settings.owner_url)
            begun = time.monotonic()
        client.close()
        assert time.monotonic() - begun < running.GRACE / 2

    def test_a_store_that_is_given_by_url_is_not_started(self, new_home: Settings) -> None:
        given = ensure_home(
            Settings(
                home=new_home.home,
                database_url="postgresql://elsewhere/campus",
                platform_database_url="postgresql://elsewhere",
                clickhouse_url="http://elsewhere:8123",
            )
        )
        assert [declare(given) for declare in (campus_postgres, platform_postgres, clickhouse)] == [None, None, None]
        with stores(given) as started:
            assert started == []

    def test_a_name_that_nobody_declares_is_refused(self, new_home: Settings) -> None:
        with (
            pytest.raises(ProcessFailed, match="declares a process elasticsearch"),
            stores(new_home, ("elasticsearch",)),
        ):
            pass

    def test_clickhouse_starts_again_before_anything_was_put_in(self, new_home: Settings) -> None:
        for _ in range(2):
            with stores(new_home, ("clickhouse",)) as started:
                assert started == ["clickhouse"]

    def test_a_port_in_use_is_told_with_its_holder(self, new_home: Settings) -> None:
        with socket.create_server((new_home.host, new_home.postgres_port)):
            told = f"Port {new_home.postgres_port} for postgres is in use by pid {psutil.Process().pid}; set LMS_PORT"
            with pytest.raises(PortTaken, match=told) as refused, stores(new_home, ("postgres",)):
                pass
        assert refused.value.exit_code == 5


class TestSupervisor:
    def test_what_needs_another_waits_for_it(self, new_home: Settings) -> None:
        settings = ensure_home(new_home)
        slow = script("slow", f"time.sleep(0.5); {STAYS}", settings)
        quick = script("quick", STAYS, settings, needs=("slow",))
        with Supervisor(settings) as supervisor:
            supervisor.start([slow, quick])
            assert float((settings.home / "slow").read_text()) < float((settings.home / "quick").read_text())

    def test_one_that_ends_says_its_last_words(self, new_home: Settings) -> None:
        settings = ensure_home(new_home)
        broken = script("broken", "sys.exit('the disk is full')", settings)
        with (
            pytest.raises(ProcessFailed, match="broken ended with 1: the disk is full"),
            Supervisor(settings) as supervisor,
        ):
            supervisor.start([broken])

    def test_one_that_is_never_ready_is_stopped(self, new_home: Settings) -> None:
        settings = ensure_home(new_home)
        mute = script("mute", "time.sleep(60)", settings, patience=0.3)
        with pytest.raises(ProcessFailed, match="mute is not ready after"), Supervisor(settings) as supervisor:
            supervisor.start([mute])
        assert running.living_pid(settings, "mute") is None

    def test_one_that_does_not_listen_is_killed(self, new_home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(running, "GRACE", 0.3)
        settings = ensure_home(new_home)
        deaf = script("deaf", f"signal.signal(signal.SIGTERM, signal.SIG_IGN); {STAYS}", settings)
        with Supervisor(settings) as supervisor:
            supervisor.start([deaf])
            child = psutil.Process(supervisor.children[0].popen.pid)
        assert not child.is_running()

    def test_a_grandchild_with_a_session_of_its_own_ends_too(self, new_home: Settings) -> None:
        settings = ensure_home(new_home)
        away = "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'], start_new_session=True)"
        parent = script("parent", f"{away}; {STAYS}", settings)
        with Supervisor(settings) as supervisor:
            supervisor.start([parent])
            family = psutil.Process(supervisor.children[0].popen.pid).children(recursive=True)
            assert len(family) == 1
        assert not family[0].is_running()


class TestPidFile:
    def test_of_another_process_with_the_same_number_means_nothing(self, new_home: Settings) -> None:
        settings = ensure_home(new_home)
        running.record_pid(settings, "me", psutil.Process().pid)
        assert running.living_pid(settings, "me") == psutil.Process().pid
        path = running.pid_file(settings, "me")
        path.write_text(f'{{"pid": {psutil.Process().pid}, "create_time": 1.0}}')
        assert running.living_pid(settings, "me") is None

    @pytest.mark.parametrize("content", ["", "[]", "{}", '{"pid": "x", "create_time": 1}'])
    def test_that_is_damaged_means_nothing(self, new_home: Settings, content: str) -> None:
        settings = ensure_home(new_home)
        running.pid_file(settings, "me").write_text(content)
        assert running.living_pid(settings, "me") is None
