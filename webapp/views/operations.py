"""Running the office: processes, what is due, what failed and waits, backups, the journal, doctor's findings.

An operator sees that a case's step failed and where, and nothing of the case.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from domain.heartbeats import WEB, WORKER
from domain.home import REAL
from domain.parties.permissions import may
from domain.text import Text
from domain.text import gettext as _
from domain.version import VERSION
from domain.work import Work
from tasks import incidents
from tasks.health import answering, checks, operations
from tasks.health.machine_checks import OK, PROBLEM
from tasks.health.operations import Overview
from webapp import failure_words
from webapp.acting import acting, reading
from webapp.permits import requires
from webapp.showing import short_time
from workflows import catching_up

blueprint = Blueprint("operations", __name__, url_prefix="/operations")

PROCESSES: dict[str, Text] = {WEB: _("web"), WORKER: _("worker")}


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure above the tables: state "" or "overdue" or "ok" colours it."""

    title: Text
    figure: Text | str
    about: Text | str
    state: str = ""


@blueprint.get("")
@requires("operations.read")
def page() -> ResponseReturnValue:
    """The whole page; its figures renew themselves, but for the day's answer times."""
    with reading() as work:
        return render_template(
            "operations/page.html", answering=answering.answering(work), shown=answering.SHOWN, slow=answering.SLOW,
            **_figures(work),
        )  # fmt: skip


@blueprint.get("/figures")
@requires("operations.read", watching=True)
def figures() -> ResponseReturnValue:
    """What the page asks for every half minute."""
    with reading() as work:
        return render_template("operations/figures.html", **_figures(work))


@blueprint.post("/incidents/<ref>/retry")
@requires("operations.retry")
def retry_incident(ref: str) -> ResponseReturnValue:
    """Try what failed behind an incident at once."""
    with acting() as work:
        count = incidents.retry(work, ref)
    if count:
        flash(str(_("It is tried again now; if it fails once more, it stands here again.")))
    else:
        flash(str(_("Nothing was left to try; the incident is closed.")))
    return redirect(url_for("incidents.listing" if request.form.get("from") == "incident" else "operations.page"))


@blueprint.post("/items/retry")
@requires("operations.retry")
def retry_item() -> ResponseReturnValue:
    """Try one item that failed at once; its key is in the form."""
    with acting() as work:
        incidents.retry_item(work, request.form.get("key", "")[:160])
    flash(str(_("It is tried again now; if it fails once more, it stands here again.")))
    return redirect(url_for("operations.page"))


def _figures(work: Work) -> dict[str, Any]:
    facts = operations.overview(work)
    found = checks.of_office(work, facts)
    bad = [one for one in found if one.state != OK]
    return {
        "facts": facts,
        "tiles": _tiles(facts),
        "checks": sorted(bad, key=lambda one: one.state != PROBLEM),
        "good": len(found) - len(bad),
        "in_force": operations.in_force(work),
        "version": VERSION,
        "kinds": failure_words.KINDS,
        "names": failure_words.names(work),
        "cause": failure_words.cause,
        "process_kinds": PROCESSES,
        "age": checks.age,
        "size": checks.size,
        "age_of": lambda seconds: checks.age(timedelta(seconds=seconds)),
        "catch_up": catching_up.TITLES,
        "retries": may(work.actor, "operations.retry"),
        "real_office": facts.kind == REAL,
    }


def _tiles(facts: Overview) -> list[Tile]:
    due, lag = facts.agenda, facts.agenda.lag(facts.now)
    late = _("oldest %(span)s", span=checks.age(lag))
    soon = _("due within 24 hours: %(count)s", count=due.next_day)
    parked = _("wait to be tried again") if due.parked else _("nothing was given up")
    alive = sum(one.alive for one in facts.processes)
    workers = (
        _("workers: %(count)s", count=len(facts.workers)) if facts.workers else _("no worker: nothing due is done")
    )
    return [
        Tile(_("Open incidents"), str(facts.incident_count), _since(facts.first_incident), _red(facts.incident_count)),
        Tile(_("Late items"), str(due.late), late if due.late else soon, _red(lag > checks.LATE_ITEMS)),
        Tile(_("Parked items"), str(due.parked), parked, _red(due.parked)),
        _waiting(facts),
        Tile(_("Processes at work"), str(alive), workers, _red(not facts.workers)),
        _proved(facts),
    ]


def _waiting(facts: Overview) -> Tile:
    oldest = min((one.oldest for one in facts.outbox), default=None)
    about = _("oldest %(span)s", span=checks.age(facts.now - oldest)) if oldest is not None else _("none")
    return Tile(_("Messages waiting"), str(sum(one.waiting for one in facts.outbox)), about)


def _proved(facts: Overview) -> Tile:
    proof = facts.upkeep.good_proof
    if proof is None:
        return Tile(_("Last proved restore"), _("never"), _("restore a backup once to prove it"))
    span = facts.real - (proof.ended_at or proof.started_at)
    return Tile(
        _("Last proved restore"),
        _("%(span)s ago", span=checks.age(span)),
        _("rows compared: %(count)s", count=f"{proof.rows:,}"),
        "ok" if span <= checks.PROOF_AGE else "overdue",
    )


def _red(bad: object) -> str:
    return "overdue" if bad else ""


def _since(moment: datetime | None) -> Text:
    return _("since %(moment)s", moment=short_time(moment)) if moment is not None else _("none")
