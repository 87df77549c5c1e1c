"""Courses and lessons."""

from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from contracts.events import Role
from lms_api.courses import service
from lms_api.courses.errors import CourseInUse, DatesReversed, NoSuchInstructor, SlugTaken
from lms_api.courses.schemas import CourseChange, LessonChange, NewCourse, NewLesson
from lms_api.enrollments import lessons as learning
from lms_api.enrollments import service as enrollments
from lms_api.errors import NotAllowed, NotFound
from lms_api.schemas import Page
from tests.lms_api.conftest import Campus, moment


class TestMakeCourse:
    def test_says_its_whole_state_in_the_same_transaction(self, campus: Campus) -> None:
        course = campus.course(
            family="stat",
            category="maths",
            tags=["numbers"],
            difficulty_level="beginner",
            duration_hours=30,
            starts_at=moment("2026-02-01"),
            ends_at=moment("2026-06-01"),
        )
        event = campus.said("course.changed")[0]
        assert event["course_id"] == course.id
        assert event["actor_id"] == campus.instructor.actor_id
        assert event["payload"] == {
            "revision": 1,
            "deleted": False,
            "family": "stat",
            "category": "maths",
            "tags": ["numbers"],
            "difficulty": "beginner",
            "duration_hours": 30,
            "published": True,
            "starts_at": "2026-02-01T00:00:00Z",
            "ends_at": "2026-06-01T00:00:00Z",
        }

    def test_says_nothing_when_rolled_back(self, campus: Campus) -> None:
        with campus.taken_back(campus.instructor) as session:
            service.make_course(session, NewCourse(title="Gone", slug="gone"))
        assert campus.said("course.changed") == []

    def test_refuses_a_slug_that_is_taken_here(self, campus: Campus, other_campus: Campus) -> None:
        slug = campus.course().slug
        with pytest.raises(SlugTaken):
            campus.course(slug=slug)
        assert other_campus.course(slug=slug).slug == slug

    def test_refuses_an_end_before_the_start(self, campus: Campus) -> None:
        with pytest.raises(DatesReversed):
            campus.course(starts_at=moment("2026-06-01"), ends_at=moment("2026-02-01"))

    @pytest.mark.parametrize("role", [Role.TA, Role.STUDENT])
    def test_is_for_who_teaches(self, campus: Campus, role: Role) -> None:
        with pytest.raises(NotAllowed), campus.writing(campus.people[role]) as session:
            service.make_course(session, NewCourse(title="Mine", slug="mine"))

    def test_an_administrator_gives_it_to_an_instructor(self, campus: Campus) -> None:
        new = {"title": "Given", "slug": "given"}
        with campus.writing(campus.admin) as session:
            given = service.make_course(session, NewCourse(**new, instructor_id=campus.instructor.user_id))
            assert given.instructor_id == campus.instructor.user_id
        with pytest.raises(NoSuchInstructor), campus.writing(campus.admin) as session:
            service.make_course(session, NewCourse(title="x", slug="x", instructor_id=campus.learner.user_id))
        with pytest.raises(NotAllowed), campus.writing(campus.instructor) as session:
            service.make_course(session, NewCourse(title="x", slug="x", instructor_id=campus.admin.user_id))

    def test_money_stays_exact(self, campus: Campus) -> None:
        course = campus.course(price=Decimal("19.90"))
        with campus.reading(campus.learner) as session:
            assert service.read_course(session, course.id).price == Decimal("19.90")


class TestChangeCourse:
    def test_publishing_is_a_revision(self, campus: Campus) -> None:
        course = campus.course(is_published=False)
        with campus.writing(campus.instructor) as session:
            service.change_course(session, course.id, CourseChange(is_published=True))
        said = [(event["revision"], event["published"]) for event in campus.said("course.changed")]
        assert said == [(1, False), (2, True)]

    def test_changes_only_what_is_given(self, campus: Campus) -> None:
        course = campus.course(description="long", category="maths", enrollment_limit=2)
        change = CourseChange(category=None, enrollment_limit=3, is_published=True)
        with campus.writing(campus.instructor) as session:
            changed = service.change_course(session, course.id, change)
            assert (changed.category, changed.enrollment_limit, changed.description) == (None, 3, "long")
            assert changed.title == "Statistics"

    def test_another_instructor_may_not(self, campus: Campus) -> None:
        course = campus.course()
        other = campus.open_account(Role.INSTRUCTOR)
        for who in (other, campus.ta, campus.learner):
            with pytest.raises(NotAllowed), campus.writing(who) as session:
                service.change_course(session, course.id, CourseChange(title="Mine"))

    def test_another_organization_s_is_not_there(self, campus: Campus, other_campus: Campus) -> None:
        course = other_campus.course()
        for attempt in (
            lambda session: service.read_course(session, course.id),
            lambda session: service.change_course(session, course.id, CourseChange(title="Mine")),
            lambda session: service.delete_course(session, course.id),
            lambda session: service.list_lessons(session, course.id),
            lambda session: service.add_lesson(session, course.id, NewLesson(title="Mine")),
        ):
            with pytest.raises(NotFound), campus.writing(campus.admin) as session:
                attempt(session)


class TestDrafts:
    def test_are_seen_by_who_teaches_them(self, campus: Campus) -> None:
        draft = campus.course(is_published=False)
        colleague = campus.open_account(Role.INSTRUCTOR)
        sees: dict[str, bool] = {}
        for name, who in {**{role.value: who for role, who in campus.people.items()}, "colleague": colleague}.items():
            with campus.reading(who) as session:
                listed = [course.id for course in service.list_courses(session, category=None, page=Page())]
                try:
                    service.read_course(session, draft.id)
                    readable = True
                except NotFound:
                    readable = False
            assert readable == (draft.id in listed), name
            sees[name] = readable
        assert sees == {"admin": True, "instructor": True, "ta": True, "student": False, "colleague": False}

    def test_one_without_an_instructor_is_no_learner_s(self, campus: Campus) -> None:
        draft = campus.course(is_published=False)
        with campus.writing(campus.admin) as session:
            service.change_course(session, draft.id, CourseChange(instructor_id=None))
        with campus.reading(campus.learner) as session:
            assert service.list_courses(session, category=None, page=Page()) == []


class TestListCourses:
    def test_filters_and_pages(self, campus: Campus) -> None:
        made = [campus.course(category=category) for category in ("maths", "arts", "maths")]
        with campus.reading(campus.learner) as session:
            maths = service.list_courses(session, category="maths", page=Page())
            rest = service.list_courses(session, category=None, page=Page(after=made[0].id, limit=1))
        assert [course.id for course in maths] == [made[0].id, made[2].id]
        assert [course.id for course in rest] == [made[1].id]


class TestDeleteCourse:
    def test_says_that_it_and_its_lessons_are_gone(self, campus: Campus) -> None:
        course = campus.course()
        lesson = campus.lesson(course)
        with campus.writing(campus.instructor) as session:
            service.delete_course(session, course.id)
        gone = [(event["name"], event["revision"]) for event in campus.said() if event.get("deleted")]
        assert gone == [("lesson.changed", 2), ("course.changed", 2)]
        with pytest.raises(NotFound), campus.reading(campus.admin) as session:
            service.read_lesson(session, lesson.id)

    @pytest.mark.parametrize("holds", ["enrolled", "quiz"])
    def test_refuses_while_something_hangs_on_it(self, campus: Campus, holds: str) -> None:
        course = campus.course()
        getattr(campus, holds)(course)
        before = len(campus.said())
        with pytest.raises(CourseInUse), campus.writing(campus.instructor) as session:
            service.delete_course(session, course.id)
        assert len(campus.said()) == before


class TestLessons:
    def test_say_their_whole_state(self, campus: Campus) -> None:
        course = campus.course()
        lesson = campus.lesson(course, activity_type="video", duration_minutes=9, week_from=1, week_to=2)
        event = campus.said("lesson.changed")[0]
        assert event["course_id"] == course.id
        assert event["payload"] == {
            "revision": 1,
            "deleted": False,
            "lesson_id": str(lesson.id),
            "activity_type": "video",
            "order_index": 0,
            "duration_minutes": 9,
            "is_free": False,
            "week_from": 1,
            "week_to": 2,
        }

    def test_stand_one_after_the_other(self, campus: Campus) -> None:
        course = campus.course()
        first, last, between = (
            campus.lesson(course, title=title, **place)
            for title, place in (("a", {"order_index": 3}), ("b", {}), ("c", {"order_index": 3}))
        )
        with campus.reading(campus.learner) as session:
            listed = service.list_lessons(session, course.id)
        assert [lesson.id for lesson in listed] == [first.id, between.id, last.id]
        assert last.order_index == 4

    def test_change_and_delete_are_revisions(self, campus: Campus) -> None:
        lesson = campus.lesson(campus.course())
        with campus.writing(campus.instructor) as session:
            service.change_lesson(session, lesson.id, LessonChange(title="Medians", order_index=7))
        with campus.writing(campus.instructor) as session:
            service.delete_lesson(session, lesson.id)
        said = [(one["revision"], one["order_index"], one["deleted"]) for one in campus.said("lesson.changed")]
        assert said == [(1, 0, False), (2, 7, False), (3, 7, True)]

    @pytest.mark.parametrize("role", [Role.TA, Role.STUDENT])
    def test_are_changed_by_who_teaches_the_course(self, campus: Campus, role: Role) -> None:
        lesson = campus.lesson(campus.course())
        changes: list[Any] = [
            lambda session: service.change_lesson(session, lesson.id, LessonChange(title="Mine")),
            lambda session: service.delete_lesson(session, lesson.id),
            lambda session: service.add_lesson(session, lesson.course_id, NewLesson(title="Mine")),
        ]
        for change in changes:
            with pytest.raises(NotAllowed), campus.writing(campus.people[role]) as session:
                change(session)

    def test_progress_counts_lessons_that_come_and_go(self, campus: Campus) -> None:
        course = campus.course()
        done, other = campus.lesson(course), campus.lesson(course)
        enrollment = campus.enrolled(course)
        with campus.writing(campus.learner) as session:
            learning.complete_lesson(session, done.id, seconds_spent=None)

        def progress() -> Decimal:
            with campus.reading(campus.learner) as session:
                return enrollments.read_enrollment(session, enrollment.id)[0].progress_percentage

        assert progress() == 50
        third = campus.lesson(course)
        assert progress() == Decimal("33.33")
        for lesson, left in ((third, 50), (other, 100), (done, 0)):
            with campus.writing(campus.instructor) as session:
                service.delete_lesson(session, lesson.id)
            assert progress() == left

    def test_one_that_is_not_there(self, campus: Campus) -> None:
        with pytest.raises(NotFound), campus.writing(campus.admin) as session:
            service.delete_lesson(session, uuid4())
