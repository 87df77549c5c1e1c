"""Tables of organizations."""

from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, String, text
from sqlalchemy.orm import Mapped, mapped_column

from lms_api.db import Base, Identified, Updated


class Organization(Identified, Updated, Base):
    """A tenant. Its own row is visible only to itself."""

    __tablename__ = "organizations"
    __table_args__ = (CheckConstraint("slug ~ '^[a-z0-9][a-z0-9-]{0,99}$'", name="slug"),)

    name: Mapped[str] = mapped_column(String(255))
    slug: Mapped[str] = mapped_column(String(100), unique=True)
    logo_url: Mapped[str | None]
    domain: Mapped[str | None] = mapped_column(String(255))
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'"))
    """`predictions_enabled`: false is the kill switch; missing means true."""
    subscription_plan: Mapped[str | None] = mapped_column(String(50))
    made_up: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    imported: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    revision: Mapped[int] = mapped_column(default=1, server_default=text("1"))

    @property
    def organization_id(self) -> UUID:
        return self.id

    @property
    def predictions_enabled(self) -> bool:
        return bool(self.settings.get("predictions_enabled", True))
