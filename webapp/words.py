"""The vocabulary of the editors' pickers: everything a drawing or form of this bundle may name, with its title."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import decisions
from domain.errors import DefinitionRefused
from domain.parties.roles import ROLES
from domain.policy_keys import policy_keys
from domain.text import Text
from domain.text import gettext as _
from workflows import bundles, forms, registry
from workflows.bpmn_xml import XmlRefused, read_tree
from workflows.bundles import Bundle
from workflows.forms import FieldSpec
from workflows.operation_titles import title_of
from workflows.steps import StepSpec, read_steps

# what the program itself fills into a form (tasks.pages.options)
ROWS: dict[str, Text] = {
    "members": _("Members of the household"),
    "recheck_items": _("Items to check again"),
    "name_hints": _("Rows found by name alone"),
    "disputed": _("Disputed items, added by hand"),
}
OPTIONS: dict[str, Text] = {
    "members": _("Members of the household"),
    "guardians": _("Registered guardians"),
    "categories": _("Categories of information"),
    "resources": _("Data sources"),
    "agreed_fields": _("Agreed fields of the data sources"),
}


def vocabulary(bundle: Bundle, *, english: bool) -> dict[str, Any]:
    """What the pickers offer, as JSON can hold it. Broken files leave their part empty: the check tells why."""
    steps = steps_of(bundle)
    known = registry.operations()
    called = {kind: [name for name, one in sorted(known.items()) if one.kind == kind] for kind in ("facts", "record")}
    return {
        "roles": [{"id": role.id, "title": str(role.title)} for role in ROLES.values()],
        "operations": [
            {
                "name": name,
                "title": title_of(name),
                "kind": one.kind,
                "inputs": list(one.inputs),
                "outputs": list(one.outputs),
            }
            for name, one in sorted(known.items())
            if one.kind in ("quick", "slow")
        ],
        "facts": [{"name": name, "title": title_of(name)} for name in called["facts"]],
        "records": [
            {"name": name, "title": title_of(name), "outputs": list(known[name].outputs)} for name in called["record"]
        ],
        "forms": [_form(key, path, content, steps, english) for key, path, content in bundle.forms()],
        "tables": [_table(name, content) for name, _path, content in bundle.tables()],
        "terms": list(_terms(english)),
        "stages": list(_stages(bundle, english)),
        "steps": [{"id": one.id, "name": _name(one, english), "kind": one.kind} for one in steps.values()],
        "sources": {
            "rows": [{"id": name, "title": str(title)} for name, title in ROWS.items()],
            "options": [{"id": name, "title": str(title)} for name, title in OPTIONS.items()],
        },
    }


def form_title(key: str, steps: Mapping[str, StepSpec], english: bool) -> str:
    """What a form is called: the steps that show it, or its key."""
    used = [_name(one, english) for one in steps.values() if one.form == key]
    return str(_(", ")).join(used) or key


@dataclass(frozen=True, slots=True)
class StepLine:
    """A step in words: what it is called, who or what carries it out, at which stage."""

    name: str
    by: str
    stage: str


def steps_in_words(bundle: Bundle, *, english: bool) -> list[StepLine]:
    """The tasks of the drawing in its order, for whoever cannot see it."""
    stages = {one["code"]: one["label"] for one in _stages(bundle, english)}
    return [
        StepLine(_name(one, english), by, stages.get(one.properties.get("stage", ""), ""))
        for one in steps_of(bundle).values()
        if (by := _carried_out_by(one, bundle))
    ]


def _carried_out_by(step: StepSpec, bundle: Bundle) -> str:
    if step.kind == "user":
        return str(_(", ")).join(str(ROLES[role].title) if role in ROLES else role for role in step.roles)
    if step.kind == "service":
        return title_of(step.topic) if step.topic in registry.operations() else step.topic
    if step.kind == "decision":
        return table_title(step.decision, bundle.files.get(f"{step.decision}.dmn", b""))
    return ""


def table_title(name: str, content: bytes) -> str:
    """The name of a table's last decision, or its file's."""
    try:
        made = decisions.load(content).decisions
    except decisions.DecisionError:
        return name
    return made[-1].name or name if made else name


def steps_of(bundle: Bundle) -> Mapping[str, StepSpec]:
    """The steps of the bundle's drawing; none where it cannot be read."""
    try:
        return read_steps(read_tree(bundle.files.get(bundles.DRAWING, b"")))
    except XmlRefused:
        return {}


def _name(step: StepSpec, english: bool) -> str:
    return (step.name_en if english else step.name) or step.name or step.id


def _form(key: str, path: str, content: bytes, steps: Mapping[str, StepSpec], english: bool) -> dict[str, Any]:
    try:
        inputs = forms.parse(content, key, path).answered
    except DefinitionRefused:
        inputs = ()
    return {"key": key, "title": form_title(key, steps, english), "fields": [_field(one, english) for one in inputs]}


def _field(spec: FieldSpec, english: bool) -> dict[str, Any]:
    return {
        "key": spec.key,
        "label": spec.text("en" if english else "zh"),
        "type": spec.kind,
        "route": spec.route,
        "options": [{"value": one.value, "label": one.label_en if english else one.label} for one in spec.options],
    }


def _table(name: str, content: bytes) -> dict[str, Any]:
    try:
        found = decisions.load(content).decisions
    except decisions.DecisionError:
        found = ()
    made = [
        {
            "id": one.id,
            "title": one.name or one.id,
            "inputs": [asked for asked, _type in one.inputs],
            "outputs": [said or one.name for said in one.outputs],
        }
        for one in found
    ]
    return {"name": name, "title": made[-1]["title"] if made else name, "decisions": made}


def _terms(english: bool) -> Iterator[dict[str, str]]:
    for key in policy_keys():
        # limits of asking sources and of doubts belong to their own steps and tables
        if key.kind.name.startswith("term") and "." not in key.name:
            yield {"id": key.name, "title": key.doc.rstrip(".") if english else key.zh}


def _stages(bundle: Bundle, english: bool) -> Iterator[dict[str, str]]:
    rows = bundle.sheet.get("stages")
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, dict) and row.get("code"):
            code, label = str(row["code"]), str(row.get("label_en" if english else "label") or row["code"])
            yield {"code": code, "label": label}
