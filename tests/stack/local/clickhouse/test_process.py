"""The process around the engine: a killed one loses nothing acknowledged, a held or damaged folder is said clearly."""

import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import clickhouse_connect
import httpx
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from tests.stack.local.clickhouse.conftest import Server, StartServer

BATCH = 10_000
FOLDER_UNUSABLE = 3


def client_of(server: Server) -> Client:
    port = server.settings.clickhouse_port
    return clickhouse_connect.get_client(host="127.0.0.1", port=port, username="campus", password="writes")


def refusal_of(server: Server) -> str:
    _, said = server.process.communicate(timeout=30)
    assert server.process.returncode == FOLDER_UNUSABLE
    assert len(said.strip().splitlines()) == 1
    return said


class TestKilled:
    def test_loses_no_acknowledged_batch(self, start: StartServer, tmp_path: Path) -> None:
        first = start(tmp_path).wait()
        with client_of(first) as client:
            client.command("CREATE TABLE t (batch UInt32, n UInt64) ENGINE = MergeTree ORDER BY n")
            acknowledged = self.insert_until_killed(client, first)
        with client_of(start(tmp_path).wait()) as client:
            rows = client.query("SELECT batch, count() FROM t GROUP BY batch").result_rows
        counted = {row[0]: row[1] for row in rows}
        assert acknowledged >= 5
        # The batch in flight may have arrived, whole: it is one block.
        assert counted in [dict.fromkeys(range(batches), BATCH) for batches in (acknowledged, acknowledged + 1)]

    def insert_until_killed(self, client: Client, server: Server) -> int:
        acknowledged = 0
        killer = threading.Timer(0.3, server.process.kill)
        try:
            while True:
                client.insert("t", [[acknowledged] * BATCH, list(range(BATCH))], column_oriented=True)
                acknowledged += 1
                if acknowledged == 5:
                    killer.start()
        except ClickHouseError:
            killer.join()
            assert server.process.wait(10) == -signal.SIGKILL
            return acknowledged


class TestStopped:
    def test_ends_with_zero_and_frees_the_folder(self, start: StartServer, tmp_path: Path) -> None:
        first = start(tmp_path).wait()
        with client_of(first) as client:
            client.command("CREATE TABLE t (n UInt8) ENGINE = MergeTree ORDER BY n")
            client.insert("t", [[1]])
        first.process.terminate()
        assert first.process.wait(10) == 0
        with client_of(start(tmp_path).wait()) as client:
            assert client.query("SELECT n FROM t").result_rows == [(1,)]

    def test_does_not_wait_for_a_long_query(self, start: StartServer, tmp_path: Path) -> None:
        server = start(tmp_path).wait()
        endless = "SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) = 1"
        running = "SELECT count() FROM system.processes WHERE query LIKE '%sipHash64(number)%'"
        with client_of(server) as client, client_of(server) as watching, ThreadPoolExecutor(1) as pool:
            asked = pool.submit(client.query, endless)
            while watching.command(running) != 2:  # this question is one of them
                time.sleep(0.02)
            server.process.terminate()
            assert server.process.wait(20) == 0
            assert isinstance(asked.exception(), ClickHouseError)


class TestFolder:
    def test_refuses_a_second_opener(self, start: StartServer, tmp_path: Path) -> None:
        first = start(tmp_path).wait()
        said = refusal_of(start(tmp_path))
        assert f"in use by process {first.process.pid}" in said
        with client_of(first) as client:
            assert client.query("SELECT 1").first_row == (1,)

    def test_refuses_somebody_else_s_folder(self, start: StartServer, tmp_path: Path) -> None:
        (tmp_path / "clickhouse").mkdir()
        (tmp_path / "clickhouse" / "thesis.txt").write_text("mine")
        assert "holds something else" in refusal_of(start(tmp_path))
        assert (tmp_path / "clickhouse" / "thesis.txt").read_text() == "mine"

    def test_refuses_a_damaged_folder(self, start: StartServer, tmp_path: Path) -> None:
        server = start(tmp_path).wait()
        with client_of(server) as client:
            client.command("CREATE DATABASE d")
            client.command("CREATE TABLE d.t (n UInt8) ENGINE = MergeTree ORDER BY n")
        server.process.terminate()
        server.process.wait(10)
        for definition in (tmp_path / "clickhouse" / "store").rglob("t.sql"):
            definition.write_text("ATTACH TABLE nonsense")
        assert "damaged" in refusal_of(start(tmp_path))


class TestFull:
    def test_says_so_and_answers_the_others(self, start: StartServer, tmp_path: Path) -> None:
        server = start(tmp_path).wait()
        url = f"http://campus:writes@127.0.0.1:{server.settings.clickhouse_port}"
        with ThreadPoolExecutor(40) as pool:
            answers = list(pool.map(lambda _: httpx.post(url, content="SELECT sleep(2.5)", timeout=30), range(40)))
        refused = [answer for answer in answers if answer.status_code != 200]
        assert {answer.headers["X-ClickHouse-Exception-Code"] for answer in refused} == {"202"}
        assert len(refused) <= 8
        assert httpx.post(url, content="SELECT 1").text == "1\n"
