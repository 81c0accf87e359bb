"""What an expression yields against the type it is declared to have."""

from __future__ import annotations

from decisions.checks.kinds import ExactContext, Fact, bare, conflict, kind_of, missing
from decisions.checks.operations import allowed_instead, rewritten
from decisions.checks.report import Desk, Spot
from decisions.checks.texts import Texts
from decisions.checks.walk import Walk
from decisions.feel.types import ContextType, ListType, RangeType, Type
from decisions.feel.values import Value

CORRECT = "Correct the value or the declared type."


def fits(texts: Texts, spot: Spot, fact: Fact, wanted: Type, label: str, desk: Desk | None = None) -> bool:
    """Whether a value may be what is declared; what never is becomes a finding. `desk` has it as it was written."""
    if conflict(fact.type, wanted):
        sentence, remedy = _conflicting(fact, wanted, label, desk)
        right = "" if desk is None else _rewritten(texts, desk, fact, kind_of(wanted))
        _add(texts, spot, desk, sentence, f"Write: {right}" if right else remedy, "type-conflict")
        return False
    return _allowed(texts, spot, fact, wanted, label, desk)


def _rewritten(texts: Texts, desk: Desk, fact: Fact, wanted: str) -> str:
    return rewritten(Walk(desk, texts.model, texts.handlers), desk.written.tree, fact, wanted)


def _conflicting(fact: Fact, wanted: Type, label: str, desk: Desk | None) -> tuple[str, str]:
    written, declared = bare(fact.type), bare(wanted)
    if isinstance(written, ContextType) and isinstance(declared, ContextType):
        lacking = missing(written, declared.entries) if isinstance(written, ExactContext) else []
        if lacking:
            return f"'{label}' lacks its declared entry '{lacking[0]}'.", CORRECT
        for name, type_ in declared.entries.items():
            if name in written.entries and conflict(written.entries[name], type_):
                sentence = f"'{name}' is a {said(written.entries[name])}, but is declared as a {said(type_)}."
                return sentence, CORRECT
    what = label if desk is None else desk.quote(desk.written.tree)
    return f"'{what}' is a {said(written)}, but '{label}' is declared as a {said(declared)}.", CORRECT


def said(type_: Type) -> str:
    """A type in words: its kind, and for a list or range the kind inside."""
    type_ = bare(type_)
    if isinstance(type_, (ListType, RangeType)) and kind_of(type_.item):
        return f"{kind_of(type_)} of {kind_of(type_.item)}"
    return kind_of(type_)


def _allowed(texts: Texts, spot: Spot, fact: Fact, wanted: Type, label: str, desk: Desk | None) -> bool:
    """Whether a constant, or every item of a constant list, passes what is declared."""
    if not fact.constant or fact.value is None:
        return True
    listed = bare(wanted)
    if isinstance(listed, ListType) and type(fact.value) is list and len(fact.value) <= 100:
        wrong = [value for value in fact.value if not texts.model.allows(listed.item, value)]
        return not wrong or _refused(texts, spot, wrong[0], listed.item, label, desk)
    return texts.model.allows(wanted, fact.value) or _refused(texts, spot, fact.value, wanted, label, desk)


def _refused(texts: Texts, spot: Spot, value: Value, wanted: Type, label: str, desk: Desk | None) -> bool:
    what = label if desk is None else desk.quote(desk.written.tree)
    sentence = f"'{what}' is not one of the allowed values."
    _add(texts, spot, desk, sentence, allowed_instead(value, wanted), "outside-allowed")
    return False


def _add(texts: Texts, spot: Spot, desk: Desk | None, sentence: str, remedy: str, code: str) -> None:
    if desk is None:
        texts.report.add(spot, sentence, remedy, code)
    else:
        desk.add(desk.written.tree, sentence, remedy, code)
