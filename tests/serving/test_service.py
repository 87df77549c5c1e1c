"""What BentoML answers, over HTTP, is what the pipeline's own scoring says of the same row."""

import time
from collections.abc import Callable
from uuid import UUID, uuid4

import numpy as np
import pytest

from contracts.features import RISK_V1_NAMES
from contracts.predictions import RecommendAnswer, RiskAnswer
from models import exports
from models.risk.scoring import score
from tests.serving.conftest import FAMILIES, NOW, World


def risk_answers(world: World, **request: object) -> list[RiskAnswer]:
    answer = world.ask("/risk", **request)
    assert answer.status_code == 200, answer.text
    return [RiskAnswer.model_validate(one) for one in answer.json()]


def eventually(holds: Callable[[], bool], *, seconds: float = 15.0) -> None:
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, "it did not come about"
        time.sleep(0.05)


@pytest.fixture
def champion(world: World) -> Callable[[int], None]:
    """Moves the pointer, and waits until serving answers by it."""

    def move(version: int) -> None:
        exports.point(world.folder, f"risk.{world.organization_id}", version)
        eventually(lambda: risk_answers(world, features=[world.given(0)])[0].model.version == version)

    return move


class TestRisk:
    @pytest.mark.parametrize("version", [1, 2], ids=["rule", "booster"])
    def test_is_what_the_pipeline_scores(self, world: World, champion: Callable[[int], None], version: int) -> None:
        champion(version)
        expected = score(world.rows.head(50), world.models[version], reasons=True)
        ids = [world.enrollment(at) for at in range(50)]
        by_id = risk_answers(world, enrollment_ids=ids)
        given = risk_answers(world, features=[world.given(at) for at in range(50)])
        for answers in (by_id, given):
            values = np.array([one.value for one in answers], dtype=np.float64)
            np.testing.assert_allclose(values, expected["value"].to_numpy(), atol=1e-6)
        assert [one.band for one in by_id] == expected["band"].to_list()
        assert [one.reasons for one in by_id] == [one.reasons for one in given]
        told = [[reason["feature"] for reason in row] for row in expected["reasons"]]
        assert [[reason.feature for reason in one.reasons] for one in by_id] == told

    def test_echoes_what_the_model_was_given(self, world: World) -> None:
        (by_id,) = risk_answers(world, enrollment_ids=[world.enrollment(7)])
        (given,) = risk_answers(world, features=[world.given(7)])
        assert by_id.features == given.features == world.given(7)
        assert by_id.features_as_of == NOW
        assert given.features_as_of is None
        assert str(by_id.enrollment_id) == world.enrollment(7)

    def test_gives_no_reasons_unless_asked(self, world: World, champion: Callable[[int], None]) -> None:
        champion(2)
        (bare,) = risk_answers(world, features=[world.given(3)], reasons=False)
        (full,) = risk_answers(world, features=[world.given(3)])
        assert bare.reasons == ()
        assert full.reasons != ()
        assert bare.value == full.value

    def test_says_so_of_an_id_that_it_does_not_know(self, world: World) -> None:
        stranger = str(uuid4())
        unknown, known = risk_answers(world, enrollment_ids=[stranger, world.enrollment(0)])
        assert (str(unknown.enrollment_id), unknown.value, unknown.features_as_of) == (stranger, None, None)
        assert known.value is not None

    def test_refuses_features_that_are_not_the_model_s(self, world: World) -> None:
        for row in ({"days_left": 1.0}, {**world.given(0), "shoe_size": 43.0}):
            answer = world.ask("/risk", features=[row])
            assert answer.status_code == 400
            assert "missing" in answer.json()["error"]

    def test_has_no_answer_for_an_organization_without_a_model(self, world: World) -> None:
        nobody = uuid4()
        answer = world.ask("/risk", organization_id=str(nobody), enrollment_ids=[world.enrollment(0)])
        assert answer.status_code == 404
        assert answer.json() == {"error": f"risk.{nobody}: no version of this model answers here"}

    def test_another_organization_s_enrollment_is_unknown(self, world: World) -> None:
        other = uuid4()
        folder = world.folder / f"risk.{other}"
        manifest = exports.read_manifest(world.folder / f"risk.{world.organization_id}" / "1")
        exports.write(folder / "1", manifest.model_copy(update={"name": folder.name}), lambda _: None)
        exports.point(world.folder, folder.name, 1)
        eventually(lambda: folder.name in world.http.get("/versions").json()["models"])
        answer = world.ask("/risk", organization_id=str(other), enrollment_ids=[world.enrollment(0)])
        assert answer.json()[0]["value"] is None
        assert answer.json()[0]["features"] == {}

    def test_refuses_more_than_it_should_hold(self, world: World) -> None:
        answer = world.ask("/risk", enrollment_ids=[str(uuid4()) for _ in range(1_001)])
        assert answer.status_code == 400

    def test_refuses_a_request_of_another_shape(self, world: World) -> None:
        assert world.http.post("/risk", json={"anything": 1}).status_code == 400


class TestPointer:
    def test_a_moved_pointer_is_followed_and_each_answer_says_the_version(
        self, world: World, champion: Callable[[int], None]
    ) -> None:
        for version, kind in ((1, "rule"), (2, "xgboost"), (1, "rule")):
            champion(version)
            (answer,) = risk_answers(world, features=[world.given(0)])
            assert (answer.model.version, answer.model.kind) == (version, kind)

    def test_a_damaged_version_is_told_and_the_one_before_answers_on(
        self, world: World, champion: Callable[[int], None]
    ) -> None:
        champion(1)
        name = f"risk.{world.organization_id}"
        damaged = world.folder / name / "9"
        damaged.mkdir()
        (damaged / exports.MANIFEST).write_text("{")
        exports.point(world.folder, name, 9)
        eventually(lambda: name in world.http.get("/versions").json()["failures"])
        shown = world.http.get("/versions").json()
        assert shown["failures"][name]["version"] == 9
        assert shown["models"][name]["version"] == 1
        champion(2)
        assert name not in world.http.get("/versions").json()["failures"]

    def test_versions_names_every_model(self, world: World) -> None:
        shown = world.http.get("/versions").json()["models"]
        kinds = {name.split(".")[0] for name in shown if name.endswith(str(world.organization_id))}
        assert kinds == {"risk", "courses", "activities"}

    def test_is_ready(self, world: World) -> None:
        assert world.http.get("/readyz").status_code == 200


class TestRecommend:
    def test_by_id_and_by_history_agree(self, world: World) -> None:
        person = world.taken["subject_id"][0]
        history = world.taken.filter(subject_id=person)["item_id"].to_list()
        answer = world.ask("/recommend", kind="courses", subject_ids=[person], histories=[history], k=3)
        by_id, given = (RecommendAnswer.model_validate(one) for one in answer.json())
        assert by_id.items == given.items != ()
        assert str(by_id.subject_id) == person
        assert given.subject_id is None
        assert by_id.features_as_of == world.taken.filter(subject_id=person)["first_recorded_at"].max()

    def test_goes_on_with_the_learner_s_taste_and_never_repeats(self, world: World) -> None:
        algebra, biology, chemistry = (world.courses[name] for name in FAMILIES[:3])
        answer = world.ask("/recommend", kind="courses", histories=[[str(algebra), str(biology)]], k=5)
        (found,) = (RecommendAnswer.model_validate(one) for one in answer.json())
        assert found.items[0].item_id == chemistry
        assert {algebra, biology}.isdisjoint(item.item_id for item in found.items)
        assert found.model.name == f"courses.{world.organization_id}"

    def test_somebody_unknown_gets_the_popular_ones(self, world: World) -> None:
        answer = world.ask("/recommend", kind="courses", subject_ids=[str(uuid4())], k=2)
        (found,) = (RecommendAnswer.model_validate(one) for one in answer.json())
        assert [item.why.value for item in found.items] == ["popular", "popular"]
        assert found.features_as_of is None

    def test_next_lessons_by_enrollment_and_by_history_agree(self, world: World) -> None:
        subject = world.opened["subject_id"][0]
        answer = world.ask("/recommend", kind="activities", subject_ids=[subject], k=3)
        (by_id,) = (RecommendAnswer.model_validate(one) for one in answer.json())
        history = [str(lesson) for lesson in world.lessons[:3]]
        asked = {"histories": [history], "course_id": str(world.courses["algebra"]), "k": 3}
        (given,) = (
            RecommendAnswer.model_validate(one) for one in world.ask("/recommend", kind="activities", **asked).json()
        )
        assert by_id.items == given.items
        assert {item.item_id for item in given.items} == set(world.lessons[3:])

    def test_lessons_by_history_need_a_course(self, world: World) -> None:
        answer = world.ask("/recommend", kind="activities", histories=[[str(world.lessons[0])]])
        assert answer.status_code == 400
        assert "course_id" in answer.json()["error"]

    def test_has_no_answer_for_an_organization_without_a_model(self, world: World) -> None:
        answer = world.ask("/recommend", organization_id=str(UUID(int=5)), kind="courses", histories=[[]])
        assert answer.status_code == 404


def test_the_features_of_the_test_are_the_contract_s(world: World) -> None:
    assert set(RISK_V1_NAMES) <= set(world.rows.columns)
