"""Back: predictions and reports into the LMS, signed with the service key. The LMS alone writes its database."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

import httpx
from pydantic import BaseModel

from contracts.loop import LoopReport
from contracts.predictions import BatchReceipt, PredictionBatch
from stack.settings import Settings
from stack.signing import sign

Item = TypeVar("Item")

BATCHES = "/api/v1/predictions/batches"
REPORTS = "/api/v1/loop-reports"
BATCH_SIZE = 5_000
"""Predictions in one request: some megabytes, and a second of the LMS's time."""
TIMEOUT = httpx.Timeout(60.0, connect=5.0)


class PostRefused(RuntimeError):
    """The LMS did not take it, or could not be reached; the message has its problem document, or why."""


def post_batch(settings: Settings, batch: PredictionBatch) -> BatchReceipt:
    """The same batch may be posted again after any failure: the LMS stores each prediction once."""
    return BatchReceipt.model_validate_json(_post(settings, BATCHES, batch))


def post_report(settings: Settings, report: LoopReport) -> None:
    """What the system page shows."""
    _post(settings, REPORTS, report)


def in_slices(items: Iterable[Item], size: int = BATCH_SIZE) -> Iterator[tuple[Item, ...]]:
    """The items in order, `size` at a time."""
    remaining = iter(items)
    while taken := tuple(islice(remaining, size)):
        yield taken


def _post(settings: Settings, path: str, said: BaseModel) -> bytes:
    body = said.model_dump_json().encode()
    headers = {"Content-Type": "application/json", **sign(settings, method="POST", path=path, body=body)}
    try:
        answer = httpx.post(f"{settings.lms_base_url}{path}", content=body, headers=headers, timeout=TIMEOUT)
    except httpx.TransportError as unreachable:
        raise PostRefused(f"POST {settings.lms_base_url}{path}: {unreachable or repr(unreachable)}") from unreachable
    if answer.is_error:
        raise PostRefused(f"POST {path}: {answer.status_code} {answer.text[:600]}")
    return answer.content
