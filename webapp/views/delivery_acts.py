"""What an office does with one of its deliveries: accept it, say what columns mean, take it back, read its faults."""

from __future__ import annotations

import csv
import io
import itertools
import json
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from flask import Blueprint, Response, flash, redirect, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue

from domain import files, journal
from domain.clock import OFFICE_ZONE
from domain.errors import Conflict, InvalidAnswers, NotFound
from domain.files import StoredFile
from domain.parties import permissions
from domain.text import Text
from domain.text import gettext as _
from domain.verification import handovers, intake, supply, withdrawals
from domain.verification.deliveries import Delivery, Resource
from domain.verification.handovers import Handed
from domain.work import Work
from sources.categories import READABLE
from webapp import portal
from webapp.acting import acting
from webapp.auth import house
from webapp.permits import requires

blueprint = Blueprint("delivery_acts", __name__)
# a spreadsheet program takes a cell that begins so for a formula
ALIVE = tuple("=+-@\t\r＝＋－＠")


@blueprint.post("/deliveries/<ref>/accept")
@requires("delivery.upload")
def accept(ref: str) -> ResponseReturnValue:
    """Let the file in."""
    return _do(ref, lambda work, row, _resource: intake.accept(work, row, whole=bool(request.form.get("whole"))),
               _("The file was accepted and is being read."))  # fmt: skip


@blueprint.post("/deliveries/<ref>/call-back")
@requires("delivery.upload")
def call_back(ref: str) -> ResponseReturnValue:
    """Take the file back before it counts."""
    return _do(ref, lambda work, row, _resource: intake.call_back(work, row), _("The file was taken back."))


@blueprint.post("/deliveries/<ref>/columns")
@requires("delivery.upload")
def columns(ref: str) -> ResponseReturnValue:
    """Say what the columns mean, for this file and the ones to come."""
    return _do(ref, _map, _("The columns are kept for this source, and the file is looked at again."))


@blueprint.post("/deliveries/<ref>/withdraw")
@requires("delivery.withdraw")
def withdraw(ref: str) -> ResponseReturnValue:
    """Take back a file that is in use."""
    reason = request.form.get("reason", "")
    return _do(ref, lambda work, row, _resource: withdrawals.withdraw(work, row, reason),
               _("The file was withdrawn. Those whose reports rest on it are told."))  # fmt: skip


@blueprint.post("/deliveries/<ref>/handover")
@requires("delivery.upload")
def handover(ref: str) -> ResponseReturnValue:
    """Keep that a medium changed hands."""
    return _do(ref, _hand_over, _("The hand-over is kept."))


@blueprint.get("/deliveries/<ref>/rejections")
@requires("delivery.rejections")
def rejections(ref: str) -> ResponseReturnValue:
    """Every fault by file, sheet, row and column, for the office that sent the file; that it was taken is kept."""
    with acting() as work:
        row, resource = portal.own(work, ref)
        permissions.must(work.actor, "delivery.rejections", supply.relation_to(work, resource))
        looked = intake.of(work, row)
        if looked is None or looked.rejections is None:
            raise NotFound(_("There is no list of faults."))
        name = files.name_of(work, work.session.get_one(StoredFile, row.file_id))
        journal.record(work, "delivery.rejections_taken", row.ref, {"rows": row.rejected})
        heads = [str(one) for one in (_("File"), _("Sheet"), _("Row"), _("Column"), _("What is wrong"), _("The row"))]
        words = (str(_("rejected")), str(_("kept")))
        blob = looked.rejections
    lines = _lines(house().home.blobs.frames(blob), name, words)
    streamed = stream_with_context(_table(itertools.chain([heads], lines)))
    answer = Response(streamed, mimetype="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="faults-{ref[-6:]}.csv"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def safe(cell: str) -> str:
    """The cell as text that no spreadsheet program takes for a formula."""
    return "'" + cell if cell.startswith(ALIVE) else cell


def _lines(frames: Iterator[bytes], name: str, words: tuple[str, str]) -> Iterator[list[str]]:
    rest = b""
    for frame in frames:
        *whole, rest = (rest + frame).split(b"\n")
        for line in whole:
            sheet, row, column, sentence, kept = json.loads(line)
            yield [name, str(sheet), str(row), column, str(Text.unpacked(sentence)), words[bool(kept)]]


def _table(rows: Iterable[list[str]]) -> Iterator[str]:
    yield "\ufeff"  # spreadsheet programs take the text for UTF-8 then
    for row in rows:
        out = io.StringIO()
        csv.writer(out).writerow([safe(cell) for cell in row])
        yield out.getvalue()


def _do(ref: str, act: Callable[[Work, Delivery, Resource], object], said: Text) -> ResponseReturnValue:
    try:
        with acting() as work:
            act(work, *portal.own(work, ref))
        flash(str(said))
    except InvalidAnswers as refusal:
        flash(" ".join(str(one) for one in refusal.fields.values()))
    except Conflict as refusal:
        flash(str(refusal.message))
    return redirect(url_for("deliveries.delivery", ref=ref))


def _map(work: Work, row: Delivery, resource: Resource) -> None:
    known = {one.code for one in READABLE[resource.category].fields}
    chosen = {
        int(name.removeprefix("column-")): code
        for name, code in request.form.items()
        if name.startswith("column-") and name.removeprefix("column-").isdigit() and code in known
    }
    if len(set(chosen.values())) != len(chosen):
        raise InvalidAnswers({"columns": _("Two columns cannot mean the same.")})
    intake.map_columns(work, row, request.form.get("signature", ""), chosen)


def _hand_over(work: Work, row: Delivery, _resource: Resource) -> None:
    form = request.form
    try:
        moment = datetime.fromisoformat(form.get("handed_at", "")).replace(tzinfo=OFFICE_ZONE)
    except ValueError:
        raise InvalidAnswers({"handed_at": _("Enter the day and time of the hand-over.")}) from None
    medium, serial, giver, receiver = (form.get(name, "") for name in ("medium", "serial", "giver", "receiver"))
    handovers.record(work, row, Handed(medium, serial, giver, receiver, moment))
