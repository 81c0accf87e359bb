"""What I was told: the list behind the bell, what I want to be told of and where, my mail address, my calendar."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound as NoSuchPage
from werkzeug.exceptions import TooManyRequests

from domain.clock import machine_now
from domain.errors import Conflict, HouseError, InvalidAnswers
from domain.parties import throttle
from domain.parties.permissions import may
from domain.parties.throttle import Throttled
from domain.text import gettext as _
from domain.work import SCHEDULER, Work
from tasks.pages import notice_pages, recompute_pages
from tasks.rows import notice_rows
from tasks.rows.notice_rows import Notification
from tasks.terms import calendars, mails, notice_kinds, notifications
from webapp import showing
from webapp.acting import acting, reading
from webapp.errors import status_of
from webapp.permits import permit_of, public, requires

blueprint = Blueprint("notices", __name__)
READS_AN_HOUR = 60
# kind of target -> the page, where this application has it
PAGES = {
    "task": "desk.task", "case": "cases.case", "batch": "batches.batch", "run": "notices.recomputed",
    "substitution": "substitutes.pack", "inbox": "desk.inbox", "term": "terms.page", "proof": "separation.page",
    "agreement": "agreements.listing", "due": "deliveries.due", "reviews": "traces.reviews", "entry": "registers.entry",
    "list": "monitoring.list", "home": "authorisations.household",
}  # fmt: skip
# how a page is told what to show, where that is not by `ref`
SHOWN = {"inbox": "owner", "proof": "_anchor", "agreement": "_anchor", "due": "_anchor", "reviews": "_anchor"}


@blueprint.get("/notices")
@requires("notification.own")
def listing() -> ResponseReturnValue:
    """What I was told, the newest first."""
    with reading() as work:
        page = notice_pages.listed(
            work, unread=request.args.get("show", "unread") != "all", group=request.args.get("group", ""),
            before=max(0, request.args.get("before", 0, type=int)),
        )  # fmt: skip
        return render_template(
            "notices/listing.html", page=page, groups=notice_kinds.GROUPS, pages=_pages(work), now=work.now,
            count=notifications.unread(work), most=notice_rows.MANY, counts=showing.nav_counts(work),
        )  # fmt: skip


@blueprint.get("/notices/<ref>")
@requires("notification.own")
def one(ref: str) -> ResponseReturnValue:
    """What a notice leads to; a mail names it. Looking writes nothing: the page there says it was read."""
    with reading() as work:
        go = _address(work, notifications.own(work, ref))
    return redirect(go or url_for("notices.listing"))


@blueprint.post("/notices/<ref>")
@requires("notification.own")
def read(ref: str) -> ResponseReturnValue:
    """Note that I read it, and go where it leads."""
    with acting() as work:
        go = _address(work, notifications.read(work, ref))
    if request.form.get("go") and go:
        return redirect(go)
    show, group = request.form.get("show"), request.form.get("group") or None
    return redirect(url_for("notices.listing", show=show, group=group))


@blueprint.post("/notices")
@requires("notification.own")
def read_all() -> ResponseReturnValue:
    """Note that I read everything."""
    with acting() as work:
        notifications.read_all(work)
    return redirect(url_for("notices.listing"))


@blueprint.get("/terms/recomputed/<ref>")
@requires("term.read")
def recomputed(ref: str) -> ResponseReturnValue:
    """Due days that moved with the calendar."""
    with reading() as work:
        run = recompute_pages.page(work, ref, max(0, request.args.get("after", 0, type=int)))
        return render_template("notices/recomputed.html", run=run, counts=showing.nav_counts(work))


@blueprint.get("/account/notices")
@requires("notification.own")
def choices() -> ResponseReturnValue:
    """What I am told of and where; mail and calendar."""
    return _choices()


@blueprint.post("/account/notices")
@requires("notification.own")
def choose() -> ResponseReturnValue:
    """Keep what I chose."""
    with acting() as work:
        notice_pages.choose(work, {name: request.form.get(f"to:{name}", "") for name in notice_kinds.KINDS})
        mails.set_digest(work, "digest" in request.form)
    flash(str(_("Saved.")))
    return redirect(url_for("notices.choices"))


@blueprint.post("/account/mail")
@requires("notification.own")
def mail() -> ResponseReturnValue:
    """A new address, the code that came there, or none any more."""
    act = request.form.get("act", "")
    try:
        with acting() as work:
            if act == "set":
                mails.set_address(work, request.form.get("address", ""))
            elif act == "confirm":
                mails.confirm(work, request.form.get("code", ""))
            elif act == "forget":
                mails.forget(work)
    except InvalidAnswers as refusal:
        if act == "confirm":
            with acting() as work:
                mails.note_wrong(work)
        return _choices(faults={name: str(said) for name, said in refusal.fields.items()}), 422
    except (Conflict, Throttled) as refusal:
        return _choices(refusal=refusal), status_of(refusal)
    return redirect(url_for("notices.choices", _anchor="mail"))


@blueprint.post("/account/calendar")
@requires("notification.own")
def calendar() -> ResponseReturnValue:
    """A new secret address, shown once; or none any more."""
    if request.form.get("act") == "forget":
        with acting() as work:
            calendars.forget(work)
        return redirect(url_for("notices.choices", _anchor="calendar"))
    with acting() as work:
        token = calendars.make(work, wide="wide" in request.form)
    return _choices(fresh=url_for("notices.feed", token=token, _external=True))


@blueprint.get("/calendar/<token>.ics")
@public
def feed(token: str) -> ResponseReturnValue:
    """Somebody's due days, for a calendar program that knows the secret address."""
    with acting(SCHEDULER) as work:
        asked = f"calendar:{request.remote_addr}"
        if throttle.take(work.session, asked, READS_AN_HOUR, timedelta(hours=1)) is not None:
            raise TooManyRequests
        made = calendars.feed(work, token)
        if made is not None:
            calendars.note_read(work, token)
            throttle.give_back(work.session, asked)
            bucket = f"calendar:{made.digest[:8]}:{request.remote_addr}"
            if throttle.take(work.session, bucket, READS_AN_HOUR, timedelta(hours=1)) is not None:
                raise TooManyRequests
    if made is None:
        raise NoSuchPage
    answer = Response(calendars.written(made), mimetype="text/calendar")
    answer.set_etag(made.digest)
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.headers["Content-Disposition"] = 'inline; filename="hedui.ics"'
    return answer.make_conditional(request)


def _choices(faults: dict[str, str] | None = None, refusal: HouseError | None = None, fresh: str = "") -> str:
    with reading() as work:
        found = mails.address_of(work, work.actor.person())
        row, address = found if found is not None else (None, "")
        waits = row is not None and row.code_hash is not None and (row.code_until or machine_now()) > machine_now()
        return render_template(
            "notices/choices.html", kinds=notice_pages.choices(work), groups=notice_kinds.GROUPS,
            sends=bool(work.home.settings.mail_host), row=row, address=address, waits=waits, feed=calendars.mine(work),
            fresh=fresh, faults=faults or {}, refusal=refusal, sent=request.form, counts=showing.nav_counts(work),
        )  # fmt: skip


def _pages(work: Work) -> set[str]:
    """Kinds of targets that have a page here which the actor's roles may open."""
    views = current_app.view_functions
    permits = {kind: permit_of(views.get(endpoint)) for kind, endpoint in PAGES.items()}
    return {kind for kind, permit in permits.items() if permit is not None and may(work.actor, permit.action)}


def _address(work: Work, notice: Notification) -> str:
    leads, target = notice_pages.target_of(work, notice)
    if leads not in _pages(work):
        return ""
    about: dict[str, Any] = {SHOWN.get(leads, "ref"): target}
    return url_for(PAGES[leads], **about)
