"""The typed way to serving: live answers within a page's patience, or None."""

import logging
import time
from functools import lru_cache
from threading import Lock
from typing import TypeVar
from uuid import UUID

import httpx
from pydantic import BaseModel, TypeAdapter, ValidationError

from contracts.predictions import RecommendAnswer, RecommendRequest, RiskAnswer, RiskRequest
from stack.settings import Settings, get_settings

LIMIT_SECONDS = 0.150
"""A page never waits longer for a live answer."""
REST_SECONDS = 2.0
"""After a failure serving isn't asked again for so long: a hung one must not cost every page its limit."""

_JSON = {"content-type": "application/json"}
# The phases add up to the limit, because httpx limits each of them and not their sum.
_TIMEOUT = httpx.Timeout(connect=0.035, read=0.100, write=0.010, pool=0.005)

AnswerT = TypeVar("AnswerT", RiskAnswer, RecommendAnswer)

_RISKS = TypeAdapter(list[RiskAnswer])
_RECOMMENDATIONS = TypeAdapter(list[RecommendAnswer])
_log = logging.getLogger(__name__)


class ServingClient:
    """One per process; safe to share between threads."""

    def __init__(self, base_url: str, *, rest_seconds: float = REST_SECONDS) -> None:
        self._http = httpx.Client(base_url=base_url, timeout=_TIMEOUT)
        self._rest_seconds = rest_seconds
        self._asleep_until = 0.0
        self._lock = Lock()

    def risk(self, request: RiskRequest) -> list[RiskAnswer] | None:
        """One answer per id or row of features; None when serving can't say within the limit."""
        answer = self._post("/risk", request)
        return None if answer is None else _read(_RISKS, answer)

    def recommend(self, request: RecommendRequest) -> list[RecommendAnswer] | None:
        """One answer per subject or history; None when serving can't say within the limit."""
        answer = self._post("/recommend", request)
        return None if answer is None else _read(_RECOMMENDATIONS, answer)

    def courses(self, *, organization_id: UUID, history: tuple[UUID, ...], k: int) -> RecommendAnswer | None:
        """Courses for somebody who took those of `history`."""
        request = RecommendRequest(organization_id=organization_id, kind="courses", histories=(history,), k=k)
        answers = self.recommend(request)
        return answers[0] if answers else None

    def versions(self) -> dict[str, str] | None:
        """Registered name → version that answers now; None when serving is down."""
        try:
            answer = self._http.get("/versions")
            answer.raise_for_status()
            return {name: str(loaded["version"]) for name, loaded in answer.json()["models"].items()}
        except (httpx.HTTPError, ValueError, KeyError, TypeError):
            return None

    def close(self) -> None:
        self._http.close()

    def _post(self, path: str, request: BaseModel) -> bytes | None:
        if time.monotonic() < self._asleep_until:
            return None
        try:
            answer = self._http.post(path, content=request.model_dump_json(), headers=_JSON)
        except httpx.HTTPError as failure:
            self._rest(path, failure)
            return None
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None  # serving is well and has no model of this organization yet
        if answer.is_error:
            self._rest(path, answer.status_code)
            return None
        return answer.content

    def _rest(self, path: str, failure: object) -> None:
        with self._lock:
            self._asleep_until = time.monotonic() + self._rest_seconds
        _log.warning("serving does not answer %s: %r; asked again in %.0f s", path, failure, self._rest_seconds)


def _read(adapter: TypeAdapter[list[AnswerT]], answer: bytes) -> list[AnswerT] | None:
    try:
        return adapter.validate_json(answer)
    except ValidationError:
        _log.exception("serving answered in another shape than contracts.predictions says")
        return None


@lru_cache
def client_of(base_url: str) -> ServingClient:
    """The process's client to one address."""
    return ServingClient(base_url)


def serving(settings: Settings | None = None) -> ServingClient:
    """The client to the serving of these settings."""
    return client_of((settings or get_settings()).serving_base_url)
