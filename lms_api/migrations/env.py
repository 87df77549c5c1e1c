"""Alembic's environment: the owner's connection comes from `migrate`, never from a file."""

from alembic import context

from lms_api.tables import Base

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=Base.metadata, transaction_per_migration=True)
with context.begin_transaction():
    context.run_migrations()
