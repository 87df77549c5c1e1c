"""What the API says of itself: each operation's line, who may call it, and every refusal as a problem document."""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI

from lms_api.errors import NotSignedIn, Problem
from lms_api.identity.policy import Permission
from lms_api.problems import MEDIA_TYPE

PREFIX = "/api/v1"

ANYBODY = frozenset(
    {
        "GET /health/live",
        "GET /health/ready",
        "POST /auth/login",
        "POST /auth/refresh",
        "POST /auth/logout",
    }
)
"""Needs no access token."""

SIGNED = frozenset({"POST /predictions/batches", "POST /loop-reports"})
"""Signed by the pipeline with the service key, and by nobody else."""

NEEDS: dict[str, tuple[Permission, ...]] = {
    "PUT /organizations/{organization_id}": (Permission.CHANGE_ORGANIZATION,),
    "GET /organizations/{organization_id}/users": (Permission.SEE_USERS,),
    "POST /organizations/{organization_id}/users": (Permission.CHANGE_USERS,),
    "PUT /organizations/{organization_id}/users/{user_id}": (Permission.CHANGE_USERS,),
    "POST /courses": (Permission.MAKE_COURSES,),
    "PUT /courses/{course_id}": (Permission.CHANGE_COURSES,),
    "DELETE /courses/{course_id}": (Permission.CHANGE_COURSES,),
    "POST /courses/{course_id}/lessons": (Permission.CHANGE_COURSES,),
    "PUT /lessons/{lesson_id}": (Permission.CHANGE_COURSES,),
    "DELETE /lessons/{lesson_id}": (Permission.CHANGE_COURSES,),
    "GET /courses/{course_id}/enrollments": (Permission.SEE_ROSTER,),
    "POST /courses/{course_id}/enroll": (Permission.ENROLL, Permission.CHANGE_ROSTER),
    "DELETE /enrollments/{enrollment_id}": (Permission.CHANGE_ROSTER,),
    "PUT /enrollments/{enrollment_id}/result": (Permission.GRADE,),
    "POST /courses/{course_id}/assessments": (Permission.CHANGE_COURSES,),
    "PUT /assessments/{assessment_id}": (Permission.CHANGE_COURSES,),
    "DELETE /assessments/{assessment_id}": (Permission.CHANGE_COURSES,),
    "POST /assessments/{assessment_id}/questions": (Permission.CHANGE_COURSES,),
    "PUT /assessments/{assessment_id}/questions/{question_id}": (Permission.CHANGE_COURSES,),
    "DELETE /assessments/{assessment_id}/questions/{question_id}": (Permission.CHANGE_COURSES,),
    "POST /submissions/{submission_id}/grade": (Permission.GRADE,),
    "GET /courses/{course_id}/risk": (Permission.SEE_ROSTER,),
    "POST /enrollments/{enrollment_id}/interventions": (Permission.SEE_ROSTER,),
    "GET /system/status": (Permission.SEE_SYSTEM,),
    "GET /users/me/recommendations": (Permission.ENROLL,),
    "POST /ai/recommend-courses": (Permission.ENROLL,),
}
"""Which permission an operation asks for, one of them where there are several; a test compares it with the answers.

What stands nowhere here is for everybody who is signed in, about what is their own or open to them.
"""


class DocumentedApi(FastAPI):
    """FastAPI describes refusals in its own shape and as plain JSON, which no answer of ours has."""

    def openapi(self) -> dict[str, Any]:
        schema = super().openapi()
        for key, operation in operations(schema):
            _complete(key, operation)
        components = schema["components"]
        components["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}
        for unused in ("HTTPValidationError", "ValidationError"):
            components["schemas"].pop(unused, None)
        return schema


def operations(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each as `METHOD /path`, without the prefix."""
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path.removeprefix(PREFIX)}", operation


def _complete(key: str, operation: dict[str, Any]) -> None:
    """The same a second time: FastAPI keeps the schema that it made."""
    operation["summary"] = first_sentence(operation.get("description") or operation["summary"])
    responses = operation["responses"]
    if key not in ANYBODY | SIGNED:
        operation["security"] = [{"bearer": []}]
        responses.setdefault("401", {"description": NotSignedIn.title})
    for status, response in responses.items():
        if status.startswith(("4", "5")):
            described = "The request is not valid" if "Validation" in str(response) else response["description"]
            responses[status] = {"description": described, "content": _PROBLEM}


def first_sentence(said: str) -> str:
    """Up to the first full stop that ends a sentence, on one line."""
    line = " ".join(said.split())
    return line if ". " not in line else line[: line.index(". ") + 1]


_PROBLEM = {MEDIA_TYPE: {"schema": {"$ref": f"#/components/schemas/{Problem.__name__}"}}}
