"""The LMS's client and the real service understand each other."""

import time
from collections.abc import Iterator

import pytest

from contracts.predictions import RiskRequest
from lms_api.predictions.client import ServingClient
from tests.serving.conftest import FAMILIES, World


@pytest.fixture
def client(world: World) -> Iterator[ServingClient]:
    made = ServingClient(world.settings.serving_base_url, rest_seconds=0.0)
    yield made
    made.close()


class TestServingClient:
    def test_gets_live_answers(self, world: World, client: ServingClient) -> None:
        history = tuple(world.courses[name] for name in FAMILIES[:2])
        answer, until = None, time.monotonic() + 15
        while answer is None and time.monotonic() < until:  # a busy machine may miss the limit once
            answer = client.courses(organization_id=world.organization_id, history=history, k=3)
        assert answer is not None
        assert answer.items[0].item_id == world.courses[FAMILIES[2]]
        assert answer.items[0].because_of in history

    def test_reads_versions(self, world: World, client: ServingClient) -> None:
        versions = client.versions()
        assert versions is not None
        assert versions[f"courses.{world.organization_id}"] == "1"

    def test_an_organization_without_a_model_is_no_failure(self, world: World, client: ServingClient) -> None:
        request = RiskRequest(organization_id=world.courses["algebra"], features=({"days_left": 1.0},))
        assert client.risk(request) is None
        assert client.versions() is not None
