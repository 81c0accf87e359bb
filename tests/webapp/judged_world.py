"""A version of a process whose first form hides and checks by expressions."""

from __future__ import annotations

import json
from typing import Any

from domain.work import unit_of_work
from tests.homes import Office
from workflows import bundles, definitions, drafts

INTAKE = "forms/intake.form"
TOO_MUCH = ("月租金不得高于 5000 元。", "The rent may be at most 5,000 yuan.")


def _field(kind: str, key: str, label: str, english: str, **more: Any) -> dict[str, Any]:
    properties = {"label.en": english, **more.pop("properties", {})}
    return {"type": kind, "key": key, "label": label, "properties": properties, **more}


def _check(text: str, message: str, english: str) -> dict[str, str]:
    return {"check": text, "check.message": message, "check.message.en": english}


ABODE = _field(
    "radio",
    "abode",
    "居住情况",
    "Abode",
    validate={"required": True},
    values=[
        {"value": "OWN", "label": "自有住房", "label.en": "Owned"},
        {"value": "RENT", "label": "租住", "label.en": "Rented"},
        {"value": "OTHER", "label": "其他", "label.en": "Other"},
    ],
)
RENTED = {
    "type": "group",
    "label": "租住情况",
    "properties": {"label.en": "Tenancy"},
    "conditional": {"hide": '=abode != "RENT"'},
    "components": [
        {"type": "text", "text": "以租赁合同为准。", "properties": {"text.en": "As the contract says."}},
        _field(
            "number",
            "rent",
            "月租金",
            "Monthly rent",
            validate={"required": True, "min": 0},
            properties={"suffix": "元", "suffix.en": "yuan", **_check("=rent <= 5000", *TOO_MUCH)},
        ),
        _field(
            "datetime",
            "since",
            "起租日期",
            "Rented since",
            subtype="date",
            dateLabel="起租日期",
            properties=_check("=since = null or since <= today()", "起租日期不得晚于今天。", "Not after today."),
        ),
        _field(
            "textfield",
            "landlord",
            "出租人",
            "Landlord",
            conditional={"hide": "=rent = null or rent < 1000"},
            validate={"required": True},
        ),
    ],
}
GUESTS = _field(
    "dynamiclist",
    "guests",
    "同住人",
    "Living there too",
    conditional={"hide": '=abode = "OTHER"'},
    components=[
        _field("textfield", "who", "姓名", "Name"),
        _field(
            "number",
            "share",
            "分担租金",
            "Share of the rent",
            conditional={"hide": "=who = null"},
            properties=_check("=share = null or share <= rent", "不得高于月租金。", "At most the rent."),
        ),
    ],
)


def deploy(office: Office, *added: dict[str, Any], path: str = INTAKE, rules: tuple[dict[str, Any], ...] = ()) -> int:
    """Put a version of the verification in force whose intake form begins with these fields. Returns its number."""
    with unit_of_work(office.home, office.actor("owner1")) as work:
        ref = drafts.begin(work, "verification").ref
        found = json.loads(drafts.bundle_at(work, drafts.get(work, ref)).files[path])
        found["components"] = [*(added or (ABODE, RENTED, GUESTS)), *found["components"]]
        if rules:
            found["rules"] = list(rules)
        content = json.dumps(found, ensure_ascii=False).encode()
        drafts.save(work, ref, {path: content}, based_on=drafts.get(work, ref).head)
        made = drafts.get(work, ref)
        bundle, number = drafts.bundle_at(work, made), made.head
    checked = bundles.must_pass(bundle)
    with unit_of_work(office.home, office.actor("owner1")) as work:
        proposal = drafts.propose(work, ref, checked, number=number, note="居住情况").ref
    with unit_of_work(office.home, office.actor("owner2")) as work:
        return definitions.approve(work, proposal, checked).number
