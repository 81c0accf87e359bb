"""Placeholder of the chain; filled in by what it is named after."""

revision = "0010_starts"
down_revision = "0009_moments"
branch_labels = None
depends_on = None


def upgrade() -> None:
    return None


def downgrade() -> None:
    return None
