"""The core: tables of the LMS, the event log, tenancy and the roles' rights."""

from pathlib import Path

from alembic import op

from stack.event_log.table import OUTBOX_DDL, OUTBOX_DROP

revision = "0001"
down_revision = None

SQL = Path(__file__).parents[1] / "sql"
TABLES = (
    "student_answers",
    "submissions",
    "questions",
    "assessments",
    "prediction_exposures",
    "interventions",
    "predictions",
    "prediction_batches",
    "loop_reports",
    "service_nonces",
    "course_results",
    "lesson_progress",
    "enrollments",
    "lessons",
    "courses",
    "imports",
    "refresh_tokens",
    "pseudonyms",
    "users",
    "organizations",
)


def upgrade() -> None:
    _execute((SQL / "0001_tables.sql").read_text())
    _execute((SQL / "0001_rights.sql").read_text())
    for statement in OUTBOX_DDL:
        _execute(statement)


def downgrade() -> None:
    """Takes everything away, the rows too; the role campus_door stays, for other databases may use it."""
    for statement in OUTBOX_DROP:
        _execute(statement)
    _execute("drop table " + ", ".join(TABLES) + " cascade")
    _execute("grant campus_door to current_user")
    for function in ("organization(text)", "any_organization()", "sign_in(text, text)", "refresh(bytea)"):
        _execute(f"drop function door_{function}")
    _execute("revoke campus_door from current_user")


def _execute(sql: str) -> None:
    """Several statements at once, and percent signs as they are: past SQLAlchemy's parameters."""
    driver = op.get_bind().connection.driver_connection
    assert driver is not None
    driver.execute(sql)
