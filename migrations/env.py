"""Alembic's environment: runs on the connection that `cli.migrate` hands over, in its transaction."""

from __future__ import annotations

from alembic import context

from tasks import schema

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=schema.metadata(),
    render_as_batch=connection.dialect.name == "sqlite",
    compare_type=True,
)
context.run_migrations()
