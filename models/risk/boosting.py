"""The booster and its settings: what a trial varies and how one is fitted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from models import metrics
from models.calibration import AS_IT_IS
from models.metrics import Numbers
from models.risk.scoring import matrix, predict_margin
from models.splits import TARGET

if TYPE_CHECKING:
    from optuna import Trial
    from xgboost import Booster

SEED = 20130201
THREADS = 2
"""A campus shares its cores with the LMS; more threads than two gain little at these sizes."""
MANY = 20_000
"""Rows from which a second thread is worth its waiting."""
TRIAL_ROWS = 150_000
"""A trial is fitted on at most so many rows: settings found on a sample hold for the whole."""

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how many are done, and of how many."""


@dataclass(frozen=True)
class Recipe:
    """XGBoost's settings. The defaults were chosen on OULAD's 2013 presentations: 2013B fitted, 2013J judged."""

    rounds: int = 150
    max_depth: int = 4
    eta: float = 0.05
    min_child_weight: float = 200.0
    subsample: float = 0.7
    colsample_bynode: float = 0.4
    reg_lambda: float = 5.0


UNTUNED = None
"""XGBoost's own defaults and a hundred rounds: what the recipe is measured against."""


def target(rows: pl.DataFrame) -> Numbers:
    return rows[TARGET].cast(pl.Float64).to_numpy()


def fit(rows: pl.DataFrame, recipe: Recipe | None) -> Booster:
    """The same rows, in the same order, give the same booster."""
    import xgboost  # heavy: 200 MB

    settings = asdict(recipe) if recipe else {"rounds": 100}
    rounds = settings.pop("rounds")
    if recipe:
        settings["min_child_weight"] = _lighter(recipe.min_child_weight, len(rows))
    data = xgboost.DMatrix(matrix(rows), label=target(rows))
    threads = THREADS if len(rows) >= MANY else 1
    fixed = {"objective": "binary:logistic", "tree_method": "hist", "nthread": threads, "seed": SEED}
    return xgboost.train({**fixed, **settings}, data, num_boost_round=rounds)


def _lighter(weight: float, rows: int) -> float:
    """A leaf's least weight is meant for 100,000 rows; a small campus gets a smaller one."""
    return max(1.0, weight * min(1.0, rows / 100_000))


def tune(train: pl.DataFrame, judged: pl.DataFrame, *, trials: int, progress: Progress) -> Recipe:
    """The recipe with the least log loss on later presentations. Seeded; the default recipe is the first trial."""
    import optuna  # heavy

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    sample = train.sample(min(TRIAL_ROWS, len(train)), seed=SEED)
    truth, given = target(judged), matrix(judged)

    def loss(trial: Trial) -> float:
        margin = predict_margin(fit(sample, _suggested(trial)), given)
        progress("tuning", trial.number + 1, trials)
        return metrics.log_loss(truth, AS_IT_IS.chance(margin))

    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=SEED))
    study.enqueue_trial(asdict(Recipe()))
    study.optimize(loss, n_trials=trials)
    return Recipe(**study.best_params)


def _suggested(trial: Trial) -> Recipe:
    ranges: dict[str, Any] = {
        "rounds": trial.suggest_int("rounds", 60, 300),
        "max_depth": trial.suggest_int("max_depth", 3, 6),
        "eta": trial.suggest_float("eta", 0.02, 0.12, log=True),
        "min_child_weight": trial.suggest_float("min_child_weight", 20, 500, log=True),
        "subsample": trial.suggest_float("subsample", 0.5, 0.9),
        "colsample_bynode": trial.suggest_float("colsample_bynode", 0.2, 0.8),
        "reg_lambda": trial.suggest_float("reg_lambda", 1, 50, log=True),
    }
    return Recipe(**ranges)
