"""Placeholder of the chain; filled in by what it is named after."""

revision = "0006_incidents"
down_revision = "0005_decisions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    return None


def downgrade() -> None:
    return None
