"""The fields of task forms: each kind of a `FormSpec` as one of WTForms, which keeps what was typed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, cast

from wtforms import (
    BooleanField,
    Field,
    Form,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice, SelectFieldBase  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.form import BaseForm
from wtforms.validators import StopValidation
from wtforms.widgets import CheckboxInput, ListWidget

from domain.policy_kinds import StandardReason
from domain.text import Text
from domain.text import gettext as _
from workflows.forms import FieldSpec

Choices = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class FixedRow:
    """A row of a list that the program draws: `key` is "person" or "ref", `title` and `note` head it."""

    key: str
    ref: str
    title: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Sources:
    """What the program fills in: options and rows by the name of their source.

    preset: options of a checklist that are ticked while nobody has answered yet.
    now, files: what the form's own expressions are decided with (`FormSpec.judge`).
    confirm: reasons that are offered for passing over a warning.
    former: key of a field -> what options that it offers no more were called.
    """

    options: Mapping[str, Choices] = field(default_factory=dict)
    rows: Mapping[str, Sequence[FixedRow]] = field(default_factory=dict)
    preset: frozenset[str] = frozenset()
    now: datetime | None = None
    files: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, repr=False)
    confirm: Sequence[StandardReason] = ()
    former: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


NOTHING = Sources()


class _Refused(StopValidation):
    """A refusal whose sentence is read later, in the language of the page."""

    def __init__(self, sentence: Text) -> None:
        super().__init__(cast(str, sentence))


class DayField(StringField):
    """A day as it was typed; the browser's own picker gives YYYY-MM-DD."""

    def pre_validate(self, form: BaseForm) -> None:
        """Refuse what is no day."""
        if self.data and self.data.strip():
            try:
                date.fromisoformat(self.data)
            except ValueError:
                raise _Refused(_("This must be a date, for example 2027-06-15.")) from None


class FigureField(StringField):
    """A number as it was typed, with its limits."""

    def __init__(self, *args: Any, spec: FieldSpec, **more: Any) -> None:
        super().__init__(*args, **more)
        self.spec = spec

    def pre_validate(self, form: BaseForm) -> None:
        """Refuse what is no number, or one outside its limits."""
        if not self.data or not self.data.strip():
            return
        try:
            number = Decimal(self.data.strip().replace(",", "").replace("，", ""))
        except InvalidOperation:
            raise _Refused(_("This must be a number.")) from None
        if not number.is_finite():
            raise _Refused(_("This must be a number."))
        if self.spec.least is not None and number < self.spec.least:
            raise _Refused(_("Not less than %(least)s.", least=self.spec.least))
        if self.spec.most is not None and number > self.spec.most:
            raise _Refused(_("Not more than %(most)s.", most=self.spec.most))


class FilesField(Field):
    """Refs of files handed in before; the page draws them with name and size."""

    def process_data(self, value: Any) -> None:
        """Take the refs of a draft."""
        self.data = [value] if isinstance(value, str) else list(value or [])

    def process_formdata(self, valuelist: list[str]) -> None:
        """Take the refs the page sent back."""
        self.data = [one for one in valuelist if one]

    def _value(self) -> str:
        return ""


class ChecklistField(SelectMultipleField):
    """Several of some options, as boxes to tick."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class _Needed:
    """Refuses an empty answer of a field that must be filled in; what is hidden is forgiven afterwards."""

    def __init__(self, spec: FieldSpec) -> None:
        self.spec = spec

    def __call__(self, _form: Form, control: Field) -> None:
        if not self.spec.required or not empty(control.data):
            return
        if isinstance(control, BooleanField):
            raise _Refused(_("Please confirm this."))
        raise _Refused(_("Upload the file first.") if isinstance(control, FilesField) else _("This is needed."))


class _NotLonger:
    def __init__(self, most: int) -> None:
        self.most = most

    def __call__(self, _form: Form, control: Field) -> None:
        count = len((control.data or "").replace("\x00", "").strip())  # as it is kept
        if count > self.most:
            raise _Refused(_("At most %(most)s characters; this has %(count)s.", most=self.most, count=count))


class OneOf:
    """The hidden key of a row must be one that the program drew."""

    def __init__(self, refs: Iterable[str]) -> None:
        self.refs = frozenset(refs)

    def __call__(self, _form: Form, control: Field) -> None:
        if control.data not in self.refs:
            raise _Refused(_("This row belongs to somebody who is not in the household any more. Open it again."))


def empty(value: Any) -> bool:
    return value is None or value is False or value == [] or (isinstance(value, str) and not value.strip())


def locale() -> str:
    from webapp.i18n import english  # the pages import this module; kept local so that forms stay importable alone

    return "en" if english() else "zh"


def field_of(spec: FieldSpec, sources: Sources) -> Any:
    label, hint = spec.text(locale()), spec.help(locale())
    checks = [_Needed(spec)]
    return _MAKERS[spec.kind](spec, label, hint, checks, sources)


def _string(kind: Callable[..., Any]) -> Callable[..., Any]:
    def made(spec: FieldSpec, label: str, hint: str, checks: list[Any], _sources: Sources) -> Any:
        return kind(label, [*checks, _NotLonger(spec.longest)], description=hint)

    return made


def _figure(spec: FieldSpec, label: str, hint: str, checks: list[Any], _sources: Sources) -> Any:
    return FigureField(label, checks, description=hint, spec=spec)


def _box(spec: FieldSpec, label: str, hint: str, checks: list[Any], _sources: Sources) -> Any:
    return BooleanField(label, checks, description=hint)


def _offered(spec: FieldSpec, sources: Sources) -> list[SelectChoice]:
    if spec.options_from:
        return [SelectChoice(value, label) for value, label in sources.options.get(spec.options_from, ())]
    english = locale() == "en"
    return [SelectChoice(o.value, o.label_en if english else o.label) for o in spec.options]


class _Offering(SelectFieldBase):
    """Some options. A value that a newer form offers no more stays in sight until somebody changes it, and is refused.

    former: what such options were called; None where the program fills the options in.
    """

    choices: Any

    def __init__(self, *args: Any, former: Mapping[str, str] | None = None, **more: Any) -> None:
        super().__init__(*args, **more)
        self.former, self.gone = former, list[str]()

    def process(self, *args: Any, **more: Any) -> None:
        """Take what was chosen; what of it is not offered is put behind the options."""
        super().process(*args, **more)
        offered = {value for value, *_more in self.iter_choices()}
        chosen = self.data if isinstance(self.data, list) else [self.data]
        self.gone = [one for one in chosen if one and one not in offered]
        if self.former is not None:
            named = {one: _("%(option)s (no longer offered)", option=self.former.get(one, one)) for one in self.gone}
            self.choices = [*(self.choices or ()), *(SelectChoice(one, str(said)) for one, said in named.items())]


class _Select(_Offering, SelectField):
    """One of some options; nothing chosen is for `_Needed` to judge."""

    def pre_validate(self, form: BaseForm) -> None:
        """Refuse what is not offered."""
        if self.gone:
            raise _Refused(_("Choose one of the options."))


class _Radio(_Offering, RadioField):
    """One of some options, all in sight."""

    def pre_validate(self, form: BaseForm) -> None:
        """Refuse what is not offered."""
        if self.gone:
            raise _Refused(_("Choose one of the options."))


class _Checklist(_Offering, ChecklistField):
    def pre_validate(self, form: BaseForm) -> None:
        """Refuse what is not offered."""
        if self.gone:
            raise _Refused(_("Choose from the options."))


def _former(spec: FieldSpec, sources: Sources) -> Mapping[str, str] | None:
    return None if spec.options_from else sources.former.get(spec.key, {})


def _select(spec: FieldSpec, label: str, hint: str, checks: list[Any], sources: Sources) -> Any:
    choices = [SelectChoice("", str(_("Please choose"))), *_offered(spec, sources)]
    return _Select(
        label, checks, description=hint, choices=choices, coerce=_text_of, validate_choice=False,
        former=_former(spec, sources),
    )  # fmt: skip


def _radio(spec: FieldSpec, label: str, hint: str, checks: list[Any], sources: Sources) -> Any:
    return _Radio(
        label, checks, description=hint, choices=_offered(spec, sources), coerce=_text_of, validate_choice=False,
        former=_former(spec, sources),
    )  # fmt: skip


def _checklist(spec: FieldSpec, label: str, hint: str, checks: list[Any], sources: Sources) -> Any:
    return _Checklist(
        label, checks, description=hint, choices=_offered(spec, sources), validate_choice=False,
        former=_former(spec, sources),
    )  # fmt: skip


def _files(spec: FieldSpec, label: str, hint: str, checks: list[Any], _sources: Sources) -> Any:
    return FilesField(label, checks, description=hint)


def _text_of(value: object) -> str:
    return "" if value is None else str(value)


_MAKERS: Mapping[str, Callable[..., Any]] = {
    "textfield": _string(StringField),
    "textarea": _string(TextAreaField),
    "datetime": _string(DayField),
    "number": _figure,
    "checkbox": _box,
    "select": _select,
    "radio": _radio,
    "checklist": _checklist,
    "filepicker": _files,
}
