"""An exported folder as one function of a table, whatever kind it is: what the registry's own copy predicts with."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl

from models import exports
from models.recommend import versions as recommenders
from models.recommend.ranking import ItemModel
from models.risk import versions as risk
from models.risk.scoring import matrix

Predictor = Callable[[Any], list[Any]]


def predictor(folder: Path) -> Predictor:
    """From a pandas table: chances from features; the best item's id from `history`, ids with spaces between."""
    manifest = exports.read_manifest(folder)
    if manifest.name.startswith("risk."):
        model = risk.load(folder)
        return lambda table: model.value(matrix(pl.from_pandas(table), model.features)).tolist()
    models = list(recommenders.read_arrays(folder).values())
    return lambda table: [_best(models, str(history).split()) for history in table["history"]]


def _best(models: list[ItemModel], history: list[str]) -> str:
    """By the model that knows most of the history; empty when everything was taken."""
    fitting = max(models, key=lambda model: len(set(history) & set(model.items)))
    found = fitting.rank([history], k=1, among=fitting.items)[0]
    return found[0].item if found else ""
