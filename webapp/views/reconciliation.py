"""The monthly reconciliation of a department: lists in, differences and duplicates out, each handled once (NM-20)."""

from __future__ import annotations

from typing import BinaryIO, cast

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from domain import files, identity
from domain.assistance import duplicates, payments, reconciliation
from domain.assistance.payments import LEDGER, PAYMENT
from domain.assistance.reconciliation_rows import AMOUNT, CLAIMED, GONE, HANDLED, MISSING, OPEN, Difference
from domain.errors import Conflict, InvalidAnswers, NotFound, Stale
from domain.files import StoredFile
from domain.parties.accounts import Account
from domain.parties.households import Household
from domain.parties.organisations import Organisation
from domain.text import Text
from domain.text import gettext as _
from domain.work import Work
from sources.payments import ITEMS as KNOWN
from webapp import showing
from webapp.acting import acting, reading
from webapp.auth import house
from webapp.permits import requires

blueprint = Blueprint("reconciliation", __name__)
FILES = (".csv", ".txt", ".xlsx", ".xls", ".ods", ".zip")
KINDS: dict[str, Text] = {
    LEDGER: _("Ledger of the department"),
    PAYMENT: _("Payments of the one-card system"),
}
LIST_STATES: dict[str, tuple[str, Text]] = {
    "READING": ("soon", _("being read")),
    "READY": ("ok", _("taken in")),
    "FAILED": ("overdue", _("refused")),
    "REPLACED": ("line", _("replaced")),
}
RULES: dict[str, Text] = {
    MISSING: _("Not in all three: register, ledger, payments"),
    AMOUNT: _("Ledger and payments differ in amount"),
    **duplicates.TITLES,
}
ITEM_STATES: dict[str, tuple[str, Text]] = {
    OPEN: ("overdue", _("to be handled")),
    CLAIMED: ("today", _("in hand")),
    HANDLED: ("ok", _("handled")),
    GONE: ("line", _("settled by a newer list")),
}
TABS: dict[str, tuple[Text, tuple[str, ...]]] = {
    OPEN: (_("To be handled"), (OPEN, CLAIMED)),
    HANDLED: (_("Handled"), (HANDLED,)),
    GONE: (_("Settled by newer lists"), (GONE,)),
}
OUTCOMES: dict[str, Text] = {
    "RECOVERED": _("the money paid too much came back"),
    "STOPPED": _("one of the entitlements ends"),
    "CORRECTED": _("a list or the register was wrong and is corrected"),
    "LAWFUL": _("looked into and lawful"),
}
ITEMS: dict[str, Text] = {"PRICE": _("Price subsidy")}
AREAS: dict[str, Text] = {"URBAN": _("urban"), "RURAL": _("rural"), "": _("not said")}


@blueprint.get("/reconciliation")
@requires("reconciliation.read")
def listing() -> ResponseReturnValue:
    """What waits for the office, its months and lists."""
    with reading() as work:
        return _listing(work)


@blueprint.post("/reconciliation")
@requires("payments.upload", uploads=True)
def upload() -> ResponseReturnValue:
    """Take a list in; reading it is planned, and the comparison when both are there."""
    sent = request.files.get("file")
    if sent is None or not sent.filename or not sent.filename.lower().endswith(FILES):
        with reading() as work:
            return _listing(work, {"file": _("Choose a CSV, XLSX, XLS, ODS or ZIP file.")}), 422
    blob = house().home.blobs.put(cast(BinaryIO, sent.stream), limit=house().settings.upload_limit)
    try:
        with acting() as work:
            kept = files.keep(
                work, blob, name=sent.filename[:200], media_type="application/octet-stream", purpose="payments"
            )
            payments.receive(work, request.form.get("kind", ""), request.form.get("month", "").strip(), kept)
    except InvalidAnswers as refusal:
        with reading() as work:
            return _listing(work, refusal.fields), 422
    except Conflict as refusal:
        with reading() as work:
            return _listing(work, {"file": refusal.message}), 422
    flash(str(_("The file was handed in and is being read.")))
    return redirect(url_for("reconciliation.listing"))


@blueprint.get("/reconciliation/<ref>", endpoint="item")
@requires("reconciliation.read")
def item_page(ref: str) -> ResponseReturnValue:
    """One difference or duplicate with every row that bears on it."""
    with reading() as work:
        return _page(work, reconciliation.by_ref(work, ref))


@blueprint.post("/reconciliation/<ref>/claim")
@requires("reconciliation.handle")
def claim(ref: str) -> ResponseReturnValue:
    """Take an item, or give it back."""
    verb = reconciliation.release if request.form.get("back") else reconciliation.claim
    try:
        with acting() as work:
            verb(work, reconciliation.by_ref(work, ref))
    except (Conflict, Stale) as refusal:
        flash(refusal.message)
    return redirect(url_for("reconciliation.item", ref=ref))


@blueprint.post("/reconciliation/<ref>/handle")
@requires("reconciliation.handle", uploads=True)
def handle(ref: str) -> ResponseReturnValue:
    """Say what became of an item, with the paper that shows it."""
    with reading() as work:
        reconciliation.by_ref(work, ref)
    sent = request.files.get("evidence")
    blob = None
    if sent is not None and sent.filename:
        blob = house().home.blobs.put(cast(BinaryIO, sent.stream), limit=house().settings.upload_limit)
    try:
        with acting() as work:
            item = reconciliation.by_ref(work, ref)
            kept = None
            if blob is not None and sent is not None:
                kept = files.keep(
                    work, blob, name=(sent.filename or "")[:200], media_type="application/octet-stream",
                    purpose="reconciliation",
                )  # fmt: skip
            outcome, reason = request.form.get("outcome", ""), request.form.get("reason", "")
            reconciliation.handle(work, item, outcome, reason, kept)
    except InvalidAnswers as refusal:
        with reading() as work:
            return _page(work, reconciliation.by_ref(work, ref), refusal.fields), 422
    except Conflict as refusal:
        flash(refusal.message)
        return redirect(url_for("reconciliation.item", ref=ref))
    flash(str(_("The item is handled.")))
    return redirect(url_for("reconciliation.listing"))


@blueprint.get("/reconciliation/<ref>/evidence")
@requires("reconciliation.read")
def evidence(ref: str) -> ResponseReturnValue:
    """The paper that shows what became of an item, to be kept."""
    with reading() as work:
        file = _evidence(work, reconciliation.by_ref(work, ref))
        if file is None:
            raise NotFound(_("There is no such file in this case."))
        name, content = files.name_of(work, file), files.content(work, file)
    return send_file(content, mimetype=file.media_type, as_attachment=True, download_name=name, max_age=0)


def _evidence(work: Work, item: Difference) -> StoredFile | None:
    return work.session.get_one(StoredFile, item.evidence_id) if item.evidence_id is not None else None


def _listing(work: Work, faults: dict[str, object] | None = None) -> str:
    if work.actor.org_kind != "department":
        raise NotFound(_("There is no such item for you."))
    state = request.args.get("state", OPEN)
    tab = state if state in TABS else OPEN
    items, last = reconciliation.of_office(work, TABS[tab][1], after=request.args.get("after", 0, type=int))
    counts = reconciliation.counts_of_office(work)
    totals = {code: sum(counts.get(one, 0) for one in states) for code, (_title, states) in TABS.items()}
    return render_template(
        "reconciliation/listing.html", items=items, last=last, tab=tab, tabs=TABS, totals=totals,
        whom=reconciliation.about_whom(work, items), counts=showing.nav_counts(work), lists=payments.of_office(work),
        runs=reconciliation.runs_of_office(work), kinds=KINDS, list_states=LIST_STATES, rules=RULES,
        item_states=ITEM_STATES, faults=faults or {}, month=_month_before(work), limit=house().settings.upload_limit,
        title_of=_title_of(work),
    )  # fmt: skip


def _page(work: Work, item: Difference, faults: dict[str, object] | None = None) -> str:
    rows = payments.of_person(work, item.idno_blind, item.month) if item.idno_blind is not None else []
    units = {one.unit_id for one in rows}
    names = dict(
        work.session.execute(select(Organisation.id, Organisation.name).where(Organisation.id.in_(units))).all()
    )
    household = work.session.get(Household, item.household_id) if item.household_id is not None else None
    holder = work.session.get(Account, item.handled_by or item.claimed_by or 0)
    paper = _evidence(work, item)
    return render_template(
        "reconciliation/item.html", item=item, rows=[(one, identity.mask(one.number)) for one in rows], names=names,
        rules=RULES, item_states=ITEM_STATES, outcomes=OUTCOMES, kinds=KINDS, areas=AREAS, household=household,
        holder=holder, mine=item.state == CLAIMED and item.claimed_by == work.actor.user_id, faults=faults or {},
        reason=reconciliation.reason_of(work, item), duplicate=item.rule in duplicates.RULES, title_of=_title_of(work),
        limit=house().settings.upload_limit, counts=showing.nav_counts(work),
        paper=(files.name_of(work, paper), paper.size) if paper else None,
    )  # fmt: skip


def _title_of(work: Work) -> dict[str, object]:
    titles = showing.titles(work)
    return ITEMS | {code: titles.programme(code) for _word, code in KNOWN if code not in ITEMS}


def _month_before(work: Work) -> str:
    first = work.today.replace(day=1)
    return f"{first.year - (first.month == 1)}-{(first.month - 2) % 12 + 1:02d}"
