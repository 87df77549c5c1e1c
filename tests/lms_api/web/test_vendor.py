"""What was copied from elsewhere is what it says it is, and nothing else lies beside it."""

import hashlib
import tomllib
from pathlib import Path

import pytest

from lms_api.web.templates import STATIC

FOLDERS = [STATIC / "vendor", Path(__file__).parent / "vendor"]


@pytest.mark.parametrize("folder", FOLDERS, ids=["served", "tests"])
class TestVendored:
    def test_each_file_has_its_hash_and_its_licence(self, folder: Path) -> None:
        for name, entry in tomllib.loads((folder / "vendor.toml").read_text()).items():
            assert hashlib.sha256((folder / entry["file"]).read_bytes()).hexdigest() == entry["sha256"], name
            assert (folder / entry["licence_file"]).stat().st_size > 100
            assert entry["version"]
            assert entry["licence"]
            assert entry["source"]

    def test_nothing_lies_there_unlisted(self, folder: Path) -> None:
        entries = tomllib.loads((folder / "vendor.toml").read_text()).values()
        listed = {entry[key] for entry in entries for key in ("file", "licence_file")}
        assert {path.name for path in folder.iterdir()} == listed | {"vendor.toml"}
