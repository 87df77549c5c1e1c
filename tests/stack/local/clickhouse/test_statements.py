"""The tokenizer: what a request says, whatever its strings and comments hold."""

import pytest

from stack.local.clickhouse.errors import ClickHouseError
from stack.local.clickhouse.statements import (
    database_of,
    identifier,
    is_insert,
    kill_by_comment,
    literal,
    parse,
    settings_of,
    split_insert,
)


class TestParse:
    @pytest.mark.parametrize(
        ("text", "kind", "named", "left"),
        [
            (b"SELECT 1", b"SELECT", None, b"SELECT 1"),
            (b"select 1 format Native", b"SELECT", "Native", b"select 1 "),
            (b"SELECT 1 FORMAT JSON SETTINGS a = 1", b"SELECT", "JSON", b"SELECT 1  SETTINGS a = 1"),
            (b"SELECT 'x FORMAT CSV'", b"SELECT", None, b"SELECT 'x FORMAT CSV'"),
            (b"SELECT 1 -- FORMAT CSV", b"SELECT", None, b"SELECT 1"),
            (b"SELECT 1 /* ; */ FORMAT CSV ;\n", b"SELECT", "CSV", b"SELECT 1 /* ; */ "),
            (b"SELECT format FROM t", b"SELECT", None, b"SELECT format FROM t"),
            (b"(SELECT 1) UNION ALL (SELECT 2) FORMAT TSV", b"SELECT", "TSV", b"(SELECT 1) UNION ALL (SELECT 2) "),
            (b"/* dbt */ create table t as select 1", b"CREATE", None, b"/* dbt */ create table t as select 1"),
            (b"WITH x AS (SELECT 1) SELECT * FROM x", b"SELECT", None, b"WITH x AS (SELECT 1) SELECT * FROM x"),
            (b"WITH x AS (SELECT 1) INSERT INTO t SELECT 1", b"INSERT", None, None),
            (b"SELECT $a$; it's$a$ FORMAT CSV", b"SELECT", "CSV", b"SELECT $a$; it's$a$ "),
        ],
    )
    def test_finds_kind_and_format(self, text: bytes, kind: bytes, named: str | None, left: bytes | None) -> None:
        statement = parse(text)
        assert (statement.kind, statement.format) == (kind, named)
        assert statement.text == (left or text)

    @pytest.mark.parametrize("text", [b"SELECT 1; SELECT 2", b"SELECT 1;; DROP TABLE t", b"SELECT ';'; SELECT 2"])
    def test_refuses_several(self, text: bytes) -> None:
        with pytest.raises(ClickHouseError, match="Multi-statements") as caught:
            parse(text)
        assert (caught.value.code, caught.value.status) == (62, 400)

    @pytest.mark.parametrize("text", [b"SELECT 1;", b"SELECT 1 ; -- done", b"SELECT 1;\n/* ; */;"])
    def test_takes_one_with_a_semicolon(self, text: bytes) -> None:
        assert parse(text).text == b"SELECT 1"

    @pytest.mark.parametrize("text", [b"", b" ; ", b"-- nothing"])
    def test_refuses_nothing(self, text: bytes) -> None:
        with pytest.raises(ClickHouseError, match="Empty query"):
            parse(text)

    def test_refuses_a_file_of_the_server(self) -> None:
        with pytest.raises(ClickHouseError, match="INTO OUTFILE"):
            parse(b"SELECT 1 INTO OUTFILE '/etc/x' FORMAT CSV")

    @pytest.mark.parametrize("text", [b"KILL QUERY WHERE 1", b"SYSTEM X", b"INSERT INTO t SELECT 1", b"SET a=1"])
    def test_knows_what_a_reader_may_not_say(self, text: bytes) -> None:
        assert not parse(text).reads


class TestSplitInsert:
    @pytest.mark.parametrize(
        ("text", "statement", "named", "data"),
        [
            (b"INSERT INTO t FORMAT CSV\n1,2", b"INSERT INTO t ", "CSV", b"1,2"),
            (b"INSERT INTO t FORMAT Native\n\x01\x00'", b"INSERT INTO t ", "Native", b"\x01\x00'"),
            (b"insert into a.b (x, format) format TSV \n\n", b"insert into a.b (x, format) ", "TSV", b"\n"),
            (b"INSERT INTO t FORMAT JSONEachRow {}", b"INSERT INTO t ", "JSONEachRow", b"{}"),
            (b"INSERT INTO t VALUES (1, 'a;b')", b"INSERT INTO t ", "Values", b" (1, 'a;b')"),
            (b"INSERT INTO values VALUES (1)", b"INSERT INTO values ", "Values", b" (1)"),
            (b"INSERT INTO `format x`.`y` FORMAT CSV\n1", b"INSERT INTO `format x`.`y` ", "CSV", b"1"),
            (
                b"INSERT INTO FUNCTION f('a Int8') FORMAT CSV\n1",
                b"INSERT INTO FUNCTION f('a Int8') ",
                "CSV",
                b"1",
            ),
            (
                b"INSERT INTO t SETTINGS a='FORMAT x' FORMAT CSV\n1",
                b"INSERT INTO t SETTINGS a='FORMAT x' ",
                "CSV",
                b"1",
            ),
            (b"-- format CSV\nINSERT INTO t FORMAT CSV\n1", b"-- format CSV\nINSERT INTO t ", "CSV", b"1"),
        ],
    )
    def test_cuts_before_the_data(self, text: bytes, statement: bytes, named: str, data: bytes) -> None:
        head = split_insert(text)
        assert head is not None
        assert (head.text, head.format, text[head.data_start :]) == (statement, named, data)

    @pytest.mark.parametrize("text", [b"INSERT INTO t SELECT 1 FORMAT CSV", b"INSERT INTO t (a) WITH 1 AS x SELECT x"])
    def test_leaves_a_selecting_one_whole(self, text: bytes) -> None:
        assert is_insert(text)
        assert split_insert(text) is None

    @pytest.mark.parametrize(
        "text", [b"INSERT INTO", b"INSERT INTO t FORM", b"INSERT INTO t FORMAT", b"INSERT INTO t FORMAT Nat"]
    )
    def test_waits_for_the_rest(self, text: bytes) -> None:
        assert split_insert(text) is None


class TestWords:
    def test_reads_settings(self) -> None:
        said = settings_of(parse(b"SET max_threads = 2, log_comment = 'a, b = c'"))
        assert said == {"max_threads": "2", "log_comment": "'a, b = c'"}

    @pytest.mark.parametrize("text", [b"USE marts", b"use `marts`", b'USE "marts";'])
    def test_reads_the_database(self, text: bytes) -> None:
        assert database_of(parse(text)) == "marts"

    def test_quotes(self) -> None:
        assert literal("a'b\\") == r"'a\'b\\'"
        assert identifier("a`b") == r"`a\`b`"

    def test_kills_by_the_client_s_id(self) -> None:
        assert kill_by_comment(b"KILL QUERY WHERE query_id='x' SYNC") == (
            b"KILL QUERY WHERE (query_id = 'x' OR Settings['log_comment'] = 'x') SYNC"
        )
