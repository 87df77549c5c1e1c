"""One server process for the folder's tests; `LMS_CLICKHOUSE_URL` puts a real server in its place."""

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import clickhouse_connect
import httpx
import pytest
from clickhouse_connect.driver.client import Client
from pydantic import SecretStr

from stack.settings import Settings, child_environment, get_settings

START_SECONDS = 30


@dataclass
class Server:
    """A child process and the settings that reach it."""

    settings: Settings
    process: subprocess.Popen[str]

    @property
    def url(self) -> str:
        return f"http://{self.settings.host}:{self.settings.clickhouse_port}"

    def wait(self) -> "Server":
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until and self.process.poll() is None:
            try:
                if httpx.get(f"{self.url}/ping").text == "Ok.\n":
                    return self
            except httpx.TransportError:
                time.sleep(0.05)
        raise AssertionError(f"the server did not start: {self.process.poll()}")


StartServer = Callable[[Path], Server]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start_server(home: Path) -> Server:
    """Starts a server of its own on `home`, without waiting for it."""
    settings = Settings(
        home=home,
        port=free_port() - 6,
        clickhouse_url=None,
        clickhouse_password=SecretStr("writes"),
        clickhouse_reader_password=SecretStr("reads"),
    )
    environment = child_environment(
        LMS_HOME=str(home),
        LMS_PORT=str(settings.port),
        LMS_CLICKHOUSE_PASSWORD="writes",
        LMS_CLICKHOUSE_READER_PASSWORD="reads",
    )
    argv = [sys.executable, "-m", "stack.local.clickhouse"]
    process = subprocess.Popen(argv, env=environment, stderr=subprocess.PIPE, text=True)
    return Server(settings, process)


@pytest.fixture
def start() -> Iterator[StartServer]:
    """Starts servers that end with the test."""
    started: list[Server] = []

    def begin(home: Path) -> Server:
        started.append(start_server(home))
        return started[-1]

    yield begin
    for server in started:
        server.process.kill()
        server.process.communicate()


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """What reaches the server under test: the one that the settings name, or an embedded one."""
    if get_settings().clickhouse_url:
        yield get_settings()
        return
    server = start_server(tmp_path_factory.mktemp("home")).wait()
    yield server.settings
    server.process.terminate()
    server.process.communicate()


def connect(settings: Settings, *, reader: bool = False, **options: object) -> Client:
    """An unmodified clickhouse-connect client with its defaults: a session per client, lz4."""
    address = httpx.URL(settings.clickhouse_http_url)
    return clickhouse_connect.get_client(
        host=address.host,
        port=address.port or 8123,
        username="campus_reader" if reader else address.username,
        password=settings.clickhouse_reader_password.get_secret_value() if reader else address.password,
        **options,  # type: ignore[arg-type]
    )


@pytest.fixture(scope="session")
def writer(settings: Settings) -> Iterator[Client]:
    with connect(settings) as client:
        yield client


@pytest.fixture(scope="session")
def reader(settings: Settings) -> Iterator[Client]:
    with connect(settings, reader=True) as client:
        yield client


@pytest.fixture
def database(writer: Client) -> Iterator[str]:
    """An empty database that ends with the test."""
    name = f"t_{uuid4().hex[:12]}"
    writer.command(f"CREATE DATABASE {name}")
    yield name
    writer.command(f"DROP DATABASE {name}")


@pytest.fixture
def http(settings: Settings) -> Iterator[httpx.Client]:
    """Plain HTTP as the writing user."""
    with httpx.Client(base_url=settings.clickhouse_http_url, timeout=30) as client:
        yield client
