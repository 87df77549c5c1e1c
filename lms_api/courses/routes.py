"""Courses and their lessons. A lesson is opened through `enrollments`, which knows who may read it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from contracts.ids import Slug
from lms_api.courses import service
from lms_api.courses.errors import CourseInUse, DatesReversed, NoSuchInstructor, SlugTaken
from lms_api.courses.schemas import (
    CourseChange,
    CourseShown,
    LessonChange,
    LessonListed,
    LessonShown,
    NewCourse,
    NewLesson,
)
from lms_api.deps import ReadDep, WriteDep
from lms_api.errors import NotAllowed, NotFound, documented
from lms_api.schemas import PageDep

router = APIRouter(tags=["courses"])


@router.get("/courses")
def list_courses(
    session: ReadDep, page: PageDep, category: Annotated[Slug | None, Query()] = None
) -> list[CourseShown]:
    """Published courses, and the drafts that one teaches, in the order in which they were made."""
    return [
        CourseShown.model_validate(course) for course in service.list_courses(session, category=category, page=page)
    ]


@router.post("/courses", status_code=201, responses=documented(NotAllowed, SlugTaken, DatesReversed, NoSuchInstructor))
def make_course(new: NewCourse, session: WriteDep) -> CourseShown:
    """Makes a course: an instructor's own, or one that an administrator gives to somebody."""
    return CourseShown.model_validate(service.make_course(session, new))


@router.get("/courses/{course_id}", responses=documented(NotFound))
def read_course(course_id: UUID, session: ReadDep) -> CourseShown:
    """One course; a draft is there only for those who teach it."""
    return CourseShown.model_validate(service.read_course(session, course_id))


@router.put("/courses/{course_id}", responses=documented(NotAllowed, NotFound, SlugTaken, DatesReversed))
def change_course(course_id: UUID, change: CourseChange, session: WriteDep) -> CourseShown:
    """Changes a course; what is not given stays, and publishing is `is_published`."""
    return CourseShown.model_validate(service.change_course(session, course_id, change))


@router.delete("/courses/{course_id}", status_code=204, responses=documented(NotAllowed, NotFound, CourseInUse))
def delete_course(course_id: UUID, session: WriteDep) -> None:
    """Deletes a course with its lessons, while nobody has enrolled and no assessment stands."""
    service.delete_course(session, course_id)


@router.get("/courses/{course_id}/lessons", responses=documented(NotFound))
def list_lessons(course_id: UUID, session: ReadDep) -> list[LessonListed]:
    """The course's table of contents, without the lessons' content."""
    return [LessonListed.model_validate(lesson) for lesson in service.list_lessons(session, course_id)]


@router.post("/courses/{course_id}/lessons", status_code=201, responses=documented(NotAllowed, NotFound))
def add_lesson(course_id: UUID, new: NewLesson, session: WriteDep) -> LessonShown:
    """Adds a lesson, last in order unless it says its place."""
    return LessonShown.model_validate(service.add_lesson(session, course_id, new))


@router.put("/lessons/{lesson_id}", responses=documented(NotAllowed, NotFound))
def change_lesson(lesson_id: UUID, change: LessonChange, session: WriteDep) -> LessonShown:
    """Changes a lesson; what is not given stays."""
    return LessonShown.model_validate(service.change_lesson(session, lesson_id, change))


@router.delete("/lessons/{lesson_id}", status_code=204, responses=documented(NotAllowed, NotFound))
def delete_lesson(lesson_id: UUID, session: WriteDep) -> None:
    """Deletes a lesson, and that learners had finished it."""
    service.delete_lesson(session, lesson_id)
