"""EASE: a linear item-to-item model with a closed form (Steck 2019, "Embarrassingly Shallow Autoencoders")."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from models.recommend.ranking import Numbers

RIDGES = (10.0, 50.0, 250.0)
"""What the hold-out chooses from; a larger one trusts rare pairs less."""


def incidence(pairs: pl.DataFrame, subjects: Sequence[str], items: Sequence[str]) -> Numbers:
    """Subjects × items, 1 where the pair (subject_id, item_id) occurs."""
    row = {subject: at for at, subject in enumerate(subjects)}
    column = {item: at for at, item in enumerate(items)}
    matrix = np.zeros((len(subjects), len(items)))
    known = pairs.filter(pl.col("item_id").is_in(list(items)) & pl.col("subject_id").is_in(list(subjects)))
    at = [row[subject] for subject in known["subject_id"]], [column[item] for item in known["item_id"]]
    matrix[at] = 1.0
    return matrix


def fit(matrix: Numbers, *, ridge: float) -> Numbers:
    """Weights items × items with a zero diagonal: a history times them scores every item."""
    if not matrix.any():
        return np.zeros((matrix.shape[1], matrix.shape[1]))
    precision = np.linalg.inv(matrix.T @ matrix + ridge * np.eye(matrix.shape[1]))
    weights: Numbers = -precision / np.diag(precision)
    np.fill_diagonal(weights, 0.0)
    return weights


def cosine(marks: Numbers) -> Numbers:
    """Items × items from items × marks; zero for an item without marks, and for an item with itself."""
    length = np.linalg.norm(marks, axis=1, keepdims=True)
    unit = np.divide(marks, length, out=np.zeros_like(marks), where=length > 0)
    alike: Numbers = unit @ unit.T
    np.fill_diagonal(alike, 0.0)
    return alike
