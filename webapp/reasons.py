"""The reason of an act as its page sends it: a standard one, words of one's own, or both (`macros/reasons.html`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from flask import request

from domain import reasons
from domain.work import Work
from webapp.i18n import english

Choices = Sequence[tuple[str, str]]


def offered(work: Work, use: str) -> Choices:
    """(code, words) of the standard reasons for an act, in the language of the page."""
    return [(one.code, one.en if english() else one.zh) for one in reasons.offered(work, use)]


def by_use(work: Work, uses: Iterable[str]) -> Mapping[str, Choices]:
    """`offered` for several acts of one page; acts for which nothing is offered are left out."""
    found = {use: offered(work, use) for use in uses}
    return {use: choices for use, choices in found.items() if choices}


def of_form(work: Work, use: str, *, several: bool = False) -> str:
    """What was chosen and written for an act. several: the page offers choices for several acts (`reason_code:<act>`).

    Raises InvalidAnswers under "reason_code" or "reason".
    """
    name = f"{reasons.FIELD}:{use}" if several else reasons.FIELD
    return reasons.sentence(work, use, request.form.get(name, ""), request.form.get(reasons.TEXT, ""))
