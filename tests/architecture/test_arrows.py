"""Arrows that import-linter can't draw: where the environment is read."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("contracts", "stack", "lms_api", "features", "models", "serving", "pipelines")
READS_THE_ENVIRONMENT = Path("stack/settings.py")


def modules() -> list[Path]:
    return sorted(path.relative_to(ROOT) for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


def environment_reads(source: str) -> Iterator[int]:
    """Lines that say os.environ, os.getenv or import either."""
    forbidden = {"environ", "environb", "getenv", "getenvb"}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and node.attr in forbidden and isinstance(node.value, ast.Name):
            if node.value.id == "os":
                yield node.lineno
        elif isinstance(node, ast.ImportFrom) and node.module == "os" and forbidden & {one.name for one in node.names}:
            yield node.lineno


class TestEnvironment:
    def test_is_read_in_one_file(self) -> None:
        reads = [
            f"{path}:{line}"
            for path in modules()
            if path != READS_THE_ENVIRONMENT
            for line in environment_reads((ROOT / path).read_text())
        ]
        assert reads == []

    def test_every_package_is_looked_at(self) -> None:
        assert {path.parts[0] for path in modules()} == set(PACKAGES)
        assert list(environment_reads((ROOT / READS_THE_ENVIRONMENT).read_text()))

    @pytest.mark.parametrize(
        "source", ["import os\nos.environ['A']", "import os\nos.getenv('A')", "from os import environ"]
    )
    def test_every_way_to_read_it_is_found(self, source: str) -> None:
        assert list(environment_reads(source))
