import shutil
from pathlib import Path

import pytest

from pipelines import manifest, warm_dbt
from tests.fixtures_loop import Living

pytestmark = pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")  # dbt's own log


@pytest.fixture
def project(living: Living, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of dbt's project and a target of its own."""
    copied = tmp_path / "dbt"
    shutil.copytree(manifest.PROJECT, copied)
    for module in (manifest, warm_dbt):
        monkeypatch.setattr(module, "PROJECT", copied)
        monkeypatch.setattr(module, "target_folder", lambda settings: tmp_path / "target")
    return copied


class TestManifest:
    def test_is_parsed_again_only_when_a_source_changes(self, project: Path, living: Living) -> None:
        first = manifest.manifest(living.settings)
        written = project.parent / "target" / "manifest.json"
        parsed_at = written.stat().st_mtime_ns
        assert manifest.manifest(living.settings) == first
        assert written.stat().st_mtime_ns == parsed_at
        model = project / "models" / "marts" / "reports" / "rpt_ledger.yml"
        model.write_text(model.read_text().replace("One row per organization", "A single row per organization"))
        described = manifest.manifest(living.settings)["nodes"]["model.campusloop.rpt_ledger"]["description"]
        assert described.startswith("A single row")
        assert written.stat().st_mtime_ns > parsed_at

    def test_is_parsed_again_when_it_is_damaged_by_a_parse_that_broke_off(self, project: Path, living: Living) -> None:
        manifest.manifest(living.settings)
        (project.parent / "target" / "manifest.sources").unlink()
        (project.parent / "target" / "manifest.json").write_text("{")
        assert "model.campusloop.rpt_ledger" in manifest.manifest(living.settings)["nodes"]
