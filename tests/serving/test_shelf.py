"""A shelf holds what loaded whole; what doesn't load changes nothing."""

import json
from pathlib import Path

import pytest

from serving.shelf import POINTER, NotOnShelf, Shelf


def load(folder: Path) -> str:
    """A model that is its file's text."""
    text = (folder / "model").read_text()
    if text == "damaged":
        raise ValueError("damaged")
    return text


def export(models: Path, name: str, version: int, text: str) -> None:
    folder = models / name / str(version)
    folder.mkdir(parents=True)
    (folder / "model").write_text(text)
    draft = models / name / ".draft"
    draft.write_text(json.dumps({"version": version}))
    draft.replace(models / name / POINTER)


class TestShelf:
    def test_is_empty_before_anything_is_exported(self, tmp_path: Path) -> None:
        shelf = Shelf("risk.", tmp_path / "models", load)
        assert shelf.refresh() == []
        with pytest.raises(NotOnShelf, match=r"risk\.a"):
            shelf.get("risk.a")

    def test_takes_names_with_its_prefix_only(self, tmp_path: Path) -> None:
        export(tmp_path, "risk.a", 1, "one")
        export(tmp_path, "courses.a", 1, "other")
        shelf = Shelf("risk.", tmp_path, load)
        assert shelf.refresh() == ["risk.a"]
        assert (shelf.get("risk.a").model, shelf.get("risk.a").version) == ("one", 1)
        assert set(shelf.shelved) == {"risk.a"}

    def test_swaps_when_the_pointer_moves_and_not_before(self, tmp_path: Path) -> None:
        export(tmp_path, "risk.a", 1, "one")
        shelf = Shelf("risk.", tmp_path, load)
        shelf.refresh()
        held = shelf.get("risk.a")
        assert shelf.refresh() == []
        export(tmp_path, "risk.a", 2, "two")
        assert shelf.get("risk.a").version == 1
        assert shelf.refresh() == ["risk.a"]
        assert shelf.get("risk.a").model == "two"
        assert held.model == "one"

    def test_keeps_the_one_before_when_the_next_is_damaged(self, tmp_path: Path) -> None:
        export(tmp_path, "risk.a", 1, "one")
        shelf = Shelf("risk.", tmp_path, load)
        shelf.refresh()
        export(tmp_path, "risk.a", 2, "damaged")
        assert shelf.refresh() == []
        assert shelf.get("risk.a").model == "one"
        assert shelf.failures["risk.a"].version == 2
        export(tmp_path, "risk.a", 3, "three")
        assert shelf.refresh() == ["risk.a"]
        assert shelf.failures == {}

    def test_withdraws_what_has_no_pointer_any_more(self, tmp_path: Path) -> None:
        export(tmp_path, "risk.a", 1, "one")
        shelf = Shelf("risk.", tmp_path, load)
        shelf.refresh()
        (tmp_path / "risk.a" / POINTER).unlink()
        assert shelf.refresh() == ["risk.a"]
        with pytest.raises(NotOnShelf):
            shelf.get("risk.a")
