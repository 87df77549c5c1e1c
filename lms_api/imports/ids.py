"""Ids by the column: millions of UUIDv5 in seconds, the same ones that `contracts.ids.derived_id` makes one by one."""

import hashlib
import os

import numpy as np
import polars as pl
import pyarrow as pa

from contracts.ids import NAMESPACE

SEPARATOR = "\x1f"
"""What `derived_id` puts between its parts."""

_HEX = np.frombuffer("".join(f"{byte:02x}" for byte in range(256)).encode(), dtype=np.uint8).reshape(256, 2)
_DASHES = (8, 13, 18, 23)
_DIGITS = tuple(place for place in range(36) if place not in _DASHES)


def derived_ids(frame: pl.DataFrame, fixed: tuple[object, ...], *keys: str) -> pl.Series:
    """One UUID's text a row, of the fixed parts and then the row's own: integers or strings, never null."""
    prefix = NAMESPACE.bytes + "".join(f"{part}{SEPARATOR}" for part in fixed).encode()
    own = frame.select(pl.concat_str([pl.col(key).cast(pl.String) for key in keys], separator=SEPARATOR)).to_series()
    if own.null_count():
        raise ValueError(f"a natural key has a null in one of {', '.join(keys)}")
    sha1 = hashlib.sha1
    digests = b"".join([sha1(prefix + key).digest() for key in own.cast(pl.Binary).to_list()])
    return _text(np.frombuffer(digests, dtype=np.uint8).reshape(-1, 20)[:, :16].copy(), version=5)


def random_ids(count: int) -> pl.Series:
    """One random UUID's text (version 4) each: pseudonyms, which nothing may derive."""
    return _text(np.frombuffer(os.urandom(16 * count), dtype=np.uint8).reshape(-1, 16).copy(), version=4)


def seeded_ids(generator: np.random.Generator, count: int) -> pl.Series:
    """The same as `random_ids`, but the same ones for the same generator: for what is made up."""
    return _text(generator.integers(0, 256, size=(count, 16), dtype=np.uint8), version=4)


def _text(raw: np.ndarray, *, version: int) -> pl.Series:
    """Sets version and variant as RFC 9562 says, and writes each row's 16 bytes as 36 characters."""
    raw[:, 6] = (raw[:, 6] & 0x0F) | (version << 4)
    raw[:, 8] = (raw[:, 8] & 0x3F) | 0x80
    written = np.full((len(raw), 36), ord("-"), dtype=np.uint8)
    written[:, _DIGITS] = _HEX[raw].reshape(len(raw), 32)
    offsets = np.arange(0, 36 * len(raw) + 1, 36, dtype=np.int64)
    strings = pa.LargeStringArray.from_buffers(len(raw), pa.py_buffer(offsets), pa.py_buffer(written))
    return pl.Series(strings)
