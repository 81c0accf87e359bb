"""Every mapped table in one place: importing this module completes `Base.metadata`."""

from __future__ import annotations

from sqlalchemy import MetaData

import workflows.definitions
import workflows.instances  # noqa: F401  imported for their tables
from domain.base import Base


def metadata() -> MetaData:
    """The metadata with every table and, after creation, every guard."""
    return Base.metadata
