"""Predictions over HTTP: signed batches in, boards and recommendations out."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request

from contracts.ids import CourseId, EnrollmentId, PredictionId
from contracts.predictions import BatchReceipt
from lms_api.deps import NobodysWriteDep, ReadDep, SettingsDep, WriteDep
from lms_api.errors import Invalid, NotAllowed, NotFound, NotSignedIn, documented
from lms_api.predictions import intake, service
from lms_api.predictions.client import ServingClient, client_of
from lms_api.predictions.errors import (
    BatchChanged,
    BatchTooLarge,
    InterventionIdTaken,
    NotThisPrediction,
    SignatureInvalid,
)
from lms_api.predictions.schemas import (
    Board,
    CourseRecommendations,
    FollowRequest,
    Home,
    InterventionReceipt,
    InterventionRequest,
    LoopReceipt,
    NextActivities,
    OwnPredictions,
    RecommendCourses,
    SystemStatus,
)

router = APIRouter(tags=["predictions"])


async def _body(request: Request) -> bytes:
    """The very bytes that were signed."""
    return await request.body()


def serving_of(settings: SettingsDep) -> ServingClient:
    return client_of(settings.serving_base_url)


BodyDep = Annotated[bytes, Depends(_body)]
ServingDep = Annotated[ServingClient, Depends(serving_of)]


# ---------- the way in


@router.post("/predictions/batches", responses=documented(SignatureInvalid, NotFound, BatchChanged, BatchTooLarge))
def accept_batch(request: Request, body: BodyDep, session: NobodysWriteDep, settings: SettingsDep) -> BatchReceipt:
    """Takes a batch of predictions, a PredictionBatch. The same batch twice changes nothing."""
    _signed(session, settings, request, body)
    return intake.accept_batch(session, body)


@router.post("/loop-reports", responses=documented(SignatureInvalid, Invalid))
def accept_loop_report(request: Request, body: BodyDep, session: NobodysWriteDep, settings: SettingsDep) -> LoopReceipt:
    """Takes what one turn of the loop did, a LoopReport. The same run twice changes nothing."""
    _signed(session, settings, request, body)
    return intake.accept_loop_report(session, body)


def _signed(session: NobodysWriteDep, settings: SettingsDep, request: Request, body: bytes) -> None:
    intake.check_signature(
        session, settings, method=request.method, path=request.url.path, body=body, headers=request.headers
    )


# ---------- for instructors and administrators


@router.get("/courses/{course_id}/risk", responses=documented(NotSignedIn, NotAllowed, NotFound))
def board(course_id: UUID, session: WriteDep, limit: Annotated[int | None, Query(ge=1, le=10_000)] = None) -> Board:
    """The course's learners by risk; without a limit all of them."""
    return service.board(session, CourseId(course_id), limit=limit)


@router.post(
    "/enrollments/{enrollment_id}/interventions",
    status_code=201,
    responses=documented(NotSignedIn, NotAllowed, NotFound, NotThisPrediction, InterventionIdTaken),
)
def record_intervention(enrollment_id: UUID, request: InterventionRequest, session: WriteDep) -> InterventionReceipt:
    """Records what was done about a flag; pressed twice it is one."""
    return service.record_intervention(session, EnrollmentId(enrollment_id), request)


@router.get("/system/status", responses=documented(NotSignedIn, NotAllowed))
def status(session: ReadDep, serving: ServingDep) -> SystemStatus:
    """The loop's last report, lag and model versions, and whether serving answers."""
    return service.status(session, serving=serving)


# ---------- for learners


@router.get("/users/me/recommendations", responses=documented(NotSignedIn, NotAllowed))
def home_recommendations(session: WriteDep, serving: ServingDep) -> Home:
    """Courses to take, and what to do next in each running one."""
    return service.home_recommendations(session, serving=serving)


@router.post("/ai/recommend-courses", responses=documented(NotSignedIn, NotAllowed))
def recommend_courses(session: WriteDep, serving: ServingDep, request: RecommendCourses) -> CourseRecommendations:
    """Live within 150 ms, else the stored ones, else the popular ones; `source` says which."""
    return service.recommend_courses(session, k=request.k, serving=serving)


@router.get("/courses/{course_id}/next-activities", responses=documented(NotSignedIn, NotFound))
def next_activities(
    course_id: UUID, session: WriteDep, k: Annotated[int, Query(ge=1, le=20)] = service.NEXT
) -> NextActivities:
    """What to open next in a course that the signed-in learner is in."""
    return service.next_activities(session, CourseId(course_id), k=k)


@router.get("/users/me/predictions", responses=documented(NotSignedIn))
def own_predictions(session: ReadDep) -> OwnPredictions:
    """My data: everything that is predicted about me."""
    return service.own_predictions(session)


@router.post(
    "/predictions/{prediction_id}/followed",
    status_code=204,
    responses=documented(NotSignedIn, NotFound, NotThisPrediction),
)
def follow(prediction_id: UUID, request: FollowRequest, session: WriteDep) -> None:
    """Says that somebody took up what a prediction proposed."""
    service.follow(session, PredictionId(prediction_id), request.item_id)
