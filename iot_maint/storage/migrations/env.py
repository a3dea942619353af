"""Alembic's entry: runs the steps on the connection, and in the transaction, that `relational.migrate` hands over."""

from alembic import context

from iot_maint.storage.relational.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
