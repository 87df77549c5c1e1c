"""Whose features these are. Ids are strings here: Feast's ClickHouse store knows no UUID."""

from feast import Entity, ValueType

enrollment = Entity(
    name="enrollment",
    join_keys=["enrollment_id"],
    value_type=ValueType.STRING,
    description="A learner in a course.",
)
learner = Entity(
    name="learner",
    join_keys=["actor_id"],
    value_type=ValueType.STRING,
    description="A person, by pseudonym.",
)
course = Entity(
    name="course",
    join_keys=["course_id"],
    value_type=ValueType.STRING,
    description="A presentation of a course.",
)
lesson = Entity(
    name="lesson",
    join_keys=["lesson_id"],
    value_type=ValueType.STRING,
    description="A page of a course.",
)
