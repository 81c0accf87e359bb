"""What deliveries say of current recipients: listed, shown with its origin, verified; the standing letters (CK-18)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import BinaryIO, cast

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import FileField, RadioField, TextAreaField

from domain import files, rules
from domain.blobs import StoredBlob
from domain.errors import Conflict, InvalidAnswers, NotFound
from domain.files import StoredFile
from domain.parties import permissions
from domain.text import Text, gettext
from domain.verification import recipient_doubts
from domain.verification.recipient_doubts import Filter, Record
from domain.work import Work
from tasks import recipients
from tasks.pages import recipient_pages, whitelist_pages
from webapp import people, showing
from webapp.acting import acting, reading
from webapp.auth import house
from webapp.permits import requires

# WTForms types its texts as str; ours are read later, in the language of the page.
_ = cast(Callable[..., str], gettext)

blueprint = Blueprint("recipients", __name__)
_LONG = re.compile(r"\d{12,}")
METHODS: dict[str, Text] = {
    "VISIT": gettext("visit at home"),
    "NEIGHBOUR": gettext("asking neighbours"),
    "LETTER": gettext("letter to whom it concerns"),
    "PAPERS": gettext("papers"),
}
MEASURES: dict[str, Text] = {
    "REVIEW": gettext("review of the household"),
    "WHITELIST": gettext("exception for the source's error"),
    "NONE": gettext("nothing"),
}
LETTER_STATES: dict[str, tuple[str, Text]] = {
    "DRAFT": ("soon", gettext("draft")),
    "ISSUED": ("today", gettext("waits for its check")),
    "ACCEPTED": ("ok", gettext("accepted")),
    "REFUSED": ("overdue", gettext("refused")),
}


def _options(titles: Mapping[str, Text]) -> list[tuple[str, str]]:
    return [(code, cast(str, title)) for code, title in titles.items()]


class VerifyForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """How one doubt was verified."""

    finding = RadioField(_("What the verification showed"))
    method = RadioField(_("How it was verified"))
    measure = RadioField(_("What follows"))
    note = TextAreaField(_("What was seen and asked"))
    evidence = FileField(_("Evidence"))


def _form() -> VerifyForm:
    form = VerifyForm()
    form.finding.choices, form.method.choices = _options(showing.FINDINGS), _options(METHODS)
    form.measure.choices = _options(MEASURES)
    return form


@blueprint.get("/recipients")
@requires("recipient_doubt.read")
def listing() -> ResponseReturnValue:
    """Doubts of the person's scope, the newest first, by state, category, code, programme and delivery."""
    wanted = Filter(
        request.args.get("state", "OPEN").replace("all", ""), request.args.get("category", ""),
        request.args.get("code", ""), request.args.get("programme", ""), request.args.get("delivery", ""),
    )  # fmt: skip
    after = request.args.get("after", 0, type=int)
    with reading() as work:
        rows, last = recipient_doubts.listed(work, wanted, after=after)
        law = rules.current(work)
        return render_template(
            "recipients/listing.html", rows=rows, last=last, wanted=wanted, totals=recipient_doubts.counts(work),
            to_review=recipient_pages.to_review(work), titles=showing.titles(work, law),
            categories=sorted(law.categories), counts=showing.nav_counts(work),
        )  # fmt: skip


@blueprint.get("/recipients/letters")
@requires("recipient_doubt.read")
def letters() -> ResponseReturnValue:
    """The department's standing letters, and what was compared under them."""
    with reading() as work:
        return _letters(work)


@blueprint.post("/recipients/letters")
@requires("commission.prepare")
def start_letter() -> ResponseReturnValue:
    """Begin a standing letter; the clerk drafts it in a task."""
    try:
        with acting() as work:
            case = recipients.start_letter(work, request.form.get("programme", ""))
    except InvalidAnswers as refusal:
        with reading() as work:
            return _letters(work, str(refusal.fields["programme"])), 422
    return redirect(url_for("cases.case", ref=case.ref))


@blueprint.post("/recipients/review")
@requires("recipient_doubt.review")
def review() -> ResponseReturnValue:
    """Open the review of the households whose doubts proved true."""
    try:
        with acting() as work:
            made = recipients.open_review(work, request.form.get("programme", ""))
    except Conflict as refusal:
        flash(str(refusal.message))
        return redirect(url_for("recipients.listing", state="TRUE"))
    return redirect(url_for("campaigns.campaign", ref=made.ref))


@blueprint.get("/recipients/<ref>")
@requires("recipient_doubt.read")
def doubt(ref: str) -> ResponseReturnValue:
    """One doubt: what is said of whom, delivery, row, rule and declaration; and the record of its verification."""
    with reading() as work:
        return _page(work, ref, _form())


@blueprint.post("/recipients/<ref>")
@requires("recipient_doubt.verify", uploads=True)
def verify(ref: str) -> ResponseReturnValue:
    """Keep how it was verified."""
    form = _form()
    sent = request.files.get("evidence")
    blob = None
    if sent is not None and sent.filename:
        blob = house().home.blobs.put(cast(BinaryIO, sent.stream), limit=house().settings.upload_limit)
    record = Record(
        str(form.finding.data or ""), str(form.method.data or ""), str(form.measure.data or ""),
        str(form.note.data or ""),
    )  # fmt: skip
    try:
        with acting() as work:
            kept = _kept(work, ref, blob, sent.filename or "" if sent is not None else "")
            recipient_doubts.verify(work, ref, replace(record, evidence=kept))
    except InvalidAnswers as refusal:
        for name, sentence in refusal.fields.items():
            form[name].errors = [sentence]
        with reading() as work:
            return _page(work, ref, form), 422
    flash(str(gettext("The verification is recorded.")))
    return redirect(url_for("recipients.doubt", ref=ref))


@blueprint.get("/recipients/<ref>/evidence")
@requires("recipient_doubt.read")
def evidence(ref: str) -> ResponseReturnValue:
    """The evidence of a verification, to be kept."""
    with reading() as work:
        found = recipient_doubts.visible(work, ref)
        file = work.session.get(StoredFile, found.file_id) if found.file_id is not None else None
        if file is None:
            raise NotFound(gettext("There is no such file in this case."))
        name, media, content = files.name_of(work, file), file.media_type, files.content(work, file)
    return send_file(content, mimetype=media, as_attachment=True, download_name=name, max_age=0)


def _shortened(values: Mapping[str, str]) -> str:
    """What a row says on one line; of an account's number its beginning and end."""
    said = " · ".join(text for text in values.values() if text)
    return _LONG.sub(lambda found: found[0][:4] + "*" * (len(found[0]) - 8) + found[0][-4:], said)


def _kept(work: Work, ref: str, blob: StoredBlob | None, name: str) -> StoredFile | None:
    recipient_doubts.visible(work, ref)
    if blob is None:
        return None
    return files.keep(work, blob, name=name[:200], media_type="application/octet-stream", purpose="evidence")


def _letters(work: Work, fault: str = "") -> str:
    started = permissions.may(work.actor, "commission.prepare", permissions.DEPARTMENT)
    return render_template(
        "recipients/letters.html", letters=recipient_pages.letters(work), checks=recipient_pages.checks(work),
        states=LETTER_STATES, titles=showing.titles(work), may_start=started, fault=fault, today=work.today,
        programmes=recipients.programmes(work) if started else (), counts=showing.nav_counts(work),
    )  # fmt: skip


def _page(work: Work, ref: str, form: VerifyForm) -> str:
    shown = recipient_doubts.shown(work, ref)
    entry, proposable = whitelist_pages.link(work, ref)
    return render_template(
        "recipients/doubt.html", entry=entry, proposable=proposable,
        shown=shown, row=shown.row, form=form, titles=showing.titles(work),
        methods=METHODS, measures=MEASURES, campaign=recipient_pages.campaign_of(work, shown.campaign_id),
        shortened=_shortened, by=people.names(work, [shown.settled_by]), counts=showing.nav_counts(work),
        limit=house().settings.upload_limit,
    )  # fmt: skip
