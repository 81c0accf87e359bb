"""A draft as a page opens it: its row, the files of its newest revision, whether it may be changed."""

from __future__ import annotations

from dataclasses import dataclass

from domain.parties import permissions
from domain.work import Work
from webapp.i18n import english
from workflows import drafts
from workflows.bundles import Bundle
from workflows.definition_rows import DefinitionDraft


@dataclass(frozen=True, slots=True)
class Opened:
    """A draft in the hand of one page."""

    row: DefinitionDraft
    bundle: Bundle
    title: str
    readonly: bool


def opened(work: Work, ref: str) -> Opened:
    """A draft with the files of its newest revision. Raises NotFound."""
    row = drafts.get(work, ref)
    bundle = drafts.bundle_at(work, row)
    readonly = row.state != drafts.OPEN or not permissions.may(work.actor, "process.edit")
    return Opened(row, bundle, title_of(bundle), readonly)


def title_of(bundle: Bundle) -> str:
    """What the process of a bundle is called, in the language of the page."""
    return str(bundle.sheet.get("title_en" if english() else "title") or bundle.key)
