"""Business time: as-of days, weeks, deadlines. Tokens, leases, rate limits, signatures use the wall clock instead."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, time, timedelta

_moment: ContextVar[datetime | None] = ContextVar("business_moment", default=None)


def now() -> datetime:
    """Aware, in UTC; inside `standing_at` the moment that was set."""
    return _moment.get() or datetime.now(UTC)


def as_of_cutoff(day: date) -> datetime:
    """The first moment that is no longer known as of `day`: the midnight that ends it, in UTC."""
    return datetime.combine(day + timedelta(days=1), time.min, tzinfo=UTC)


@contextmanager
def standing_at(moment: datetime) -> Iterator[None]:
    """A replay's clock, for this thread or task only. Refuses a moment without a zone."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment}: business time needs a time zone")
    token = _moment.set(moment.astimezone(UTC))
    try:
        yield
    finally:
        _moment.reset(token)
