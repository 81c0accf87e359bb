"""Open tasks of an area, for whoever oversees its offices: figures by office, and the list; neither case nor name."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from domain.errors import NotFound
from domain.text import gettext as _
from tasks import life
from tasks.finding import filters
from tasks.supervision import overseen
from webapp import showing
from webapp.acting import reading
from webapp.permits import requires

blueprint = Blueprint("overseeing", __name__)


@blueprint.get("/oversight/tasks")
@requires("task.oversee")
def tasks() -> ResponseReturnValue:
    """The open tasks of one's own area, or of an office in it."""
    tab = request.args.get("tab", "all")
    tab = tab if tab in filters.TABS else "all"
    with reading() as work:
        area = overseen.area_of(work, request.args.get("office", "")[:26])
        if area is None:
            raise NotFound(_("There is no such office in your area."))
        counted = overseen.area_counts(work, area.id)
        return render_template(
            "overseeing/tasks.html", area=area, own=area.id == work.actor.org_id, counted=counted, tab=tab,
            offices=overseen.office_counts(work, area.id), states=life.STATES, now=work.now,
            page=overseen.open_tasks(work, area.id, counted, tab=tab, page=request.args.get("page", 1, type=int)),
            titles=showing.titles(work, processes=True),
        )  # fmt: skip
