"""Alembic's way in: the connection, its transaction and its role come from warehouse.schema."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], version_table_schema="meta")
with context.begin_transaction():
    context.run_migrations()
