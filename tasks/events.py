"""The journal of a case as a story: each event in the trade's words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from domain.cases import Case
from domain.journal import JournalEntry, JournalStream
from domain.parties.accounts import Account
from domain.text import Text
from domain.text import gettext as _
from domain.work import Work
from workflows.definitions import Definition

SENTENCES: Mapping[str, Text] = {
    "case.started": _("opened the case"),
    "case.completed": _("closed the case"),
    "case.cancelled": _("ended the case"),
    "case.suspended": _("put the case on hold"),
    "case.resumed": _("let the case go on"),
    "case.repaired": _("repaired the case at “%(step)s”"),
    "task.completed_for": _("completed “%(step)s” on behalf of %(whom)s"),
    "case.in_batch": _("together with others"),
    "task.restored": _("put “%(step)s” back as it was before"),
    "task.due_set": _("set another due day for “%(step)s”"),
    "task.claimed": _("claimed “%(step)s”"),
    "task.released": _("gave “%(step)s” back"),
    "task.completed": _("completed “%(step)s”"),
    "task.delegated": _("delegated “%(step)s”"),
    "task.handed_back": _("handed “%(step)s” back"),
    "task.recalled": _("took “%(step)s” back"),
    "task.forwarded": _("passed “%(step)s” on"),
    "task.assigned": _("assigned “%(step)s”"),
    "task.nominated": _("named who may do “%(step)s”"),
    "task.excluded": _("kept somebody from “%(step)s”"),
    "task.suspended": _("put “%(step)s” off, with a reason"),
    "task.resumed": _("“%(step)s” was taken up again"),
    "task.skipped": _("skipped “%(step)s”, with a reason"),
    "task.failed": _("gave “%(step)s” up, with a reason"),
    "task.priority_set": _("changed the priority of “%(step)s”"),
    "task.broke": _("“%(step)s” could not be completed for a technical reason"),
    "task.mended": _("“%(step)s” can be completed again"),
    "task.rerouted": _("“%(step)s” was taken from somebody who may not do it any more"),
    "task.form_switched": _("took the newer form for “%(step)s”"),
    "task.handed_over": _("“%(step)s” went to a colleague with the work of somebody who leaves"),
    "task.commented": _("wrote a remark on “%(step)s”"),
    "task.comment_mended": _("changed a remark on “%(step)s”"),
    "task.comment_withdrawn": _("withdrew a remark on “%(step)s”"),
    "task.attached": _("handed in a paper with “%(step)s”"),
    "file.checked": _("a paper was looked through"),
    "file.released": _("released a paper that was held back, with a reason"),
    "timer.fired": _("a limit ran out"),
    "timer.passed_over": _("rounds of a timer were missed and left out"),
    "term.asked": _("asked for more time for “%(step)s”"),
    "term.stopped": _("let the term of “%(step)s” stand still"),
    "term.resumed": _("let the term of “%(step)s” run again"),
    "term.extended": _("extended the term of “%(step)s”"),
    "term.refused": _("did not grant more time for “%(step)s”"),
    "term.lapsed": _("the wish for more time for “%(step)s” ended undecided, since the step or its term was over"),
    "term.overdue": _("the term of “%(step)s” has run out"),
    "term.recomputed": _("terms were counted anew with the published working days"),
    "timer.moved": _("moved the timer at “%(step)s”, with a reason"),
    "incident.opened": _("“%(step)s” could not be carried out and waits for repair"),
    "incident.closed": _("“%(step)s” is in order again"),
    "incident.retried": _("had a failed step tried again"),
    "step.retried": _("“%(step)s” was tried again"),
    "incident.values": _("set values at “%(step)s” and had it tried again, with a reason"),
    "incident.skipped": _("skipped “%(step)s”, with a reason"),
    "incident.mapped": _("turned the failure of “%(step)s” into an error that the drawing catches, with a reason"),
    "watchdog.planned": _("“%(step)s” was planned again"),
    "message.delivered": _("an awaited message arrived"),
    "message.unclaimed": _("sent a message that nobody waits for"),
    "message.began": _("began another case by what it sent"),
    "authorisation.collected": _("recorded an authorisation"),
    "authorisation.withdrawn": _("recorded that an authorisation was withdrawn"),
    "declaration.recorded": _("recorded the declaration"),
    "non_cooperation.decided": _("decided on non-cooperation"),
    "commission.prepared": _("prepared the commission letter"),
    "commission.issued": _("issued the commission letter"),
    "commission.batch_issued": _("issued the batch letter"),
    "commission.accepted": _("accepted the commission"),
    "commission.refused": _("refused the commission"),
    "query.planned": _("planned a query"),
    "query.sent": _("sent a query"),
    "query.answered": _("a source answered"),
    "query.not_obtained": _("a source gave nothing in time"),
    "survey.recorded": _("recorded an offline investigation"),
    "comparison.built": _("compared what was declared with what was found"),
    "decision.made": _("asked the table at “%(step)s”"),
    "doubt.raised": _("a rule raised a doubt"),
    "doubt.settled": _("settled a doubt"),
    "doubt.let_pass": _("a doubt was not raised: the record is on the whitelist"),
    "whitelist.proposed": _("proposed a record for the whitelist"),
    "whitelist.approved": _("approved a record for the whitelist"),
    "whitelist.refused": _("refused a record for the whitelist"),
    "whitelist.ended": _("ended an entry of the whitelist"),
    "doubt_list.issued": _("issued the doubt list"),
    "report.drafted": _("drafted the report"),
    "report.signed": _("signed the report"),
    "report.printed": _("the report was printed"),
    "report.delivered": _("delivered the report to the department"),
    "report.copied": _("took a copy of the report"),
    "report.copy_refused": _("was refused a copy of the report"),
    "determination.recorded": _("recorded the department's decision"),
    "notice.issued": _("issued the written notice"),
    "notice.printed": _("the notice was printed"),
    "document.issued": _("printed a paper of the case"),
    "notice.delivered": _("recorded the delivery of the notice"),
    "dispute.recorded": _("recorded an objection"),
    "name_hints.decided": _("said whose the rows found by name are"),
    "recheck.planned": _("planned the re-check"),
    "recheck.answered": _("answered the re-check"),
    "archive.completed": _("completed the file"),
    "idno.revealed": _("looked at an identity number, with a reason"),
}
# what the department and the town learn from the delivered report alone (LF-26)
RESULTS = (
    "query.answered",
    "name_hints.decided",
    "query.not_obtained",
    "comparison.built",
    "decision.made",
    "doubt.raised",
    "doubt.let_pass",
)
LATE = ("query.not_obtained", "timer.fired", "commission.refused")
# too many of a kind to tell one by one
NOISE = ("job.finished", "task.claimed", "task.released", "task.started", "task.stopped", "task.routed")


@dataclass(frozen=True, slots=True)
class Happening:
    """One line of the story; who: a member of staff, "" when the system did it. times: how often in a row."""

    at: datetime
    who: str
    text: Text
    late: bool
    times: int = 1


def story(work: Work, case: Case, definition: Definition, *, english: bool, results: bool) -> list[Happening]:
    """What happened, newest first; equal events of one moment are one line. One query.

    results: whether events that tell of results may be shown. Uses uq_journal_stream_kind_subject.
    """
    rows = work.session.execute(
        select(JournalEntry, Account.name)
        .join(JournalStream, JournalStream.id == JournalEntry.stream_id)
        .join(Account, Account.ref == JournalEntry.actor, isouter=True)
        .where(JournalStream.kind == "case", JournalStream.subject == case.ref, JournalEntry.event.not_in(NOISE))
        .order_by(JournalEntry.seq.desc())
        .limit(200)
    )
    told: list[Happening] = []
    found = rows.all()
    people = _named(work, {str(entry.body["for"]) for entry, _who in found if "for" in entry.body})
    for entry, who in found:
        if entry.event in RESULTS and not results:
            continue
        sentence = _sentence(entry.event, entry.body, definition, english, people)
        last = told[-1] if told else None
        if last is not None and (last.at, last.who) == (entry.legal_at, who or "") and last.text == sentence:
            told[-1] = Happening(last.at, last.who, last.text, last.late, last.times + 1)
        else:
            told.append(Happening(entry.legal_at, who or "", sentence, entry.event in LATE))
    return told


def _named(work: Work, refs: set[str]) -> Mapping[str, str]:
    """Names of people by the refs of their accounts; asks nothing for none."""
    if not refs:
        return {}
    rows = work.session.execute(select(Account.ref, Account.name).where(Account.ref.in_(refs)))
    return {row[0]: row[1] for row in rows}


def _sentence(
    event: str, body: Mapping[str, Any], definition: Definition, english: bool, people: Mapping[str, str]
) -> Text:
    known = SENTENCES.get(event)
    if known is None:
        return _("%(event)s", event=event)
    step = definition.diagram.steps.get(str(body.get("step", "")))
    name = (step.name_en or step.name if english else step.name) if step is not None else ""
    whom = people.get(str(body.get("for", "")), "")
    return _(known.source, step=name, whom=whom) if "%(step)s" in known.source else known
