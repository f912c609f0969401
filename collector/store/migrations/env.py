"""Alembic's entry: the caller brings the connection, already inside a transaction that holds the write lock."""

from alembic import context

from collector.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite changes columns by copying the table
    transactional_ddl=True,
)
context.run_migrations()
