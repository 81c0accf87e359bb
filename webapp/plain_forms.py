"""Forms of the house itself (sign-in, accounts). Task forms are drawn from their bundle's files instead."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, cast

from flask_wtf import FlaskForm
from wtforms import DateField, PasswordField, RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from domain.errors import InvalidAnswers
from domain.parties.roles import PORTAL_TITLES, ROLES
from domain.text import gettext

# WTForms types its texts as str; ours are read later, in the language of the page.
_ = cast(Callable[..., str], gettext)


class PlainForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """A form whose fields can take the refusals of a verb."""

    def text(self, name: str) -> str:
        """What was entered, "" for nothing."""
        return self[name].data or ""

    def refuse(self, refusal: InvalidAnswers) -> None:
        """Put each sentence beside its field; a sentence for no field of ours goes to the form as a whole."""
        for name, sentence in refusal.fields.items():
            if name in self:
                self[name].errors = [*self[name].errors, sentence]
            else:
                self.form_errors.append(sentence)


def options(pairs: Iterable[tuple[str, object]]) -> list[Any]:
    """Choices of a select or of radio buttons: value and what is read."""
    return [SelectChoice(value, title) for value, title in pairs]


def _needed(sentence: str) -> list[Any]:
    return [InputRequired(message=sentence), Length(max=200)]


def _same(field: PasswordField, form: PlainForm, other: str) -> None:
    if form[other].data != field.data:
        raise ValidationError(_("The two passwords differ. Type the new one twice."))


class SignInForm(PlainForm):
    """Login, password and the portal."""

    login = StringField(_("Login"), _needed(_("Enter your login.")))
    password = PasswordField(_("Password"), _needed(_("Enter your password.")))
    portal = RadioField(
        _("Enter as"),
        choices=options(PORTAL_TITLES.items()),
        default="agency",
    )


class CodeForm(PlainForm):
    """The second factor's code."""

    code = StringField(_("Code of six digits"), _needed(_("Enter the code that the telephone shows.")))


class NewPasswordForm(PlainForm):
    """A new password, twice."""

    current = PasswordField(_("Present password"), _needed(_("Enter your present password.")))
    password = PasswordField(_("New password"), _needed(_("Enter the new password.")))
    again = PasswordField(_("New password once more"), _needed(_("Enter the new password once more.")))

    def validate_again(self, field: PasswordField) -> None:
        """Both must be the same."""
        _same(field, self, "password")


class TokenForm(PlainForm):
    """The first password, chosen with a one-time token."""

    login = StringField(_("Login"), _needed(_("Enter your login.")))
    token = StringField(_("One-time token"), _needed(_("Enter the token you were given.")))
    password = PasswordField(_("New password"), _needed(_("Enter the new password.")))
    again = PasswordField(_("New password once more"), _needed(_("Enter the new password once more.")))

    def validate_again(self, field: PasswordField) -> None:
        """Both must be the same."""
        _same(field, self, "password")


class AccountForm(PlainForm):
    """A new account."""

    office = SelectField(_("Office"), _needed(_("Choose the office.")))
    login = StringField(_("Login"), _needed(_("Enter the login.")))
    name = StringField(_("Real name"), _needed(_("Enter the real name.")))
    idno = StringField(_("Identity number"), _needed(_("Enter the identity number.")))
    phone = StringField(_("Telephone"), [Optional(), Length(max=32)])


class FilingForm(PlainForm):
    """The filing of an account (DOC-21)."""

    number = StringField(_("Number of the filing"), _needed(_("Enter the number of the filing.")))
    on = DateField(_("Filed on"), [InputRequired(message=_("Enter the day of the filing."))])


class GrantForm(PlainForm):
    """A role for somebody, until a day."""

    role = SelectField(_("Role"), choices=options((role.id, role.title) for role in ROLES.values()))
    until = DateField(_("Until (empty: open)"), [Optional()])
