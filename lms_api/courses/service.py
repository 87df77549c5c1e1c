"""Courses and their lessons: made and changed by those who teach them; each change says the thing's whole state."""

from uuid import UUID

from sqlalchemy.exc import IntegrityError

from contracts.events import CourseChanged, Difficulty, LessonChanged
from lms_api.courses import queries
from lms_api.courses.errors import CourseInUse, DatesReversed, NoSuchInstructor, SlugTaken
from lms_api.courses.schemas import CourseChange, LessonChange, NewCourse, NewLesson
from lms_api.courses.tables import Course, Lesson
from lms_api.db import ReadSession, WriteSession, new_id
from lms_api.errors import NotAllowed, NotFound
from lms_api.identity.policy import Permission, may, require
from lms_api.outbox.record import Said, record, record_all
from lms_api.principal import Principal
from lms_api.schemas import Page


# ---------- courses
def list_courses(session: ReadSession, *, category: str | None, page: Page) -> list[Course]:
    """What the signed-in user may see, in the order in which it was made."""
    who = session.who
    found = queries.courses(
        session,
        drafts_of=who.user_id if may(who, Permission.SEE_DRAFTS, instructor_id=who.user_id) else None,
        all_drafts=may(who, Permission.SEE_DRAFTS),
        category=category,
        after=page.after,
        limit=page.limit,
    )
    return list(found)


def read_course(session: ReadSession, course_id: UUID) -> Course:
    """Raises NotFound also for a draft that the signed-in user may not see."""
    course = queries.course(session, course_id)
    if course is None or not visible(session.who, course):
        raise NotFound("course", course_id)
    return course


def lock_course(session: WriteSession, course_id: UUID) -> Course:
    """As `read_course`; until the transaction's end, nobody else takes a seat in it."""
    course = lock_any_course(session, course_id)
    if not visible(session.who, course):
        raise NotFound("course", course_id)
    return course


def course_of(session: ReadSession, course_id: UUID) -> Course:
    """The course of something that the caller may see already, published or not."""
    course = queries.course(session, course_id)
    if course is None:
        raise NotFound("course", course_id)
    return course


def lock_any_course(session: WriteSession, course_id: UUID) -> Course:
    """As `course_of`; until the transaction's end, nobody else takes a seat in it."""
    course = queries.lock_course(session, course_id)
    if course is None:
        raise NotFound("course", course_id)
    return course


def visible(who: Principal, course: Course) -> bool:
    """Published courses are everybody's; drafts are for those who teach them."""
    return course.is_published or may(who, Permission.SEE_DRAFTS, instructor_id=course.instructor_id)


def make_course(session: WriteSession, new: NewCourse) -> Course:
    """An instructor's own, or one that an administrator gives to somebody. Raises SlugTaken, DatesReversed."""
    who = session.who
    require(who, Permission.MAKE_COURSES)
    given = new.model_dump()
    given["family"] = new.family or new.slug[:64]
    given["instructor_id"] = new.instructor_id or who.user_id
    course = Course(id=new_id(), organization_id=who.organization_id, revision=1, **given)
    _check_instructor(session, course, named=new.instructor_id)
    _save(session, course)
    return course


def change_course(session: WriteSession, course_id: UUID, change: CourseChange) -> Course:
    """Publishing is `is_published`. Raises SlugTaken, DatesReversed, NoSuchInstructor."""
    course = _taught(session, course_id)
    given = change.given()
    for name, value in given.items():
        setattr(course, name, value)
    _check_instructor(session, course, named=given.get("instructor_id"))
    course.revision += 1
    _save(session, course)
    return course


def delete_course(session: WriteSession, course_id: UUID) -> None:
    """With its lessons. Raises CourseInUse where somebody enrolled or an assessment stands."""
    course = _taught(session, course_id)
    lessons = queries.lessons(session, course_id)
    session.delete(course)
    try:
        session.flush()
    except IntegrityError as error:
        raise CourseInUse(field="course_id", value=course_id) from error
    gone = [Said(event=_lesson_state(lesson, deleted=True), course_id=course_id) for lesson in lessons]  # type: ignore[arg-type]
    record_all(session, gone)
    record(session, _course_state(course, deleted=True), course_id=course_id)


def _taught(session: WriteSession, course_id: UUID) -> Course:
    course = lock_course(session, course_id)
    require(session.who, Permission.CHANGE_COURSES, instructor_id=course.instructor_id)
    return course


def _check_instructor(session: WriteSession, course: Course, *, named: UUID | None) -> None:
    who = session.who
    if named is None or named == who.user_id:
        return
    if not may(who, Permission.CHANGE_USERS):
        raise NotAllowed("Only an administrator gives a course to somebody else.", field="instructor_id", value=named)
    if not queries.can_teach(session, named):
        raise NoSuchInstructor(field="instructor_id", value=named)


def _save(session: WriteSession, course: Course) -> None:
    if course.starts_at and course.ends_at and course.ends_at <= course.starts_at:
        raise DatesReversed(field="ends_at", value=course.ends_at)
    if queries.slug_taken(session, course.slug, by_other_than=course.id):
        raise SlugTaken(field="slug", value=course.slug)
    session.add(course)
    try:
        session.flush()
    except IntegrityError as error:
        raise SlugTaken(field="slug", value=course.slug) from error
    record(session, _course_state(course), course_id=course.id)


def _course_state(course: Course, *, deleted: bool = False) -> CourseChanged:
    return CourseChanged(
        revision=course.revision + (1 if deleted else 0),
        deleted=deleted,
        family=course.family,
        category=course.category,
        tags=tuple(course.tags),
        difficulty=Difficulty(course.difficulty_level) if course.difficulty_level else None,
        duration_hours=course.duration_hours,
        published=course.is_published and not deleted,
        starts_at=course.starts_at,
        ends_at=course.ends_at,
    )


# ---------- lessons
def list_lessons(session: ReadSession, course_id: UUID) -> list[Lesson]:
    """The table of contents, in its order."""
    read_course(session, course_id)
    return list(queries.lessons(session, course_id))


def read_lesson(session: ReadSession, lesson_id: UUID) -> tuple[Lesson, Course]:
    """Raises NotFound for a lesson of a course that the signed-in user may not see. Whether they may read its content
    is a question of enrollment: `enrollments.service.open_lesson`.
    """
    lesson = queries.lesson(session, lesson_id)
    if lesson is None:
        raise NotFound("lesson", lesson_id)
    course = queries.course(session, lesson.course_id)
    if course is None or not visible(session.who, course):
        raise NotFound("lesson", lesson_id)
    return lesson, course


def add_lesson(session: WriteSession, course_id: UUID, new: NewLesson) -> Lesson:
    """Everybody's progress counts one lesson more."""
    course = _taught(session, course_id)
    given = new.model_dump()
    if new.order_index is None:
        given["order_index"] = queries.next_place(session, course_id)
    lesson = Lesson(id=new_id(), organization_id=course.organization_id, course_id=course_id, revision=1, **given)
    session.add(lesson)
    session.flush()
    recount_progress(session, course_id=course_id)
    record(session, _lesson_state(lesson), course_id=course_id)
    return lesson


def change_lesson(session: WriteSession, lesson_id: UUID, change: LessonChange) -> Lesson:
    lesson = _taught_lesson(session, lesson_id)
    for name, value in change.given().items():
        setattr(lesson, name, value)
    lesson.revision += 1
    session.flush()
    record(session, _lesson_state(lesson), course_id=lesson.course_id)
    return lesson


def delete_lesson(session: WriteSession, lesson_id: UUID) -> None:
    """With what learners had finished of it; everybody's progress counts one lesson less."""
    lesson = _taught_lesson(session, lesson_id)
    session.delete(lesson)
    session.flush()
    recount_progress(session, course_id=lesson.course_id)
    record(session, _lesson_state(lesson, deleted=True), course_id=lesson.course_id)


def recount_progress(session: WriteSession, *, course_id: UUID, enrollment_id: UUID | None = None) -> None:
    """`progress_percentage` = finished lessons of all lessons; of one enrollment, or of all of the course."""
    queries.recount_progress(session, course_id=course_id, enrollment_id=enrollment_id)


def _taught_lesson(session: WriteSession, lesson_id: UUID) -> Lesson:
    lesson, course = read_lesson(session, lesson_id)
    _taught(session, course.id)
    session.refresh(lesson)
    return lesson


def _lesson_state(lesson: Lesson, *, deleted: bool = False) -> LessonChanged:
    return LessonChanged(
        revision=lesson.revision + (1 if deleted else 0),
        deleted=deleted,
        lesson_id=lesson.id,
        activity_type=lesson.activity_type,
        order_index=lesson.order_index,
        duration_minutes=lesson.duration_minutes,
        is_free=lesson.is_free,
        week_from=lesson.week_from,
        week_to=lesson.week_to,
    )
