"""What is derived from the events: JSON Schemas, dbt's source, the documentation page and the xAPI verbs.

`python -m contracts.catalogue` writes them; tests fail when a derived file is stale or a change would break a reader.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from contracts.events import CATALOGUE, Event

ROOT = Path(__file__).resolve().parent.parent
SCHEMAS = ROOT / "contracts" / "schemas"
DBT_SOURCE = ROOT / "dbt" / "models" / "staging" / "lms" / "_sources.yml"
PAGE = ROOT / "docs" / "events.md"

READ_BY_FEATURES: frozenset[str] = frozenset(
    {
        "course.changed",
        "lesson.changed",
        "assessment.changed",
        "enrollment.changed",
        "activity.viewed",
        "lesson.completed",
        "assessment.submitted",
        "submission.graded",
        "course_result.recorded",
    }
)
"""The news: events that a feature or a label reads. A test compares it with dbt's lineage of the feature marts.

A prediction's being shown is an event too and is not among them, for it must not wake the scoring that made it.
"""


# ---------- JSON Schema
def schema(event: type[Event]) -> dict[str, Any]:
    """The payload's JSON Schema, titled by the event's name."""
    return {**event.model_json_schema(mode="serialization"), "title": event.name}


def breaking_differences(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """What a reader or a writer of the old payload would trip over; empty when the change only adds.

    A field may be added with a default, and an enumeration may grow.
    """
    before, after = old.get("properties", {}), new.get("properties", {})
    gone = [f"{name}: removed" for name in before if name not in after]
    demanded = [
        f"{name}: demanded of old payloads"
        for name in new.get("required", [])
        if name not in old.get("required", []) and "default" not in after.get(name, {})
    ]
    changed = [
        f"{name}: {was} became {now}"
        for name in before
        if name in after and not _widened(was := _shape(before[name], old), now := _shape(after[name], new))
    ]
    return gone + demanded + changed


def _shape(field: dict[str, Any], whole: dict[str, Any]) -> frozenset[str]:
    """Every kind of value that the field takes, enumerations by their words."""
    return frozenset(said for kind in kinds(field, whole) for said in _said(kind, whole))


def _said(kind: dict[str, Any], whole: dict[str, Any]) -> list[str]:
    if "enum" in kind:
        return [f"word:{word}" for word in kind["enum"]]
    if kind.get("type") == "array":
        return [f"array:{shape}" for shape in sorted(_shape(kind["items"], whole))]
    return [f"{kind.get('type')}:{kind.get('format', '')}"]


def _widened(was: frozenset[str], now: frozenset[str]) -> bool:
    """Words may be added to an enumeration; any other kind stays what it was."""
    return was <= now and all(kind.startswith(("word:", "array:word:")) for kind in now - was)


# ---------- what a field may hold
def kinds(field: dict[str, Any], whole: dict[str, Any]) -> list[dict[str, Any]]:
    """The field's options with references resolved; several for an optional field."""
    if "$ref" in field:
        return kinds(whole["$defs"][field["$ref"].rsplit("/", 1)[-1]], whole)
    return [kind for option in field["anyOf"] for kind in kinds(option, whole)] if "anyOf" in field else [field]


def free_text_fields(event: type[Event]) -> list[str]:
    """Payload fields that could hold a name or an essay; there may be none."""
    whole = schema(event)
    return [name for name, field in whole["properties"].items() if any(_is_free(kind) for kind in kinds(field, whole))]


def _is_free(kind: dict[str, Any]) -> bool:
    if kind.get("type") == "array":
        return _is_free(kind.get("items", {}))
    text = kind.get("type") == "string" and not kind.keys() & {"format", "pattern", "enum", "const"}
    return text or kind.get("type") not in {"string", "integer", "number", "boolean", "null"}


def clickhouse_family(event: type[Event], name: str) -> str:
    """The family of ClickHouse types of a payload's field: UUID, String, Bool, Int, Float, DateTime64, Array(String).

    Nullable where the field may be null; Int stands for every integer's width.
    """
    whole = schema(event)
    options = kinds(whole["properties"][name], whole)
    scalar = next(_family(kind) for kind in options if kind.get("type") != "null")
    return f"Nullable({scalar})" if any(kind.get("type") == "null" for kind in options) else scalar


def _family(kind: dict[str, Any]) -> str:
    if kind["type"] == "array":
        return f"Array({_family(kind['items'])})"
    if kind["type"] == "string":
        return {"uuid": "UUID", "date-time": "DateTime64"}.get(kind.get("format", ""), "String")
    return {"integer": "Int", "number": "Float", "boolean": "Bool"}[kind["type"]]


# ---------- what is derived
def dbt_source() -> str:
    """raw as dbt knows it: the envelope's columns, and every event with its fields as the table's meta."""
    lines = [
        "# Derived from contracts/events.py by `python -m contracts.catalogue`.",
        "version: 2",
        "sources:",
        "  - name: raw",
        "    schema: raw",
        "    description: Every event of the LMS, as said. One row per event, carried from the event log.",
        "    tables:",
        "      - name: carry_batches",
        "        description: One row per batch and state; a batch is a range of the log.",
        "      - name: learning_events",
        "        description: One row per event; readers are safe against a duplicate.",
        "        columns:",
        *(
            f"          - name: {name}\n            description: {json.dumps(said)}"
            for name, said in RAW_COLUMNS.items()
        ),
        "        config:",
        "          meta:",
        "            events:",
    ]
    for name, event in sorted(CATALOGUE.items()):
        fields = ", ".join(f"{field}: {clickhouse_family(event, field)}" for field in event.model_fields)
        lines.append(f"              {name}: {{{fields}}}")
    return "\n".join(lines) + "\n"


RAW_COLUMNS: dict[str, str] = {
    "organization_id": "Whose event it is.",
    "event_id": "Unique within the organization.",
    "name": "The event's name in contracts/events.py.",
    "version": "Of the payload's shape.",
    "source": "live, import or pipeline.",
    "actor_id": "A pseudonym; null when the system itself did it.",
    "course_id": "The course it happened in, if any.",
    "occurred_at": "When it was done, as the client may say.",
    "recorded_at": "When it was known; knowledge as of T is what was recorded before T.",
    "trace_id": "W3C trace id of the request; empty for none.",
    "payload": "The event's fields as JSON; read through the macro field().",
    "epoch": "First part of the place in the log.",
    "txid": "Second part of the place in the log.",
    "seq": "Third part of the place in the log.",
    "batch": "The carry's batch: a range of the log, growing with it.",
    "landed_at": "When it was inserted here.",
}


def page() -> str:
    """The documentation of every event: its docstring, who reads it, its fields."""
    parts = [
        "# Events",
        "Derived from `contracts/events.py` by `python -m contracts.catalogue`.",
        "The envelope of `contracts/envelope.py` wraps each: ids, organization, pseudonym, course and moments.",
    ]
    return "\n\n".join([*parts, *(_section(event) for _, event in sorted(CATALOGUE.items()))]) + "\n"


def _section(event: type[Event]) -> str:
    said = " ".join((event.__doc__ or "").split())
    whole = schema(event)
    notes = [f"xAPI verb: <{event.verb}>"]
    notes += ["May be reported by a client through `track-event`."] if event.trackable else []
    notes += [f"Not read yet: {event.unread}"] if event.unread else []
    rows = [
        f"| `{name}` | {_words(field, whole)} | {field.get('description', '')} |"
        for name, field in whole["properties"].items()
    ]
    table = "\n".join(["| field | holds | meaning |", "|---|---|---|", *rows])
    return "\n\n".join([f"## `{event.name}`", said, "  \n".join(notes), table])


def _words(field: dict[str, Any], whole: dict[str, Any]) -> str:
    return " or ".join(_word(kind) for kind in kinds(field, whole))


def _word(kind: dict[str, Any]) -> str:
    if "enum" in kind:
        return ", ".join(f"`{word}`" for word in kind["enum"])
    if kind["type"] == "array":
        return f"list of {_word(kind['items'])}"
    return (
        "word"
        if "pattern" in kind
        else {"date-time": "moment"}.get(kind.get("format", ""), kind.get("format") or kind["type"])
    )


def derived_files() -> Iterator[tuple[Path, str]]:
    """Every derived file with the text that it should have."""
    for name, event in sorted(CATALOGUE.items()):
        yield SCHEMAS / f"{name}.json", json.dumps(schema(event), indent=2, sort_keys=True) + "\n"
    yield DBT_SOURCE, dbt_source()
    yield PAGE, page()


def write() -> list[Path]:
    """Brings every derived file up to date; gives those that changed. Refuses a breaking change of a payload."""
    changed = [(path, text) for path, text in derived_files() if not path.exists() or path.read_text() != text]
    for path, text in changed:
        if path.parent == SCHEMAS and path.exists():
            broken = breaking_differences(json.loads(path.read_text()), json.loads(text))
            if broken:
                raise SystemExit(f"{path.stem}: {'; '.join(broken)}. Payloads only grow: add a field with a default.")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return [path for path, _ in changed]


if __name__ == "__main__":
    for written in write():
        print(written.relative_to(ROOT))
