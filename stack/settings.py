"""Every setting of the product, read once from the environment (prefix `LMS_`) and nowhere else."""

import json
import os
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import quote

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

SECRETS = (
    "secret_key",
    "service_key",
    "postgres_password",
    "application_password",
    "log_password",
    "platform_password",
    "clickhouse_password",
    "clickhouse_reader_password",
)
"""Generated into `LMS_HOME/secrets.json` at the first start; production must give them itself."""


class Settings(BaseSettings):
    """One frozen object. A URL that is unset means the embedded store under `home`."""

    model_config = SettingsConfigDict(env_prefix="LMS_", frozen=True, extra="ignore", populate_by_name=True)

    environment: Literal["development", "production"] = "development"
    home: Path = Field(default=Path("var"), description="The one folder that holds all data of this campus.")
    host: str = Field(default="127.0.0.1", description="The address that every process listens on.")
    port: int = Field(default=8400, ge=1, le=65_500, description="The LMS's port; the others follow it, one by one.")

    database_url: str | None = Field(default=None, description="PostgreSQL as the application's role.")
    database_owner_url: str | None = Field(default=None, description="PostgreSQL as the owner, for migrations.")
    database_log_url: str | None = Field(default=None, description="PostgreSQL as the reader of the event log.")
    platform_database_url: str | None = Field(
        default=None,
        description="A second cluster, for Dagster, MLflow and Feast; the URL is without a database's name.",
    )
    clickhouse_url: str | None = Field(default=None, description="ClickHouse's HTTP interface, as the writing user.")
    serving_url: str | None = Field(default=None, description="Where BentoML answers.")
    lms_url: str | None = Field(default=None, description="Where the LMS answers, for the pipeline's posts.")
    files_url: str | None = Field(default=None, description="The file store; unset is a folder under `home`.")
    llm_base_url: str | None = Field(default=None, description="An OpenAI-compatible service; unset turns LLMs off.")

    secret_key: SecretStr = SecretStr("")
    service_key: SecretStr = SecretStr("")
    postgres_password: SecretStr = SecretStr("")
    application_password: SecretStr = SecretStr("")
    log_password: SecretStr = SecretStr("")
    platform_password: SecretStr = SecretStr("")
    clickhouse_password: SecretStr = SecretStr("")
    clickhouse_reader_password: SecretStr = SecretStr("")

    clickhouse_memory_bytes: int = Field(default=4 << 30, ge=1 << 29, description="The engine's own memory limit.")
    worker_poll_seconds: float = Field(default=1.0, gt=0, description="How often the worker compares positions.")
    optuna_trials: int = Field(default=10, ge=1, description="The budget of one training.")
    chromium: Path | None = Field(
        default=None, validation_alias="CHROMIUM", description="The browser of the tests; unset is the system's."
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings, env_settings)

    @model_validator(mode="before")
    @classmethod
    def _with_the_home_s_secrets(cls, given: dict[str, Any]) -> dict[str, Any]:
        """What the environment leaves out comes from `LMS_HOME/secrets.json`, except in production."""
        if given.get("environment") == "production":
            return given
        return {**_stored_secrets(Path(given.get("home", "var")) / "secrets.json"), **given}

    @model_validator(mode="after")
    def _refuses_default_secrets_in_production(self) -> Self:
        if self.environment == "production":
            needed = [
                name for name in ("secret_key", "service_key") if len(getattr(self, name).get_secret_value()) < 32
            ]
            if needed:
                names = ", ".join(f"LMS_{name.upper()}" for name in needed)
                raise ValueError(f"{names}: production needs a secret of at least 32 characters; set it.")
        return self

    # ---------- addresses: what was given, else the embedded store's
    @property
    def application_url(self) -> str:
        return self.database_url or self._postgres("campus_app", self.application_password)

    @property
    def owner_url(self) -> str:
        return self.database_owner_url or self._postgres("campus_owner", self.postgres_password)

    @property
    def log_url(self) -> str:
        return self.database_log_url or self._postgres("campus_log", self.log_password)

    @property
    def lms_base_url(self) -> str:
        return self.lms_url or f"http://{self.host}:{self.port}"

    @property
    def serving_base_url(self) -> str:
        return self.serving_url or f"http://{self.host}:{self.serving_port}"

    @property
    def clickhouse_http_url(self) -> str:
        password = quote(self.clickhouse_password.get_secret_value())
        return self.clickhouse_url or f"http://campus:{password}@{self.host}:{self.clickhouse_port}"

    def platform_url(self, database: Literal["dagster", "mlflow", "feast"]) -> str:
        """The second cluster's URL for one of its databases."""
        password = quote(self.platform_password.get_secret_value())
        base = (
            self.platform_database_url
            or f"postgresql://campus_owner:{password}@{self.host}:{self.platform_postgres_port}"
        )
        return f"{base.rstrip('/')}/{database}"

    def _postgres(self, role: str, password: SecretStr) -> str:
        return f"postgresql://{role}:{quote(password.get_secret_value())}@{self.host}:{self.postgres_port}/campus"

    # ---------- ports: one number moves them all, so that two campuses can stand side by side
    @property
    def serving_port(self) -> int:
        return self.port + 1

    @property
    def dagster_port(self) -> int:
        return self.port + 2

    @property
    def dagster_code_port(self) -> int:
        return self.port + 3

    @property
    def postgres_port(self) -> int:
        return self.port + 4

    @property
    def platform_postgres_port(self) -> int:
        return self.port + 5

    @property
    def clickhouse_port(self) -> int:
        return self.port + 6

    # ---------- folders under home
    @property
    def models_folder(self) -> Path:
        """Exports of the registry that serving reads: `<name>/<version>` and a pointer."""
        return self.home.resolve() / "models"

    @property
    def artifacts_folder(self) -> Path:
        return self.home.resolve() / "mlflow"

    @property
    def dagster_home(self) -> Path:
        return self.home.resolve() / "dagster"

    @property
    def logs_folder(self) -> Path:
        return self.home.resolve() / "logs"


def _stored_secrets(path: Path) -> dict[str, Any]:
    """Empty when there is no readable file: `ensure_home` says what is wrong with a damaged one, and how to mend it."""
    try:
        stored = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return stored if isinstance(stored, dict) else {}


@lru_cache
def get_settings() -> Settings:
    """The process's settings; tests clear the cache after changing the environment."""
    return Settings()


def child_environment(**extra: str) -> dict[str, str]:
    """The environment for a child process: ours, `extra`, telemetry off, bytecode kept (imports are heavy)."""
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**inherited, **TELEMETRY_OFF, **extra}


def tell_libraries(**values: str) -> None:
    """Sets variables that a library in this process reads by itself and takes in no other way."""
    os.environ.update(values)


TELEMETRY_OFF = {
    "DO_NOT_TRACK": "true",
    "DAGSTER_DISABLE_TELEMETRY": "1",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "False",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "BENTOML_DO_NOT_TRACK": "True",
    "GX_ANALYTICS_ENABLED": "false",
    "SCARF_ANALYTICS": "false",
}
