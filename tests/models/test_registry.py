"""Registered on the real platform database, exported, put in use, and read again without the registry."""

import json
import shutil
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import numpy as np
import polars as pl
import pytest

from models import exports, registry
from models.recommend import renewal as recommend_renewal
from models.recommend import training as recommend_training
from models.recommend import versions as recommend_versions
from models.risk import renewal, scoring, versions
from stack.settings import Settings

AS_OF = datetime(2025, 1, 1, tzinfo=UTC)

# MLflow, Optuna and Alembic warn of their own future.
pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning", "ignore::ResourceWarning"
)


@pytest.fixture(scope="module")
def settings(stores: Settings) -> Settings:
    return stores.model_copy(update={"optuna_trials": 1})


@pytest.fixture(scope="module")
def renewed(settings, planted):
    organization = uuid4()
    given = {"organization_id": organization, "as_of": AS_OF, "settings": settings}
    return organization, renewal.renew(*planted, **given), given


class TestEnsureRule:
    def test_is_the_first_version_and_champion_and_no_second_one(self, settings):
        organization = uuid4()
        first = registry.ensure_rule(organization, as_of=AS_OF, settings=settings)
        assert (first.version, first.kind) == (1, "rule")
        assert registry.ensure_rule(organization, as_of=AS_OF, settings=settings) == first
        assert registry.champion(first.name, settings=settings) == first
        assert versions.load_current(settings.models_folder, organization).version == first


class TestRenew:
    def test_a_model_that_beats_the_rule_becomes_champion(self, renewed, settings):
        organization, done, _ = renewed
        assert done.decision.passes, done.decision.reasons
        assert (done.in_use.version, done.in_use.kind) == (2, "xgboost")
        assert versions.load_current(settings.models_folder, organization).version == done.in_use

    def test_the_same_rows_are_not_learnt_from_again(self, renewed, planted, monkeypatch):
        _, done, given = renewed
        monkeypatch.setattr(renewal, "train", lambda *_, **__: pytest.fail("trained again"))
        assert renewal.renew(*planted, **given).in_use == done.in_use

    def test_a_replay_moves_its_own_alias_only(self, renewed, planted, settings):
        organization, done, given = renewed
        day = date(2023, 6, 30)
        then = given | {"as_of": datetime(2023, 7, 1, tzinfo=UTC), "replay": day}
        replayed = renewal.renew(*planted, **then)
        assert replayed.in_use.kind == "rule", "nothing was over by then but one presentation"
        pointer = exports.replay_pointer(day)
        assert versions.load_current(settings.models_folder, organization, pointer=pointer).version.version == 1
        assert registry.champion(done.in_use.name, settings=settings) == done.in_use

    def test_with_too_few_labels_the_rule_stays(self, settings, planted):
        frame, labels = planted
        organization = uuid4()
        given = {"organization_id": organization, "as_of": AS_OF, "settings": settings}
        done = renewal.renew(frame, labels.head(5), **given)
        assert done.candidate is None
        assert (done.in_use.version, done.in_use.kind) == (1, "rule")

    def test_a_model_that_fails_the_gate_is_only_a_challenger(self, settings, plants):
        frame, labels = plants(seed=11)
        by_chance = labels.with_columns(pl.col("fails_or_withdraws").shuffle(seed=1))
        organization = uuid4()
        done = renewal.renew(frame, by_chance, organization_id=organization, as_of=AS_OF, settings=settings)
        assert not done.decision.passes
        assert done.in_use.kind == "rule"
        challenger = registry.champion(done.in_use.name, settings=settings, alias=registry.CHALLENGER)
        assert challenger == done.candidate


class TestExport:
    def test_scores_alike_when_read_again(self, renewed, planted, settings):
        organization, done, _ = renewed
        folder = settings.models_folder / done.in_use.name / "2"
        given = scoring.matrix(planted[0].head(100))
        kept = versions.load_current(settings.models_folder, organization).value(given)
        shutil.rmtree(folder)
        assert registry.publish(done.in_use.name, settings=settings) == done.in_use
        np.testing.assert_allclose(versions.load(folder).value(given), kept, atol=1e-7)

    def test_the_registry_s_own_copy_says_the_same(self, renewed, planted, settings):
        import mlflow

        _, done, _ = renewed
        registry.champion(done.in_use.name, settings=settings)
        rows = planted[0].head(20)
        model = versions.load(settings.models_folder / done.in_use.name / "2")
        logged = mlflow.pyfunc.load_model(f"models:/{done.in_use.name}@champion")
        assert logged.metadata.signature.inputs.input_names() == list(model.features)
        table = rows.select(model.features).to_pandas()
        np.testing.assert_allclose(logged.predict(table), model.value(scoring.matrix(rows)), atol=1e-7)

    def test_the_manifest_says_what_made_it(self, renewed, settings):
        organization, done, _ = renewed
        manifest = exports.read_manifest(settings.models_folder / done.in_use.name / "2")
        assert manifest.organization_id == organization
        assert manifest.feature_service == "risk_v1"
        assert manifest.as_of == AS_OF
        assert len(manifest.data_hash) == 32
        assert manifest.details["judged_cohorts"] == ["c2@2023-11-08"]
        assert manifest.metrics["candidate_auc"] > manifest.metrics["rule_auc"]

    def test_is_loaded_without_the_registry(self, renewed, settings):
        organization, *_ = renewed
        asked = (
            "import sys; from pathlib import Path; from uuid import UUID; from models.risk import versions; "
            f"model = versions.load_current(Path({str(settings.models_folder)!r}), UUID({str(organization)!r})); "
            "print(model.version.kind, 'mlflow' in sys.modules, 'feast' in sys.modules, 'optuna' in sys.modules)"
        )
        said = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
        assert said.stdout.split() == ["xgboost", "False", "False", "False"]


class TestPointer:
    def test_a_version_that_was_never_made_is_told(self, tmp_path):
        with pytest.raises(exports.NoSuchModel, match=r"risk\.x: no champion"):
            exports.folder_of(tmp_path, "risk.x")

    def test_is_swapped_whole(self, tmp_path):
        (tmp_path / "risk.x").mkdir()
        exports.point(tmp_path, "risk.x", 3)
        exports.point(tmp_path, "risk.x", 4)
        assert [path.name for path in (tmp_path / "risk.x").iterdir()] == ["champion.json"]
        assert json.loads((tmp_path / "risk.x" / "champion.json").read_text()) == {"version": 4}

    def test_a_write_that_breaks_off_leaves_no_version(self, tmp_path, settings):
        manifest = versions.of_rule(uuid4(), as_of=AS_OF).manifest

        def breaks(_folder):
            raise OSError("disk full")

        with pytest.raises(OSError, match="disk full"):
            exports.write(tmp_path / "1", manifest, breaks)
        assert not (tmp_path / "1").exists()


class TestRecommenders:
    def test_go_out_and_come_back(self, settings):
        organization, course = uuid4(), str(uuid4())
        lessons = pl.DataFrame({"course_id": [course] * 3, "lesson_id": [str(uuid4()) for _ in range(3)]})
        lessons = lessons.with_row_index("order_index")
        first = AS_OF - timedelta(days=30)
        pairs = pl.DataFrame(
            [(f"e{n}", lessons["lesson_id"][n % 2], course, first + timedelta(hours=n)) for n in range(40)],
            schema=("subject_id", "item_id", "course_id", "first_recorded_at"),
            orient="row",
        )
        trained = recommend_training.train_activities(pairs, lessons, organization_id=organization, as_of=AS_OF)
        version = recommend_renewal.renew(trained, settings=settings)
        loaded = recommend_versions.load_activities(settings.models_folder, organization)
        assert loaded.version == version
        assert loaded.model[course].items == trained.model[course].items
        np.testing.assert_allclose(loaded.model[course].similar, trained.model[course].similar, atol=1e-6)

    def test_courses_keep_their_catalogue(self, settings):
        organization, course = uuid4(), str(uuid4())
        row = [(course, "art", "fine", ["paint"], True, AS_OF, None)]
        catalogue = pl.DataFrame(row, schema=recommend_versions.CATALOGUE_TYPES, orient="row")
        nobody = pl.DataFrame(
            schema={"subject_id": pl.String, "family": pl.String, "first_recorded_at": pl.Datetime("us", "UTC")}
        )
        trained = recommend_training.train_courses(nobody, catalogue, organization_id=organization, as_of=AS_OF)
        version = recommend_renewal.renew(trained, settings=settings)
        loaded = recommend_versions.load_courses(settings.models_folder, organization)
        assert (loaded.version, loaded.version.kind) == (version, "popularity")
        assert loaded.model.catalogue.equals(catalogue)
