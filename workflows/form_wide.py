"""Rules of a form as a whole, as its file lists them under "rules": what must be true of several fields together.

{"id": "ended_after_begun", "condition": "=ended >= begun", "fields": ["begun", "ended"],
 "message": "…", "message.en": "…", "severity": "error" | "warning", "source": "BX-22"}
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from domain.text import gettext as _
from workflows import form_details, form_rules
from workflows.form_details import Refuse
from workflows.form_fields import KEY, FormRule, OwnersText

ENTRIES = frozenset(("id", "condition", "fields", "message", "message.en", "severity", "source"))
SEVERITIES = ("error", "warning")
MOST = 100


def read(given: object, refuse: Refuse) -> Iterator[FormRule]:
    """The rules of a form; what cannot be used goes to `refuse`, under the rule's id."""
    if given is None:
        return
    if not isinstance(given, list) or len(given) > MOST or not all(isinstance(one, dict) for one in given):
        refuse("rules", _("The rules of the form are no list of up to %(most)s.", most=MOST), _("Write a list."))
        return
    ids: set[str] = set()
    for number, one in enumerate(given, 1):
        name = str(one.get("id") or "")
        if not KEY.fullmatch(name) or name in ids:
            sentence = _("Rule %(number)s of the form has no name of its own.", number=number)
            refuse(name[:48] or f"rule {number}", sentence, _("Use letters, digits and _, beginning with a letter."))
            continue
        ids.add(name)
        made = _rule(one, name, refuse)
        if made is not None:
            yield made


def _rule(one: Mapping[str, Any], name: str, refuse: Refuse) -> FormRule | None:
    for entry in sorted(one.keys() - ENTRIES):
        refuse(name, _("%(name)s has no effect here.", name=entry), _("Remove it."))
    fields = one.get("fields")
    if not isinstance(fields, list) or not fields or not all(isinstance(key, str) for key in fields):
        refuse(name, _("The rule names no field."), _("Choose the fields at which it is said."))
        return None
    chinese, english = str(one.get("message") or ""), str(one.get("message.en") or "")
    if not chinese or not english:
        refuse(name, _("The rule does not say in both languages what is wrong."), _("Write both sentences."))
    if one.get("severity", "error") not in SEVERITIES:
        refuse(name, _("The rule is neither an error nor a warning."), _("Choose one of the two."))
    try:
        rule = form_rules.read(one.get("condition") or "", "rule")
    except form_rules.Refused as refusal:
        refuse(name, refusal.sentence, refusal.remedy)
        return None
    source = form_details.source_of(str(one.get("source") or ""), name, refuse)
    words = OwnersText(chinese, english)
    return FormRule(name, rule, tuple(dict.fromkeys(fields)), words, one.get("severity") == "warning", source)
