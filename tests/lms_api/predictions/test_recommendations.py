"""A learner gets something to do next, always; the answer says where it came from, and never a risk."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from contracts.events import Role
from contracts.ids import CourseId, PredictionId
from contracts.predictions import ModelVersion, RecommendAnswer, RecommendedItem, WhyRecommended
from lms_api.errors import NotAllowed, NotFound
from lms_api.predictions import service
from lms_api.predictions.client import LIMIT_SECONDS, ServingClient
from lms_api.predictions.errors import NotThisPrediction
from lms_api.predictions.schemas import Answer, CourseRecommendations
from lms_api.principal import Principal
from tests.lms_api.predictions.conftest import NOW, Campus, recommendation, risk

NOBODY = "http://127.0.0.1:9"
"""A port at which nothing listens."""


@contextmanager
def answering(status: int, body: bytes, *, after: float = 0.0) -> Iterator[ServingClient]:
    """A server on loopback that says one thing to every question, and a client to it."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            time.sleep(after)
            try:
                self.send_response(status)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            except BrokenPipeError:
                return  # the client's patience ended first

        def log_message(self, *_: object) -> None:
            return

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    client = ServingClient(f"http://127.0.0.1:{server.server_port}")
    try:
        yield client
    finally:
        client.close()
        server.shutdown()
        thread.join()
        server.server_close()


def live_answer(campus: Campus, *items: UUID, because_of: UUID | None = None) -> bytes:
    answer = RecommendAnswer(
        subject_id=None,
        items=tuple(
            RecommendedItem(item_id=item, score=1.0, why=WhyRecommended.SIMILAR, because_of=because_of)
            for item in items
        ),
        features_as_of=None,
        model=ModelVersion(name=f"courses.{campus.organization_id}", version=2, kind="ease"),
    )
    return b"[" + answer.model_dump_json().encode() + b"]"


def recommend(campus: Campus, who: Principal, client: ServingClient | None = None) -> CourseRecommendations:
    with campus.session(who) as session:
        return service.recommend_courses(session, k=3, serving=client or ServingClient(NOBODY))


class TestRecommendCourses:
    def test_is_live_where_serving_answers(self, campus: Campus) -> None:
        maria, _ = campus.learner("Maria")
        logic = campus.course("Logic")
        with answering(200, live_answer(campus, logic, because_of=campus.course_id)) as client:
            found = recommend(campus, maria, client)
            again = recommend(campus, maria, client)
        assert found.source is Answer.LIVE
        assert [card.title for card in found.items] == ["Logic"]
        assert found.items[0].because == "Learners who had “Statistics” often had this"
        assert found.model_version == f"courses.{campus.organization_id}@2"
        assert found.message == ""
        assert found.prediction_id == again.prediction_id
        (event,) = campus.events("prediction.shown")
        assert (event["prediction_id"], event["kind"]) == (str(found.prediction_id), "courses")

    def test_is_the_stored_one_when_serving_is_down(self, campus: Campus) -> None:
        maria, _ = campus.learner("Maria")
        logic = campus.course("Logic")
        said = recommendation(maria.actor_id, logic)
        campus.post(campus.batch(recommendations=(said,)))
        found = recommend(campus, maria)
        assert (found.source, found.prediction_id) == (Answer.STORED, said.prediction_id)
        assert "does not answer just now" in found.message

    def test_is_the_popular_ones_when_nothing_is_stored(self, campus: Campus) -> None:
        maria, _ = campus.learner("Maria")
        liked, quiet = campus.course("Liked"), campus.course("Quiet")
        for name in ("Anna", "Berta"):
            campus.enroll(campus.person(Role.STUDENT, name), liked)
        found = recommend(campus, maria)
        assert found.source is Answer.POPULAR
        assert [card.course_id for card in found.items] == [liked, quiet]
        assert {card.why for card in found.items} == {WhyRecommended.POPULAR}
        assert "most learners took" in found.message
        assert found.prediction_id is None

    def test_a_new_presentation_is_as_popular_as_its_family(self, campus: Campus) -> None:
        maria, _ = campus.learner("Maria")
        over = campus.course("Old", family="lore", ends_at=NOW - timedelta(days=9))
        campus.enroll(campus.person(Role.STUDENT, "Anna"), over)
        campus.course("A quiet one")
        new = campus.course("New", family="lore")
        assert recommend(campus, maria).items[0].course_id == new

    def test_says_when_there_is_no_course_left(self, campus: Campus) -> None:
        maria, _ = campus.learner("Maria")
        found = recommend(campus, maria)
        assert (found.source, found.items) == (Answer.NONE, ())
        assert "no open course" in found.message

    def test_leaves_out_what_can_t_be_taken(self, campus: Campus) -> None:
        maria, _ = campus.learner("Maria")
        draft = campus.course("Draft", is_published=False)
        ended = campus.course("Ended", ends_at=NOW - timedelta(minutes=1))
        had = campus.course("Had")
        campus.enroll(maria, had, status="dropped")
        full = campus.course("Full", enrollment_limit=0)
        fine = campus.course("Fine")
        items = (draft, ended, had, full, campus.course_id, uuid4(), fine)
        campus.post(campus.batch(recommendations=(recommendation(maria.actor_id, *items),)))
        assert [card.course_id for card in recommend(campus, maria).items] == [fine]

    def test_nothing_personal_for_those_who_opted_out(self, campus: Campus) -> None:
        maria, _ = campus.learner("Maria")
        logic = campus.course("Logic")
        campus.post(campus.batch(recommendations=(recommendation(maria.actor_id, logic),)))
        campus.set_column("users", maria.user_id, "predictions_opt_out = true")
        with answering(200, live_answer(campus, logic)) as client:
            found = recommend(campus, maria, client)
        assert found.source is Answer.POPULAR
        assert "You asked for no predictions" in found.message

    def test_waits_no_longer_than_its_limit_and_then_lets_serving_rest(self, campus: Campus) -> None:
        maria, _ = campus.learner("Maria")
        campus.course("Logic")
        with answering(200, b"[]", after=0.6) as client:
            started = time.perf_counter()
            assert client.courses(organization_id=campus.organization_id, history=(), k=3) is None
            assert time.perf_counter() - started < LIMIT_SECONDS + 0.1
            started = time.perf_counter()
            assert recommend(campus, maria, client).source is Answer.POPULAR
            assert time.perf_counter() - started < LIMIT_SECONDS

    @pytest.mark.parametrize(("status", "body"), [(404, b'{"error": "no model"}'), (500, b""), (200, b'{"x": 1}')])
    def test_takes_no_nonsense_from_serving(self, campus: Campus, status: int, body: bytes) -> None:
        maria, _ = campus.learner("Maria")
        campus.course("Logic")
        with answering(status, body) as client:
            assert recommend(campus, maria, client).source is Answer.POPULAR

    def test_is_for_learners(self, campus: Campus) -> None:
        with pytest.raises(NotAllowed):
            recommend(campus, campus.instructor)


def finish(campus: Campus, enrollment: UUID, lesson: UUID) -> None:
    with campus.session() as session:
        session.execute(
            text(
                "insert into lesson_progress (organization_id, enrollment_id, lesson_id, completed_at)"
                " values (:organization, :enrollment, :lesson, now())"
            ),
            {"organization": campus.organization_id, "enrollment": enrollment, "lesson": lesson},
        )


class TestHome:
    def test_has_courses_and_the_next_lessons(self, campus: Campus) -> None:
        maria, enrollment = campus.learner("Maria")
        logic = campus.course("Logic")
        first, second, third = campus.lesson_ids
        courses = recommendation(maria.actor_id, logic)
        activities = recommendation(enrollment, third, first, kind="activities")
        campus.post(campus.batch(recommendations=(courses, activities)))
        finish(campus, enrollment, first)
        with campus.session(maria) as session:
            home = service.home_recommendations(session)
        assert home.courses.source is Answer.STORED
        assert home.courses.message == ""
        (next_up,) = home.activities
        assert [card.lesson_id for card in next_up.items] == [third]
        assert {event["kind"] for event in campus.events("prediction.shown")} == {"courses", "activities"}
        assert second not in {card.lesson_id for card in next_up.items}

    def test_falls_back_to_the_course_s_own_order(self, campus: Campus) -> None:
        maria, _ = campus.learner("Maria")
        with campus.session(maria) as session:
            found = service.next_activities(session, campus.course_id, k=2)
        assert found.source is Answer.ORDER
        assert [card.title for card in found.items] == ["Lesson 1", "Lesson 2"]
        assert "in order" in found.message

    @pytest.mark.parametrize(
        ("recommended", "said"),
        [(1, "Everything recommended here is finished."), (0, "Nothing is left to recommend here.")],
    )
    def test_says_why_it_falls_back(self, campus: Campus, recommended: int, said: str) -> None:
        maria, enrollment = campus.learner("Maria")
        given = campus.lesson_ids[:recommended]
        campus.post(campus.batch(recommendations=(recommendation(enrollment, *given, kind="activities"),)))
        for lesson in given:
            finish(campus, enrollment, lesson)
        with campus.session(maria) as session:
            found = service.next_activities(session, campus.course_id)
        assert found.message == f"{said} These are the next lessons in order."
        assert found.items[0].lesson_id == campus.lesson_ids[recommended]

    def test_courses_that_are_not_open_any_more_are_no_lack_of_a_recommendation(self, campus: Campus) -> None:
        maria, _ = campus.learner("Maria")
        campus.course("Logic")
        over = campus.course("Over", ends_at=NOW - timedelta(days=9))
        campus.post(campus.batch(recommendations=(recommendation(maria.actor_id, over),)))
        with campus.session(maria) as session:
            found = service.home_recommendations(session).courses
        assert found.source is Answer.POPULAR
        assert "not open any more" in found.message

    def test_next_activities_need_an_enrollment(self, campus: Campus) -> None:
        with campus.session(campus.person(Role.STUDENT, "Stranger")) as session, pytest.raises(NotFound):
            service.next_activities(session, campus.course_id)

    def test_never_says_a_risk(self, campus: Campus) -> None:
        maria, enrollment = campus.learner("Maria")
        campus.post(campus.batch(risk(enrollment, 0.987654)))
        with campus.session(maria) as session:
            home = service.home_recommendations(session).model_dump_json()
        assert "0.98" not in home
        assert "band" not in home
        assert "risk" not in home


class TestOwnPredictions:
    def test_is_the_one_place_where_a_learner_reads_a_risk(self, campus: Campus) -> None:
        maria, enrollment = campus.learner("Maria")
        campus.learner("Otto")
        said = risk(enrollment, 0.7)
        campus.post(campus.batch(said, recommendations=(recommendation(maria.actor_id, campus.course("Logic")),)))
        with campus.session(maria) as session:
            own = service.own_predictions(session)
        assert [(one.prediction_id, one.value, one.course) for one in own.risks] == [
            (said.prediction_id, 0.7, "Statistics")
        ]
        assert [found.words for found in own.risks[0].facts] == ["Last here 9 days ago", "Mean grade 82 %"]
        assert [one.kind for one in own.recommendations] == ["courses"]

    def test_says_when_there_is_nothing(self, campus: Campus) -> None:
        maria, _ = campus.learner("Maria")
        with campus.session(maria) as session:
            assert service.own_predictions(session).message == "Nothing is predicted about you yet."


class TestFollow:
    def test_is_said_once_per_item(self, campus: Campus) -> None:
        maria, _ = campus.learner("Maria")
        logic = campus.course("Logic")
        said = recommendation(maria.actor_id, logic)
        campus.post(campus.batch(recommendations=(said,)))
        for _ in range(2):
            with campus.session(maria) as session:
                service.follow(session, PredictionId(said.prediction_id), logic)
        (event,) = campus.events("prediction.followed")
        assert (event["item_id"], event["kind"], event["actor"]) == (str(logic), "courses", maria.actor_id)

    def test_refuses_items_that_were_not_proposed_and_other_people_s_predictions(self, campus: Campus) -> None:
        maria, enrollment = campus.learner("Maria")
        otto, _ = campus.learner("Otto")
        said, flag = recommendation(maria.actor_id, campus.course("Logic")), risk(enrollment, 0.7)
        campus.post(campus.batch(flag, recommendations=(said,)))
        with campus.session(maria) as session, pytest.raises(NotThisPrediction):
            service.follow(session, PredictionId(said.prediction_id), campus.course_id)
        for who, prediction in ((otto, said.prediction_id), (maria, flag.prediction_id)):
            with campus.session(who) as session, pytest.raises(NotFound):
                service.follow(session, PredictionId(prediction), None)
        with campus.session(campus.instructor) as session:
            service.follow(session, PredictionId(flag.prediction_id), None)
        (event,) = campus.events("prediction.followed")
        assert event["course"] == CourseId(campus.course_id)
