"""Tastes that were planted are found, cold starts are answered, and each item says why it is there."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import numpy as np
import polars as pl
import pytest

from contracts.predictions import WhyRecommended
from models.recommend import activities, courses, ease, evaluation, training, versions
from models.recommend.ranking import ItemModel

NOW = datetime(2024, 6, 1, tzinfo=UTC)
FAMILIES = [f"{topic}-{number}" for topic in ("art", "law") for number in range(8)]
COURSE = {family: str(UUID(int=100 + at)) for at, family in enumerate(FAMILIES)}


def tastes(people: int = 400, seed: int = 4) -> pl.DataFrame:
    """Half of the people love art, half law; each takes four of their eight, one after the other."""
    random = np.random.default_rng(seed)
    rows = []
    for person in range(people):
        topic = "art" if person % 2 else "law"
        own = random.permutation([family for family in FAMILIES if family.startswith(topic)])[:4]
        rows += [
            (f"p{person}", COURSE[f], str(f), NOW - timedelta(days=int(400 - 90 * at))) for at, f in enumerate(own)
        ]
    return pl.DataFrame(rows, schema=("subject_id", "item_id", "family", "first_recorded_at"), orient="row")


@pytest.fixture
def catalogue() -> pl.DataFrame:
    rows = [
        (course, family, family[:3], ["new"] if family.endswith("7") else [], True, NOW - timedelta(days=9), None)
        for family, course in COURSE.items()
    ]
    return pl.DataFrame(rows, schema=versions.CATALOGUE_TYPES, orient="row")


class TestEase:
    def test_beats_popularity_on_planted_tastes(self):
        pairs = tastes().select("subject_id", pl.col("family").alias("item_id"), "first_recorded_at")
        found = evaluation.hold_out(pairs, k=5)
        assert found.ease_wins
        assert found.ease > 1.5 * found.popularity

    def test_is_steck_s_closed_form(self):
        matrix = np.array([[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
        weights = ease.fit(matrix, ridge=1.0)
        inverse = np.linalg.inv(matrix.T @ matrix + np.eye(3))
        assert weights[0, 1] == pytest.approx(-inverse[0, 1] / inverse[1, 1])
        assert np.diag(weights).tolist() == [0, 0, 0]
        assert weights[0, 1] > 0 == weights[0, 2]

    def test_nothing_is_foreseen_without_a_history(self):
        pairs = tastes(people=1).select("subject_id", pl.col("family").alias("item_id"), "first_recorded_at").head(1)
        assert not evaluation.hold_out(pairs, k=5).ease_wins


class TestTemporal:
    def test_what_has_to_be_foreseen_came_later(self):
        earlier, later = evaluation.temporal(tastes())
        assert earlier["first_recorded_at"].max() < later["first_recorded_at"].min()


class TestCourses:
    def test_says_similar_and_because_of_which_own_course(self, catalogue):
        model = courses.fit(tastes(), catalogue, ridge=10.0)
        own = [COURSE["art-0"], COURSE["art-1"]]
        (found,) = courses.recommend(model, [own], offers=COURSE, k=3)
        assert {each.why for each in found} == {WhyRecommended.SIMILAR}
        assert {str(each.item_id) for each in found} <= {COURSE[f] for f in FAMILIES if f.startswith("art")} - set(own)
        assert {str(each.because_of) for each in found} <= set(own)

    def test_cold_starts_go_from_content_to_popular(self, catalogue):
        model = courses.fit(tastes(), catalogue, ridge=10.0, learnt=False)
        (by_content, by_popularity) = courses.recommend(model, [[COURSE["law-2"]], []], offers=COURSE, k=2)
        assert [each.why for each in by_content] == [WhyRecommended.CONTENT] * 2
        assert [each.why for each in by_popularity] == [WhyRecommended.POPULAR] * 2
        counts = dict(tastes().group_by("family").len().iter_rows())
        assert str(by_popularity[0].item_id) == COURSE[max(sorted(counts), key=lambda family: counts[family])]

    def test_proposes_only_what_is_offered(self, catalogue):
        model = courses.fit(tastes(), catalogue, ridge=10.0)
        (found,) = courses.recommend(model, [[COURSE["art-0"]]], offers={"art-3": COURSE["art-3"]}, k=5)
        assert [str(each.item_id) for each in found] == [COURSE["art-3"]]

    def test_one_is_what_many_are(self, catalogue):
        model = courses.fit(tastes(), catalogue, ridge=10.0)
        histories = [[COURSE["art-0"]], [], [COURSE["law-1"], COURSE["art-1"]], ["unknown"]]
        together = courses.recommend(model, histories, offers=COURSE, k=4)
        assert together == [courses.recommend(model, [own], offers=COURSE, k=4)[0] for own in histories]

    def test_of_a_family_the_next_to_start_is_open(self):
        rows = [
            ("past", "art", "", [], True, NOW - timedelta(days=300), NOW - timedelta(days=100)),
            ("running", "art", "", [], True, NOW - timedelta(days=30), NOW + timedelta(days=100)),
            ("next", "art", "", [], True, NOW + timedelta(days=20), NOW + timedelta(days=200)),
            ("later", "art", "", [], True, NOW + timedelta(days=220), None),
            ("draft", "law", "", [], False, NOW + timedelta(days=1), None),
            ("own-pace", "music", "", [], True, None, None),
        ]
        catalogue = pl.DataFrame(rows, schema=versions.CATALOGUE_TYPES, orient="row")
        assert courses.open_courses(catalogue, now=NOW) == {"art": "next", "music": "own-pace"}


class TestActivities:
    def lessons(self) -> pl.DataFrame:
        rows = [("c", str(UUID(int=at)), at) for at in range(6)]
        return pl.DataFrame(rows, schema=("course_id", "lesson_id", "order_index"), orient="row")

    def test_without_a_history_the_course_s_own_order(self):
        model = activities.fit(pl.DataFrame(schema=TYPES), self.lessons(), ridge=10.0)
        (found,) = activities.recommend(model, "c", [[]], k=3)
        assert [each.item_id.int for each in found] == [0, 1, 2]
        assert {each.why for each in found} == {WhyRecommended.NEXT}

    def test_what_others_opened_with_it_comes_first(self):
        pairs = [(f"e{n}", str(UUID(int=item)), "c", NOW) for n in range(40) for item in ((1, 4) if n % 2 else (0, 3))]
        model = activities.fit(pl.DataFrame(pairs, schema=TYPES, orient="row"), self.lessons(), ridge=1.0)
        (found,) = activities.recommend(model, "c", [[str(UUID(int=1))]], k=2)
        assert (found[0].item_id.int, found[0].why) == (4, WhyRecommended.SIMILAR)
        assert found[0].because_of == UUID(int=1)
        assert found[1].why is WhyRecommended.NEXT

    def test_an_unknown_course_has_no_answer(self):
        assert activities.recommend({}, "elsewhere", [[], []], k=3) == [[], []]


TYPES = {
    "subject_id": pl.String,
    "item_id": pl.String,
    "course_id": pl.String,
    "first_recorded_at": pl.Datetime("us", "UTC"),
}


class TestTraining:
    def test_an_empty_campus_gets_popularity_and_order(self, catalogue):
        nobody = tastes().head(0)
        trained = training.train_courses(nobody, catalogue, organization_id=uuid4(), as_of=NOW)
        assert trained.kind == "popularity"
        lessons = TestActivities().lessons()
        nothing = pl.DataFrame(schema=TYPES)
        next_ones = training.train_activities(nothing, lessons, organization_id=uuid4(), as_of=NOW)
        assert next_ones.kind == "content"
        assert activities.recommend(next_ones.model, "c", [[]], k=1)[0][0].item_id.int == 0


class TestItemModel:
    def test_a_history_item_is_never_proposed(self):
        model = ItemModel(("a", "b"), np.ones((2, 2)), np.zeros((2, 2)), np.ones(2), WhyRecommended.POPULAR)
        assert [each.item for each in model.rank([["a"]], k=5, among=["a", "b"])[0]] == ["b"]
