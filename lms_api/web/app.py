"""The screens on the LMS's application: one call puts them there."""

from fastapi import FastAPI
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from lms_api.web import assessment, board, course, home, my_data, patterns, sign_in, system
from lms_api.web.edge import PageEdge
from lms_api.web.refusals import add_refusals
from lms_api.web.templates import STATIC

ROUTERS = tuple(screen.router for screen in (sign_in, home, course, assessment, board, system, my_data, patterns))


class KeptFiles(StaticFiles):
    """Files whose address carries their content's hash: browsers may keep them for a year."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        answer = await super().get_response(path, scope)
        if scope["query_string"].startswith(b"v=") and answer.status_code == 200:
            answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return answer


def add_screens(app: FastAPI) -> None:
    """Adds the pages, their files, their refusals and the middleware that guards them; the last of all routers.

    The application's own exception handlers must be there already: pages turn their answers into HTML.
    """
    for router in ROUTERS:
        app.include_router(router)
    app.mount("/static", KeptFiles(directory=STATIC), name="static")
    add_refusals(app)
    app.add_middleware(PageEdge)
