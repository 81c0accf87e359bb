"""Placeholder of the chain; filled in by what it is named after."""

revision = "0009_moments"
down_revision = "0008_moves_of_version"
branch_labels = None
depends_on = None


def upgrade() -> None:
    return None


def downgrade() -> None:
    return None
