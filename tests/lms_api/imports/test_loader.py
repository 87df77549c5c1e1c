import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from zipfile import ZipFile

import pytest
from typer.testing import CliRunner

from contracts.events import TableImported
from lms_api.identity.tokens import password_fits
from lms_api.imports import loader
from lms_api.imports.campus import Said, organization_id
from lms_api.imports.cli import app
from lms_api.imports.oulad.importer import oulad_campus
from lms_api.imports.rejects import ImportRejected
from stack.settings import Settings

OULAD, DEMO = organization_id("oulad"), organization_id("demo")
TABLES = ("organizations", "users", "courses", "enrollments", "learning_events", "learning_event_ids", "imports")


def counts(inside, organization) -> dict[str, object]:
    return {table: inside.one(organization, f"select count(*) from {table}") for table in TABLES}


def run(*arguments: str) -> str:
    """The command's words; it has to succeed."""
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    return result.output


class TestOulad:
    def test_reconciles_with_what_the_file_holds(self, imported_oulad, small_oulad_zip) -> None:
        loaded, inside = imported_oulad.loaded, imported_oulad.inside
        told = {count.table: count for count in loaded.counts}
        assert {table: count.rows for table, count in told.items()} == small_oulad_zip.rows
        assert all(count.reconciles and count.rejected == 0 for count in loaded.counts)
        assert told["studentVle"].clicks == small_oulad_zip.clicks
        assert told["studentVle"].events == small_oulad_zip.student_page_days
        assert told["studentVle"].merged == small_oulad_zip.rows["studentVle"] - small_oulad_zip.student_page_days
        assert loaded.events == inside.one(OULAD, "select count(*) from learning_events")
        assert loaded.horizon_seconds > 0

    def test_says_its_counts_as_events(self, imported_oulad, small_oulad_zip) -> None:
        inside = imported_oulad.inside
        payloads = inside.rows(OULAD, "select payload::text from learning_events where name = 'table.imported'")
        said = {one.table: one for one in (TableImported.model_validate_json(row[0]) for row in payloads)}
        assert {table: one.rows for table, one in said.items()} == {
            table.lower(): rows for table, rows in small_oulad_zip.rows.items()
        }
        assert said["studentvle"].clicks == small_oulad_zip.clicks
        assert all(one.rows == one.events + one.merged + one.rejected for one in said.values())
        assert said["studentassessment"].further == small_oulad_zip.graded

    def test_writes_rows_that_agree_with_the_events(self, imported_oulad, small_oulad_zip) -> None:
        inside = imported_oulad.inside
        assert inside.one(OULAD, "select count(*) from users where role = 'student'") == small_oulad_zip.learners
        assert inside.one(OULAD, "select count(*) from enrollments") == small_oulad_zip.enrollments
        assert inside.one(OULAD, "select count(*) from submissions") == small_oulad_zip.submissions
        latest = """
            select count(*) from enrollments e join (
                select distinct on (payload->>'enrollment_id')
                    payload->>'enrollment_id' as id, payload->>'status' as status
                from learning_events where name = 'enrollment.changed'
                order by payload->>'enrollment_id', (payload->>'revision')::int desc
            ) said on said.id::uuid = e.id where said.status = e.status"""
        assert inside.one(OULAD, latest) == small_oulad_zip.enrollments
        actors = """
            select count(*) from learning_events v join enrollments e on e.id = (v.payload->>'enrollment_id')::uuid
            join pseudonyms p on p.user_id = e.student_id and p.actor_id = v.actor_id
            where v.name = 'activity.viewed'"""
        assert inside.one(OULAD, actors) == small_oulad_zip.student_page_days
        clicks = "select sum((payload->>'views')::int) from learning_events where name = 'activity.viewed'"
        assert inside.one(OULAD, clicks) == small_oulad_zip.clicks

    def test_lets_nobody_of_the_file_sign_in(self, imported_oulad) -> None:
        campus, inside = imported_oulad.campus, imported_oulad.inside
        able = inside.rows(
            OULAD, "select email, password_hash from users where password_hash is not null order by email"
        )
        assert [email for email, _ in able] == ["admin@oulad.invalid", "tutor@oulad.invalid"]
        assert password_fits(campus.sign_ins["administrator"].password, able[0][1])
        teaches = "select count(*) from courses c join users u on u.id = c.instructor_id where u.email like 'tutor@%'"
        assert inside.one(OULAD, teaches) == 6

    def test_keeps_a_person_as_one_account_across_presentations(self, imported_oulad) -> None:
        inside = imported_oulad.inside
        several = """
            select count(*) from enrollments e join users u on u.id = e.student_id
            where u.email = '10000@oulad.invalid'"""
        assert inside.one(OULAD, several) == 6

    def test_lands_in_the_partition_of_the_day(self, imported_oulad) -> None:
        places = imported_oulad.inside.rows(OULAD, "select distinct tableoid::regclass::text from learning_events")
        assert places == [(f"learning_events_{datetime.now(UTC):%Y%m%d}",)]

    def test_refuses_another_file_into_the_same_organization(self, imported_oulad) -> None:
        with pytest.raises(loader.AnotherImport, match="came from another source"):
            loader.known(imported_oulad.settings, organization=OULAD, kind="oulad", file_hash="0" * 64)


class TestAllOrNothing:
    def test_writes_nothing_of_a_file_with_a_malformed_row(
        self, database: Settings, inside, small_oulad_zip, tmp_path
    ) -> None:
        path = tmp_path / "spoilt.zip"
        with ZipFile(small_oulad_zip.path) as good, ZipFile(path, "w") as spoilt:
            for name in good.namelist():
                text = good.read(name).decode()
                spoilt.writestr(
                    name, text + '"AAA","2013B","1","1000","x","1"\r\n' if name == "studentVle.csv" else text
                )
        result = CliRunner().invoke(app, ["oulad", str(path)])
        assert isinstance(result.exception, ImportRejected)
        assert f"studentVle.csv:{small_oulad_zip.rows['studentVle'] + 2}: " in str(result.exception)
        assert set(counts(inside, OULAD).values()) == {0}

    def test_writes_nothing_when_it_breaks_on_the_way(self, database: Settings, inside, small_oulad_zip) -> None:
        campus = oulad_campus(small_oulad_zip.path)

        def broken() -> Iterator[Said]:
            yield next(campus.events)
            raise RuntimeError("out of events")

        with pytest.raises(RuntimeError, match="out of events"):
            loader.load(replace(campus, events=broken()), database)
        assert set(counts(inside, OULAD).values()) == {0}
        assert inside.one(OULAD, "select count(*) from pg_namespace where nspname = 'staging_import'") == 0

    def test_writes_nothing_when_the_last_statement_is_refused(
        self, database: Settings, inside, small_oulad_zip
    ) -> None:
        campus = oulad_campus(small_oulad_zip.path)
        with pytest.raises(Exception, match="file_hash"):
            loader.load(replace(campus, file_hash=None), database)  # type: ignore[arg-type]
        assert set(counts(inside, OULAD).values()) == {0}


class TestAgain:
    def test_the_same_file_changes_nothing_and_says_so(self, database: Settings, inside, small_oulad_zip) -> None:
        assert "What became of the file's rows" in run("oulad", str(small_oulad_zip.path))
        before = counts(inside, OULAD)
        assert "nothing was changed" in run("oulad", str(small_oulad_zip.path))
        assert counts(inside, OULAD) == before
        assert before["imports"] == 1

    def test_ids_are_the_same_on_another_machine_but_for_pseudonyms(self, small_oulad_zip) -> None:
        first, second = (oulad_campus(small_oulad_zip.path) for _ in range(2))
        for (table, ours), (_, theirs) in zip(first.rows, second.rows, strict=True):
            assert ours.drop("actor_id", "password_hash", strict=False).equals(
                theirs.drop("actor_id", "password_hash", strict=False)
            ), table
        pseudonyms = [dict(campus.rows)["pseudonyms"]["actor_id"] for campus in (first, second)]
        assert pseudonyms[0].is_in(pseudonyms[1].implode()).sum() == 0
        ids = [[said.frame["event_id"].to_list() for said in campus.events] for campus in (first, second)]
        assert ids[0] == ids[1]


class TestDemo:
    def test_is_loaded_once_and_marked_as_made_up(self, database: Settings, inside) -> None:
        output = run("demo", "--size", "S")
        assert "made up" in output
        assert inside.rows(DEMO, "select slug, made_up from organizations") == [("demo", True)]
        before = counts(inside, DEMO)
        self.assert_that_its_people_can_sign_in(database, inside)
        self.assert_that_its_board_is_full(inside, json.loads((database.home / "sign-ins.json").read_text()))
        assert "nothing was changed" in run("demo", "--size", "S")
        assert counts(inside, DEMO) == before

    def assert_that_its_people_can_sign_in(self, database: Settings, inside) -> None:
        path = database.home / "sign-ins.json"
        assert path.stat().st_mode & 0o777 == 0o600
        kept = json.loads(path.read_text())
        for role in ("learner", "instructor", "administrator"):
            one = kept[role]
            assert one["organization"] == "demo"
            found = inside.rows(DEMO, f"select password_hash from users where email = '{one['email']}'")
            assert password_fits(one["password"], found[0][0])

    def assert_that_its_board_is_full(self, inside, kept) -> None:
        running = """
            select count(*) from enrollments e join courses c on c.id = e.course_id join users u on u.id = {person}
            where u.email = '{email}' and e.status = 'active' and now() between c.starts_at and c.ends_at"""
        teaches = running.format(person="c.instructor_id", email=kept["instructor"]["email"])
        assert inside.one(DEMO, f"{teaches} group by c.id order by 1 desc limit 1") >= 20
        assert inside.one(DEMO, running.format(person="e.student_id", email=kept["learner"]["email"])) >= 1
