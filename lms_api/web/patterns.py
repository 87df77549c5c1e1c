"""`/patterns`: every component once, on content that is made up here. The tests of looks and access walk it."""

from datetime import datetime, timedelta
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response

from contracts.events import Act
from contracts.predictions import Band
from lms_api.predictions.schemas import BoardRow, Fact, LastIntervention, Movement, TrendPoint
from lms_api.web.templates import respond
from stack import clock

router = APIRouter(include_in_schema=False)

LESSON = """
A *series* is a number that is asked again and again. Before any model, **look at it**:

1. Is there a trend?
2. Does it come back, each week or each year?

> Draw first, compute after.

| Week | Pages |
|-----:|------:|
| 1 | 12 |
| 2 | 9 |

`mean(x)` alone hides both answers.
"""


@router.get("/patterns")
def patterns(request: Request) -> Response:
    """Open to all: there is nothing of anybody on it."""
    now = clock.now().replace(minute=0, second=0, microsecond=0)  # so that the page's ETag holds
    drawings = {
        "series": [0.2, 0.24, None, 0.31, 0.29, 0.45, 0.58, 0.62],
        "counts": [12, 9, 0, 14, 22, 3, 7],
        "days": ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
        "parts": [6, 14, 60],
        "parts_labels": ["Needs attention first", "Worth a look", "On track"],
        "stages": [("event log → raw", "10,240", "10,240"), ("raw → marts", "10,240", "512")],
    }
    page = {"viewer": None, "made_up": True, "here": "patterns", "now": now, "lesson": LESSON, "rows": samples(now)}
    return respond(request, "patterns.html", {**page, **drawings})


def samples(now: datetime) -> list[BoardRow]:
    """Learners of nowhere: one with an act already recorded, and one of whom only the rule speaks."""
    acted = LastIntervention(
        intervention_id=UUID(int=9), act=Act.CONTACTED, by="Ada Example", at=now - timedelta(hours=3)
    )
    ruled = {"model_version": "risk.example@1", "model_kind": "rule", "judged_on": None, "contrary": ()}
    return [
        _sample(1, "Robin Sample", Band.HIGH, 0.62, now, None),
        _sample(2, "Kim Specimen", Band.RAISED, 0.38, now, acted),
        _sample(3, "Sam Instance", Band.HIGH, 0.61, now, None).model_copy(update=ruled),
    ]


def _sample(key: int, name: str, band: Band, value: float, now: datetime, acted: LastIntervention | None) -> BoardRow:
    week_ago = [now - timedelta(days=7 * back) for back in (3, 2, 1, 0)]
    trend = [
        TrendPoint(course_week=3 + place, features_as_of=at, value=value - 0.08 * (3 - place), band=band)
        for place, at in enumerate(week_ago)
    ]
    return BoardRow(
        enrollment_id=UUID(int=key),
        user_id=UUID(int=key + 100),
        learner=name,
        prediction_id=UUID(int=key + 200),
        reasons=(
            Fact(feature="days_since_last_view", value=11, words="Last here 11 days ago", contribution=0.9),
            Fact(feature="assessments_missed", value=1, words="1 assessment missed so far", contribution=0.6),
        ),
        contrary=(Fact(feature="mean_score", value=78, words="Mean grade 78 %", contribution=-0.4),),
        value=value,
        band=band,
        movement=Movement.NEW if acted is None else Movement.UNCHANGED,
        trend=tuple(trend),
        course_week=6,
        features_as_of=now - timedelta(minutes=4),
        computed_at=now - timedelta(minutes=3),
        age_seconds=240,
        model_version="risk.example@3",
        model_kind="xgboost",
        judged_on=1280,
        trace_id=None,
        last_intervention=acted,
    )
