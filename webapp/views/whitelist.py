"""The whitelist: proposing from a verified doubt, deciding as another person, ending, and the list (NM-13)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import BinaryIO, cast

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from domain import files
from domain.blobs import StoredBlob
from domain.errors import Conflict, HouseError, InvalidAnswers, NotPermitted
from domain.text import Text
from domain.text import gettext as _
from domain.verification import whitelist, whitelist_recipients, whitelist_views
from domain.verification.whitelist import APPROVED, ENDED, PROPOSED, REFUSED
from domain.work import Work
from tasks.pages import whitelist_pages
from webapp import showing
from webapp.acting import acting, reading
from webapp.auth import house
from webapp.errors import status_of
from webapp.permits import requires
from webapp.to_keep import to_keep

blueprint = Blueprint("whitelist", __name__)
STATES: Mapping[str, tuple[str, Text]] = {
    PROPOSED: ("today", _("waits for approval")), APPROVED: ("ok", _("let pass")), REFUSED: ("line", _("not approved")),
    ENDED: ("line", _("ended")),
}  # fmt: skip
SHOWN: Mapping[str, tuple[Text, tuple[str, ...]]] = {
    "open": (_("Waiting and in force"), (PROPOSED, APPROVED)), "all": (_("All"), ()),
}  # fmt: skip
TYPES = {".pdf": "application/pdf", ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg"}
PLACES: Mapping[str, Text] = {
    "reason": _("Why the record is wrong"), "evidence": _("Evidence"), "valid_until": _("Let pass until"),
    "note": _("Why"),
}  # fmt: skip
MOST = 50


@blueprint.get("/whitelist")
@requires("whitelist.read")
def listing() -> ResponseReturnValue:
    """The department's entries, newest first."""
    show = request.args.get("show", "open")
    states = SHOWN.get(show, SHOWN["open"])[1]
    after = request.args.get("after", "")
    with reading() as work:
        rows = whitelist_views.listed(work, *states, after=after, most=MOST + 1)
        return render_template(
            "whitelist/listing.html", rows=rows[:MOST], more=len(rows) > MOST, after=after, show=show, shown=SHOWN,
            states=STATES,
            titles=showing.titles(work), counts=showing.nav_counts(work),
        )  # fmt: skip


@blueprint.get("/whitelist/<ref>")
@requires("whitelist.read")
def entry(ref: str) -> ResponseReturnValue:
    """One entry: the record's doubt, why, the evidence, who did what, and in which cases it let a record pass."""
    with reading() as work:
        return _page(work, ref)


@blueprint.get("/whitelist/<ref>/evidence")
@requires("whitelist.read")
def evidence(ref: str) -> ResponseReturnValue:
    """The paper of an entry, to be kept."""
    with reading() as work:
        return to_keep(work, whitelist_pages.evidence(work, ref))


@blueprint.post("/whitelist/<ref>")
@requires("whitelist.decide")
def decide(ref: str) -> ResponseReturnValue:
    """Approve, refuse or end; a refusal shows the page again."""
    try:
        with acting() as work:
            found = whitelist.by_ref(work, ref)
            _act(work, found, request.form.get("act", ""), request.form.get("note", ""))
            state = found.state
    except InvalidAnswers as refusal:
        with reading() as work:
            return _page(work, ref, faults={name: str(said) for name, said in refusal.fields.items()}), 422
    except (Conflict, NotPermitted) as refusal:
        with reading() as work:
            return _page(work, ref, refusal=refusal), status_of(refusal)
    flash(str(STATES[state][1]))
    return redirect(url_for("whitelist.entry", ref=ref))


@blueprint.get("/doubts/<ref>/whitelist")
@requires("whitelist.propose")
def proposal(ref: str) -> ResponseReturnValue:
    """The form to propose the record behind a doubt."""
    with reading() as work:
        return _form(work, ref)


@blueprint.post("/doubts/<ref>/whitelist")
@requires("whitelist.propose", uploads=True)
def propose(ref: str) -> ResponseReturnValue:
    """Take the proposal with its evidence; a refused one keeps what was written."""
    with reading() as work:
        whitelist_pages.proposal(work, ref)  # before the bytes are kept
    try:
        blob, name, media = _evidence()
        with acting() as work:
            doubt, case = whitelist_pages.doubt_of(work, ref)
            kept = (
                files.keep(work, blob, name=name, media_type=media, purpose="whitelist", case_id=case.id)
                if blob is not None
                else None
            )
            made = whitelist.propose(
                work, doubt, reason=request.form.get("reason", ""), evidence=kept, valid_until=_day()
            ).ref
    except InvalidAnswers as refusal:
        with reading() as work:
            return _form(work, ref, faults={name: str(said) for name, said in refusal.fields.items()}), 422
    except (Conflict, NotPermitted) as refusal:
        with reading() as work:
            return _form(work, ref, refusal=refusal), status_of(refusal)
    flash(str(_("The record was proposed; another person decides.")))
    return redirect(url_for("whitelist.entry", ref=made))


@blueprint.get("/recipients/<ref>/whitelist")
@requires("whitelist.propose")
def recipient_proposal(ref: str) -> ResponseReturnValue:
    """The form to propose the record behind a doubt about a recipient."""
    with reading() as work:
        return _recipient_form(work, ref)


@blueprint.post("/recipients/<ref>/whitelist")
@requires("whitelist.propose", uploads=True)
def propose_recipient(ref: str) -> ResponseReturnValue:
    """Take the proposal; without a file of its own it rests on the paper of the verification."""
    with reading() as work:
        whitelist_pages.of_recipient(work, ref)  # before the bytes are kept
    try:
        blob, name, media = _evidence()
        with acting() as work:
            doubt = whitelist_recipients.doubt_of(work, ref)
            kept = files.keep(work, blob, name=name, media_type=media, purpose="whitelist") if blob else None
            made = whitelist_recipients.propose(
                work, doubt, reason=request.form.get("reason", ""), evidence=kept, valid_until=_day()
            ).ref
    except InvalidAnswers as refusal:
        with reading() as work:
            return _recipient_form(work, ref, faults=_said(refusal)), 422
    except (Conflict, NotPermitted) as refusal:
        with reading() as work:
            return _recipient_form(work, ref, refusal=refusal), status_of(refusal)
    flash(str(_("The record was proposed; another person decides.")))
    return redirect(url_for("whitelist.entry", ref=made))


def _said(refusal: InvalidAnswers) -> dict[str, str]:
    return {name: str(said) for name, said in refusal.fields.items()}


def _recipient_form(
    work: Work, ref: str, *, faults: Mapping[str, str] | None = None, refusal: HouseError | None = None
) -> str:
    return render_template(
        "whitelist/recipient.html", page=whitelist_pages.of_recipient(work, ref), faults=faults or {}, refusal=refusal,
        clause=getattr(refusal, "clause", ""), places=PLACES, sent=request.form, types=",".join(TYPES),
        limit=house().settings.upload_limit, titles=showing.titles(work), counts=showing.nav_counts(work),
    )  # fmt: skip


def _act(work: Work, found: whitelist.WhitelistEntry, act: str, note: str) -> None:
    if act == "approve":
        whitelist.approve(work, found)
    elif act == "refuse":
        whitelist.refuse(work, found, note)
    elif act == "end":
        whitelist.end(work, found, note)
    else:
        raise Conflict(_("Choose what to do."))


def _evidence() -> tuple[StoredBlob | None, str, str]:
    """The file sent with the form, kept; None when none was. Raises InvalidAnswers for another kind of file."""
    sent = request.files.get("evidence")
    if sent is None or not sent.filename:
        return None, "", ""
    media = next((kind for ending, kind in TYPES.items() if sent.filename.lower().endswith(ending)), "")
    if not media:
        raise InvalidAnswers({"evidence": _("Add a PDF, PNG or JPEG file.")})
    blob = house().home.blobs.put(cast(BinaryIO, sent.stream), limit=house().settings.upload_limit)
    return blob, sent.filename[:200], media


def _day() -> date | None:
    try:
        return date.fromisoformat(request.form.get("valid_until", "").strip())
    except ValueError:
        return None


def _form(work: Work, ref: str, *, faults: Mapping[str, str] | None = None, refusal: HouseError | None = None) -> str:
    return render_template(
        "whitelist/proposal.html", page=whitelist_pages.proposal(work, ref), faults=faults or {}, refusal=refusal,
        clause=getattr(refusal, "clause", ""), places=PLACES, sent=request.form, types=",".join(TYPES),
        limit=house().settings.upload_limit, titles=showing.titles(work), counts=showing.nav_counts(work),
    )  # fmt: skip


def _page(work: Work, ref: str, *, faults: Mapping[str, str] | None = None, refusal: HouseError | None = None) -> str:
    return render_template(
        "whitelist/entry.html", page=whitelist_pages.entry(work, ref), faults=faults or {}, refusal=refusal,
        clause=getattr(refusal, "clause", ""), places=PLACES, states=STATES, sent=request.form,
        titles=showing.titles(work), counts=showing.nav_counts(work),
    )  # fmt: skip
