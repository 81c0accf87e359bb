"""What differs between two versions of a process, and the page where a second owner decides on a proposal.

Comparing and checking are done outside any transaction; only what the pages need is read inside one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from domain.errors import DefinitionRefused, Finding, HouseError, InvalidAnswers, NotFound
from domain.parties import permissions
from domain.parties.accounts import Account, RoleGrant
from domain.text import Text
from domain.text import gettext as _
from domain.work import Work
from webapp import checking, process_rows, showing
from webapp.acting import acting, reading
from webapp.auth import member
from webapp.errors import status_of
from webapp.foreseen import preview_of, told
from webapp.i18n import english
from webapp.people import names
from webapp.permits import requires
from webapp.raw import raw_file
from workflows import definitions, drafts
from workflows.bundles import DRAWING, Bundle
from workflows.compare import Comparison, compare
from workflows.definition_rows import NOTE, DefinitionDraft, DefinitionProposal

blueprint = Blueprint("comparisons", __name__)
# more rows than anybody reads; what is cut off is said
MOST = 1000


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two that are compared. choice: its value in the lists; drawing: address of its BPMN, "" without."""

    bundle: Bundle
    title: Text
    choice: str = ""
    drawing: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """An entry of the lists of what can be compared."""

    value: str
    title: Text


@dataclass(frozen=True, slots=True)
class Proposed:
    """A proposal with all that its page needs of the database."""

    ref: str
    process: str
    state: str
    note: str
    by: str
    at: datetime
    base: int | None
    current: int | None
    revision: int | None
    draft: str
    overtaken: bool
    mine: bool
    decides: bool
    deciders: Sequence[str]
    old: Side
    new: Side
    decided_by: str = ""
    decided_at: datetime | None = None
    decision_note: str = ""


@dataclass(slots=True)
class Answer:
    """What a refused decision brings back to the page: sentences by place, findings, what was typed."""

    faults: dict[str, object] = field(default_factory=dict)
    findings: Sequence[Finding] = ()
    reason: str = ""
    sending: bool = False


# --- two versions ------------------------------------------------------------------------------------------------


@blueprint.get("/drafts/<ref>/compare")
@requires("process.read")
def draft(ref: str) -> ResponseReturnValue:
    """A revision of a draft (`?revision=`, default the newest) against a version or revision (`?with=3`, `r2`)."""
    with reading() as work:
        row = drafts.get(work, ref)
        new = _revision(work, row, request.args.get("revision", row.head, type=int))
        old = _against(work, row, request.args.get("with", ""))
        versions = [Choice(str(one.number), _version_title(one.number)) for one in _versions(work, row.process)]
        own = [Choice(f"r{one.number}", _revision_title(one.number)) for one in drafts.revisions(work, row)]
    return _difference(
        old, new, row.process,
        back=(_("Draft"), url_for("studio.draft", ref=ref)), action=url_for("comparisons.draft", ref=ref),
        fields=(("with", [*versions, *own]), ("revision", [Choice(one.value[1:], one.title) for one in own])),
    )  # fmt: skip


@blueprint.get("/processes/<process>/compare")
@requires("process.read")
def versions(process: str) -> ResponseReturnValue:
    """Two deployed versions of a process: `?from=1&to=2`; by default the last step."""
    with reading() as work:
        rows = _versions(work, process)
        if not rows:
            raise NotFound(_("The process %(process)s is not deployed here.", process=process))
        to = request.args.get("to", rows[0].number, type=int)
        old = _version(work, process, request.args.get("from", max(to - 1, 1), type=int))
        new = _version(work, process, to)
    choices = [Choice(str(one.number), _version_title(one.number)) for one in rows]
    return _difference(
        old, new, process,
        back=(_("Versions"), url_for("processes.process", process=process)),
        action=url_for("comparisons.versions", process=process), fields=(("from", choices), ("to", choices)),
    )  # fmt: skip


def _difference(
    old: Side,
    new: Side,
    process: str,
    *,
    back: tuple[Text, str],
    action: str,
    fields: tuple[tuple[str, list[Choice]], tuple[str, list[Choice]]],
) -> str:
    found = compare(old.bundle, new.bundle, english=english(), names=_code_titles())
    chosen = (old.choice, new.choice.removeprefix("r"))
    with reading():
        return render_template(
            "studio/compare.html", title=_title(new.bundle, process), process=process, old=old, new=new, found=found,
            marks=_marks(found), most=MOST, back=back, action=action, fields=fields, chosen=chosen,
        )  # fmt: skip


# --- a proposal --------------------------------------------------------------------------------------------------


@blueprint.get("/proposals/<ref>")
@requires("process.read")
def proposal(ref: str) -> ResponseReturnValue:
    """What is proposed, what the check says of it, who runs on what, and the decision."""
    return _proposal_page(ref, Answer())


@blueprint.get("/proposals/<ref>/drawing.bpmn")
@requires("process.read")
def proposal_drawing(ref: str) -> Response:
    """The drawing of a proposal, for the viewer."""
    with reading() as work:
        bundle = definitions.bundle_of(work, definitions.proposal(work, ref))
    return raw_file(bundle, DRAWING)


@blueprint.post("/proposals/<ref>/approve")
@requires("process.approve")
def approve(ref: str) -> ResponseReturnValue:
    """Put a proposal in force: by another than its author, who says to have read what differs from what is in force."""
    found = _read(ref)
    if request.form.get("against", "") != str(found.current or 0):
        return _proposal_page(ref, Answer({"read": definitions.OUTRUN})), 409
    if not request.form.get("read"):
        return _proposal_page(ref, Answer({"read": _("Tick that you have read the differences.")})), 422
    try:
        checked = checking.must_pass(found.new.bundle, member().actor.person())
        with acting() as work:
            made = definitions.approve(work, ref, checked, against=found.current or 0)
    except DefinitionRefused as refusal:
        fault = _("It does not pass today's check any more; see what is found.")
        return _proposal_page(ref, Answer({"page": fault}, findings=refusal.findings)), status_of(refusal)
    except HouseError as refusal:
        return _proposal_page(ref, Answer({"page": refusal.message})), status_of(refusal)
    flash(str(_("Version %(number)s is in force for new cases.", number=made.number)))
    if request.form.get("cases") == "move":
        return redirect(url_for("version_moves.page", process=made.process, number=made.number))
    return redirect(url_for("processes.process", process=made.process))


@blueprint.post("/proposals/<ref>/send-back")
@requires("process.approve")
def send_back(ref: str) -> ResponseReturnValue:
    """Give a proposal back to its author with a reason."""
    reason = request.form.get("reason", "").strip()
    try:
        if len(reason) > NOTE:
            raise InvalidAnswers(
                {"reason": _("At most %(most)s characters; this has %(count)s.", most=NOTE, count=len(reason))}
            )
        with acting() as work:
            definitions.send_back(work, ref, reason)
    except InvalidAnswers as refusal:
        return _proposal_page(ref, Answer(dict(refusal.fields), reason=reason, sending=True)), 422
    except HouseError as refusal:
        return _proposal_page(ref, Answer({"page": refusal.message}, reason=reason)), status_of(refusal)
    flash(str(_("The proposal went back to its author with your reason.")))
    return redirect(url_for("comparisons.proposal", ref=ref))


@blueprint.post("/proposals/<ref>/withdraw")
@requires("process.propose")
def withdraw(ref: str) -> ResponseReturnValue:
    """Take one's own proposal back; its draft stays as it is."""
    try:
        with acting() as work:
            definitions.withdraw(work, ref)
    except HouseError as refusal:
        return _proposal_page(ref, Answer({"page": refusal.message})), status_of(refusal)
    flash(str(_("The proposal is withdrawn. The draft stays as it is.")))
    return redirect(url_for("comparisons.proposal", ref=ref))


def _proposal_page(ref: str, answer: Answer) -> str:
    one = _read(ref)
    found = compare(one.old.bundle, one.new.bundle, english=english(), names=_code_titles())
    findings: Sequence[Finding] = answer.findings
    if not findings and one.state == "OPEN":
        findings = checking.findings(one.new.bundle, member().actor.person())
    errors = sum(finding.severity == "error" for finding in findings)
    foreseen = preview_of(one.process, one.new.bundle) if one.state == "OPEN" and not errors else None
    with reading() as work:
        rows = _versions(work, one.process)
        running = definitions.running(work)
        return render_template(
            "studio/proposal.html", one=one, title=_title(one.new.bundle, one.process), found=found,
            marks=_marks(found), most=MOST, findings=findings, errors=errors, warnings=len(findings) - errors,
            standing=process_rows.standing(work, rows, english=english()),
            cases=[(row.number, running[row.id]) for row in rows if running.get(row.id)],
            answer=answer, note_limit=NOTE, **(told(foreseen) if foreseen is not None else {"impact": None}),
        )  # fmt: skip


def _read(ref: str) -> Proposed:
    """Everything the page of a proposal needs of the database. Raises NotFound."""
    with reading() as work:
        row = definitions.proposal(work, ref)
        current = definitions.newest(work, row.process)
        number = current.number if current else None
        waits = row.state == "OPEN"
        against = number if waits else row.base_number
        people = names(work, [row.proposed_by, row.decided_by])
        origin = work.session.get(DefinitionDraft, row.draft_id) if row.draft_id else None
        mine = row.proposed_by == work.actor.user_id
        may_decide = permissions.may(work.actor, "process.approve", permissions.SECOND)
        return Proposed(
            ref=row.ref, process=row.process, state=row.state, note=row.note, by=people.get(row.proposed_by, ""),
            at=row.proposed_at, base=row.base_number, current=number, revision=row.revision,
            draft=origin.ref if origin else "", overtaken=waits and definitions.overtaken(work, row), mine=mine,
            decides=waits and may_decide and not mine,
            deciders=_deciders(work, row) if waits else (),
            old=_version(work, row.process, against) if against else _nothing(row.process),
            new=Side(definitions.bundle_of(work, row), _("Proposal"),
                     drawing=url_for("comparisons.proposal_drawing", ref=row.ref)),
            decided_by=people.get(row.decided_by or 0, ""), decided_at=row.decided_at, decision_note=row.decision_note,
        )  # fmt: skip


def _deciders(work: Work, row: DefinitionProposal) -> list[str]:
    """Names of those who may approve: process owners other than the author."""
    wanted = (
        select(Account.name)
        .join(RoleGrant, RoleGrant.account_id == Account.id)
        .where(
            RoleGrant.role == "process_owner",
            RoleGrant.granted_on <= work.today,
            (RoleGrant.until.is_(None)) | (RoleGrant.until >= work.today),
            Account.state == "ACTIVE",
            Account.id != row.proposed_by,
        )
        .order_by(Account.id)
        .limit(8)
    )
    return list(work.session.scalars(wanted))


# --- what is compared --------------------------------------------------------------------------------------------


def _versions(work: Work, process: str) -> list[definitions.DefinitionRow]:
    return [row for row in definitions.versions(work) if row.process == process]


def _version_title(number: int) -> Text:
    return _("Version %(number)s", number=number)


def _revision_title(number: int) -> Text:
    return _("Revision %(number)s", number=number)


def _version(work: Work, process: str, number: int) -> Side:
    row = definitions.version(work, process, number)
    bundle = definitions.bundle_of(work, row)
    address = url_for("processes.version_file", process=process, number=number, path=DRAWING)
    return Side(bundle, _version_title(number), str(number), address if DRAWING in bundle.files else "")


def _revision(work: Work, row: DefinitionDraft, number: int) -> Side:
    bundle = drafts.bundle_at(work, row, number)
    address = url_for("studio_files.file", ref=row.ref, path=DRAWING, revision=number)
    return Side(bundle, _revision_title(number), f"r{number}", address if DRAWING in bundle.files else "")


def _against(work: Work, row: DefinitionDraft, chosen: str) -> Side:
    """The other side of a draft's comparison. Raises NotFound for what is neither a version nor a revision."""
    number = chosen.removeprefix("r")
    if chosen and not (number.isascii() and number.isdigit() and len(number) < 9):
        raise NotFound(_("There is no such version or revision."))
    if chosen.startswith("r"):
        return _revision(work, row, int(number))
    current = definitions.newest(work, row.process)
    if chosen:
        return _version(work, row.process, int(number))
    return _version(work, row.process, current.number) if current else _nothing(row.process)


def _nothing(process: str) -> Side:
    return Side(Bundle(process, {}), _("nothing: the process is new"))


def _title(bundle: Bundle, process: str) -> str:
    wanted = ("title_en", "title") if english() else ("title",)
    return next((str(bundle.sheet[name]) for name in wanted if bundle.sheet.get(name)), process)


def _code_titles() -> dict[str, Text | str]:
    """What process.toml's codes of programmes and kinds of case are called."""
    with reading() as work:
        return {**showing.titles(work).programmes, **showing.KINDS}


def _marks(found: Comparison) -> dict[str, list[str]]:
    """Ids by mark, for the drawings."""
    return {mark: list(ids) for mark, ids in found.drawing.items()}
