"""Request packages: an agency hands out whom it asks about, the department hands back what it found (CK-11)."""

from __future__ import annotations

from io import BytesIO
from typing import BinaryIO, cast

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from domain import files
from domain.errors import Conflict, HouseError, InvalidAnswers, NotFound
from domain.files import StoredFile
from domain.parties import permissions
from domain.parties.organisations import Organisation
from domain.text import Text
from domain.text import gettext as _
from domain.verification import catalogue, package_views, packages
from domain.verification.deliveries import Delivery, Resource
from domain.verification.package_rows import (
    ANSWERED,
    CANCELLED,
    CSV_GB18030,
    CSV_UTF8,
    EXPIRED,
    OUT,
    UNANSWERED,
    XLSX,
    RequestPackage,
)
from domain.work import Work
from webapp import showing
from webapp.acting import acting, reading
from webapp.auth import house
from webapp.i18n import english
from webapp.permits import requires
from workflows.operations import packages as operations

blueprint = Blueprint("packages", __name__)
STATES: dict[str, tuple[str, Text]] = {
    OUT: ("soon", _("waiting for the answer")),
    ANSWERED: ("ok", _("answered")),
    EXPIRED: ("overdue", _("time is over")),
    CANCELLED: ("line", _("called back")),
}
LAYOUTS: dict[str, Text] = {
    XLSX: _("XLSX, for spreadsheet programs"),
    CSV_GB18030: _("CSV in GB18030, for older systems"),
    CSV_UTF8: _("CSV in UTF-8"),
}
PERSONS: dict[str, Text] = {
    "ASKED": _("no answer yet"),
    "ERROR": _("the department could not look it up"),
    UNANSWERED: _("not answered in time"),
}
MOST, PEOPLE = 50, 100
PLACES: dict[str, Text] = {"file": _("File"), "reason": _("Call the package back")}
FILES = (".csv", ".txt", ".xlsx", ".xls", ".ods", ".zip")


@blueprint.get("/packages")
@requires("package.read")
def listing() -> ResponseReturnValue:
    """The packages of the office, and for an agency the sources that persons wait for."""
    with reading() as work:
        return _listing(work)


@blueprint.post("/packages")
@requires("package.prepare")
def prepare() -> ResponseReturnValue:
    """Put a package together; its file is written after that."""
    try:
        with acting() as work:
            resource = catalogue.by_ref(work, request.form.get("resource", ""))
            ref = operations.prepare(work, resource, request.form.get("layout", XLSX)).ref
    except (Conflict, InvalidAnswers) as refusal:
        with reading() as work:
            return _listing(work, fault=refusal.message), 422
    operations.write_out(house().home, ref)
    flash(str(_("The package is ready for the department.")))
    return redirect(url_for("packages.package", ref=ref))


@blueprint.get("/packages/<ref>")
@requires("package.read")
def package(ref: str) -> ResponseReturnValue:
    """One package: what became of it, and who is without an answer."""
    with reading() as work:
        return _page(work, _one(work, ref))


@blueprint.post("/packages/<ref>/file")
@requires("package.download")
def download(ref: str) -> ResponseReturnValue:
    """The file with names and numbers; who took it is kept."""
    with acting() as work:
        packages.downloaded(work, _one(work, ref))
    operations.write_out(house().home, ref)
    with reading() as work:
        found = packages.by_ref(work, ref)
        file = work.session.get_one(StoredFile, found.file_id)
        return send_file(
            BytesIO(files.content(work, file).read()), mimetype=file.media_type, as_attachment=True,
            download_name=files.name_of(work, file), max_age=0,
        )  # fmt: skip


@blueprint.post("/packages/<ref>/cancel")
@requires("package.prepare")
def cancel(ref: str) -> ResponseReturnValue:
    """Call a package back."""
    try:
        with acting() as work:
            packages.cancel(work, _one(work, ref), request.form.get("reason", ""))
    except (Conflict, InvalidAnswers) as refusal:
        return _again(ref, "reason", refusal)
    flash(str(_("The package is called back.")))
    return redirect(url_for("packages.package", ref=ref))


@blueprint.post("/packages/<ref>/answer")
@requires("package.answer", uploads=True)
def answer(ref: str) -> ResponseReturnValue:
    """Take the result package in; reading it is planned."""
    sent = request.files.get("file")
    if sent is None or not sent.filename or not sent.filename.lower().endswith(FILES):
        return _again(ref, "file", InvalidAnswers({"file": _("Choose a CSV, XLSX, XLS, ODS or ZIP file.")}))
    with reading() as work:
        _one(work, ref)
    blob = house().home.blobs.put(cast(BinaryIO, sent.stream), limit=house().settings.upload_limit)
    try:
        with acting() as work:
            kept = files.keep(
                work, blob, name=sent.filename[:200], media_type="application/octet-stream", purpose="delivery"
            )
            made = packages.receive(work, _one(work, ref), kept).ref
    except Conflict as refusal:
        return _again(ref, "file", refusal)
    flash(str(_("The file was handed in and is being read.")))
    return redirect(url_for("deliveries.delivery", ref=made))


def _again(ref: str, name: str, refusal: HouseError) -> ResponseReturnValue:
    sentence = str(refusal.fields[name]) if isinstance(refusal, InvalidAnswers) else refusal.message
    with reading() as work:
        return _page(work, _one(work, ref), {name: sentence}), 422


def _one(work: Work, ref: str) -> RequestPackage:
    """A package of the actor's office. Raises NotFound for any other."""
    found = packages.by_ref(work, ref)
    if not permissions.may(work.actor, "package.read", packages.relation_to(work, found)):
        raise NotFound(_("There is no such request package."))
    return found


def _listing(work: Work, fault: str = "") -> str:
    asks = permissions.may(work.actor, "package.prepare")
    waiting = packages.resources_waiting(work) if asks else []
    after = request.args.get("after", "")
    rows = packages.of_office(work, MOST + 1, after)
    shown = rows[:MOST]
    names = _offices(work, [resource.supplier_id for resource, _n in waiting] + [r.supplier_id for _p, r in shown])
    names |= _offices(work, [one.agency_id for one, _resource in shown])
    return render_template(
        "packages/listing.html", rows=shown, more=len(rows) > MOST, after=after, waiting=waiting, names=names,
        states=STATES, layouts=LAYOUTS, fault=fault, sent=request.form, titles=showing.titles(work), asks=asks,
        now=work.now, counts=showing.nav_counts(work),
    )  # fmt: skip


def _page(work: Work, found: RequestPackage, faults: dict[str, str] | None = None) -> str:
    resource = work.session.get_one(Resource, found.resource_id)
    after = request.args.get("after", 0, type=int)
    left = package_views.left(work, found, after=after, most=PEOPLE + 1)
    wanted = select(Delivery).where(Delivery.package_id == found.id).order_by(Delivery.id.desc())
    return render_template(
        "packages/package.html", row=found, resource=resource, asks=work.actor.org_id == found.agency_id,
        left=left[:PEOPLE], more=len(left) > PEOPLE, after=after, unanswered=packages.unanswered(work, found),
        taken=package_views.taken(work, found), persons=PERSONS, states=STATES, places=PLACES, sent=request.form,
        names=_offices(work, [found.agency_id, resource.supplier_id]), titles=showing.titles(work),
        answers=work.session.scalars(wanted).all(), faults=faults or {}, reason=packages.reason_of(work, found),
        limit=house().settings.upload_limit, over=found.state == OUT and found.due_at <= work.now, layouts=LAYOUTS,
        now=work.now, counts=showing.nav_counts(work),
    )  # fmt: skip


def _offices(work: Work, keys: list[int]) -> dict[int, str]:
    name = Organisation.name_en if english() else Organisation.name
    wanted = select(Organisation.id, name).where(Organisation.id.in_(set(keys)))
    return {key: title for key, title in work.session.execute(wanted)}  # noqa: C416  dict() takes a Result for a mapping
