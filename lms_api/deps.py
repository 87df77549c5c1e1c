"""What a route asks for, each said once as a type: `ReadDep`, `WriteDep` of the signed-in user's organization."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Annotated, cast
from urllib.parse import urlsplit

from fastapi import Depends, Request
from sqlalchemy import Engine

from lms_api.db import ReadSession, WriteSession
from lms_api.errors import NotAllowed, NotSignedIn
from lms_api.identity import cookies
from lms_api.identity import service as identity
from lms_api.identity.tokens import Claims, read_access_token
from lms_api.unit_of_work import reading, writing
from stack.settings import Settings

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


# async although they wait for nothing: FastAPI runs a plain function in a thread, which costs ten times the function
async def settings_of(request: Request) -> Settings:
    """The process's settings, as `create_app` got them."""
    return cast(Settings, request.app.state.settings)


async def engine_of(request: Request) -> Engine:
    return cast(Engine, request.app.state.engine)


SettingsDep = Annotated[Settings, Depends(settings_of)]
EngineDep = Annotated[Engine, Depends(engine_of)]


async def _place(request: Request) -> AsyncIterator[None]:
    """One of the pool's connections is free for whoever gets past here.

    Without it, requests that wait for a connection would hold all threads, and those that have one could not go on.
    """
    places = cast(asyncio.Semaphore, request.app.state.places)
    async with places:
        yield


PlaceDep = Annotated[None, Depends(_place)]


async def claims_of(request: Request, settings: SettingsDep) -> Claims:
    """From `Authorization: Bearer`, else from the pages' cookie. Raises NotSignedIn."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    if token and kind.lower() == "bearer":
        return read_access_token(settings, token.strip())
    cookie = request.cookies.get(cookies.name(settings, "access"))
    if cookie is None:
        raise NotSignedIn
    refuse_foreign_origin(request)
    return read_access_token(settings, cookie)


def refuse_foreign_origin(request: Request) -> None:
    """A cookie is sent whoever wrote the form; what changes something must come from a page of ours."""
    if request.method in SAFE:
        return
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise NotAllowed("This request comes from another site.")
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise NotAllowed("This request comes from another site.")


ClaimsDep = Annotated[Claims, Depends(claims_of)]


def _read(engine: EngineDep, claims: ClaimsDep, _: PlaceDep) -> Iterator[ReadSession]:
    with reading(engine, claims.organization_id) as session:
        session.who = identity.signed_in(session, claims)
        yield session


def _write(engine: EngineDep, claims: ClaimsDep, _: PlaceDep) -> Iterator[WriteSession]:
    with writing(engine, claims.organization_id) as session:
        session.who = identity.signed_in(session, claims)
        yield session


def _nobodys_write(engine: EngineDep, _: PlaceDep) -> Iterator[WriteSession]:
    with writing(engine) as session:
        yield session


# scope="function": the transaction ends before the answer is sent, so that nobody is told of what then fails to commit
ReadDep = Annotated[ReadSession, Depends(_read, scope="function")]
"""The signed-in user's organization, read only."""
WriteDep = Annotated[WriteSession, Depends(_write, scope="function")]
"""The signed-in user's organization; commits after the route, before the answer."""
NobodysWriteDep = Annotated[WriteSession, Depends(_nobodys_write, scope="function")]
"""Before anybody is known: every table is empty until the service enters an organization."""
