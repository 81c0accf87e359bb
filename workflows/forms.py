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
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Any

from domain.errors import DefinitionRefused, Finding, InvalidAnswers
from domain.text import gettext as _
from domain.vault import fingerprint
from workflows import form_rules, form_wide
from workflows.form_fields import (
    ANSWERED,
    ATTRIBUTES,
    COMPUTED,
    CONFIRMED,
    INPUTS,
    KEY,
    MOST_ROWS,
    OPTION_SOURCES,
    ROW_SOURCES,
    SHOWN,
    FieldSpec,
    FormRule,
    Option,
    OwnersText,
)
from workflows.form_reading import Reader
from workflows.form_state import Broken, FormState, rules_of
from workflows.form_values import Files, Sight, clean, file_refusal, is_blank, is_empty

NO_FILES: Files = MappingProxyType({})
LONGEST_REASON = 1_000
NEVER = datetime(1970, 1, 1, tzinfo=UTC)  # for forms whose rules do not ask the time


@dataclass(frozen=True, slots=True)
class FormSpec:
    """A whole form: key, digest of its bytes, components in order (groups flattened, texts kept).

    inputs: what people fill in; answered: these and what is calculated; rules: of the form as a whole; order: of
    calculating.
    """

    key: str
    digest: str
    fields: tuple[FieldSpec, ...]
    inputs: tuple[FieldSpec, ...] = field(default=())
    rules: tuple[FormRule, ...] = field(default=())
    order: tuple[str, ...] = field(default=())

    @property
    def answered(self) -> tuple[FieldSpec, ...]:
        """Every field of which an answer is kept, in the order of the form."""
        return tuple(one for one in self.fields if one.kind in ANSWERED)

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
        known = {f.key for f in self.inputs} | {CONFIRMED}
        for name in answers:
            if name not in known:
                wrong[name] = _("This form has no such field.")
        state = self.judge(answers, now=now, files=files)
        sight = Sight(state.hidden, state.needed, state.values, files)
        kept = {f.key: clean(f, answers.get(f.key), f.key, wrong, sight) for f in self.answered}
        wrong |= state.faults(wrong)
        confirmed = self._confirmed(state.broken(wrong), answers.get(CONFIRMED), wrong)
        if wrong:
            raise InvalidAnswers(wrong)
        return {**kept, CONFIRMED: confirmed} if confirmed else kept

    def _confirmed(self, broken: Sequence[Broken], given: Any, wrong: dict[str, object]) -> dict[str, str]:
        """Why each warning was passed over; what is refused goes into `wrong`, a warning's under its own name."""
        reasons: Mapping[str, Any] = given if isinstance(given, Mapping) else {}
        kept: dict[str, str] = {}
        for one in broken:
            reason = reasons.get(one.rule.key)
            if not one.rule.warning:
                wrong |= {place: one.rule.message for place in one.places if place not in wrong}
            elif isinstance(reason, str) and reason.strip():
                kept[one.rule.key] = reason.replace("\x00", "").strip()[:LONGEST_REASON]
            else:
                wrong[confirmation(one.rule)] = one.rule.message
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
        return FormState(
            self.key, self.fields, answers, now=now or NEVER, files=files, undecided=undecided, rules=self.rules,
            order=self.order,
        )  # fmt: skip

    @property
    def judges(self) -> bool:
        """True when some expression of the owner has to be decided, beyond the simple `show`."""
        return bool(self.rules) or any(rule.origin != "show" for one in self.everything() for rule in rules_of(one))

    def asks_files(self) -> bool:
        """True when an expression may speak of a file, or a field takes not every file."""
        pickers = [one for one in self.everything() if one.kind == "filepicker"]
        return bool(pickers) and (self.judges or any(one.file_types or one.file_size for one in pickers))

    def everything(self) -> Iterator[FieldSpec]:
        """Every component, the columns of lists included."""
        for one in self.fields:
            yield one
            yield from one.fields

    def routing(self, clean: Mapping[str, Any]) -> dict[str, Any]:
        """The part of cleaned answers that may steer the diagram."""
        return {f.key: _routed(f, clean[f.key]) for f in self.answered if f.route and clean.get(f.key) is not None}

    def action_field(self) -> FieldSpec | None:
        """The field whose options are the buttons of the task, or None."""
        return next((f for f in self.inputs if f.actions), None)

    def fits(self, other: FormSpec) -> bool:
        """True when answers to one are answers to the other and steer the process alike (walls 6, decision 0035)."""
        return self.shape == other.shape

    @property
    def shape(self) -> tuple[object, ...]:
        """What two revisions of a form have in common that may stand for each other."""
        return _shape(self.answered)


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
    rules = tuple(form_wide.read(content.get("rules"), reader.refuse))
    twice = Counter(f.key for f in fields if f.kind in ANSWERED)
    for name in sorted(key for key, count in twice.items() if count > 1):
        reader.refuse(name, _("Two fields have the same key."), _("Give each field a key of its own."))
    if reader.findings:
        raise DefinitionRefused(reader.findings)
    made = form_rules.resolve(fields, rules, file)
    if made.findings:
        raise DefinitionRefused(list(made.findings))
    inputs = tuple(f for f in made.fields if f.kind in INPUTS)
    return FormSpec(key, fingerprint(source), made.fields, inputs, made.rules, made.order)


def confirmation(rule: FormRule) -> str:
    """Under which name the confirmation of a warning is refused."""
    return f"{CONFIRMED}.{rule.key}"


def check_rules(spec: FormSpec, file: str) -> list[Finding]:
    """What the check says of the expressions of a form that can be read: types that do not fit, and slips."""
    return form_rules.check(spec.fields, spec.rules, file)


def _shape(fields: Sequence[FieldSpec]) -> tuple[object, ...]:
    asked = sorted((one for one in fields if one.kind in ANSWERED), key=lambda one: one.key)
    return tuple(
        (one.key, one.kind, one.rows, one.options_from, one.inbox, _steers(one), _shape(one.fields)) for one in asked
    )


def _steers(spec: FieldSpec) -> tuple[object, ...]:
    """All but the words of a field that decides the way or makes the buttons: the drawing stays that of the case."""
    if not (spec.route or spec.actions):
        return ()
    offered = tuple(sorted(one.value for one in spec.options))
    limits = (spec.required, spec.least, spec.most, spec.digits)
    rules = tuple(rule.text for rule in (*spec.hides, *filter(None, (spec.needed, spec.compute))))
    return spec.route, spec.actions, offered, limits, rules


def _routed(spec: FieldSpec, value: Any) -> Any:
    if spec.kind not in ("number", COMPUTED) or not isinstance(value, str):
        return value
    try:
        number = Decimal(value)
    except InvalidOperation:
        return value
    return int(number) if number == number.to_integral_value() else float(number)


__all__ = [
    "ANSWERED",
    "ATTRIBUTES",
    "COMPUTED",
    "CONFIRMED",
    "INPUTS",
    "KEY",
    "MOST_ROWS",
    "OPTION_SOURCES",
    "ROW_SOURCES",
    "SHOWN",
    "Broken",
    "FieldSpec",
    "Files",
    "FormRule",
    "FormSpec",
    "FormState",
    "Option",
    "OwnersText",
    "check_rules",
    "confirmation",
    "file_refusal",
    "is_blank",
    "is_empty",
    "parse",
]
