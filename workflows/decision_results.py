"""What a business rule step keeps of a decision, by `camunda:mapDecisionResult`.

A decision gives results, one for each rule that counts; a result has an entry for each output. As Camunda defines it:
singleEntry keeps the one entry of the one result, singleResult the one result as a context, collectEntries the one
entry of each result as a list, resultList every result as a context in a list. Without a choice it is resultList.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from decisions import DecisionInfo, Model, Result
from decisions.tables import MULTIPLE
from domain.errors import NotFound, OperationFailed
from domain.text import Text
from domain.text import gettext as _
from workflows.decision_words import NO_RULE, said

SINGLE_ENTRY, SINGLE_RESULT, COLLECT_ENTRIES, RESULT_LIST = MAPPINGS = (
    "singleEntry", "singleResult", "collectEntries", "resultList",
)  # fmt: skip


class DecisionFailed(OperationFailed):
    """A table has no answer, or another than the step can keep. `sentence` holds no value of the case."""

    def __init__(self, sentence: Text, **ids: object) -> None:
        super().__init__(sentence, **ids)
        self.sentence = sentence


def decision_of(model: Model, wanted: str) -> DecisionInfo:
    """The decision a step asks, by id or name; the model's last one for "". Raises NotFound."""
    own = [one for one in model.decisions if one.kind in ("table", "expression")] or list(model.decisions)
    if not wanted and own:
        return own[-1]
    found = next((one for one in model.decisions if wanted in (one.id, one.name)), None)
    if found is None:
        raise NotFound(_("The table has no decision %(name)s.", name=wanted))
    return found


def must_answer(result: Result, table: str, step: str) -> None:
    """Raise DecisionFailed when there is no answer for another reason than that no rule matched."""
    if result.value is None and result.reasons and not silent(result):
        why = said(result.reasons[0])
        raise DecisionFailed(_("The table %(table)s has no answer: %(why)s", table=table, why=why), step=step)


def silent(result: Result) -> bool:
    """Whether the table said nothing: no rule matched, and it has no default."""
    return not result.matched and any(said(reason).source == NO_RULE.source for reason in result.reasons)


def kept(result: Result, info: DecisionInfo, mapping: str, table: str) -> Any:
    """The value the case keeps. mapping: one of MAPPINGS, "" for resultList. Raises DecisionFailed."""
    results = results_of(result, info)
    if mapping in (SINGLE_ENTRY, SINGLE_RESULT) and len(results) > 1:
        raise DecisionFailed(_("The table %(table)s gives several results, the step keeps one.", table=table))
    if mapping in (SINGLE_ENTRY, COLLECT_ENTRIES) and any(len(one) > 1 for one in results):
        raise DecisionFailed(_("The table %(table)s has several outputs, the step keeps one.", table=table))
    if mapping == SINGLE_RESULT:
        return results[0] if results else None
    if mapping in (SINGLE_ENTRY, COLLECT_ENTRIES):
        entries = [entry for one in results for entry in one.values()]
        return entries if mapping == COLLECT_ENTRIES else entries[0] if entries else None
    return results


def results_of(result: Result, info: DecisionInfo) -> list[dict[str, Any]]:
    """The decision as results: one for each rule that counts, of a figure over them, or of what is no table."""
    if result.value is None and (silent(result) or info.hit_policy is not None):
        return []
    many = info.hit_policy in MULTIPLE and isinstance(result.value, list)
    return [_entries(value, info) for value in (result.value if many else [result.value])]


def _entries(value: Any, info: DecisionInfo) -> dict[str, Any]:
    if len(info.outputs) > 1 and isinstance(value, Mapping):
        return dict(value)
    return {(info.outputs[0] if info.outputs else "") or info.name: value}
