"""Forms of the catalogue: a new item, its draft, a quota, an agreement, and the reasons that acts ask for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

from wtforms import DateField, IntegerField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from domain.text import gettext
from domain.verification.catalogue_rows import API, FILE, FRONT, MEDIUM, MONTH, QUARTER, QUEUE, REFUSE, YEAR
from webapp.plain_forms import PlainForm, options

# WTForms types its texts as str; ours are read later, in the language of the page.
_ = cast(Callable[..., str], gettext)

CHANNELS: dict[str, str] = {
    FILE: _("file upload"),
    MEDIUM: _("removable medium with a hand-over record"),
    API: _("interface (API)"),
    FRONT: _("front-end machine"),
}
UNITS: dict[str, str] = {"working": _("working days"), "natural": _("days"), "month": _("months")}
PERIODS: dict[str, str] = {MONTH: _("a month"), QUARTER: _("a quarter"), YEAR: _("a year")}
OVER: dict[str, str] = {REFUSE: _("refuse what is more"), QUEUE: _("let it wait for the next period")}
LEVEL_TITLES: dict[str, str] = {
    "town": _("town level"),
    "county": _("county level"),
    "city": _("city level"),
    "province": _("province level"),
    "nation": _("national level"),
}
CHOOSE = [("", _("— choose —"))]


class Ticks(SelectMultipleField):
    """Several of a list, each with a box of its own."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class ItemForm(PlainForm):
    """A new item: which office supplies what."""

    supplier = SelectField(_("Office"), [InputRequired(message=_("Choose the office."))])
    category = SelectField(_("Category"), [InputRequired(message=_("Choose the category."))])
    level = SelectField(_("Level"), choices=options([("", _("the office’s own")), *LEVEL_TITLES.items()]))


class DraftForm(PlainForm):
    """What is agreed about an item. Everything may be missing in a draft; publishing asks for it."""

    purpose = TextAreaField(_("Purpose"), [Length(max=500)])
    channel = SelectField(_("Way of the data"), choices=options([*CHOOSE, *CHANNELS.items()]), default="")
    limit_length = IntegerField(_("Feedback limit"), [Optional(), NumberRange(1, 1000)])
    limit_unit = SelectField(_("Unit of time"), choices=options(UNITS.items()), default="working")
    windows = StringField(_("Acceptance windows"), [Length(max=200)])
    agreement = SelectField(_("Sharing agreement"), default="")
    fields = Ticks(_("Agreed fields"))
    codes = StringField(_("Agreed fields"), [Length(max=1000)])


class ReasonForm(PlainForm):
    """Why an item is suspended or retired."""

    reason = StringField(_("Reason"), [InputRequired(message=_("Say why.")), Length(max=500)])


class QuotaForm(PlainForm):
    """How many people an agency may ask about."""

    agency = SelectField(_("Agency"), [InputRequired(message=_("Choose the agency."))])
    most = IntegerField(
        _("People at most"), [InputRequired(message=_("Enter a number, 0 or more.")), NumberRange(min=0)]
    )
    period = SelectField(_("In"), choices=options(PERIODS.items()))
    over = SelectField(_("What is more"), choices=options(OVER.items()))
    valid_from = DateField(_("From"), [InputRequired(message=_("Enter the day."))])


class AgreementForm(PlainForm):
    """A sharing agreement."""

    supplier = SelectField(_("Office"), [InputRequired(message=_("Choose the office."))])
    number = StringField(_("Number"), [InputRequired(message=_("Enter the number of the agreement.")), Length(max=64)])
    channel = SelectField(_("Way of the data"), choices=options(CHANNELS.items()))
    valid_from = DateField(_("Valid from"), [InputRequired(message=_("Enter the day."))])
    valid_until = DateField(_("Valid until"), [InputRequired(message=_("Enter the day."))])
    contact = StringField(_("Contact at the office"), [Length(max=200)])
    categories = Ticks(_("Categories"))


class ExtendForm(PlainForm):
    """A later end of an agreement."""

    until = DateField(_("New last day"), [InputRequired(message=_("Enter the day."))])


class NoteForm(PlainForm):
    """How far an office has come with a gap."""

    category = SelectField(_("Category"), [InputRequired(message=_("Choose the category."))])
    note = StringField(_("Progress"), [InputRequired(message=_("Write what was done.")), Length(max=500)])


def chosen(form: DraftForm, known: Sequence[Any]) -> tuple[str, ...]:
    """The fields of a draft: those ticked where the category's are known, else the codes typed."""
    if known:
        return tuple(form.fields.data or ())
    return tuple(form.text("codes").replace(",", " ").replace("，", " ").split())
