import os
import shutil
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from stack.errors import SettingMissing
from stack.local import postgres
from stack.local.home import ensure_home, outside_folder
from stack.local.supervisor import stores as running_stores
from stack.postgres import connect, engine
from stack.settings import Settings


def one(url: str, query: sql.SQL) -> object:
    with connect(url) as connection:
        row = connection.execute(query).fetchone()
        assert row is not None
        return row[0]


class TestCampusCluster:
    def test_is_postgresql_18_with_pgvector(self, stores: Settings) -> None:
        assert str(one(stores.owner_url, sql.SQL("show server_version"))).startswith("18.")
        assert one(stores.owner_url, sql.SQL("select '[1,2]'::vector <-> '[1,3]'::vector")) == 1.0

    def test_syncs_and_has_checksums(self, stores: Settings) -> None:
        assert one(stores.owner_url, sql.SQL("show fsync")) == "on"
        assert one(stores.owner_url, sql.SQL("show data_checksums")) == "on"

    def test_no_role_that_can_sign_in_stands_above_row_level_security(self, stores: Settings) -> None:
        query = (
            "select rolname, rolsuper or rolbypassrls from pg_roles "
            "where rolcanlogin and rolname like 'campus%' order by 1"
        )
        with connect(stores.owner_url) as connection:
            roles = connection.execute(query).fetchall()
        assert roles == [("campus_app", False), ("campus_log", False), ("campus_owner", False)]

    def test_nobody_signs_in_as_the_superuser(self, stores: Settings) -> None:
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            connect(f"postgresql://postgres:postgres@{stores.host}:{stores.postgres_port}/campus")

    def test_a_wrong_password_is_refused(self, stores: Settings) -> None:
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            connect(f"postgresql://campus_app:wrong@{stores.host}:{stores.postgres_port}/campus")

    def test_only_the_owner_makes_tables(self, stores: Settings) -> None:
        for url in (stores.application_url, stores.log_url):
            with connect(url) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute("create table intruder (id int)")
        with connect(stores.owner_url) as connection:
            connection.execute("create table guest (id int)")
            connection.rollback()

    def test_the_log_reader_sees_who_holds_the_horizon(self, stores: Settings) -> None:
        holder = "select count(*) from pg_stat_activity where usename = 'campus_owner' and backend_xmin is not null"
        with connect(stores.owner_url) as owner:
            owner.execute("set transaction isolation level repeatable read")
            owner.execute("select 1")
            assert one(stores.log_url, sql.SQL(holder)) == 1


class TestPlatformCluster:
    def test_has_three_databases_of_one_owner(self, stores: Settings) -> None:
        for database in ("dagster", "mlflow", "feast"):
            url = stores.platform_url(database)
            assert one(url, sql.SQL("select current_database() || ' ' || current_user")) == f"{database} campus_owner"

    def test_is_another_cluster(self, stores: Settings) -> None:
        identifier = sql.SQL("select system_identifier from pg_control_system()")
        assert one(stores.owner_url, identifier) != one(stores.platform_url("dagster"), identifier)


class TestClosedFolders:
    """As root, where another user has to run the server, its files must not lie behind a 0700 folder."""

    def test_data_under_a_closed_home_is_kept_beside(self, new_home: Settings) -> None:
        new_home.home.chmod(0o700)
        with running_stores(new_home, ("postgres",)):
            settings = ensure_home(new_home)
            of = postgres.cluster("campus", settings)
            connect(settings.owner_url).close()
        assert (postgres.data_folder(of, settings) / "PG_VERSION").exists()
        moved = str(outside_folder(settings)) in postgres.relocation(settings)
        assert moved == (os.geteuid() == 0)

    def test_data_stays_where_it_was_made(self, new_home: Settings) -> None:
        settings = ensure_home(new_home)
        of = postgres.cluster("campus", settings)
        outside = outside_folder(settings) / of.folder
        outside.mkdir(parents=True)
        assert postgres.data_folder(of, settings) == outside

    def test_programs_in_a_closed_venv_are_copied_and_run(
        self, new_home: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        wheel = postgres._wheel()
        closed = tmp_path / wheel.name
        shutil.copytree(wheel / postgres.VERSION_FOLDER, closed / postgres.VERSION_FOLDER, symlinks=True)
        shutil.copytree(wheel.parent / f"{wheel.name}.libs", tmp_path / f"{wheel.name}.libs")
        tmp_path.chmod(0o700)
        monkeypatch.setattr(postgres, "_wheel", lambda: closed)
        programs = postgres._programs(ensure_home(new_home))
        assert "PostgreSQL) 18" in postgres._run([programs / "postgres", "--version"])
        assert programs.is_relative_to(tmp_path) == (os.geteuid() != 0)


class TestEngine:
    def test_speaks_psycopg_3_and_is_shared(self, stores: Settings) -> None:
        assert engine(stores.owner_url).dialect.driver == "psycopg"
        assert engine(stores.owner_url) is engine(stores.owner_url)


class TestProduction:
    def test_needs_passwords_or_a_url(self, new_home: Settings) -> None:
        bare = Settings(home=new_home.home, environment="production", secret_key="s" * 32, service_key="k" * 32)
        with pytest.raises(SettingMissing, match="LMS_POSTGRES_PASSWORD"):
            postgres.cluster("campus", bare)
