"""Answer, and back: predictions for the rows of this turn, checked, posted to the LMS, accounted for."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import dagster as dg
import polars as pl

from features import nouns
from pipelines import scoring
from pipelines.ledger import stages_of
from pipelines.posting import post_batch
from pipelines.progress import REFRESHED_UNTIL, posted_until, refreshed_until
from pipelines.reporting import LEDGER
from pipelines.scoring import Recommended, Scored
from pipelines.turn import Turn
from stack import clock

OpenRows = dict[UUID, pl.DataFrame]
RISKS = dg.AssetKey("risk_predictions")
BEFORE_POSTING = [
    dg.AssetCheckSpec("everyone_is_scored", asset=RISKS, blocking=True, description="Each open row has a prediction."),
    dg.AssetCheckSpec("each_has_reasons", asset=RISKS, blocking=True, description="No score without its reasons."),
    dg.AssetCheckSpec("scores_differ", asset=RISKS, blocking=True, description="A learned model tells people apart."),
]


@dg.asset(group_name="score", deps=["risk_models"], check_specs=BEFORE_POSTING)
def risk_predictions(turn: Turn, open_rows: OpenRows) -> Iterator[dg.MaterializeResult]:
    """The chance that an enrollment ends in fail or withdrawal, with reasons. One per open row of this turn."""
    scored = {organization: scoring.risks(organization, rows, turn) for organization, rows in open_rows.items()}
    made = sum(len(found) for _, found in scored.values())
    yield dg.MaterializeResult(
        value=scored,
        metadata=_rows(sum(len(rows) for rows in open_rows.values()), made),
        check_results=_before_posting(open_rows, scored),
    )


def _before_posting(rows: OpenRows, scored: dict[UUID, Scored]) -> list[dg.AssetCheckResult]:
    missing, unexplained, alike = (
        scoring.unscored(rows, scored),
        scoring.without_reasons(scored),
        scoring.all_alike(scored),
    )
    return [
        dg.AssetCheckResult(check_name="everyone_is_scored", passed=missing == 0, metadata={"missing": missing}),
        dg.AssetCheckResult(check_name="each_has_reasons", passed=unexplained == 0, metadata={"without": unexplained}),
        dg.AssetCheckResult(check_name="scores_differ", passed=not alike, metadata={"alike": ", ".join(alike)}),
    ]


@dg.asset(group_name="score", deps=["course_recommenders", "activity_recommenders"])
def recommendations(turn: Turn, open_rows: OpenRows) -> Iterator[dg.MaterializeResult]:
    """Courses for each person and next lessons for each enrollment of this turn's rows."""
    made: dict[UUID, list[Recommended]] = {}
    for organization, rows in open_rows.items():
        found = (scoring.courses_for(organization, rows, turn), scoring.activities_for(organization, rows, turn))
        made[organization] = [each for each in found if each is not None]
    count = sum(len(said) for parts in made.values() for _, said in parts)
    yield dg.MaterializeResult(value=made, metadata={"dagster/row_count": count})


@dg.asset(group_name="score")
def posted_predictions(
    context: dg.AssetExecutionContext,
    turn: Turn,
    open_rows: OpenRows,
    risk_predictions: dict[UUID, Scored],
    recommendations: dict[UUID, list[Recommended]],
) -> dg.MaterializeResult:
    """What the LMS has stored: it alone writes its database, and says what it did with each batch."""
    batches = scoring.batches(turn, clock.now(), risk_predictions, recommendations)
    receipts = [post_batch(turn.settings, batch) for batch in batches]
    kept = sum(receipt.stored + receipt.repeated for receipt in receipts)
    return dg.MaterializeResult(
        metadata={
            **_rows(sum(receipt.received for receipt in receipts), kept),
            # a replay's rows are not the living ones': the next turn goes on from where it was
            REFRESHED_UNTIL: refreshed_until(() if turn.replay else open_rows.values(), posted_until(context.instance)),
            "rejected": sum(receipt.refused for receipt in receipts),
            "note": "refused: unknown to the LMS, or opted out" if any(receipt.refused for receipt in receipts) else "",
            "model_versions": json.dumps(scoring.versions_in_use(turn)),
        }
    )


@dg.asset(group_name="score", deps=[dg.AssetKey(["marts", "rpt_ledger"])])
def ledger(turn: Turn) -> dg.MaterializeResult:
    """Every stage's rows, from the file to the features, as the warehouse counts them."""
    stages = [
        stage for organization in nouns.organizations(turn.settings) for stage in stages_of(organization, turn.settings)
    ]
    broken = [stage.stage for stage in stages if not stage.reconciles]
    return dg.MaterializeResult(
        metadata={
            LEDGER: json.dumps([stage.model_dump(mode="json") for stage in stages]),
            "does_not_reconcile": ", ".join(broken) or "nothing",
        }
    )


def _rows(rows_in: int, rows_out: int) -> dict[str, Any]:
    return {"rows_in": rows_in, "rows_out": rows_out, "dagster/row_count": rows_out}
