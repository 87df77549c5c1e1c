"""What a version was made of, as hashes: its rows and its code."""

import hashlib
from functools import lru_cache
from pathlib import Path

import polars as pl

HERE = Path(__file__).resolve().parent


def data_hash(frame: pl.DataFrame) -> str:
    """The same rows give the same hash, whatever order they and their columns come in."""
    ordered = frame.select(sorted(frame.columns))
    digest = hashlib.sha256(repr(ordered.schema).encode())
    rows = ordered.hash_rows(seed=0).sort()
    digest.update(rows.to_numpy().tobytes())
    return digest.hexdigest()[:32]


@lru_cache
def code_version() -> str:
    """Hash of the sources that fit and score; it changes when any of them does."""
    digest = hashlib.sha256()
    for source in sorted(HERE.rglob("*.py")):
        digest.update(str(source.relative_to(HERE)).encode() + source.read_bytes())
    return digest.hexdigest()[:16]
