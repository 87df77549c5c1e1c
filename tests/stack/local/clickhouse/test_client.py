"""Unmodified clickhouse-connect against the server. Each assertion holds for a real ClickHouse server too."""

import gzip
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID, uuid4

import lz4.frame
import pandas
import pyarrow
import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError, StreamFailureError
from clickhouse_connect.driver.external import ExternalData
from pydantic import SecretStr

from stack.settings import Settings
from tests.stack.local.clickhouse.conftest import connect

LAST = UUID("018f0000-0000-7000-8000-000000000001")


@pytest.fixture
def people(writer: Client, database: str) -> str:
    """An empty table of many types."""
    table = f"{database}.people"
    columns = "id UInt64, name String, grade Nullable(Decimal(9, 2)), seen DateTime64(3), key UUID, tags Array(String)"
    writer.command(f"CREATE TABLE {table} ({columns}) ENGINE = MergeTree ORDER BY id")
    return table


@pytest.fixture
def numbers(writer: Client, database: str) -> str:
    table = f"{database}.numbers"
    writer.command(f"CREATE TABLE {table} (n UInt64, s String) ENGINE = MergeTree ORDER BY n")
    return table


class TestInsert:
    def test_native_comes_back_as_it_went(self, writer: Client, people: str) -> None:
        rows = [
            (1, "Ana\tMaría", Decimal("9.50"), datetime(2014, 6, 30, 12, tzinfo=UTC), LAST, ["a", "b;c"]),
            (2, "", None, datetime(1970, 1, 1, tzinfo=UTC), UUID(int=0), []),
        ]
        summary = writer.insert(people, rows)
        assert summary.written_rows == 2
        assert writer.query(f"SELECT * FROM {people} ORDER BY id", tz_mode="aware").result_rows == rows

    def test_many_blocks_native(self, writer: Client, numbers: str) -> None:
        wanted = 300_000
        writer.insert(numbers, [range(wanted), [str(n % 7) for n in range(wanted)]], column_oriented=True)
        assert writer.query(f"SELECT count(), sum(n), uniqExact(s) FROM {numbers}").first_row == (
            wanted,
            wanted * (wanted - 1) // 2,
            7,
        )

    def test_a_frame(self, writer: Client, numbers: str) -> None:
        writer.insert_df(numbers, pandas.DataFrame({"n": [1, 2], "s": ["x", "y"]}))
        assert writer.query_df(f"SELECT * FROM {numbers} ORDER BY n").to_dict("list") == {"n": [1, 2], "s": ["x", "y"]}

    def test_arrow(self, writer: Client, numbers: str) -> None:
        table = pyarrow.table({"n": pyarrow.array(range(70_000), pyarrow.uint64()), "s": ["z"] * 70_000})
        assert writer.insert_arrow(numbers, table).written_rows == 70_000
        assert writer.query(f"SELECT max(n), any(s) FROM {numbers}").first_row == (69_999, "z")

    @pytest.mark.parametrize("compression", [None, "gzip", "lz4"])
    def test_raw_csv(self, writer: Client, numbers: str, compression: str | None) -> None:
        data = b'1,"FORMAT CSV"\n2,";"\n'
        if compression:
            data = gzip.compress(data) if compression == "gzip" else lz4.frame.compress(data)
        writer.raw_insert(numbers, insert_block=data, fmt="CSV", compression=compression)
        assert writer.query(f"SELECT s FROM {numbers} ORDER BY n").result_rows == [("FORMAT CSV",), (";",)]

    def test_values_and_a_select(self, writer: Client, numbers: str) -> None:
        writer.command(f"INSERT INTO {numbers} VALUES (1, 'it''s; fine'), (2, upper('x'))")
        writer.command(f"INSERT INTO {numbers} SELECT number + 3, 'FORMAT CSV' FROM numbers(2)")
        writer.command(f"INSERT INTO {numbers} VALUES ({{n:UInt64}}, {{s:String}})", parameters={"n": 5, "s": "a\tb"})
        written = [row[0] for row in writer.query(f"SELECT s FROM {numbers} ORDER BY n").result_rows]
        assert written == ["it's; fine", "X", "FORMAT CSV", "FORMAT CSV", "a\tb"]

    def test_a_bad_row_is_refused_with_its_code(self, writer: Client, numbers: str) -> None:
        with pytest.raises(DatabaseError) as caught:
            writer.raw_insert(numbers, insert_block=b"one,x\n", fmt="CSV")
        assert caught.value.code == 27
        assert writer.query(f"SELECT count() FROM {numbers}").first_row == (0,)

    def test_the_same_client_goes_on_after_an_error(self, writer: Client, numbers: str) -> None:
        with pytest.raises(DatabaseError):
            writer.insert(numbers, [[1, "x"]], column_names=["n", "nowhere"])
        writer.insert(numbers, [[1, "x"]])
        assert writer.query(f"SELECT count() FROM {numbers}").first_row == (1,)


class TestQuery:
    def test_an_empty_result_has_its_columns(self, writer: Client, numbers: str) -> None:
        for query in (f"SELECT n AS a, s FROM {numbers}", f"SELECT n AS a, s FROM {numbers} LIMIT 0 -- none"):
            result = writer.query(query)
            assert (result.column_names, result.result_rows) == (("a", "s"), [])
        assert writer.query_arrow(f"SELECT * FROM {numbers}").schema.names == ["n", "s"]

    def test_show_of_nothing_has_its_column(self, writer: Client, database: str) -> None:
        assert writer.query(f"SHOW TABLES FROM {database}").column_names == ("name",)

    def test_parameters(self, writer: Client) -> None:
        given = {"s": "a\tb'c\\d\né", "n": None, "a": ["x", "y'"], "at": datetime(2024, 1, 2, tzinfo=UTC), "u": LAST}
        query = "SELECT {s:String}, {n:Nullable(String)}, {a:Array(String)}, {at:DateTime('UTC')}, {u:UUID}"
        row = writer.query(query, parameters=given, tz_mode="aware").first_row
        assert row == (given["s"], None, given["a"], given["at"], LAST)

    def test_client_side_parameters(self, writer: Client) -> None:
        assert writer.query("SELECT %(s)s, %(n)s", parameters={"s": "a\tb'c", "n": 3}).first_row == ("a\tb'c", 3)

    def test_parameters_too_long_for_a_url(self, settings: Settings) -> None:
        with connect(settings, form_encode_query_params=True) as client:
            text = "x" * 200_000
            assert client.query("SELECT length({s:String})", parameters={"s": text}).first_row == (200_000,)

    def test_streams_blocks(self, writer: Client) -> None:
        with writer.query_column_block_stream("SELECT number FROM numbers(500000)") as stream:
            sizes = [len(block[0]) for block in stream]
        assert sum(sizes) == 500_000
        assert len(sizes) > 1

    def test_streams_arrow(self, writer: Client) -> None:
        with writer.query_arrow_stream("SELECT number AS n FROM numbers(200000)") as stream:
            assert sum(batch.num_rows for batch in stream) == 200_000

    def test_a_half_read_stream_leaves_the_client_usable(self, writer: Client) -> None:
        with writer.query_row_block_stream("SELECT number FROM numbers(3000000)") as stream:
            assert len(next(iter(stream))) > 0
        assert writer.query("SELECT 1").first_row == (1,)

    def test_a_command_answers(self, writer: Client) -> None:
        assert writer.command("SELECT 7") == 7
        assert writer.command("EXISTS TABLE nowhere.t") == 0

    def test_time_is_utc(self, writer: Client) -> None:
        assert writer.query("SELECT timezone(), toString(toDateTime(0))").first_row == ("UTC", "1970-01-01 00:00:00")

    def test_external_data_are_a_table(self, writer: Client, reader: Client) -> None:
        for client in (writer, reader):
            data = ExternalData(file_name="ext", data=b"1\tx\n2\ty\n", fmt="TSV", structure="n UInt8, s String")
            assert client.query("SELECT sum(n), max(s) FROM ext", external_data=data).first_row == (3, "y")

    def test_awkward_types(self, writer: Client) -> None:
        query = "SELECT toInt256('-9'), 'b'::Enum8('a' = 1, 'b' = 2), map('k', 1), (1, 'x'), toLowCardinality('y')"
        assert writer.query(query).first_row == (-9, "b", {"k": 1}, (1, "x"), "y")
        assert writer.query("SELECT '{\"a\": 1}'::JSON").first_row == ({"a": 1},)


class TestErrors:
    @pytest.mark.parametrize(
        ("query", "code"),
        [
            ("SELECT * FROM nowhere", 60),
            ("SELECT * FROM nowhere.t", 81),
            ("SELEC 1", 62),
            ("SELECT nothing", 47),
            ("SELECT nofunction(1)", 46),
            ("SELECT throwIf(1)", 395),
            ("SELECT 1 SETTINGS nosetting = 1", 115),
            ("SELECT 1; SELECT 2", 62),
        ],
    )
    def test_has_the_engine_s_code(self, writer: Client, query: str, code: int) -> None:
        with pytest.raises(DatabaseError) as caught:
            writer.command(query)
        assert caught.value.code == code

    def test_in_mid_stream(self, writer: Client) -> None:
        query = "SELECT throwIf(number = 4000000, 'oh no'), repeat('x', 20) FROM numbers(5000000)"
        rows: list[int] = []
        with pytest.raises(StreamFailureError, match="oh no"):
            self.count_blocks(writer, query, rows)
        assert sum(rows) > 0

    def count_blocks(self, writer: Client, query: str, rows: list[int]) -> None:
        with writer.query_column_block_stream(query, settings={"max_threads": 1}) as stream:
            rows.extend(len(block[0]) for block in stream)

    def test_a_wrong_password(self, settings: Settings) -> None:
        with pytest.raises(DatabaseError) as caught:
            connect(settings.model_copy(update={"clickhouse_reader_password": SecretStr("wrong")}), reader=True)
        assert caught.value.code == 516


class TestSession:
    def test_keeps_temporary_tables_and_settings(self, settings: Settings) -> None:
        with connect(settings) as client, connect(settings) as other:
            client.command("CREATE TEMPORARY TABLE mine (n UInt8)")
            client.insert("mine", [[1], [2]])
            client.command("SET max_block_size = 1234")
            assert client.query("SELECT sum(n), getSetting('max_block_size') FROM mine").first_row == (3, 1234)
            with pytest.raises(DatabaseError):
                other.query("SELECT * FROM mine")

    def test_a_query_s_settings_end_with_it(self, settings: Settings) -> None:
        with connect(settings) as client:
            client.command("SET max_block_size = 1234")
            asked = "SELECT getSetting('max_block_size'), getSetting('max_insert_threads')"
            own = client.query(asked).result_rows[0]
            given = {"max_block_size": 77, "max_insert_threads": 3}
            assert client.query(asked, settings=given).first_row == (77, 3)
            assert client.query(asked).result_rows[0] == own
            assert own[0] == 1234

    def test_the_database_is_the_request_s(self, settings: Settings, database: str) -> None:
        with connect(settings, database=database) as client:
            assert client.command("SELECT currentDatabase()") == database
            assert client.command("SELECT currentDatabase()", use_database=False) == "default"

    def test_one_that_must_exist(self, settings: Settings) -> None:
        with connect(settings, autogenerate_session_id=False) as client, pytest.raises(DatabaseError) as caught:
            client.query("SELECT 1", settings={"session_id": str(uuid4()), "session_check": 1})
        assert caught.value.code == 372


class TestReader:
    def test_reads(self, reader: Client, writer: Client, numbers: str) -> None:
        writer.insert(numbers, [[1, "x"]])
        assert reader.query(f"SELECT * FROM {numbers}").result_rows == [(1, "x")]
        assert reader.query_df("SELECT 1 AS a").shape == (1, 1)

    @pytest.mark.parametrize(
        "statement",
        [
            "CREATE DATABASE forbidden",
            "INSERT INTO {table} VALUES (1, 'x')",
            "INSERT INTO {table} FORMAT CSV\n1,x",
            "INSERT INTO {table} SELECT 1, 'x'",
            "ALTER TABLE {table} DELETE WHERE 1",
            "TRUNCATE TABLE {table}",
            "DROP TABLE {table}",
            "SYSTEM STOP MERGES",
            "SELECT * FROM file('/etc/passwd', 'LineAsString')",
            "SELECT * FROM url('http://127.0.0.1:1/', 'CSV', 'a String')",
            "SELECT 1 SETTINGS readonly = 0",
            "SET readonly = 0",
        ],
    )
    def test_writes_nothing(self, reader: Client, numbers: str, statement: str) -> None:
        with pytest.raises(DatabaseError) as caught:
            reader.command(statement.format(table=numbers))
        assert caught.value.code in {164, 497}
        assert reader.query(f"SELECT count() FROM {numbers}").first_row == (0,)

    def test_kills_nobody_else_s_query(self, reader: Client) -> None:
        with pytest.raises(DatabaseError) as caught:
            reader.command("KILL QUERY WHERE 1")
        assert caught.value.code in {164, 497}


class TestAtOnce:
    def test_many_clients(self, settings: Settings, writer: Client, numbers: str) -> None:
        def work(number: int) -> int:
            with connect(settings) as client:
                client.insert(numbers, [[number, str(number)]])
                return int(client.command(f"SELECT count() FROM {numbers} WHERE n = {number}"))  # type: ignore[arg-type]

        with ThreadPoolExecutor(8) as pool:
            assert list(pool.map(work, range(24))) == [1] * 24
        assert writer.query(f"SELECT count(), sum(n) FROM {numbers}").first_row == (24, 276)
