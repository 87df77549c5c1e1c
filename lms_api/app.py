"""The LMS as one ASGI application."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI

from lms_api import health, problems
from lms_api.analytics.routes import router as analytics
from lms_api.assessments.routes import router as assessments
from lms_api.courses.routes import router as courses
from lms_api.db import POOL, application_engine
from lms_api.enrollments.routes import router as enrollments
from lms_api.identity.routes import router as identity
from lms_api.openapi import PREFIX, DocumentedApi
from lms_api.organizations.routes import router as organizations
from lms_api.predictions.routes import router as predictions
from lms_api.tracing import Tracing
from lms_api.web.app import add_screens
from stack.errors import SettingMissing
from stack.settings import Settings

FEATURES = (health.router, identity, organizations, courses, enrollments, assessments, analytics, predictions)


def create_app(settings: Settings) -> FastAPI:
    """Raises SettingMissing without a secret to sign tokens with. Connects to nothing yet."""
    if not settings.secret_key.get_secret_value():
        raise SettingMissing("LMS_SECRET_KEY is not set, so nobody could sign in; set it, or run `campus up`.")
    app = DocumentedApi(
        title="Campusloop",
        summary="A learning-management system whose every click can improve the next decision.",
        version="1",
        lifespan=_lifespan,
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,  # Swagger's page loads its scripts from elsewhere
        redoc_url=None,
    )
    app.state.settings = settings
    app.state.engine = application_engine(settings.application_url)
    app.state.places = asyncio.Semaphore(POOL)
    problems.install(app)
    api = APIRouter(prefix=PREFIX)
    for feature in FEATURES:
        api.include_router(feature)
    app.include_router(api)
    add_screens(app)
    app.add_middleware(Tracing)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    yield
    app.state.engine.dispose()
