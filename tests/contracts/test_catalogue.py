"""What is derived from the events stays true: schemas grow only, nothing is stale, nothing is free text."""

import json
import re
from copy import deepcopy

import pytest

from contracts import catalogue
from contracts.events import CATALOGUE, ActivityViewed, Event, PageViewed

STAGING = catalogue.DBT_SOURCE.parent
MARTS = STAGING.parent.parent / "marts"
FIELD = re.compile(r"field\('(\w+)', '([^\n]+?)'\)")
REF = re.compile(r"ref\('(\w+)'\)")
NAME = re.compile(r"where name = '([\w.]+)'")


def staged() -> dict[str, str]:
    """Event name → the SQL of its staging model."""
    texts = [path.read_text() for path in STAGING.glob("*.sql")]
    return {found[1]: text for text in texts if (found := NAME.search(text))}


def family(clickhouse_type: str) -> str:
    """`Nullable(Int32)` and `UInt16` as the catalogue says them: `Nullable(Int)`, `Int`."""
    without_width = re.sub(r"\bU?Int\d+", "Int", re.sub(r"\bFloat\d+", "Float", clickhouse_type))
    return re.sub(r"LowCardinality\((\w+)\)", r"\1", without_width)


class TestDerivedFiles:
    @pytest.mark.parametrize(
        ("path", "text"), tuple(catalogue.derived_files()), ids=lambda value: getattr(value, "name", "")
    )
    def test_are_current(self, path, text):
        assert path.read_text() == text, "run `python -m contracts.catalogue`"

    def test_have_no_schema_of_an_event_that_is_gone(self):
        assert {path.stem for path in catalogue.SCHEMAS.glob("*.json")} == set(CATALOGUE)


class TestSchemas:
    @pytest.mark.parametrize("event", tuple(CATALOGUE.values()), ids=lambda event: event.name)
    def test_only_grow(self, event):
        committed = json.loads((catalogue.SCHEMAS / f"{event.name}.json").read_text())
        assert catalogue.breaking_differences(committed, catalogue.schema(event)) == []

    def test_a_field_with_a_default_may_be_added(self):
        old = catalogue.schema(ActivityViewed)
        new = deepcopy(old)
        new["properties"]["seconds"] = {"type": "integer", "default": 0}
        assert catalogue.breaking_differences(old, new) == []

    def test_a_word_may_be_added_to_an_enumeration(self):
        old = catalogue.schema(PageViewed)
        new = deepcopy(old)
        new["$defs"]["Page"]["enum"].append("forum")
        assert catalogue.breaking_differences(old, new) == []

    def test_a_removed_field_breaks(self):
        old = catalogue.schema(ActivityViewed)
        new = deepcopy(old)
        del new["properties"]["views"]
        assert catalogue.breaking_differences(old, new) == ["views: removed"]

    def test_a_field_that_old_payloads_lack_breaks(self):
        old = catalogue.schema(ActivityViewed)
        new = deepcopy(old)
        new["properties"]["place"] = {"type": "integer"}
        new["required"] = [*old.get("required", []), "place"]
        assert catalogue.breaking_differences(old, new) == ["place: demanded of old payloads"]

    def test_another_type_breaks(self):
        old = catalogue.schema(ActivityViewed)
        new = deepcopy(old)
        new["properties"]["views"] = {"type": "number"}
        assert len(catalogue.breaking_differences(old, new)) == 1

    def test_a_word_taken_away_breaks(self):
        old = catalogue.schema(PageViewed)
        new = deepcopy(old)
        new["$defs"]["Page"]["enum"].remove("home")
        assert len(catalogue.breaking_differences(old, new)) == 1


class TestPayloads:
    @pytest.mark.parametrize("event", tuple(CATALOGUE.values()), ids=lambda event: event.name)
    def test_hold_no_free_text(self, event):
        assert catalogue.free_text_fields(event) == []

    def test_free_text_would_be_found(self):
        class EssayWritten(Event):
            """Not in the catalogue: the class stands for a mistake."""

            verb = ""
            words: str
            notes: tuple[str, ...] = ()
            more: str | None = None

        EssayWritten.name = "essay.written"
        assert catalogue.free_text_fields(EssayWritten) == ["words", "notes", "more"]


class TestStaging:
    def test_reads_every_event_or_says_why_not(self):
        unread = {name for name, event in CATALOGUE.items() if event.unread}
        assert set(staged()) == set(CATALOGUE) - unread

    @pytest.mark.parametrize("event", tuple(CATALOGUE.values()), ids=lambda event: event.name)
    def test_has_the_event_s_fields_and_types(self, event):
        columns = {name: family(kind) for name, kind in FIELD.findall(staged()[event.name])}
        assert columns == {name: catalogue.clickhouse_family(event, name) for name in event.model_fields}

    def test_is_the_only_place_that_knows_a_source(self):
        elsewhere = [path.name for path in STAGING.parent.parent.rglob("*.sql") if "source(" in path.read_text()]
        assert all(name.startswith("stg_") for name in elsewhere)


class TestNews:
    def test_are_the_events_that_the_feature_marts_read(self):
        texts = {path.stem: path.read_text() for path in STAGING.parent.parent.rglob("*.sql")}
        waiting = [path.stem for path in (MARTS / "features").glob("*.sql")]
        upstream: set[str] = set()
        while waiting:
            model = waiting.pop()
            found = set(REF.findall(texts[model])) - upstream
            upstream |= found
            waiting += found
        read = {NAME.search(texts[model]) for model in upstream if model.startswith("stg_")} - {None}
        assert {name[1] for name in read if name} == catalogue.READ_BY_FEATURES
