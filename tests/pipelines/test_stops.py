"""A blocking check that fails stops the turn where it stands: nothing is learnt from it, nothing is posted."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import func, select

from contracts.loop import LoopReport
from features import store
from lms_api.predictions.tables import Prediction
from models import exports
from models.exports import CHAMPION
from models.risk import boosting
from models.risk import versions as risks
from models.risk.scoring import RULE_BANDS, RiskModel
from stack.clickhouse import client
from tests.fixtures_loop import OULAD, Living

WEEKS = "marts.ftr_enrollment_week"
PLANTED = "planted"
"""As trace id, so that what was planted can be taken out again."""
NOT_AFTER = {"risk_models", "course_recommenders", "activity_recommenders", "risk_predictions", "posted_predictions"}


@contextmanager
def a_doubled_week(living: Living) -> Iterator[None]:
    with client(settings=living.settings) as warehouse:
        warehouse.command(
            f"insert into {WEEKS} select * replace ('{PLANTED}' as trace_id) from {WEEKS} "
            f"where organization_id = toUUID('{OULAD}') and is_open = 0 order by enrollment_id, as_of limit 1"
        )
        yield
        warehouse.command(f"alter table {WEEKS} delete where trace_id = '{PLANTED}' settings mutations_sync = 2")


def ran(living: Living, report: LoopReport) -> set[str]:
    """The assets that this run made."""
    with living.dagster() as dagster:
        return {
            step.step_key for step in dagster.get_run_step_stats(str(report.run_id)) if step.status.value == "SUCCESS"
        }


def predictions(living: Living) -> int:
    with living.today.campus.reading(None) as session:
        return session.scalar(select(func.count()).select_from(Prediction)) or 0


class TestBeforeTraining:
    def test_a_doubled_row_is_not_learnt_from(self, living: Living) -> None:
        before = predictions(living)
        with a_doubled_week(living):
            report = living.turn(retrain=True, checks=False)
        assert report.failure is not None
        assert "one_row_per_cutoff" in report.failure
        assert not ran(living, report) & {
            "risk_models",
            "course_recommenders",
            "risk_predictions",
            "posted_predictions",
        }
        assert predictions(living) == before


class TestBeforePosting:
    def test_predictions_without_reasons_stay_here(self, living: Living) -> None:
        before = predictions(living)
        with a_champion_that_can_not_explain(living):
            report = living.turn(job="refresh", checks=False)
        assert report.failure is not None
        assert "each_has_reasons" in report.failure
        assert "posted_predictions" not in ran(living, report)
        assert predictions(living) == before


@contextmanager
def a_champion_that_can_not_explain(living: Living) -> Iterator[None]:
    """A booster without a tree gives everybody the base rate, moved by nothing."""
    models, organization = living.settings.models_folder, living.today.campus.organization_id
    rows = store.training_frame(OULAD, as_of=living.first.started_at, settings=living.settings).head(200)
    labelled = rows.with_columns((rows["views_total"] > rows["views_total"].median()).alias("fails_or_withdraws"))
    stump = boosting.fit(labelled, boosting.Recipe(rounds=1, min_child_weight=1e9))
    rule = risks.of_rule(organization, as_of=living.first.started_at)
    manifest = rule.manifest.model_copy(update={"kind": "xgboost", "version": 99})
    model = RiskModel(manifest.model_version, RULE_BANDS, booster=stump)
    exports.write(models / manifest.name / "99", manifest, risks.Candidate(manifest, model).save)
    kept = exports.pointed(models, manifest.name)
    assert kept is not None
    exports.point(models, manifest.name, 99, CHAMPION)
    yield
    exports.point(models, manifest.name, kept, CHAMPION)
