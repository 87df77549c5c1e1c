"""What one turn of the loop did: the worker posts it to the LMS, whose system page shows it."""

from datetime import date
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from contracts.ids import Moment


class StageReport(BaseModel):
    """One stage's row in the ledger: rows_in = rows_out + merged + rejected + waiting, or it doesn't reconcile."""

    model_config = ConfigDict(frozen=True)

    stage: str
    rows_in: int = Field(ge=0)
    rows_out: int = Field(ge=0)
    seconds: float = Field(ge=0)
    position: str | None = Field(default=None, description="Where in the log the stage stands: epoch/txid/seq.")
    merged: int = Field(default=0, ge=0, description="Rows that became part of another row.")
    rejected: int = Field(default=0, ge=0)
    waiting: int = Field(default=0, ge=0, description="Landed, not yet known at the as-of.")
    clicks: int | None = Field(default=None, description="The sum of clicks, equal at each stage that carries them.")
    note: str = ""

    @property
    def reconciles(self) -> bool:
        return self.rows_in == self.rows_out + self.merged + self.rejected + self.waiting


class LoopReport(BaseModel):
    """One run of the circle, by the same assets whether the worker, a schedule or a command asked for it."""

    model_config = ConfigDict(frozen=True, protected_namespaces=())

    run_id: UUID = Field(description="Dagster's run.")
    started_at: Moment
    finished_at: Moment
    replay_as_of: date | None = None
    stages: tuple[StageReport, ...]
    lag_seconds: float | None = Field(default=None, description="Age of the oldest event that is not yet in a feature.")
    lag_events: int = Field(default=0, ge=0)
    model_versions: dict[str, str] = Field(default_factory=dict, description="Registered name → version in use.")
    failure: str | None = Field(default=None, description="Which stage failed and why; None when the circle closed.")

    @property
    def reconciles(self) -> bool:
        return all(stage.reconciles for stage in self.stages)
