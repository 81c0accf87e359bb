"""The letter about a leak (DOC-22, CK-31): what it says, gathered from its record, and how it is printed.

What cannot be printed is refused when it is written down, since a record never changes afterwards.
"""

from __future__ import annotations

from documents.breach_letter import (
    BreachData,
    BreachPerson,
    canonical_bytes,
    check_breach,
    digest,
    from_canonical,
    render_breach,
)
from documents.codes import Stamp
from documents.fonts import MissingGlyph, check_glyphs
from domain.errors import InvalidAnswers
from domain.oversight import breaches
from domain.oversight.breaches import MINOR, NONE, SERIOUS, SUSPECT, WITNESS, Breach, Said
from domain.parties.organisations import Organisation
from domain.text import gettext as _
from domain.work import Work
from workflows import stamps

# the words of the paper, which is Chinese whoever prints it
GRADES = {NONE: "未造成后果", MINOR: "后果较轻", SERIOUS: "后果严重"}
PARTS = {SUSPECT: "涉嫌", WITNESS: "知情"}


def record(work: Work, said: Said) -> Breach:
    """Write a leak down. Raises NotPermitted; InvalidAnswers naming each field, also for what cannot be printed."""
    _must_print({"what": said.what, "reach": said.reach, "result": said.result})
    return breaches.record(work, said)


def report(work: Work, breach: Breach, to: str) -> None:
    """Report a leak in writing; the letter is signed by the actor today.

    Raises NotPermitted, InvalidAnswers, Conflict: reported before; MissingGlyph for the name of an account.
    """
    _must_print({"to": to})
    data = _data(work, breach, to)
    check_breach(data)
    breaches.report(work, breach, to, canonical_bytes(data), digest(data))


def stamp(work: Work, breach: Breach) -> Stamp:
    """What is printed beside its words."""
    return stamps.stamp(work, breaches.LETTER, breach.number, breach.digest or "")


def printed(canonical: bytes, stamp: Stamp) -> bytes:
    """The letter as PDF, from what `breaches.letter` gave; outside any transaction. Raises OperationFailed."""
    return render_breach(from_canonical(BreachData, canonical), stamp=stamp)


def _must_print(texts: dict[str, str]) -> None:
    faults: dict[str, object] = {}
    for name, text in texts.items():
        try:
            check_glyphs(breaches.plain(text))
        except MissingGlyph as refusal:
            faults[name] = _("The letter cannot print the character %(code)s; write another one.", code=refusal.code)
    if faults:
        raise InvalidAnswers(faults)


def _data(work: Work, breach: Breach, to: str) -> BreachData:
    """The data of the letter. Three SELECTs beside the record's own."""
    told = breaches.story(work, breach)
    office = work.session.get_one(Organisation, breach.org_id).name
    return BreachData(
        number=breach.number,
        office=office,
        to=to.strip(),
        found_on=breach.found_on,
        happened_on=breach.happened_on,
        grade=GRADES[breach.grade],
        persons="尚未查明" if breach.persons is None else f"{breach.persons:,} 人",
        what=told.what,
        reach=told.reach,
        result=told.result,
        people=tuple(
            BreachPerson(name=account.name, office=its.name, part=PARTS[part])
            for account, its, part in breaches.accounts(work, breach)
        ),
        traces=breaches.count_linked(work, breach),
        reporter=work.actor.display,
        signed_on=work.today,
        seal=office,
    )
