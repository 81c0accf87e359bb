"""What an upgrade of the program brings: shipped processes as drafts, never over what an owner put in force (walls 5).

Known is what was ever shipped here: a shipped version, or a revision of a draft marked as shipped. So each bundle
is offered once, and an office is said to have edited a process when its version in force is none of these.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import select

from domain import journal
from domain.text import gettext as _
from domain.version import VERSION
from domain.work import Work
from workflows import definitions, drafts
from workflows.bundles import Bundle, Checked
from workflows.definition_rows import (
    DefinitionDraft,
    DefinitionDraftRevision,
    DefinitionRow,
    keep_parts,
    lock_process,
)

Manifest = Mapping[str, str]


def unknown(work: Work, bundles: Iterable[Bundle]) -> list[Bundle]:
    """Those that this home was neither founded with nor offered yet. Two SELECTs."""
    versions = work.session.execute(select(DefinitionRow.process, DefinitionRow.digest))
    offered = work.session.execute(
        select(DefinitionDraft.process, DefinitionDraftRevision.digest)
        .join(DefinitionDraft, DefinitionDraft.id == DefinitionDraftRevision.draft_id)
        .where(DefinitionDraftRevision.shipped)
    )
    known = {(process, digest) for process, digest in [*versions, *offered]}
    return [one for one in bundles if (one.key, one.digest) not in known]


def offer_shipped(work: Work, checked: Checked) -> DefinitionDraft | None:
    """Lay what the program ships before the owners, once. None when this home knows it already.

    A home without the process gets it in force. Otherwise it becomes a draft that two owners put in force or drop:
    the shipped files where the office never changed the process; where it did, its own files with the shipped ones
    it left alone, and the shipped bundle beside it. An open draft is left as it is, the shipped bundle beside it.
    """
    bundle = checked.bundle
    lock_process(work, bundle.key)
    current = definitions.newest(work, bundle.key)
    if current is None:
        definitions.ship(work, checked)
        return None
    if not unknown(work, [bundle]):
        return None
    before = _shipped_before(work, bundle.key)
    found = drafts.open_of(work, bundle.key)
    draft = drafts.locked(work, found.ref) if found is not None else None
    keep_parts(work, bundle.files.values())
    if draft is None:
        draft = drafts.new_draft(work, bundle.key, current.number, author=None)
        _begin(work, draft, bundle.manifest, current, before)
    else:
        _beside(work, draft, bundle.manifest, parent=draft.head)
    body = {"digest": bundle.digest, "program": VERSION}
    journal.record(work, "definition.shipped", draft.ref, body, stream=("definition", bundle.key))
    return draft


def _begin(
    work: Work, draft: DefinitionDraft, manifest: Manifest, current: DefinitionRow, before: Mapping[str, Manifest]
) -> None:
    """The first revisions: what is shipped, and what comes of it beside the office's own changes."""
    if current.digest in before:
        drafts.add_revision(work, draft, manifest, author=None, parent=None, note=_said(), shipped=True)
        return
    first = _beside(work, draft, manifest, parent=None)
    oldest: Manifest = list(before.values())[-1] if before else {}
    joined = merged(oldest, current.manifest, manifest)
    kept = [path for path in joined if joined[path] != manifest.get(path)]
    note = _(
        "Your own files stay: %(files)s. Everything else is as version %(version)s of the program ships it.",
        files=", ".join(kept),
        version=VERSION,
    )
    drafts.add_revision(work, draft, joined, author=None, parent=first, note=str(note))


def merged(base: Manifest, mine: Manifest, theirs: Manifest) -> dict[str, str]:
    """Three-way by whole files: what I did not change is theirs, what I changed or removed stays mine."""
    result = {}
    for path in sorted({*mine, *theirs}):
        digest = theirs.get(path) if mine.get(path) == base.get(path) else mine.get(path)
        if digest is not None:
            result[path] = digest
    return result


def _shipped_before(work: Work, process: str) -> dict[str, Manifest]:
    """Digest -> manifest of everything that was shipped for a process so far, the newest last."""
    founded = select(DefinitionRow.digest, DefinitionRow.manifest).where(
        DefinitionRow.process == process, DefinitionRow.shipped
    )
    offered = (
        select(DefinitionDraftRevision.digest, DefinitionDraftRevision.manifest)
        .join(DefinitionDraft, DefinitionDraft.id == DefinitionDraftRevision.draft_id)
        .where(DefinitionDraft.process == process, DefinitionDraftRevision.shipped)
    )
    rows = [
        *work.session.execute(founded.order_by(DefinitionRow.number)),
        *work.session.execute(offered.order_by(DefinitionDraftRevision.id)),
    ]
    return {digest: manifest for digest, manifest in rows}  # noqa: C416  rows of a Result


def _beside(work: Work, draft: DefinitionDraft, manifest: Manifest, *, parent: int | None) -> int:
    return drafts.add_revision(
        work, draft, manifest, author=None, parent=parent, note=_said(), aside=True, shipped=True
    )


def _said() -> str:
    return str(_("Shipped with version %(version)s of the program", version=VERSION))
