"""Days that a form sends."""

from __future__ import annotations

from datetime import datetime, time

from flask import request

from domain.clock import OFFICE_ZONE
from domain.errors import InvalidAnswers
from domain.text import gettext as _


def until_of_form() -> datetime | None:
    """The day until which something is on hold, at eight in the morning; None for none. Raises InvalidAnswers."""
    text = request.form.get("until", "").strip()
    if not text:
        return None
    try:
        day = datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007  a day of the office, its zone follows
    except ValueError as broken:
        raise InvalidAnswers({"until": _("Give a day as 2027-06-01.")}) from broken
    return datetime.combine(day, time(8), OFFICE_ZONE)
