"""FormSpec: one form-js JSON file, read once, drawn and cleaned from the same description (walls 20).

Components and attributes are an allow-list; everything else is refused at deployment with field and remedy. What a
form asks, what it hides and what it checks is decided here alone, whoever asks: page, script or verb.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from domain.errors import DefinitionRefused, Finding, InvalidAnswers
from domain.text import gettext as _
from domain.vault import fingerprint
from workflows import form_rules
from workflows.form_fields import (
    ATTRIBUTES,
    INPUTS,
    KEY,
    MOST_ROWS,
    OPTION_SOURCES,
    ROW_SOURCES,
    SHOWN,
    FieldSpec,
    Option,
    OwnersText,
)
from workflows.form_reading import Reader
from workflows.form_state import FormState, rules_of
from workflows.form_values import Files, clean, is_blank, is_empty

NO_FILES: Files = MappingProxyType({})
NEVER = datetime(1970, 1, 1, tzinfo=UTC)  # for forms whose rules do not ask the time


@dataclass(frozen=True, slots=True)
class FormSpec:
    """A whole form: key, digest of its bytes, components in order (groups flattened, texts kept)."""

    key: str
    digest: str
    fields: tuple[FieldSpec, ...]
    inputs: tuple[FieldSpec, ...] = field(default=())

    def clean(
        self, answers: Mapping[str, Any], *, now: datetime | None = None, files: Files = NO_FILES
    ) -> dict[str, Any]:
        """Cleaned JSON values by field key, null where a field is hidden. Raises InvalidAnswers, a sentence a field.

        Unknown fields are refused too: what the form does not ask must not be slipped in (T9).

        Args:
            answers: what was entered, by key.
            now: aware instant that the form's expressions are decided at; needed by a form that has any.
            files: what expressions may know of the files that the answers name, by ref.
        """
        wrong: dict[str, object] = {}
        known = {f.key for f in self.inputs}
        for name in answers:
            if name not in known:
                wrong[name] = _("This form has no such field.")
        state = self.judge(answers, now=now, files=files)
        kept = {f.key: clean(f, answers.get(f.key), f.key, wrong, state.hidden) for f in self.inputs}
        wrong |= state.faults(wrong)
        if wrong:
            raise InvalidAnswers(wrong)
        return kept

    def judge(
        self,
        answers: Mapping[str, Any],
        *,
        now: datetime | None = None,
        files: Files = NO_FILES,
        undecided: Collection[str] = (),
    ) -> FormState:
        """What is hidden while these are the answers, and which checks do not hold.

        undecided: keys that nobody can have answered yet (the buttons): what waits for them stays in sight.
        """
        if now is None and self.judges:
            raise ValueError("a form with expressions is judged at an instant")
        return FormState(self.key, self.fields, answers, now=now or NEVER, files=files, undecided=undecided)

    @property
    def judges(self) -> bool:
        """True when some expression of the owner has to be decided, beyond the simple `show`."""
        return any(rule.origin != "show" for one in self.everything() for rule in rules_of(one))

    def asks_files(self) -> bool:
        """True when an expression may speak of a file."""
        return self.judges and any(one.kind == "filepicker" for one in self.everything())

    def everything(self) -> Iterator[FieldSpec]:
        """Every component, the columns of lists included."""
        for one in self.fields:
            yield one
            yield from one.fields

    def routing(self, clean: Mapping[str, Any]) -> dict[str, Any]:
        """The part of cleaned answers that may steer the diagram."""
        return {f.key: _routed(f, clean[f.key]) for f in self.inputs if f.route and clean.get(f.key) is not None}

    def action_field(self) -> FieldSpec | None:
        """The field whose options are the buttons of the task, or None."""
        return next((f for f in self.inputs if f.actions), None)

    def same_shape(self, other: FormSpec) -> bool:
        """True when both ask the same keys with the same types, so answers fit both (walls 6)."""
        return _shape(self.inputs) == _shape(other.inputs)


def parse(source: bytes, key: str, file: str) -> FormSpec:
    """Read a form file. Raises DefinitionRefused naming each component that cannot be drawn."""
    try:
        content = json.loads(source.decode("utf-8"))
        components = content["components"]
        if content.get("type") != "default":
            raise ValueError
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as problem:
        sentence = _("The file is not a form-js form.")
        remedy = _("Export it again from the form editor.")
        raise DefinitionRefused([Finding(file, key, None, sentence, remedy, code="form")]) from problem
    reader = Reader(file)
    fields = tuple(reader.read_all(components))
    twice = Counter(f.key for f in fields if f.kind in INPUTS)
    for name in sorted(key for key, count in twice.items() if count > 1):
        reader.refuse(name, _("Two fields have the same key."), _("Give each field a key of its own."))
    if reader.findings:
        raise DefinitionRefused(reader.findings)
    fields, refusals = form_rules.resolve(fields, file)
    if refusals:
        raise DefinitionRefused(refusals)
    return FormSpec(key, fingerprint(source), fields, tuple(f for f in fields if f.kind in INPUTS))


def check_rules(spec: FormSpec, file: str) -> list[Finding]:
    """What the check says of the expressions of a form that can be read: types that do not fit, and slips."""
    return form_rules.check(spec.fields, file)


def _shape(fields: Sequence[FieldSpec]) -> list[Any]:
    return sorted((f.key, f.kind, _shape(f.fields)) for f in fields)


def _routed(spec: FieldSpec, value: Any) -> Any:
    if spec.kind != "number":
        return value
    number = Decimal(value)
    return int(number) if number == number.to_integral_value() else float(number)


__all__ = [
    "ATTRIBUTES",
    "INPUTS",
    "KEY",
    "MOST_ROWS",
    "OPTION_SOURCES",
    "ROW_SOURCES",
    "SHOWN",
    "FieldSpec",
    "Files",
    "FormSpec",
    "FormState",
    "Option",
    "OwnersText",
    "check_rules",
    "is_blank",
    "is_empty",
    "parse",
]
