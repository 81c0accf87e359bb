"""Revisions of a form: the one a task takes when it opens, and the one that it took (walls 6, decision 0035).

A task takes the newest revision of its process that fits the version its case runs on, so a form fix reaches running
cases without moving them. Parts are content-addressed and versions never change: what is worked out is kept for good.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import select

from domain.errors import DefinitionRefused, OperationFailed
from domain.text import gettext as _
from domain.work import Work
from workflows import forms, versions
from workflows.definition_rows import DefinitionPart, DefinitionRow
from workflows.form_fields import Option
from workflows.forms import FormSpec
from workflows.versions import Definition

Former = Mapping[str, Mapping[str, Option]]  # key of a field -> value -> the option it was
MOST_KNOWN = 4_096
# by digest and key; and of (ref of the version in force, key of a case's own version, key of the form)
_known: dict[tuple[str, str], FormSpec] = {}
_newest: dict[tuple[str, int, str], FormSpec] = {}


def newest(work: Work, definition: Definition, key: str) -> FormSpec:
    """The form that a task of a case on this version takes now. Raises NotFound for a form that it has not.

    Asks the database once a work which version is in force, and once a process for the forms of a new one.
    """
    in_force = versions.newest_ref(work, definition.process)
    if in_force == definition.ref:
        return definition.form(key)
    place = (in_force, definition.row_id, key)
    found = _newest.get(place)
    if found is None:
        found = _newest[place] = _newest_fitting(work, definition, key)
    return found


def _newest_fitting(work: Work, definition: Definition, key: str) -> FormSpec:
    own, path = definition.form(key), path_of(key)
    later = (
        select(DefinitionRow.manifest)
        .where(DefinitionRow.process == definition.process, DefinitionRow.number > definition.number)
        .order_by(DefinitionRow.number.desc())
    )
    for digest in dict.fromkeys(manifest.get(path) for manifest in work.session.scalars(later)):
        if digest == own.digest:
            return own
        if digest is not None and (form := _readable(work, key, digest)) is not None and form.fits(own):
            return form
    return own


def _readable(work: Work, key: str, digest: str) -> FormSpec | None:
    try:
        return of_digest(work, key, digest)
    except DefinitionRefused:  # an older program let it pass; no task of another version takes it
        return None


def of_digest(work: Work, key: str, digest: str, definition: Definition | None = None) -> FormSpec:
    """The form with this digest. definition: the version that it is likely of. Raises OperationFailed."""
    found = _at_hand(key, digest, definition)
    if found is None:
        learn(work, [(key, digest)])
        found = _known.get((digest, key))
    if found is None:
        raise OperationFailed(_("The form of this task is missing."), form=key)
    return found


def former_options(work: Work, definition: Definition, form: FormSpec, answers: Mapping[str, Any]) -> Former:
    """What answers chose and the form offers no more, as the newest revision that offered it has it.

    Asks for nothing where the form offers all that was chosen; else for the versions of its process, in one SELECT.
    """
    gone = _not_offered(form, answers)
    if not gone:
        return {}
    path, row = path_of(form.key), DefinitionRow
    manifests = select(row.manifest).where(row.process == definition.process).order_by(row.number)
    digests = dict.fromkeys(manifest.get(path) for manifest in work.session.scalars(manifests))
    revisions = (_readable(work, form.key, digest) for digest in digests if digest is not None)
    found: dict[str, dict[str, Option]] = {}
    for spec in (one for revision in revisions if revision is not None for one in revision.everything()):
        named = {option.value: option for option in spec.options if option.value in gone.get(spec.key, ())}
        found.setdefault(spec.key, {}).update(named)
    return found


def _not_offered(form: FormSpec, answers: Mapping[str, Any]) -> dict[str, set[str]]:
    """Values of fields with options of their own that are none of these."""
    found: dict[str, set[str]] = {}
    for spec in form.inputs:
        given = answers.get(spec.key)
        rows = (given if isinstance(given, list) else []) if spec.fields else [answers]
        for one in (inner for inner in (spec.fields or (spec,)) if inner.options):
            offered = {option.value for option in one.options}
            chosen = (value for row in rows if isinstance(row, Mapping) for value in _each(row.get(one.key)))
            if gone := {value for value in chosen if value not in offered}:
                found.setdefault(one.key, set()).update(gone)
    return found


def _each(value: object) -> list[str]:
    return [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, str) and one]


def _at_hand(key: str, digest: str, definition: Definition | None) -> FormSpec | None:
    found = _known.get((digest, key))
    if found is None and definition is not None and path_of(key) in definition.bundle.files:
        own = definition.form(key)
        found = _keep(own) if own.digest == digest else None
    return found


def learn(work: Work, wanted: Iterable[tuple[str, str]], definition: Definition | None = None) -> None:
    """Read the forms of these keys and digests that neither this process nor the version knows, in one SELECT."""
    unknown = [(key, digest) for key, digest in dict.fromkeys(wanted) if _at_hand(key, digest, definition) is None]
    if unknown:
        content = sources(work, [digest for _key, digest in unknown])
        for key, digest in unknown:
            if digest in content:
                _keep(forms.parse(content[digest], key, path_of(key)))


def sources(work: Work, digests: Iterable[str]) -> dict[str, bytes]:
    """Digest -> bytes of parts. Uses the key of definition_part."""
    rows = work.session.execute(
        select(DefinitionPart.digest, DefinitionPart.content).where(DefinitionPart.digest.in_(sorted(set(digests))))
    )
    return {digest: content for digest, content in rows}  # noqa: C416  dict() takes a Result for a mapping


def path_of(key: str) -> str:
    """Where a bundle keeps the form of this key."""
    return f"forms/{key}.form"


def _keep(form: FormSpec) -> FormSpec:
    if len(_known) >= MOST_KNOWN:
        _known.clear()
    _known[form.digest, form.key] = form
    return form
