"""The project says what it makes: every model has its YAML with a grain, and the features are the contract's."""

from pathlib import Path

import pytest
import yaml

from contracts.features import RISK_V1, RISK_V1_NAMES

PROJECT = Path(__file__).parent.parent.parent / "dbt"
MODELS = sorted((PROJECT / "models").rglob("*.sql"))


def described(model: Path) -> dict[str, object]:
    [found] = yaml.safe_load(model.with_suffix(".yml").read_text())["models"]
    return found


class TestEveryModel:
    @pytest.mark.parametrize("model", MODELS, ids=lambda path: path.stem)
    def test_has_its_yaml_beside_it(self, model):
        found = described(model)
        assert found["name"] == model.stem
        assert str(found["description"]).startswith("One row per ")
        assert all(column["data_type"] and column["description"] for column in found["columns"])

    @pytest.mark.parametrize("model", [path for path in MODELS if "marts" in path.parts], ids=lambda path: path.stem)
    def test_of_the_marts_carries_its_organization(self, model):
        assert "organization_id" in {column["name"] for column in described(model)["columns"]}


class TestFeatures:
    def test_are_the_contract_s_in_its_order(self):
        columns = described(PROJECT / "models/marts/features/ftr_enrollment_week.sql")["columns"]
        features = [column for column in columns if column["data_type"] == "Nullable(Float32)"]
        assert tuple(column["name"] for column in features) == RISK_V1_NAMES
        for column, feature in zip(features, RISK_V1, strict=True):
            assert column["description"].startswith(f"{feature.meaning} In {feature.unit}.")

    def test_are_named_once_for_dbt(self):
        text = (PROJECT / "macros/risk_v1.sql").read_text()
        assert [line.strip(" ',") for line in text.splitlines() if line.startswith("        '")] == list(RISK_V1_NAMES)

    def test_audit_attributes_reach_no_feature(self):
        readers = [path.stem for path in MODELS if "learner_attributes" in path.read_text()]
        assert set(readers) == {"stg_lms__learner_attributes", "fct_learner_attributes", "rpt_ledger"}


class TestTheFolder:
    def test_is_no_package(self):
        assert not list(PROJECT.rglob("*.py"))
