"""One view per `ftr_` mart, under its name, with how long a value may stand (`ttl`)."""

from datetime import timedelta

from feast import FeatureView, Field
from feast.types import Float32, Int32, String

from contracts.features import RISK_V1
from features.repo.entities import course, enrollment, learner, lesson
from features.repo.sources import actor_course, enrollment_lesson, enrollment_week

A_WEEK = timedelta(days=7)
"""Closed rows stand seven days apart; an older one than that is a gap, and a null is more honest than it."""
ALWAYS = timedelta(days=3650)
"""That somebody opened a page or took a course stays true."""

CONTEXT = ("organization_id", "course_week", "trace_id")
"""What an online row says beside its features: whose it is, and what it was made of."""

ftr_enrollment_week = FeatureView(
    name="ftr_enrollment_week",
    entities=[enrollment],
    ttl=A_WEEK,
    schema=[
        Field(name="enrollment_id", dtype=String),
        Field(name="organization_id", dtype=String),
        Field(name="course_week", dtype=Int32),
        Field(name="trace_id", dtype=String),
        *(Field(name=each.name, dtype=Float32, description=each.meaning, tags={"unit": each.unit}) for each in RISK_V1),
    ],
    source=enrollment_week,
    online=True,
    description="An enrollment as of a cut-off; the online store holds the open row.",
)
ftr_enrollment_lesson = FeatureView(
    name="ftr_enrollment_lesson",
    entities=[enrollment, lesson],
    ttl=ALWAYS,
    schema=[
        Field(name="enrollment_id", dtype=String),
        Field(name="lesson_id", dtype=String),
        Field(name="views", dtype=Float32),
    ],
    source=enrollment_lesson,
    online=False,
    description="Which lessons an enrollment opened: what the activities recommender learns from.",
)
ftr_actor_course = FeatureView(
    name="ftr_actor_course",
    entities=[learner, course],
    ttl=ALWAYS,
    schema=[
        Field(name="actor_id", dtype=String),
        Field(name="course_id", dtype=String),
        Field(name="family", dtype=String),
    ],
    source=actor_course,
    online=False,
    description="Which courses a person took: what the course recommender learns from.",
)
