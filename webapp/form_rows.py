"""Rows of a list that people add to: added, copied, moved and removed in the draft, with and without a script."""

from __future__ import annotations

from typing import Any

from domain.errors import InvalidAnswers
from domain.text import gettext as _
from workflows.form_values import number_of_rows
from workflows.forms import INPUTS, FieldSpec, FormSpec

ACTS = ("add", "copy", "up", "down", "remove")


def list_of(form: FormSpec, key: str) -> FieldSpec:
    """The list of that key to which people add rows. Raises InvalidAnswers for any other field."""
    for one in form.inputs:
        if one.key == key and one.kind == "dynamiclist" and (not one.rows or one.rows == "disputed"):
            return one
    raise InvalidAnswers({key[:48]: _("This form has no such list.")})


def changed(spec: FieldSpec, draft: dict[str, Any], act: str, at: int) -> tuple[dict[str, Any], int]:
    """The draft with its rows changed, and the row to go on at. Raises InvalidAnswers beyond the list's limits."""
    rows = [dict(row) for row in draft.get(spec.key) or []]
    if act not in ACTS or (act != "add" and not 0 <= at < len(rows)):
        raise InvalidAnswers({spec.key: _("There is no such row any more.")})
    if act in ("add", "copy") and len(rows) >= spec.most_rows:
        raise InvalidAnswers({spec.key: number_of_rows(spec)})
    if act == "add":
        rows.append({})
        at = len(rows) - 1
    elif act == "copy":
        # a paper belongs to the row it was handed in at
        rows.insert(at + 1, {key: value for key, value in rows[at].items() if key not in _papers(spec)})
        at += 1
    elif act == "remove":
        del rows[at]
        at = min(at, len(rows) - 1)
    else:
        to = at - 1 if act == "up" else at + 1
        if 0 <= to < len(rows):
            rows[at], rows[to] = rows[to], rows[at]
            at = to
    return {**draft, spec.key: rows}, max(at, 0)


def _papers(spec: FieldSpec) -> set[str]:
    return {one.key for one in spec.fields if one.kind in INPUTS and one.kind == "filepicker"}
