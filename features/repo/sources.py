"""Where the views read: the `ftr_` marts of the same names. Casts only; every feature is computed by dbt."""

from feast.infra.offline_stores.contrib.clickhouse_offline_store.clickhouse_source import ClickhouseSource

from contracts.features import RISK_V1_NAMES

IDS = "toString(organization_id) AS organization_id, toString(enrollment_id) AS enrollment_id, "
IDS += "toString(course_id) AS course_id, toString(actor_id) AS actor_id"

enrollment_week = ClickhouseSource(
    name="ftr_enrollment_week",
    description="One row per enrollment and closed course week; known by `as_of`, never changed afterwards.",
    query=f"SELECT {IDS}, course_week, trace_id, as_of, {', '.join(RISK_V1_NAMES)} "
    "FROM marts.ftr_enrollment_week WHERE is_open = 0",
    timestamp_field="as_of",
)
enrollment_lesson = ClickhouseSource(
    name="ftr_enrollment_lesson",
    description="One row per enrollment and lesson that it opened.",
    query=f"SELECT {IDS}, toString(lesson_id) AS lesson_id, toFloat32(views) AS views, first_recorded_at "
    "FROM marts.ftr_enrollment_lesson",
    timestamp_field="first_recorded_at",
)
actor_course = ClickhouseSource(
    name="ftr_actor_course",
    description="One row per person and course that they enrolled in.",
    query=f"SELECT {IDS}, family, first_recorded_at FROM marts.ftr_actor_course",
    timestamp_field="first_recorded_at",
)
