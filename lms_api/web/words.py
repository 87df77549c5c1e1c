"""How the screens say numbers, moments and states. Pure; plain words, the same on every page."""

from datetime import UTC, datetime

from contracts.events import Act
from contracts.predictions import Band
from lms_api.predictions.schemas import Answer, Movement

BANDS = {Band.HIGH: "Needs attention first", Band.RAISED: "Worth a look", Band.LOW: "On track"}
"""A band as the board says it: what to do, not what the learner is."""

RULE = {
    Band.HIGH: "Not seen for 7 days or more.",
    Band.RAISED: "Not seen for 4 days or more.",
    Band.LOW: "Seen within the last 4 days.",
}
"""What the seven-day rule says of a band (its limits are in `models/risk/rule.py`): days, and no chance."""

ACTS = {Act.CONTACTED: "Contacted", Act.EXTENSION_GIVEN: "Extension given", Act.NO_NEED: "No need"}
"""What one press records."""

MOVEMENTS = {Movement.NEW: "New on the list", Movement.BACK: "Back on track", Movement.UNCHANGED: ""}

SOURCES = {
    Answer.LIVE: "Asked just now",
    Answer.STORED: "From the last run",
    Answer.POPULAR: "Popular here",
    Answer.ORDER: "In the course's order",
    Answer.NONE: "Nothing yet",
}
"""Where a recommendation came from."""

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


def ago(moment: datetime | None, now: datetime) -> str:
    """The age of a moment in its largest whole unit, in steps of a minute: a page's ETag then holds for as long."""
    if moment is None:
        return "never"
    seconds = (now - moment).total_seconds()
    return "less than a minute ago" if seconds < _MINUTE else f"{span(seconds)} ago"


def span(seconds: float) -> str:
    """A length of time in its largest whole unit: 42 seconds, 3 minutes, 2 hours, 5 days."""
    for size, unit in ((_DAY, "day"), (_HOUR, "hour"), (_MINUTE, "minute"), (1, "second")):
        if seconds >= size:
            return count(int(seconds // size), unit)
    return "under a second"


def count(number: int, noun: str, many: str | None = None) -> str:
    """1 lesson, 2 lessons, 1,200 lessons."""
    return f"{number:,} {noun if number == 1 else many or noun + 's'}"


def day(moment: datetime | None) -> str:
    """12 Nov 2026, in UTC."""
    return "no date" if moment is None else f"{moment.astimezone(UTC):%-d %b %Y}"


def minute(moment: datetime | None) -> str:
    """12 Nov 2026, 14:05 UTC."""
    return "never" if moment is None else f"{moment.astimezone(UTC):%-d %b %Y, %H:%M} UTC"


def of_ten(value: float) -> str:
    """A probability as people count: so many of ten, and at the ends 'fewer than 1' and 'more than 9'."""
    tenths = round(value * 10)
    if tenths < 1:
        return "fewer than 1"
    return f"about {tenths}" if tenths < 10 else "more than 9"


def judged(people: int | None) -> str:
    """On how many the estimate's model was tried; empty where nobody knows."""
    return f"judged on n = {count(people, 'learner')} of earlier presentations" if people else ""


def percent(value: float) -> str:
    """A share between 0 and 1: 62 %."""
    return f"{value * 100:.0f} %"


def number(value: float) -> str:
    """Whole numbers without a fraction, others with one digit."""
    return f"{value:,.0f}" if abs(value - round(value)) < 0.05 else f"{value:,.1f}"


def version(model: str | None) -> str:
    """`risk.<organization>@3` as people say it: risk, version 3."""
    name, _, given = (model or "").partition("@")
    return f"{name.split('.')[0]}, version {given}" if given else name.split(".")[0]


def period(starts_at: datetime | None, ends_at: datetime | None) -> str:
    """When a course runs; one without a start is taken at one's own pace."""
    if starts_at is None:
        return "at your own pace"
    return f"{day(starts_at)} to {day(ends_at)}" if ends_at else f"from {day(starts_at)}"


def joined(*parts: str | None) -> str:
    """The parts that say something, with a middle dot between."""
    return " · ".join(part for part in parts if part)
