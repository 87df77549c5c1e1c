"""BentoML's service: risk and recommendations by ids or by what is given, each answer with the version that made it.

Endpoints are coroutines and nothing is batched: a lone caller would wait for company. Neither mlflow nor a registry is
imported; the pointer files under the models' folder say which version answers.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from typing import Protocol, TypeVar
from uuid import UUID

import bentoml
from pydantic import TypeAdapter
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from contracts.predictions import ModelVersion, RecommendAnswer, RecommendRequest, RiskAnswer, RiskRequest
from features import store
from features.store import OnlineRow
from serving import loading, recommend, risk
from serving.recommend import CourseMissing, History
from serving.shelf import NotOnShelf, Shelf
from stack.settings import get_settings

WATCH_SECONDS = 0.5
"""How often the pointers are looked at; a promotion is answered by after at most this and the load."""
MOST = 1_000
"""Ids, or rows of features, in one request."""

_RISKS = TypeAdapter(list[RiskAnswer])
_RECOMMENDATIONS = TypeAdapter(list[RecommendAnswer])
_log = logging.getLogger("serving")


class Refused(Exception):
    """Answered as `{"error": …}` with its status."""

    def __init__(self, status: HTTPStatus, said: str) -> None:
        super().__init__(said)
        self.status = status


async def _versions(_: Request) -> Response:
    """What answers now, and what was named and could not be loaded."""
    service = bentoml.get_current_service()
    return JSONResponse(service.versions())


pages = Starlette(routes=[Route("/versions", _versions, methods=["GET"])])
"""What is asked with GET; BentoML's own routes are POST."""


@bentoml.service(
    name="campusloop",
    workers=1,
    traffic={"timeout": 10},
    logging={"access": {"enabled": False}},  # a line per answer costs as much as the answer
)
@bentoml.asgi_app(pages, path="/")
class Serving:
    """One process; every model of every organization that has one."""

    def __init__(self) -> None:
        self._settings = get_settings()
        folder = self._settings.models_folder
        self._risk = Shelf("risk.", folder, loading.risk)
        self._courses = Shelf("courses.", folder, loading.next_courses)
        self._activities = Shelf("activities.", folder, loading.next_activities)
        self._refresh()
        # before it is ready: Feast's import takes seconds, in which nothing else of this process would answer in time
        self._warm()
        self._watch: asyncio.Task[None] | None = None

    def _refresh(self) -> None:
        for shelf in (self._risk, self._courses, self._activities):
            shelf.refresh()

    @bentoml.on_startup  # type: ignore[untyped-decorator]
    async def begin(self) -> None:
        """Watches the pointers."""
        self._watch = asyncio.create_task(self._follow())

    @bentoml.on_shutdown  # type: ignore[untyped-decorator]
    async def end(self) -> None:
        """Stops watching."""
        if self._watch is not None:
            self._watch.cancel()
            with suppress(asyncio.CancelledError):
                await self._watch

    async def _follow(self) -> None:
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            await asyncio.to_thread(self._refresh)

    def _warm(self) -> None:
        try:
            store.online([UUID(int=0)], settings=self._settings)
        except Exception as failure:  # whatever the store raises while it isn't there yet; each answer asks it again
            _log.warning("the online store does not answer yet: %r", failure)

    @bentoml.api(route="/risk")  # type: ignore[untyped-decorator]
    async def risk(self, request: RiskRequest, /) -> list[RiskAnswer]:
        """By ids, then by given features, in the order of the request. 404 without a model of this organization."""
        try:
            answered = await self._answer_risk(request)
        except Refused as refused:
            return _refusal(refused)  # type: ignore[return-value]
        # A response goes through BentoML as it is; its own way out makes a JSON schema for each answer.
        return _sent(_RISKS.dump_json(answered))  # type: ignore[return-value]

    async def _answer_risk(self, request: RiskRequest) -> list[RiskAnswer]:
        model = _found(self._risk, f"risk.{request.organization_id}")
        _refuse_too_many(len(request.enrollment_ids) + len(request.features))
        rows = await self._online(request)
        by_id = risk.of_online(model, request.enrollment_ids, rows, reasons=request.reasons)
        try:
            return by_id + risk.of_given(model, request.features, reasons=request.reasons)
        except risk.FeaturesRefused as refused:
            raise Refused(HTTPStatus.BAD_REQUEST, str(refused)) from None

    async def _online(self, request: RiskRequest) -> Sequence[OnlineRow | None]:
        """Another organization's enrollment is as unknown as one that isn't there."""
        if not request.enrollment_ids:
            return []
        ask = partial(store.online, request.enrollment_ids, settings=self._settings)
        rows = await _asked("the online features", ask)
        return [row if row and row.organization_id == request.organization_id else None for row in rows]

    @bentoml.api(route="/recommend")  # type: ignore[untyped-decorator]
    async def recommend(self, request: RecommendRequest, /) -> list[RecommendAnswer]:
        """By ids, then by histories, in the order of the request. 404 without a model of this organization."""
        try:
            answered = await self._answer_recommend(request)
        except Refused as refused:
            return _refusal(refused)  # type: ignore[return-value]
        return _sent(_RECOMMENDATIONS.dump_json(answered))  # type: ignore[return-value]

    async def _answer_recommend(self, request: RecommendRequest) -> list[RecommendAnswer]:
        _refuse_too_many(len(request.subject_ids) + len(request.histories))
        name = f"{request.kind}.{request.organization_id}"
        if request.kind == "courses":
            courses = _found(self._courses, name)
            return recommend.next_courses(courses, await self._histories(request), k=request.k)
        activities = _found(self._activities, name)
        histories = await self._histories(request)
        try:
            return recommend.next_activities(activities, histories, course_id=request.course_id, k=request.k)
        except CourseMissing as missing:
            raise Refused(HTTPStatus.BAD_REQUEST, str(missing)) from None

    async def _histories(self, request: RecommendRequest) -> list[History]:
        given = recommend.given(request.histories)
        if not request.subject_ids:
            return given
        ask = partial(
            recommend.of_subjects,
            request.kind,
            request.organization_id,
            request.subject_ids,
            settings=self._settings,
        )
        return await _asked("the marts", ask) + given

    def versions(self) -> dict[str, dict[str, dict[str, object]]]:
        """Registered name → version, kind and since when; and what could not be loaded."""
        told = [_told(self._risk), _told(self._courses), _told(self._activities)]
        return {
            "models": {name: said for models, _ in told for name, said in models.items()},
            "failures": {name: said for _, failures in told for name, said in failures.items()},
        }


class Versioned(Protocol):
    """Whatever a shelf holds says which version it is."""

    @property
    def version(self) -> ModelVersion: ...


Loaded = TypeVar("Loaded", bound=Versioned)
Answered = TypeVar("Answered")
Told = dict[str, dict[str, object]]


def _told(shelf: Shelf[Loaded]) -> tuple[Told, Told]:
    models: Told = {
        name: {"version": on.version, "kind": on.model.version.kind, "loaded_at": on.loaded_at.isoformat()}
        for name, on in shelf.shelved.items()
    }
    failures: Told = {name: {"version": one.version, "error": one.said} for name, one in shelf.failures.items()}
    return models, failures


async def _asked(store_s_name: str, ask: Callable[[], Answered]) -> Answered:
    """Asks a store in a thread; whatever its driver raises becomes a 503, for the caller has other ways."""
    try:
        return await asyncio.to_thread(ask)
    except Exception as failure:
        _log.exception("%s do not answer", store_s_name)
        said = f"{store_s_name} do not answer: {type(failure).__name__}"
        raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, said) from failure


def _found(shelf: Shelf[Loaded], name: str) -> Loaded:
    try:
        return shelf.get(name).model
    except NotOnShelf as missing:
        raise Refused(HTTPStatus.NOT_FOUND, str(missing)) from None


def _refuse_too_many(asked: int) -> None:
    if asked > MOST:
        raise Refused(HTTPStatus.BAD_REQUEST, f"{asked} were asked about; at most {MOST} at once")


def _sent(body: bytes) -> Response:
    return Response(body, media_type="application/json")


def _refusal(refused: Refused) -> Response:
    return JSONResponse({"error": str(refused)}, status_code=refused.status)
