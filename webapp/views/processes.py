"""Processes: the versions in force, how many cases run on each, and proposals that wait for a second owner."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select

from domain.cases import Case
from domain.parties import permissions
from domain.parties.accounts import Account
from domain.text import gettext as _
from domain.work import Work
from webapp.acting import acting, reading
from webapp.permits import requires
from workflows import definitions
from workflows.instances import CaseState

blueprint = Blueprint("processes", __name__)


@blueprint.get("/processes")
@requires("process.read")
def listing() -> ResponseReturnValue:
    """Every process with its versions, and the open proposals."""
    with reading() as work:
        rows = definitions.versions(work)
        proposals = definitions.open_proposals(work)
        names = _names(work, [*(one.proposed_by for one in rows), *(one.approved_by for one in rows),
                              *(one.proposed_by for one in proposals)])  # fmt: skip
        return render_template(
            "processes/listing.html",
            groups=[
                (process, [one for one in rows if one.process == process])
                for process in dict.fromkeys(one.process for one in rows)
            ],
            running=_running(work),
            proposals=proposals,
            names=names,
            approves=permissions.may(work.actor, "process.approve", permissions.SECOND),
            me=work.actor.user_id,
        )


@blueprint.post("/processes/proposals/<ref>/approve")
@requires("process.approve")
def approve(ref: str) -> ResponseReturnValue:
    """Put a proposal in force; whoever proposed it cannot."""
    with acting() as work:
        made = definitions.approve(work, ref)
    flash(str(_("Version %(number)s is in force for new cases.", number=made.number)))
    return redirect(url_for("processes.listing"))


def _running(work: Work) -> dict[int, int]:
    rows = work.session.execute(
        select(CaseState.definition_id, func.count())
        .join(Case, Case.id == CaseState.case_id)
        .where(Case.state.in_(("OPEN", "PARKED")))
        .group_by(CaseState.definition_id)
    )
    return {key: count for key, count in rows}  # noqa: C416  dict() takes a Result for a mapping


def _names(work: Work, keys: list[int | None]) -> dict[int, str]:
    wanted = {key for key in keys if key is not None}
    rows = work.session.execute(select(Account.id, Account.name).where(Account.id.in_(wanted)))
    return {key: name for key, name in rows}  # noqa: C416  as above
