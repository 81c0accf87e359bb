"""Reads the components of a form file; what cannot be drawn becomes a finding, never an exception (walls 20)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from domain.errors import Finding
from domain.text import gettext as _
from workflows import form_details, form_rules
from workflows.form_fields import (
    ANSWERED,
    ATTRIBUTES,
    CHOICES,
    COMPUTED,
    CONDITIONAL,
    DEEPEST,
    INBOX,
    KEY,
    LONGEST,
    LONGEST_IN_INBOX,
    MOST_RULES,
    PROPERTIES,
    ROUTABLE,
    SHOWN,
    VALIDATE,
    FieldSpec,
    Option,
    OwnersText,
    Rule,
)

MONEY = ("元", "yuan", "rmb", "￥", "¥")


class Reader:
    """Reads the components of one file, outermost first."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.findings: list[Finding] = []
        self.texts = 0
        self.rules = 0

    def refuse(self, element: str, sentence: object, remedy: object) -> None:
        self.findings.append(Finding(self.file, element, None, sentence, remedy, code="form"))

    def read_all(self, components: object, depth: int = 0, hides: tuple[Rule, ...] = ()) -> Iterator[FieldSpec]:
        """Components in order, groups flattened: a group's heading comes first, its fields after it.

        hides: the conditions of the groups around them.
        """
        if not isinstance(components, list):
            self.refuse("", _("The components are not a list."), _("Export the form again from the form editor."))
            return
        for component in components:
            if not isinstance(component, dict):
                self.refuse("", _("A component is not an object."), _("Remove it."))
            elif component.get("type") == "group":
                yield from self._group(component, depth, hides)
            else:
                made = self._component(component, depth, hides)
                if made is not None:
                    yield made

    def _group(self, component: Mapping[str, Any], depth: int, hides: tuple[Rule, ...]) -> Iterator[FieldSpec]:
        name = str(component.get("id", ""))
        if depth >= DEEPEST:
            self.refuse(name, _("Groups are nested too deep."), _("Flatten them."))
            return
        self._no_check(component, name or "group")
        if not self._part_known(component, "conditional", CONDITIONAL, name or "group"):
            return
        around, hides = hides, (*hides, *self._hides(component, name or "group"))
        label = str(component.get("label", ""))
        yield FieldSpec("group", "", label, self._english(component, "label.en"), hides=hides, ident=name)
        yield from self.read_all(component.get("components", []), depth + 1, hides)
        if hides != around:
            # what follows stands under no heading that may be hidden
            yield FieldSpec("group", "", "", "", hides=around)

    def _component(self, component: Mapping[str, Any], depth: int, hides: tuple[Rule, ...]) -> FieldSpec | None:
        kind = str(component.get("type", ""))
        name = str(component.get("key") or component.get("path") or component.get("id") or kind)
        if kind not in ANSWERED | SHOWN:
            self.refuse(
                name,
                _("The component %(kind)s cannot be shown in a task.", kind=kind),
                _("Use one of: %(list)s.", list=", ".join(sorted(ANSWERED | SHOWN))),
            )
            return None
        if not self._only_known(component, name):
            return None
        hides = (*hides, *self._hides(component, name))
        if kind == "text":
            self._no_check(component, name)
            return self._text(component, hides)
        self._named(component, name)
        return self._field(component, kind, name, depth, hides)

    def _text(self, component: Mapping[str, Any], hides: tuple[Rule, ...]) -> FieldSpec:
        self.texts += 1
        said, english = str(component.get("text", "")), self._english(component, "text.en")
        show = _show(self._english(component, "show"))
        return FieldSpec(
            "text",
            "",
            said,
            english,
            show=show,
            hides=hides,
            mark=f"text-{self.texts}",
            ident=str(component.get("id", "")),
        )

    def _only_known(self, component: Mapping[str, Any], name: str) -> bool:
        """Refuse what would have no effect; False when the component has not the shape of one."""
        for attribute in sorted(component.keys() - ATTRIBUTES):
            self.refuse(name, _("The attribute %(name)s has no effect here.", name=attribute), _("Remove it."))
        parts = (("validate", VALIDATE), ("properties", PROPERTIES), ("conditional", CONDITIONAL))
        return all(self._part_known(component, part, allowed, name) for part, allowed in parts)

    def _part_known(self, component: Mapping[str, Any], part: str, allowed: frozenset[str], name: str) -> bool:
        inner = component.get(part) or {}
        if not isinstance(inner, dict):
            self.refuse(name, _("%(part)s is not an object.", part=part), _("Remove it."))
            return False
        for attribute in sorted(inner.keys() - allowed):
            self.refuse(name, _("%(name)s has no effect here.", name=f"{part}.{attribute}"), _("Remove it."))
        return True

    def _no_check(self, component: Mapping[str, Any], name: str) -> None:
        """What is not answered cannot be checked."""
        properties = component.get("properties")
        for attribute in sorted(properties) if isinstance(properties, dict) else ():
            if attribute.startswith("check"):
                self.refuse(name, _("%(name)s has no effect here.", name=f"properties.{attribute}"), _("Remove it."))

    # --- expressions ------------------------------------------------------------------------------------------------

    def _hides(self, component: Mapping[str, Any], name: str) -> Iterator[Rule]:
        text = (component.get("conditional") or {}).get("hide")
        if text is not None and text != "":
            made = self._rule(text, "hide", name)
            if made is not None:
                yield made

    def _rule(self, text: object, origin: str, name: str) -> Rule | None:
        self.rules += 1
        if self.rules > MOST_RULES:
            sentence = _("The form has over %(most)s expressions.", most=MOST_RULES)
            self.refuse(name, sentence, _("Write fewer expressions."))
            return None
        try:
            return form_rules.read(text, origin)
        except form_rules.Refused as refusal:
            self.refuse(name, refusal.sentence, refusal.remedy)
            return None

    def _check(self, component: Mapping[str, Any], name: str) -> tuple[Rule | None, OwnersText | None]:
        """The check of a field with what is said when it does not hold, in both languages."""
        text, chinese = self._english(component, "check"), self._english(component, "check.message")
        english = self._english(component, "check.message.en")
        if not text:
            if chinese or english:
                self.refuse(name, _("The field has a message for a check, but no check."), _("Write the check."))
            return None, None
        if not chinese:
            self.refuse(name, _("The check has no message."), _("Write in Chinese what is to be corrected."))
        if not english:
            self.refuse(name, _("The check has no English message."), _("Write the English message."))
        return self._rule(text, "check", name), OwnersText(chinese, english)

    def _required(self, checks: Mapping[str, Any], name: str) -> bool:
        required = checks.get("required")
        if isinstance(required, str) and required.strip().startswith("="):
            sentence = _("Whether a field must be filled in is yes or no, not an expression.")
            self.refuse(name, sentence, _("Hide the field under the opposite condition, or write a check."))
        return required is True

    def _needed(self, properties: Mapping[str, Any], kind: str, name: str) -> Rule | None:
        text = properties.get("required.when")
        if not text:
            return None
        if kind == COMPUTED:
            self.refuse(name, _("What the form calculates is not filled in by anybody."), _("Remove the condition."))
            return None
        return self._rule(text, "needed", name)

    def _compute(self, component: Mapping[str, Any], kind: str, name: str) -> Rule | None:
        if kind != COMPUTED:
            for attribute in sorted({"expression", "computeOn"} & component.keys()):
                self.refuse(name, _("The attribute %(name)s has no effect here.", name=attribute), _("Remove it."))
            return None
        return self._rule(component.get("expression") or "", "compute", name)

    # --- fields -----------------------------------------------------------------------------------------------------

    def _named(self, component: Mapping[str, Any], name: str) -> None:
        if not KEY.fullmatch(name):
            self.refuse(
                name, _("The key is not a plain name."), _("Use letters, digits and _, beginning with a letter.")
            )
        if not component.get("label"):
            self.refuse(name, _("The field has no label."), _("Write a Chinese label."))
        if not self._english(component, "label.en"):
            self.refuse(name, _("The field has no English label."), _("Write the English label."))

    def _field(
        self, component: Mapping[str, Any], kind: str, name: str, depth: int, hides: tuple[Rule, ...]
    ) -> FieldSpec:
        properties: Mapping[str, Any] = component.get("properties") or {}
        checks: Mapping[str, Any] = component.get("validate") or {}
        route = str(properties.get("route", "")).lower() == "true"
        if route and kind not in ROUTABLE:
            self.refuse(
                name,
                _("A %(kind)s cannot steer the process.", kind=kind),
                _("Take away the tick at “Decides the way”."),
            )
        options = tuple(self._options(component, name))
        if kind in CHOICES and not options and not properties.get("options"):
            self.refuse(name, _("The field offers nothing to choose."), _("Add options, or choose a list for them."))
        check, message = self._check(component, name)
        return FieldSpec(
            kind=kind,
            key=name,
            label=str(component.get("label") or ""),
            label_en=self._english(component, "label.en"),
            hint=str(component.get("description", "")),
            hint_en=self._english(component, "description.en"),
            required=self._required(checks, name),
            route=route,
            actions=str(properties.get("actions", "")).lower() == "true",
            inbox=self._inbox(component, kind, name),
            options=options,
            options_from=str(properties.get("options", "")),
            rows=str(properties.get("rows", "")),
            fields=self._columns(component, kind, name, depth),
            least=self._figure(checks, "min", name),
            most=self._figure(checks, "max", name),
            longest=int(self._figure(checks, "maxLength", name) or LONGEST),
            digits=self._digits(component, name),
            suffix=str(properties.get("suffix", "")),
            suffix_en=self._english(component, "suffix.en"),
            default=component.get("defaultValue"),
            show=_show(str(properties.get("show", ""))),
            hides=hides,
            check=check,
            message=message,
            needed=self._needed(properties, kind, name),
            compute=self._compute(component, kind, name),
            **form_details.read(component, kind, name, self.refuse),
        )

    def _inbox(self, component: Mapping[str, Any], kind: str, name: str) -> bool:
        """Whether the field is a column of the inbox. What stands there is not sealed, so money is refused."""
        properties: Mapping[str, Any] = component.get("properties") or {}
        if str(properties.get("inbox", "")).lower() != "true":
            return False
        unit = f"{properties.get('suffix', '')}{properties.get('suffix.en', '')}".lower()
        longest = (component.get("validate") or {}).get("maxLength")
        away = _("Take away the tick at “Column of the inbox”.")
        if kind not in INBOX or properties.get("options"):
            self.refuse(name, _("This field cannot be a column of the inbox."), away)
        elif kind == "number" and any(word in unit for word in MONEY):
            self.refuse(name, _("An amount of money stands in no column: it would not be sealed."), away)
        elif kind == "textfield" and not (isinstance(longest, int) and longest <= LONGEST_IN_INBOX):
            sentence = _("A text in a column has at most %(most)s characters.", most=LONGEST_IN_INBOX)
            self.refuse(name, sentence, _("Give the field a maximum length."))
        return True

    def _columns(self, component: Mapping[str, Any], kind: str, name: str, depth: int) -> tuple[FieldSpec, ...]:
        if kind != "dynamiclist":
            return ()
        inner = tuple(f for f in self.read_all(component.get("components", []), depth + 1) if f.kind != "group")
        if not inner or any(f.kind == "dynamiclist" for f in inner):
            self.refuse(name, _("A list needs columns and cannot hold another list."), _("Add plain fields to it."))
        if any(one.inbox for one in inner):
            away = _("Take away the tick at “Column of the inbox”.")
            self.refuse(name, _("What stands in a list cannot be a column of the inbox."), away)
        return inner

    def _options(self, component: Mapping[str, Any], name: str) -> Iterator[Option]:
        values = component.get("values") or []
        if not isinstance(values, list) or not all(isinstance(v, dict) and v.get("value") for v in values):
            self.refuse(name, _("An option has no value."), _("Give each option a value and a label."))
            return
        for value in values:
            label = str(value.get("label", ""))
            yield Option(str(value["value"]), label, str(value.get("label.en") or label))

    def _figure(self, checks: Mapping[str, Any], attribute: str, name: str) -> Decimal | None:
        value = checks.get(attribute)
        if value is None or value == "":
            return None
        try:
            figure = Decimal(str(value))
        except InvalidOperation:
            figure = Decimal("NaN")
        if not figure.is_finite():
            self.refuse(name, _("%(name)s is not a number.", name=attribute), _("Write a plain number."))
            return None
        return figure

    def _digits(self, component: Mapping[str, Any], name: str) -> int | None:
        digits = component.get("decimalDigits")
        if digits is not None and (not isinstance(digits, int) or not 0 <= digits <= 10):
            self.refuse(name, _("%(name)s is not a number.", name="decimalDigits"), _("Write a plain number."))
            return None
        return digits

    @staticmethod
    def _english(component: Mapping[str, Any], name: str) -> str:
        properties = component.get("properties")
        return str(properties.get(name, "")) if isinstance(properties, dict) else ""


def _show(text: str) -> tuple[str, tuple[str, ...]] | None:
    """`field=A|B` of the property `show`."""
    name, sign, values = text.partition("=")
    return (name.strip(), tuple(v.strip() for v in values.split("|"))) if sign else None
