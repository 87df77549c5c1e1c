"""Table of imports."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, func, text
from sqlalchemy.orm import Mapped, mapped_column

from lms_api.db import Base, Identified, Tenant


class Import(Identified, Tenant, Base):
    """One file that was loaded, known by its hash: the same file again is a no-op."""

    __tablename__ = "imports"
    __table_args__ = (
        Index("imports_finished_once", "organization_id", "kind", "file_hash", unique=True,
              postgresql_where=text("finished_at is not null")),
    )  # fmt: skip

    kind: Mapped[str] = mapped_column(String(50))
    file_hash: Mapped[str] = mapped_column(String(64))
    report: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'"))
    started_at: Mapped[datetime] = mapped_column(server_default=func.now())
    finished_at: Mapped[datetime | None]
