"""Placeholder of the chain; filled in by what it is named after."""

revision = "0007_repairs"
down_revision = "0006_incidents"
branch_labels = None
depends_on = None


def upgrade() -> None:
    return None


def downgrade() -> None:
    return None
