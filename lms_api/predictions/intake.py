"""The way in: signed batches of predictions and the loop's reports. The same again changes nothing."""

import hashlib
from collections.abc import Mapping
from typing import TypeVar
from uuid import UUID

from pydantic import BaseModel, ValidationError

from contracts.ids import OrganizationId
from contracts.loop import LoopReport
from contracts.predictions import BatchReceipt, PredictionBatch
from lms_api.db import WriteSession
from lms_api.errors import Invalid, NotFound
from lms_api.predictions import queries, report_queries
from lms_api.predictions.errors import BatchChanged, BatchTooLarge, SignatureInvalid
from lms_api.predictions.schemas import LoopReceipt
from lms_api.unit_of_work import enter
from stack.settings import Settings
from stack.signing import WINDOW_SECONDS, SignatureRefused, verify

ModelT = TypeVar("ModelT", bound=BaseModel)

MOST = 20_000
"""Predictions in one batch."""
NONCES_REMEMBERED_SECONDS = 3 * WINDOW_SECONDS
"""Longer than a signature can be valid, from the first accepted second to the last."""


def check_signature(
    session: WriteSession, settings: Settings, *, method: str, path: str, body: bytes, headers: Mapping[str, str]
) -> None:
    """Raises `SignatureInvalid`; uses up the nonce in this transaction, so a request that failed may come again."""
    try:
        proof = verify(settings, method=method, path=path, body=body, headers=headers)
    except SignatureRefused as refused:
        raise SignatureInvalid(str(refused)) from None
    if not queries.use_nonce(session, proof.nonce, remembered_seconds=NONCES_REMEMBERED_SECONDS):
        raise SignatureInvalid("this nonce was used before")


def accept_batch(session: WriteSession, body: bytes) -> BatchReceipt:
    """Stores what has a subject that may be predicted; call `check_signature` before.

    Raises `BatchTooLarge`, `BatchChanged`, and NotFound for an organization that isn't there.
    """
    batch = _parsed(PredictionBatch, body)
    received = len(batch.risks) + len(batch.recommendations)
    if received > MOST:
        raise BatchTooLarge(f"The batch has {received} predictions.")
    enter(session, OrganizationId(batch.organization_id))
    enabled = queries.predictions_enabled(session)
    if enabled is None:
        raise NotFound("organization", batch.organization_id)
    body_hash = hashlib.sha256(body).hexdigest()
    before = _receipt_of(session, batch.batch_id, body_hash)
    return before or _store(session, batch, body, body_hash=body_hash, enabled=enabled)


def _receipt_of(session: WriteSession, batch_id: UUID, body_hash: str) -> BatchReceipt | None:
    """The same body again: everything that was stored is now a repetition."""
    before = queries.receipt(session, batch_id)
    if before is None:
        return None
    if before.body_hash != body_hash:
        raise BatchChanged(value=batch_id)
    repeated = before.stored + before.repeated
    return BatchReceipt(
        batch_id=batch_id, received=before.received, stored=0, repeated=repeated, refused=before.refused
    )


def _store(
    session: WriteSession, batch: PredictionBatch, body: bytes, *, body_hash: str, enabled: bool
) -> BatchReceipt:
    """With the kill switch on, everything is refused; the receipt says so."""
    received = len(batch.risks) + len(batch.recommendations)
    wanted, stored = (0, 0)
    if enabled and received:
        wanted, stored = queries.store(
            session,
            body=body.decode(),
            organization_id=batch.organization_id,
            batch_id=batch.batch_id,
            computed_at=batch.computed_at,
            replay_as_of=batch.replay_as_of,
            **queries.version_parameters(batch.model),
        )
    done = BatchReceipt(
        batch_id=batch.batch_id,
        received=received,
        stored=stored,
        repeated=wanted - stored,
        refused=received - wanted,
    )
    queries.keep_receipt(
        session,
        organization_id=batch.organization_id,
        body_hash=body_hash,
        judged_on=batch.judged_on,
        **done.model_dump(),
    )
    return done


def accept_loop_report(session: WriteSession, body: bytes) -> LoopReceipt:
    """Keeps the report of a run, once; call `check_signature` before."""
    report = _parsed(LoopReport, body)
    return LoopReceipt(run_id=report.run_id, stored=report_queries.keep(session, report))


def _parsed(model: type[ModelT], body: bytes) -> ModelT:
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        detail = f"{error.error_count()} fields are wrong; the first: {first['msg']}"
        raise Invalid(detail, field=place, value=first.get("input")) from None
