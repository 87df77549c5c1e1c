"""The system page: the loop as it was last reported, for administrators."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from contracts.events import Page
from contracts.loop import StageReport
from lms_api.deps import WriteDep
from lms_api.predictions import service as predictions
from lms_api.predictions.routes import ServingDep
from lms_api.predictions.schemas import SystemStatus
from lms_api.web import words
from lms_api.web.templates import respond
from lms_api.web.viewer import context, viewed

router = APIRouter(include_in_schema=False)


@router.get("/system")
def system(request: Request, session: WriteDep, serving: ServingDep) -> Response:
    """A poll of the open page is no new visit, and no event."""
    status = predictions.status(session, serving=serving)
    if request.headers.get("hx-request") != "true":
        viewed(session, Page.SYSTEM)
    return respond(request, "system.html", context(session, here="system", **shown(status)), fragment="state")


def shown(status: SystemStatus) -> dict[str, Any]:
    """The page's tables."""
    return {
        "status": status,
        "model_heads": _MODELS if _ran(status) else _SERVED,
        "model_rows": _models(status),
        "stage_rows": [_stage(stage) for stage in status.loop.stages] if status.loop else [],
        "stored_rows": [
            (one.kind, f"{one.predictions:,}", words.minute(one.newest_as_of), words.minute(one.newest_computed_at))
            for one in status.stored
        ],
    }


_SERVED = ("Model", "Serving now")
_MODELS = ("Model", "In the last run", "Serving now")


def _ran(status: SystemStatus) -> dict[str, str]:
    return status.loop.model_versions if status.loop else {}


def _models(status: SystemStatus) -> list[tuple[str, ...]]:
    """A run that had nothing to score names no version: then the table is about serving alone."""
    ran, served = _ran(status), status.serving_versions
    if not ran:
        return [(name.split(".")[0], served[name]) for name in sorted(served)]
    return [
        (name.split(".")[0], ran.get(name, "not used"), served.get(name, "none")) for name in sorted({*ran, *served})
    ]


def _stage(stage: StageReport) -> tuple[str, ...]:
    counts = (stage.rows_in, stage.rows_out, stage.merged, stage.rejected, stage.waiting)
    name = stage.stage if stage.reconciles else f"{stage.stage} (does not reconcile)"
    return (name, *(f"{count:,}" for count in counts), f"{stage.seconds:.1f}", stage.position or "")
