"""OULAD in small, through the import command and then as of a day of 2014."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from contracts.ids import OrganizationId
from contracts.loop import LoopReport
from features import store
from lms_api.db import ReadSession, application_engine
from lms_api.predictions.tables import Prediction, PredictionBatch
from lms_api.unit_of_work import reading
from models import exports
from tests.fixtures_loop import OULAD, SMALL_BUDGET, Living, signed_in, stage
from tests.homes import at_home
from tests.verify.oulad import counted, differences, found

DAY = date(2014, 6, 30)
CUTOFF = datetime(2014, 7, 1, tzinfo=UTC)
RISK = f"risk.{OULAD}"


@dataclass(frozen=True)
class Replayed:
    living: Living
    report: LoopReport
    pointers_before: dict[str, str]
    """The champions as they were."""
    enrollment_ids: tuple[UUID, ...]
    """Of the stored risks."""

    @property
    def active(self) -> int:
        return self.living.oulad.active("2014B", DAY)


def pointers(living: Living) -> dict[str, str]:
    found = living.settings.models_folder.glob(f"*/{exports.CHAMPION}.json")
    return {path.parent.name: path.read_text() for path in found}


def lms(living: Living) -> Iterator[ReadSession]:
    """OULAD's organization in the LMS's own database."""
    engine = application_engine(living.settings.application_url)
    with reading(engine, OrganizationId(OULAD)) as session:
        yield session


@pytest.fixture
def stored(living: Living) -> Iterator[ReadSession]:
    yield from lms(living)


@pytest.fixture(scope="module")
def replayed(living_campus: Living) -> Iterator[Replayed]:
    with at_home(living_campus.settings, **SMALL_BUDGET):
        before = pointers(living_campus)
        report = living_campus.turn(replay=DAY)
        for session in lms(living_campus):
            query = select(Prediction.enrollment_id).where(Prediction.replay_as_of == DAY, Prediction.kind == "risk")
            ids = tuple(session.scalars(query))
        yield Replayed(living_campus, report, before, ids)


class TestTheReport:
    def test_closes_and_reconciles_at_every_stage(self, replayed: Replayed) -> None:
        assert replayed.report.failure is None
        assert [one.stage for one in replayed.report.stages if not one.reconciles] == []
        assert replayed.report.replay_as_of == DAY

    def test_goes_from_the_file_s_rows(self, replayed: Replayed) -> None:
        for table, rows in replayed.living.oulad.rows.items():
            assert stage(replayed.report, f"file {table.lower()}", OULAD).rows_in == rows

    @pytest.mark.parametrize(
        "name",
        [
            "file studentvle",
            "landed activity.viewed",
            "facts fct_activity_views",
            "features ftr_enrollment_lesson",
        ],
    )
    def test_has_the_same_clicks_at_every_stage(self, replayed: Replayed, name: str) -> None:
        assert stage(replayed.report, name, OULAD).clicks == replayed.living.oulad.clicks

    def test_counts_what_was_not_yet_known_as_waiting(self, replayed: Replayed) -> None:
        oulad = replayed.living.oulad
        last = {presentation: (DAY - first).days for presentation, first in STARTS.items()}
        later = {
            (row["id_student"], row["id_site"], row["date"])
            for row in oulad.tables["studentVle"]
            if int(row["date"]) > last[row["code_presentation"]]
        }
        facts = stage(replayed.report, "facts fct_activity_views", OULAD)
        assert facts.waiting == len(later) > 0
        assert facts.rows_in == oulad.student_page_days

    def test_ends_with_everybody_who_was_active(self, replayed: Replayed) -> None:
        assert stage(replayed.report, "features ftr_enrollment_week", OULAD).rows_in == replayed.active > 0
        assert stage(replayed.report, "features ftr_enrollment_week", OULAD).rows_out == replayed.active
        assert len(replayed.enrollment_ids) == len(set(replayed.enrollment_ids)) == replayed.active


STARTS = {"2013B": date(2013, 2, 1), "2013J": date(2013, 10, 1), "2014B": date(2014, 2, 1)}


class TestWhatIsStored:
    def test_every_prediction_has_its_reasons(self, replayed: Replayed, stored: ReadSession) -> None:
        query = select(Prediction).where(Prediction.replay_as_of == DAY, Prediction.kind == "risk")
        for one in stored.scalars(query):
            assert one.reasons
            assert one.features_as_of == CUTOFF
            assert (one.model_name, one.model_kind) == (RISK, "xgboost")

    def test_the_model_knew_what_was_recorded_by_then(self, replayed: Replayed) -> None:
        folder = exports.folder_of(replayed.living.settings.models_folder, RISK, exports.replay_pointer(DAY))
        manifest = exports.read_manifest(folder)
        assert manifest.as_of == CUTOFF
        rows = store.training_frame(OULAD, as_of=CUTOFF, settings=replayed.living.settings)
        labels = store.labels(OULAD, known_by=CUTOFF, settings=replayed.living.settings)
        assert rows["as_of"].max() < CUTOFF
        assert labels["label_recorded_at"].max() < CUTOFF

    def test_the_marts_hold_what_the_zip_holds(self, replayed: Replayed) -> None:
        expected = counted(replayed.living.oulad.path)
        assert differences(expected, found(replayed.living.settings)) == []
        assert expected["clicks"] == replayed.living.oulad.clicks


class TestTheLiving:
    def test_keep_their_champions(self, replayed: Replayed) -> None:
        after = pointers(replayed.living)
        assert {name: after[name] for name in replayed.pointers_before} == replayed.pointers_before
        kept = json.loads(after[RISK])["version"]
        assert exports.pointed(replayed.living.settings.models_folder, RISK, exports.replay_pointer(DAY)) != kept

    def test_are_not_judged_by_a_replay(self, replayed: Replayed, stored: ReadSession) -> None:
        given = json.loads((replayed.living.settings.home / "sign-ins.json").read_text())["oulad"]["instructor"]
        with signed_in(replayed.living.settings, given) as http:
            boards = [http.get(f"/courses/{course}/risk").json() for course in courses_of(replayed.living)]
        assert len(boards) == 2
        for board in boards:
            assert (board["rows"], board["never_started"], board["newest_as_of"]) == ([], [], None)
            assert board["message"]

    def test_have_their_own_online_features(self, replayed: Replayed) -> None:
        settings, asked = replayed.living.settings, replayed.enrollment_ids[:20]
        of_then = store.online(asked, replay=DAY.isoformat(), settings=settings)
        assert {row.as_of for row in of_then if row} == {CUTOFF}
        assert store.online(asked, settings=settings) == [None] * len(asked)


class TestTheSameAgain:
    def test_posts_only_repetitions(self, replayed: Replayed, living: Living, stored: ReadSession) -> None:
        predictions = select(func.count()).select_from(Prediction)
        before = stored.scalar(predictions), set(stored.scalars(select(PredictionBatch.batch_id)))
        report = living.turn(replay=DAY, checks=False)
        for session in lms(living):
            new = [one for one in session.scalars(select(PredictionBatch)) if one.batch_id not in before[1]]
            assert session.scalar(predictions) == before[0]
            assert new
            assert all(one.stored == one.refused == 0 and one.repeated == one.received for one in new)
        assert report.failure is None
        assert report.reconciles
        assert report.model_versions == replayed.report.model_versions


def courses_of(living: Living) -> list[str]:
    """Those of 2014B."""
    rows: list[tuple[Any, ...]] = living.ask(
        "select toString(course_id) from marts.dim_courses where organization_id = {organization:UUID} "
        "and toDate(starts_at) = '2014-02-01'",
        organization=OULAD,
    )
    return [course for (course,) in rows]
