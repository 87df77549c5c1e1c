from pathlib import Path

from tests.fixtures_loop import Living
from tests.pipelines import asset_graph


class TestTheSnapshot:
    def test_is_what_dagster_knows(self, living: Living) -> None:
        stale = "the asset graph changed; if that was meant, run `python -m tests.pipelines.asset_graph`"
        assert asset_graph.SNAPSHOT.read_text() == asset_graph.text(), stale

    def test_has_the_asset_that_the_road_names(self, living: Living) -> None:
        page = (Path(asset_graph.__file__).parents[2] / "docs" / "loop.md").read_text()
        assert "asset `raw/learning_events`" in page
        assert "raw/learning_events" in asset_graph.graph()["assets"]
