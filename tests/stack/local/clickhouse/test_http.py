"""The protocol under the clients: statuses, headers, disconnects, limits."""

import asyncio
import gzip
import time
import zlib
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from uuid import uuid4

import httpx
import pytest
from clickhouse_connect.driver.client import Client

from stack.settings import Settings

RUNNING = "SELECT count() FROM system.processes WHERE query LIKE {pattern:String} AND query NOT LIKE '%processes%'"


def running(writer: Client, mark: str) -> int:
    return int(writer.query(RUNNING, parameters={"pattern": f"%{mark}%"}).result_rows[0][0])


def wait_until(said: int, writer: Client, mark: str) -> bool:
    until = time.monotonic() + 10
    while running(writer, mark) != said and time.monotonic() < until:
        time.sleep(0.05)
    return running(writer, mark) == said


class TestAnswers:
    def test_ping_needs_no_password(self, settings: Settings) -> None:
        url = httpx.URL(settings.clickhouse_http_url).copy_with(username="", password="")
        for path in ("/ping", "/"):
            answer = httpx.get(url.copy_with(path=path))
            assert (answer.status_code, answer.text) == (200, "Ok.\n")

    def test_says_its_headers(self, http: httpx.Client) -> None:
        answer = http.post("/", params={"query_id": "my-id-1"}, content="SELECT 1 FORMAT JSONEachRow")
        assert answer.text == '{"1":1}\n'
        assert answer.headers["X-ClickHouse-Query-Id"] == "my-id-1"
        assert answer.headers["X-ClickHouse-Format"] == "JSONEachRow"
        assert answer.headers["X-ClickHouse-Timezone"] == "UTC"
        assert "X-ClickHouse-Summary" in answer.headers

    def test_names_a_format_only_with_a_result(self, http: httpx.Client, database: str) -> None:
        answer = http.post("/", content=f"CREATE TABLE {database}.t (n UInt8) ENGINE = Memory")
        assert (answer.status_code, answer.text) == (200, "")
        assert "X-ClickHouse-Format" not in answer.headers

    def test_the_url_s_query_goes_before_the_body(self, http: httpx.Client, database: str) -> None:
        http.post("/", content=f"CREATE TABLE {database}.t (n UInt8, s String) ENGINE = Memory")
        inserted = http.post("/", params={"query": f"INSERT INTO {database}.t FORMAT CSV"}, content="1,x\n2,y\n")
        assert inserted.status_code == 200
        asked = http.get("/", params={"query": f"SELECT n, s FROM {database}.t ORDER BY n", "default_format": "CSV"})
        assert asked.text == '1,"x"\n2,"y"\n'

    def test_parameters_of_the_url(self, http: httpx.Client) -> None:
        answer = http.get("/", params={"query": "SELECT {a:String}, {b:UInt8} + 1", "param_a": "x\\ty", "param_b": "1"})
        assert answer.text == "x\\ty\t2\n"

    @pytest.mark.parametrize("encoding", ["gzip", "deflate"])
    def test_bodies_may_be_compressed(self, http: httpx.Client, encoding: str) -> None:
        content = gzip.compress(b"SELECT 42") if encoding == "gzip" else zlib.compress(b"SELECT 42")
        assert http.post("/", content=content, headers={"Content-Encoding": encoding}).text == "42\n"

    def test_answers_are_compressed_when_both_say_so(self, http: httpx.Client) -> None:
        answer = http.post("/", params={"enable_http_compression": "1"}, content="SELECT number FROM numbers(9999)")
        assert answer.headers["Content-Encoding"] == "gzip"
        assert answer.text.splitlines()[-1] == "9998"


class TestSessions:
    def test_end_after_their_timeout(self, http: httpx.Client) -> None:
        session = {"session_id": uuid4().hex, "session_timeout": "1"}
        http.post("/", params=session, content="CREATE TEMPORARY TABLE mine (n UInt8)")
        assert http.post("/", params=session, content="SELECT count() FROM mine").text == "0\n"
        time.sleep(3)
        late = http.post("/", params=session, content="SELECT count() FROM mine")
        assert late.headers["X-ClickHouse-Exception-Code"] == "60"


class TestStatuses:
    @pytest.mark.parametrize(
        ("content", "status", "code"),
        [
            ("SELECT * FROM nowhere", 404, "60"),
            ("SELEC 1", 400, "62"),
            ("SELECT 1; SELECT 2", 400, "62"),
            ("SELECT throwIf(1)", 500, "395"),
        ],
    )
    def test_of_errors(self, http: httpx.Client, content: str, status: int, code: str) -> None:
        answer = http.post("/", content=content)
        assert (answer.status_code, answer.headers["X-ClickHouse-Exception-Code"]) == (status, code)
        assert answer.text.startswith(f"Code: {code}. DB::Exception: ")

    def test_get_changes_nothing(self, http: httpx.Client) -> None:
        answer = http.get("/", params={"query": "CREATE DATABASE by_get"})
        assert answer.headers["X-ClickHouse-Exception-Code"] == "164"

    def test_an_unknown_user(self, settings: Settings) -> None:
        url = httpx.URL(settings.clickhouse_http_url).copy_with(username="nobody", password="x")
        answer = httpx.post(url, content="SELECT 1")
        assert (answer.status_code, answer.headers["X-ClickHouse-Exception-Code"]) == (403, "516")

    def test_an_error_before_the_end_of_the_body(self, http: httpx.Client) -> None:
        rows = (b"1,x\n" * 100_000 for _ in range(20))
        answer = http.post("/", params={"query": "INSERT INTO nowhere.t FORMAT CSV"}, content=rows)
        assert answer.status_code == 404


class TestClientsThatLeave:
    def test_their_query_is_killed(self, settings: Settings, writer: Client) -> None:
        mark = uuid4().hex
        content = f"SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) = 1 AND '{mark}' != ''"
        with pytest.raises(httpx.ReadTimeout):
            httpx.post(
                settings.clickhouse_http_url,
                params={"cancel_http_readonly_queries_on_client_close": "1"},
                content=content,
                timeout=0.7,
            )
        assert wait_until(0, writer, mark)

    def test_their_stream_is_stopped(self, http: httpx.Client, writer: Client) -> None:
        mark = uuid4().hex
        asked = {"cancel_http_readonly_queries_on_client_close": "1"}
        content = f"SELECT number, '{mark}' FROM numbers(100000000000)"
        with http.stream("POST", "/", params=asked, content=content) as answer:
            assert next(answer.iter_raw(1024))
            assert running(writer, mark) == 1
        assert wait_until(0, writer, mark)

    def test_their_insert_leaves_no_half_block(self, settings: Settings, writer: Client, database: str) -> None:
        writer.command(f"CREATE TABLE {database}.t (n UInt64) ENGINE = MergeTree ORDER BY n")
        url = httpx.URL(settings.clickhouse_http_url)

        async def half() -> None:
            async def rows() -> AsyncIterator[bytes]:
                yield b"1\n" * 1_000
                raise RuntimeError("the client dies here")

            async with httpx.AsyncClient() as client:
                with suppress(RuntimeError):
                    await client.post(url, params={"query": f"INSERT INTO {database}.t FORMAT TSV"}, content=rows())

        with ThreadPoolExecutor(1) as pool:  # a thread has no event loop, whatever ran in this one before
            pool.submit(lambda: asyncio.run(half())).result()
        assert wait_until(0, writer, f"{database}.t")
        assert writer.query(f"SELECT count() FROM {database}.t").first_row == (0,)

    def test_a_query_is_killed_by_its_id(self, settings: Settings, writer: Client) -> None:
        mark = uuid4().hex
        content = f"SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) = 1 AND '{mark}' != ''"
        with ThreadPoolExecutor(1) as pool:
            asked = pool.submit(
                httpx.post, settings.clickhouse_http_url, params={"query_id": mark}, content=content, timeout=30
            )
            assert wait_until(1, writer, mark)
            writer.command(f"KILL QUERY WHERE query_id = '{mark}' SYNC")
            assert asked.result().headers["X-ClickHouse-Exception-Code"] == "394"

    def test_an_id_runs_once(self, settings: Settings, writer: Client) -> None:
        mark = uuid4().hex
        url, asked = settings.clickhouse_http_url, {"query_id": mark}
        with ThreadPoolExecutor(1) as pool:
            first = pool.submit(httpx.post, url, params=asked, content=f"SELECT sleep(1), '{mark}'", timeout=30)
            assert wait_until(1, writer, mark)
            assert httpx.post(url, params=asked, content="SELECT 1").headers["X-ClickHouse-Exception-Code"] == "216"
            assert first.result().status_code == 200
