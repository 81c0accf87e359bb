"""How far the reading of a delivered file is, and calling it off."""

from __future__ import annotations

from flask import Blueprint, flash, make_response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from domain.errors import Conflict, NotFound
from domain.files import StoredFile
from domain.parties import permissions
from domain.text import gettext as _
from domain.verification import deliveries, delivery_parts
from domain.verification.deliveries import LOOKING, READING, Delivery, Resource
from domain.work import Work
from webapp.acting import acting, reading
from webapp.permits import requires

blueprint = Blueprint("delivery_progress", __name__)


@blueprint.get("/deliveries/<ref>/progress")
@requires("delivery.read")
def progress(ref: str) -> ResponseReturnValue:
    """Rows looked at or read so far, for the page that shows it; when that has ended, the page is to come anew."""
    with reading() as work:
        row = _one(work, ref, "delivery.read")
        far = delivery_parts.progress(work, row)
        size = work.session.get_one(StoredFile, row.file_id).size
        may_end = permissions.may(work.actor, "delivery.upload", _relation(work, row))
        answer = make_response(
            render_template("deliveries/progress.html", row=row, far=far, size=size, may_end=may_end)
        )
    if row.state not in (LOOKING, READING):
        answer.headers["HX-Refresh"] = "true"
    return answer


@blueprint.post("/deliveries/<ref>/call-off")
@requires("delivery.upload")
def call_off(ref: str) -> ResponseReturnValue:
    """Ask that the reading ends; nothing of the file is taken in then."""
    try:
        with acting() as work:
            delivery_parts.call_off(work, _one(work, ref, "delivery.upload"))
        flash(str(_("The reading is being called off; nothing of the file will be taken in.")))
    except Conflict as refusal:
        flash(refusal.message)
    return redirect(url_for("deliveries.delivery", ref=ref))


def _relation(work: Work, row: Delivery) -> str:
    supplier = work.session.scalar(select(Resource.supplier_id).where(Resource.id == row.resource_id))
    return permissions.OWN if supplier == work.actor.org_id else permissions.NONE


def _one(work: Work, ref: str, action: str) -> Delivery:
    """A delivery the actor may see. Raises NotFound."""
    found = deliveries.by_ref(work, ref)
    if not permissions.may(work.actor, action, _relation(work, found)):
        raise NotFound(_("There is no such delivery for you."))
    return found
