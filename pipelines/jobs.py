"""The circle as jobs: the same assets, whether a command, the worker or a schedule asks for them."""

import dagster as dg

TRAIN = dg.AssetSelection.groups("train")
EVERYTHING = dg.AssetSelection.all() | dg.AssetSelection.all_asset_checks()

loop = dg.define_asset_job(
    "loop", selection=EVERYTHING, description="The whole circle: carried, shaped, learnt where due, scored, posted."
)
refresh = dg.define_asset_job(
    "refresh",
    selection=dg.AssetSelection.all() - TRAIN,
    description="The circle without training and without the landing's suite: what the worker does after new events.",
)
JOBS = [loop, refresh]
