"""Steps that close a case's file (BX-27, BX-28)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from domain.oversight import archive
from domain.oversight.archive import ArchiveFile
from domain.work import SCHEDULER
from workflows.registry import Call, operation


@operation("archive.complete", outputs=("number", "items"))
def complete(call: Call) -> Mapping[str, Any]:
    """Close the file when nothing is missing; else the archivist's task stays open and says what is."""
    return _told(call, archive.complete(call.work, call.case))


@operation("archive.review", outputs=("number", "items"))
def review(call: Call) -> Mapping[str, Any]:
    """Close the file of one household's review, by the system, at the department that decided."""
    return _told(call, archive.complete(call.work.acting(SCHEDULER), call.case))


def _told(call: Call, made: ArchiveFile) -> Mapping[str, Any]:
    return {"number": made.number, "items": len(archive.items_of(call.work, made))}
