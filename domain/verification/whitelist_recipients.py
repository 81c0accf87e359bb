"""The whitelist and the comparison with recipients: a record proposed from a recipient's doubt, and what is let pass.

The doubt carries the fingerprint of the one record it rests on; a doubt over several records names none (NM-13).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import select

from domain.errors import Conflict, NotFound
from domain.files import StoredFile
from domain.parties import permissions
from domain.text import gettext as _
from domain.verification import recipient_doubts, whitelist
from domain.verification.recipient_rows import RecipientDoubt
from domain.verification.whitelist import APPROVED, ENDED, FORM, PROPOSED, WhitelistEntry
from domain.work import Work

WRONG = ("FALSE", "SOURCE_ERROR", "EXPLAINED")
Record = tuple[int, str, str]  # key of the person, category, fingerprint


@dataclass(frozen=True, slots=True)
class Known:
    """What the whitelist says of some people on a day. passing: key of the entry that lets a record pass; over: how
    many entries of a record ended or ran out."""

    passing: Mapping[Record, int] = field(default_factory=dict)
    over: Mapping[Record, int] = field(default_factory=dict)

    def entry_of(self, person_id: int, category: str, prints: Iterable[str]) -> int | None:
        """The entry of the first record, when every record is let pass; None otherwise."""
        entries = [self.passing.get((person_id, category, each)) for each in prints]
        return entries[0] if entries and all(one is not None for one in entries) else None

    def telling(self, person_id: int, category: str, prints: Iterable[str]) -> int:
        """The how manieth telling of these records this is: 1, and one more for each entry of theirs that is over."""
        return 1 + sum(self.over.get((person_id, category, each), 0) for each in prints)


def known(work: Work, people: Iterable[int], on: date) -> Known:
    """What stands and what stood of these people, in one statement. Uses ix_whitelist_entry_person_id."""
    passing: dict[Record, int] = {}
    over: dict[Record, int] = {}
    entries = select(
        WhitelistEntry.id, WhitelistEntry.person_id, WhitelistEntry.category, WhitelistEntry.fingerprint,
        WhitelistEntry.state, WhitelistEntry.valid_until,
    ).where(WhitelistEntry.person_id.in_(list(people)), WhitelistEntry.state.in_((APPROVED, ENDED)))  # fmt: skip
    for key, person, category, print_, state, until in work.session.execute(entries):
        record = (person, category, print_)
        if state == APPROVED and until >= on:
            passing[record] = key
        else:
            over[record] = over.get(record, 0) + 1
    return Known(passing, over)


def doubt_of(work: Work, ref: str) -> RecipientDoubt:
    """A doubt of the reader's own department. Raises NotFound: a foreign one looks like none."""
    doubt = recipient_doubts.visible(work, ref)
    if not permissions.may(work.actor, "whitelist.propose", _relation(work, doubt)):
        raise NotFound(_("There is no such doubt."))
    return doubt


def one_record(doubt: RecipientDoubt) -> bool:
    """Whether a doubt rests on one record, which alone has a fingerprint to let pass."""
    return doubt.fingerprint.startswith(FORM)


def standing(work: Work, doubt: RecipientDoubt) -> WhitelistEntry | None:
    """The entry that stands for the record of a doubt, waiting or approved. Uses uq_whitelist_entry_record."""
    return work.session.scalars(
        select(WhitelistEntry).where(
            WhitelistEntry.person_id == doubt.person_id,
            WhitelistEntry.category == doubt.category,
            WhitelistEntry.fingerprint == doubt.fingerprint,
            WhitelistEntry.state.in_((PROPOSED, APPROVED)),
        )
    ).first()


def may_be_proposed(work: Work, doubt: RecipientDoubt) -> bool:
    """Whether the actor may propose the record of this doubt now."""
    permitted = permissions.may(work.actor, "whitelist.propose", _relation(work, doubt))
    return permitted and doubt.finding in WRONG and one_record(doubt) and standing(work, doubt) is None


def propose(
    work: Work, doubt: RecipientDoubt, *, reason: str, evidence: StoredFile | None, valid_until: date | None
) -> WhitelistEntry:
    """Propose that the record behind a recipient's verified doubt be let pass.

    evidence: None takes the paper of the verification, where there is one.

    Raises:
        NotPermitted: not the department of the roll.
        InvalidAnswers: reason, evidence, valid_until (in the past, or longer than `whitelist_term`).
        Conflict: the doubt rests on several records, was not verified or found true, or the record stands already.
    """
    permissions.must(work.actor, "whitelist.propose", _relation(work, doubt))
    if not one_record(doubt):
        raise Conflict(
            _("This doubt rests on several records. Propose each from the doubt that rests on it alone."),
            clause="NM-13",
        )
    if evidence is None and doubt.file_id is not None:
        evidence = work.session.get_one(StoredFile, doubt.file_id)
    made = WhitelistEntry(
        department_id=doubt.unit_id, recipient_doubt_id=doubt.id, person_id=doubt.person_id, category=doubt.category,
        fingerprint=doubt.fingerprint, proposed_by=work.actor.user_id, proposed_at=work.now,
    )  # fmt: skip
    return whitelist.put_forward(work, made, doubt.finding, reason=reason, evidence=evidence, valid_until=valid_until)


def _relation(work: Work, doubt: RecipientDoubt) -> str:
    return permissions.DEPARTMENT if doubt.unit_id == work.actor.org_id else permissions.NONE
