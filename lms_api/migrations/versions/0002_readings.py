"""What a board needs to be read well: who never started, and on how many learners the model was judged."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("alter table predictions add column never_started boolean default false not null")
    op.execute("alter table prediction_batches add column judged_on integer")


def downgrade() -> None:
    op.execute("alter table prediction_batches drop column judged_on")
    op.execute("alter table predictions drop column never_started")
