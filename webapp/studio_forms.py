"""Forms of the process pages: a new process, an import, a new form or table, the details of a process, a proposal."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

from wtforms import FieldList, Form, FormField, IntegerField, SelectField, SelectMultipleField, StringField
from wtforms import TextAreaField as Area
from wtforms.fields import Field
from wtforms.validators import DataRequired, Length, Optional, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from domain.parties.roles import ROLES
from domain.text import gettext
from webapp.plain_forms import PlainForm, options
from workflows.definition_rows import NOTE
from workflows.fresh import NAME
from workflows.sheet_check import LONGEST

# WTForms types its texts as str; ours are read later, in the language of the page.
_ = cast(Callable[..., str], gettext)

RESERVED = frozenset({"new", "import"})  # addresses of pages
SHOWN = 60  # stages that the details show; three times what may come into force


def _one_line(_form: Form, field: Field) -> None:
    """Titles go into XML and TOML: control characters have no place there."""
    if any(unicodedata.category(sign) in ("Cc", "Cs", "Co", "Cn") for sign in field.data or ""):
        raise ValidationError(_("Write plain text without control characters."))
    if field.data and not field.data.strip():
        raise ValidationError(_("Write at least one letter."))


def _a_name(_form: Form, field: Field) -> None:
    if not NAME.fullmatch(field.data or ""):
        raise ValidationError(_("Use 2 to 40 small letters, digits and _, beginning with a letter."))
    if field.data in RESERVED:
        raise ValidationError(_("This name is taken by a page. Choose another one."))


def _title(label: str, sentence: str) -> StringField:
    return StringField(label, [DataRequired(message=sentence), Length(max=LONGEST), _one_line], filters=[_stripped])


def _stripped(text: object) -> str:
    return text.strip() if isinstance(text, str) else ""  # a draft's process.toml may hold anything


class ProcessForm(PlainForm):
    """A new process from scratch."""

    title = _title(_("Chinese title"), _("Write the Chinese title."))
    title_en = _title(_("English title"), _("Write the English title."))
    key = StringField(_("Key"), [DataRequired(message=_("Write the key.")), _a_name], filters=[_stripped])
    role = SelectField(
        _("Role of the first task"), choices=options((role.id, role.title) for role in ROLES.values() if not role.alone)
    )


class ImportForm(PlainForm):
    """A zip or a drawing, for a process that exists or for a new one."""

    into = SelectField(_("Into"))
    key = StringField(_("Key"), filters=[_stripped])
    title = StringField(_("Chinese title"), [Length(max=LONGEST), _one_line], filters=[_stripped])
    title_en = StringField(_("English title"), [Length(max=LONGEST), _one_line], filters=[_stripped])
    note = StringField(_("Note"), [Length(max=NOTE), _one_line], filters=[_stripped])

    def validate_key(self, field: StringField) -> None:
        """A new process needs its key."""
        if not self.into.data:
            _a_name(self, field)


PARTS = [("form", _("Form")), ("table", _("Decision table")), ("scenario", _("Scenario"))]


class PartForm(PlainForm):
    """A form, table or scenario to add to a draft."""

    kind = SelectField(_("Kind"), choices=options(PARTS))
    key = StringField(_("Key"), [DataRequired(message=_("Write the key.")), _a_name], filters=[_stripped])
    title = _title(_("Chinese title"), _("Write the Chinese title."))
    title_en = _title(_("English title"), _("Write the English title."))


class ProposeForm(PlainForm):
    """The note with which a draft is laid before a second owner."""

    note = Area(
        _("What changes, and why"),
        [DataRequired(message=_("Say what changes, for the second owner and for the record.")), Length(max=NOTE)],
        filters=[_stripped],
    )


class _Ticks(SelectMultipleField):
    """Several choices as boxes to tick."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class StageRow(Form):
    """One stage of the stepper; an empty row is no stage. place: where it stands, 1 first."""

    place = IntegerField(_("Place"), [Optional()])
    code = StringField(_("Code"), filters=[_stripped])
    label = StringField(_("Chinese"), [Length(max=LONGEST), _one_line], filters=[_stripped])
    label_en = StringField(_("English"), [Length(max=LONGEST), _one_line], filters=[_stripped])

    @property
    def empty(self) -> bool:
        """True when nothing was entered."""
        return not (self.code.data or self.label.data or self.label_en.data)

    def validate_code(self, field: StringField) -> None:
        """A stage needs all three."""
        if not self.empty and not NAME.fullmatch(field.data or ""):
            raise ValidationError(_("Use 2 to 40 small letters, digits and _, beginning with a letter."))

    def validate_label(self, field: StringField) -> None:
        """As above."""
        if not self.empty and not field.data:
            raise ValidationError(_("Write the Chinese label."))

    def validate_label_en(self, field: StringField) -> None:
        """As above."""
        if not self.empty and not field.data:
            raise ValidationError(_("Write the English label."))


class DetailsForm(PlainForm):
    """The details of a process: what process.toml says."""

    title = _title(_("Chinese title"), _("Write the Chinese title."))
    title_en = _title(_("English title"), _("Write the English title."))
    roles = _Ticks(_("Who may start a case by hand"))
    kinds = _Ticks(_("Kinds of case"))
    programmes = _Ticks(_("Programmes"))
    stages = FieldList(FormField(StageRow), _("Stages"), max_entries=SHOWN + 2)

    def validate_stages(self, field: FieldList[Any]) -> None:
        """Codes differ."""
        codes = [row.form.code.data for row in field if not row.form.empty]
        twice = sorted({code for code in codes if codes.count(code) > 1})
        if twice:
            field.errors = [*field.errors, _("Two stages have the code %(code)s.", code=twice[0])]
            raise ValidationError(_("Two stages have the code %(code)s.", code=twice[0]))

    def sheet(self, before: Mapping[str, Any]) -> dict[str, Any]:
        """What process.toml says after this form; what the form does not show stays as it was."""
        start = before.get("start")
        made = dict(before) | {
            "title": self.title.data,
            "title_en": self.title_en.data,
            "owners": before.get("owners") or ["process_owner"],
            "start": (dict(start) if isinstance(start, dict) else {})
            | {"roles": self.roles.data, "kinds": self.kinds.data, "programmes": self.programmes.data},
        }
        stages = self._stages(before)
        if stages or "stages" in before:
            made["stages"] = stages
        return made

    def _stages(self, before: Mapping[str, Any]) -> list[dict[str, Any]]:
        rows = rows_of(before)
        known = {one["code"]: one for one in rows if isinstance(one.get("code"), str)}
        kept = [row.form for row in self.stages if not row.form.empty]
        kept.sort(key=lambda row: row.place.data if row.place.data is not None else len(self.stages) + 1)
        made = [
            {
                **known.get(row.code.data, {}),
                "code": row.code.data,
                "label": row.label.data,
                "label_en": row.label_en.data,
            }
            for row in kept
        ]
        return made + rows[SHOWN:]


def rows_of(sheet: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The stages of a sheet, as far as they are any."""
    rows = sheet.get("stages")
    return [one for one in rows if isinstance(one, dict)] if isinstance(rows, list) else []


def details_form(
    sheet: Mapping[str, Any], *, kinds: Iterable[tuple[str, object]], programmes: Iterable[tuple[str, object]]
) -> DetailsForm:
    """The form as sent, or filled from a sheet; values that no list offers any more stay choices."""
    start = sheet.get("start")
    start = start if isinstance(start, dict) else {}
    stages = [
        {"place": place, "code": one.get("code"), "label": one.get("label"), "label_en": one.get("label_en")}
        for place, one in enumerate(rows_of(sheet)[:SHOWN], 1)
    ]
    blank = [{"place": len(stages) + 1}, {"place": len(stages) + 2}]
    form = DetailsForm(
        data={
            "title": sheet.get("title"),
            "title_en": sheet.get("title_en"),
            **{name: _words(start.get(name)) for name in ("roles", "kinds", "programmes")},
            "stages": stages + blank,
        }
    )
    roles = [(role.id, role.title) for role in ROLES.values() if not role.alone]
    for name, known in (("roles", roles), ("kinds", kinds), ("programmes", programmes)):
        offered = list(known)
        held = [one for one in _words(start.get(name)) if one not in {value for value, _title in offered}]
        form[name].choices = options([*offered, *((one, one) for one in held)])
    return form


def _words(value: object) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
