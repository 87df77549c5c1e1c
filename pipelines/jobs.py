"""The circle as jobs: the same assets, whether a command, the worker or a schedule asks for them."""

import dagster as dg

TRAIN = dg.AssetSelection.groups("train")
EVERYTHING = dg.AssetSelection.all() | dg.AssetSelection.all_asset_checks()
AT_EVERY_TURN = dg.AssetSelection.checks(
    dg.AssetCheckKey(dg.AssetKey(["raw", "learning_events"]), "no_gaps"),
    *(
        dg.AssetCheckKey(dg.AssetKey("risk_predictions"), name)
        for name in ("everyone_is_scored", "each_has_reasons", "scores_differ")
    ),
)
"""What costs nothing and may stop a turn; dbt's tests and the landing's suite belong to the whole circle."""

loop = dg.define_asset_job(
    "loop", selection=EVERYTHING, description="The whole circle: carried, shaped, learnt where due, scored, posted."
)
refresh = dg.define_asset_job(
    "refresh",
    selection=(dg.AssetSelection.all() - TRAIN).without_checks() | AT_EVERY_TURN,
    description="The circle without training, dbt's tests and the landing's suite: what the worker does at new events.",
)
JOBS = [loop, refresh]
