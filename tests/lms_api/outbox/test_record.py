"""The only way out: what is said, by whom, when, and once."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from sqlalchemy import text

from contracts.envelope import Source
from contracts.events import Page, PageViewed, UserChanged
from contracts.ids import ActorId, EventId
from lms_api.outbox.record import Said, record, record_all
from stack import clock
from tests.lms_api.conftest import Campus, moment

HOME = PageViewed(page=Page.HOME)


class TestRecord:
    def test_writes_the_envelope(self, campus: Campus) -> None:
        before = datetime.now(UTC)
        with campus.writing(campus.learner) as session:
            assert record(session, HOME)
        (event,) = campus.said("page.viewed")
        assert event["actor_id"] == campus.learner.actor_id
        assert event["event_id"].version == 7
        assert (event["source"], event["version"], event["course_id"], event["trace_id"]) == ("live", 1, None, None)
        assert before <= event["recorded_at"] == event["occurred_at"] <= datetime.now(UTC)

    def test_is_gone_with_its_transaction(self, campus: Campus) -> None:
        event_id = uuid4()
        with campus.taken_back(campus.learner) as session:
            record(session, HOME, event_id=event_id)
        with campus.writing(campus.learner) as session:
            assert record(session, HOME, event_id=event_id), "the id was not used up"

    def test_the_client_says_when_it_occurred_and_never_when_it_was_known(self, campus: Campus) -> None:
        now, earlier = moment("2026-03-02"), moment("2026-03-01")
        with clock.standing_at(now), campus.writing(campus.learner) as session:
            record(session, HOME, occurred_at=earlier)
        (event,) = campus.said("page.viewed")
        assert (event["occurred_at"], event["recorded_at"]) == (earlier, now)

    def test_the_actor_may_be_another_person(self, campus: Campus) -> None:
        with campus.writing(campus.admin) as session:
            record(session, HOME, actor=campus.learner.actor_id)
        assert campus.said("page.viewed")[0]["actor_id"] == campus.learner.actor_id

    def test_without_anybody_the_system_did_it(self, campus: Campus) -> None:
        with campus.writing(None) as session:
            record(session, HOME)
        assert campus.said("page.viewed")[0]["actor_id"] is None

    def test_an_id_that_was_said_is_a_no_op_that_says_so(self, campus: Campus) -> None:
        event_id = uuid4()
        answers = []
        for _ in range(3):
            with campus.writing(campus.learner) as session:
                answers.append(record(session, HOME, event_id=event_id))
        assert answers == [True, False, False]
        assert len(campus.said("page.viewed")) == 1

    def test_the_same_id_in_another_organization_is_another_event(self, campus: Campus, other_campus: Campus) -> None:
        event_id = uuid4()
        for place in (campus, other_campus):
            with place.writing(place.learner) as session:
                assert record(session, HOME, event_id=event_id)

    def test_what_waits_in_the_session_is_written_first(self, campus: Campus) -> None:
        """The event stands after the change it tells of, in the same transaction."""
        with campus.writing(campus.admin) as session:
            txid = session.execute(text("select pg_current_xact_id()::text")).scalar()
            record(session, HOME)
        with campus.reading(campus.admin) as session:
            query = text("select txid::text from learning_events where name = 'page.viewed'")
            assert session.execute(query).scalar() == txid


class TestRecordAll:
    def test_keeps_the_order_and_drops_what_is_doubled(self, campus: Campus) -> None:
        first, second = EventId(uuid4()), EventId(uuid4())
        said = [
            Said(event=PageViewed(page=Page.HOME), event_id=second),
            Said(event=PageViewed(page=Page.BOARD), event_id=first),
            Said(event=PageViewed(page=Page.SYSTEM), event_id=second),
        ]
        with campus.writing(campus.learner) as session:
            assert record_all(session, said) == {first, second}
        events = campus.said("page.viewed")
        assert [(event["event_id"], event["page"]) for event in events] == [(second, "home"), (first, "board")]

    def test_nothing_is_nothing(self, campus: Campus) -> None:
        with campus.writing(None) as session:
            assert record_all(session, []) == set()

    def test_says_where_it_comes_from(self, campus: Campus) -> None:
        one = Said(
            event=UserChanged(revision=1, role="student", active=True),
            actor=ActorId(uuid4()),
            occurred_at=datetime.now(UTC) - timedelta(days=400),
        )
        with campus.writing(None) as session:
            record_all(session, [one], source=Source.PIPELINE)
        event = campus.said("user.changed")[-1]
        assert (event["source"], event["actor_id"], event["occurred_at"]) == ("pipeline", one.actor, one.occurred_at)
