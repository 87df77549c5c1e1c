"""The boards as those who teach see them: facts first, one press, and nothing said twice."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from contracts.events import Role
from contracts.predictions import Band

if TYPE_CHECKING:
    from tests.lms_api.web.conftest import School, Visitor

    SignedIn = Callable[[Role], Visitor]


class TestBoard:
    def test_says_what_was_seen_before_the_score(self, school: "School", signed_in: "SignedIn") -> None:
        prediction_id = school.predict(0.62)
        page = signed_in(Role.INSTRUCTOR).open(f"/courses/{school.course.id}/board").text
        seen, score = page.index("Last here 11 days ago"), page.index("about 6 did not finish")
        assert seen < page.index("Mean grade 78 %") < score < page.index("Estimate 62 %")
        row = re.search(rf'<li[^>]*data-prediction-id="{prediction_id}"[^>]*>', page)
        assert row is not None
        for attribute in ("data-features-as-of", "data-computed-at"):
            moment = re.search(rf'{attribute}="([^"]+)"', row.group())
            assert moment is not None
            assert abs(datetime.now(UTC) - datetime.fromisoformat(moment.group(1))) < timedelta(minutes=5)
        assert "risk, version 3" in page

    def test_says_on_how_many_it_was_judged(self, school: "School", signed_in: "SignedIn") -> None:
        school.predict(0.62)
        page = signed_in(Role.INSTRUCTOR).open(f"/courses/{school.course.id}/board").text
        assert "judged on n = 1,280 learners of earlier presentations" in page

    def test_a_rule_states_no_chance(self, school: "School", signed_in: "SignedIn") -> None:
        school.predict(0.62, kind="rule")
        page = signed_in(Role.INSTRUCTOR).open(f"/courses/{school.course.id}/board").text
        assert "Not seen for 7 days or more." in page
        for word in ("Of 10 learners", "Estimate", "62 %", "judged on"):
            assert word not in page
        mine = signed_in(Role.STUDENT).open("/my-data").text
        assert "Not seen for 7 days or more." in mine
        assert "Of 10 learners" not in mine

    def test_who_never_started_has_a_list_of_their_own(self, school: "School", signed_in: "SignedIn") -> None:
        school.predict(0.62)
        page = signed_in(Role.INSTRUCTOR).open(f"/courses/{school.course.id}/board").text
        never = page[page.index('id="never"') :]
        assert str(school.silent_enrollment_id) in never
        assert str(school.enrollment_id) not in never
        row = re.search(rf'<li[^>]*data-enrollment-id="{school.silent_enrollment_id}"[^>]*>', never)
        assert row is not None
        for attribute in ("data-prediction-id", "data-features-as-of", "data-computed-at"):
            assert attribute in row.group()

    def test_silence_is_shown(self, school: "School", signed_in: "SignedIn") -> None:
        page = signed_in(Role.INSTRUCTOR).open(f"/courses/{school.course.id}/board").text
        assert "There is no prediction yet" in page
        assert "2 enrollments" in page

    def test_one_press_is_recorded_and_shown(self, school: "School", signed_in: "SignedIn") -> None:
        prediction_id = school.predict(0.62)
        address = f"/courses/{school.course.id}/board"
        given = {"act": "contacted", "prediction_id": str(prediction_id)}
        page = signed_in(Role.INSTRUCTOR).send(f"{address}/{school.enrollment_id}", given)
        assert page.url.path == address
        assert "Recorded: contacted." in page.text
        assert '<span class="tag done">Contacted</span>' in page.text
        signed_in(Role.INSTRUCTOR).send(f"{address}/{school.enrollment_id}", given)
        (event,) = school.campus.said("intervention.recorded")
        assert (event["act"], event["prediction_id"]) == ("contacted", str(prediction_id))

    def test_htmx_gets_the_queue_alone(self, school: "School", signed_in: "SignedIn") -> None:
        school.predict(0.62)
        visitor = signed_in(Role.INSTRUCTOR)
        before = len(school.campus.said("page.viewed"))
        part = visitor.open(f"/courses/{school.course.id}/board", **{"hx-request": "true"})
        assert part.text.strip().startswith('<div id="board"')
        assert "<html" not in part.text
        assert len(school.campus.said("page.viewed")) == before

    def test_an_unchanged_board_is_not_sent_again(self, school: "School", signed_in: "SignedIn") -> None:
        school.predict(0.62, computed_at=datetime.now(UTC) - timedelta(minutes=3, seconds=10))
        visitor, address = signed_in(Role.INSTRUCTOR), f"/courses/{school.course.id}/board"
        etag = visitor.open(address, **{"hx-request": "true"}).headers["etag"]
        again = visitor.open(address, **{"hx-request": "true", "if-none-match": etag})
        assert again.status_code == 304
        school.predict(0.31, band=Band.RAISED)
        changed = visitor.open(address, **{"hx-request": "true", "if-none-match": etag})
        assert changed.status_code == 200

    def test_a_prediction_is_said_to_be_shown_once(self, school: "School", signed_in: "SignedIn") -> None:
        prediction_id = school.predict(0.62)
        visitor = signed_in(Role.INSTRUCTOR)
        for _ in range(3):
            visitor.open(f"/courses/{school.course.id}/board")
        shown = [event["prediction_id"] for event in school.campus.said("prediction.shown")]
        assert shown.count(str(prediction_id)) == 1


class TestBoards:
    def test_what_is_over_stands_apart(self, school: "School", signed_in: "SignedIn") -> None:
        school.predict(0.62)
        now = datetime.now(UTC)
        school.campus.course(title="Past one", starts_at=now - timedelta(days=90), ends_at=now - timedelta(days=9))
        school.campus.course(title="Coming one", starts_at=now + timedelta(days=9))
        page = signed_in(Role.TA).open("/boards").text
        running, coming, over = (page.index(f'id="{name}"') for name in ("running", "coming", "over"))
        assert running < page.index("Statistics for everyone") < coming < page.index("Coming one") < over
        assert page.index("<details") < page.index("Past one")
        assert "2 learners · 2 to speak to first" in page

    def test_a_board_of_the_past_says_so(self, school: "School", signed_in: "SignedIn") -> None:
        ended = datetime.now(UTC) - timedelta(days=9)
        course = school.campus.course(title="Past one", starts_at=ended - timedelta(days=90), ends_at=ended)
        page = signed_in(Role.INSTRUCTOR).open(f"/courses/{course.id}/board").text
        assert f"This course ended on {ended:%-d %B %Y}; nobody is scored any more." in page
        assert "first one comes" not in page
