"""Other services: written down by the system administrator, known by their own reference (LN-31, BX-02)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from domain import journal
from domain.base import REF_LENGTH, insert_once, new_ref
from domain.errors import Conflict, InvalidAnswers, NotFound
from domain.parties import permissions
from domain.text import gettext as _
from domain.wire.rows import FILE, HTTP, Peer
from domain.work import Work

# https; the plain protocol only within the machine, for a line that something else protects
ADDRESS = re.compile(r"https://[A-Za-z0-9.-]+(?::[0-9]{1,5})?|http://(?:127\.0\.0\.1|localhost)(?::[0-9]{1,5})?")


@dataclass(frozen=True, slots=True)
class NewPeer:
    """Another service as it is entered. address: "" for one that takes files alone. org_id: see `Peer`."""

    home_ref: str
    name: str
    suite: str
    address: str = ""
    org_id: int | None = None


def add(work: Work, said: NewPeer) -> Peer:
    """Write another service down. It can neither send nor be sent to before a device of it is approved.

    Raises NotPermitted; InvalidAnswers naming the field; Conflict when it is known already.
    """
    permissions.must(work.actor, "peer.add")
    _must_be_sound(work, said)
    ref = new_ref()
    made = insert_once(
        work.session, Peer, "home_ref", ref=ref, home_ref=said.home_ref, name=said.name.strip(), suite=said.suite,
        channel=HTTP if said.address else FILE, address=said.address, org_id=said.org_id,
        added_by=work.actor.person(), added_at=work.now,
    )  # fmt: skip
    if not made:
        raise Conflict(_("This service is registered already."))
    journal.record(work, "peer.added", ref, {"channel": HTTP if said.address else FILE})
    return by_ref(work, ref)


def close(work: Work, ref: str) -> None:
    """Nothing goes to this service or is taken from it any more. Raises NotPermitted, NotFound, Conflict."""
    permissions.must(work.actor, "peer.close")
    row = by_ref(work, ref)
    if row.closed_at is not None:
        raise Conflict(_("This service was closed already."))
    row.closed_at, row.closed_by = work.now, work.actor.person()
    journal.record(work, "peer.closed", ref)


def listed(work: Work) -> Sequence[Peer]:
    """The other services, by name. A few dozen rows; one statement. Raises NotPermitted."""
    permissions.must(work.actor, "device.read")
    return work.session.scalars(select(Peer).order_by(Peer.name, Peer.id)).all()


def by_ref(work: Work, ref: str) -> Peer:
    """Uses uq_peer_ref. Raises NotFound."""
    found = work.session.scalars(select(Peer).where(Peer.ref == ref)).first()
    if found is None:
        raise NotFound(_("There is no such service."))
    return found


def by_home(work: Work, home_ref: str) -> Peer | None:
    """The service with this reference of its own, unless it is closed. Uses uq_peer_home_ref."""
    return work.session.scalars(select(Peer).where(Peer.home_ref == home_ref, Peer.closed_at.is_(None))).first()


def named(work: Work, name: str) -> Peer:
    """The open service of this name, or with this reference. Raises NotFound, Conflict where several have the name."""
    found = work.session.scalars(
        select(Peer).where((Peer.name == name) | (Peer.home_ref == name), Peer.closed_at.is_(None)).limit(2)
    ).all()
    if len(found) > 1:
        raise Conflict(_("Several services have this name; give its reference."))
    if not found:
        raise NotFound(_("There is no such service."))
    return found[0]


def of_unit(work: Work, org_id: int) -> Peer:
    """The service of a unit that has a system of its own. Uses uq_peer_org_id.

    Raises Conflict (BX-02): without a line and without a folder nothing can be sent to it.
    """
    found = work.session.scalars(select(Peer).where(Peer.org_id == org_id, Peer.closed_at.is_(None))).first()
    if found is None:
        raise Conflict(
            _("This unit has a system of its own, and no exchange with it is registered. The system administrator"
              " registers its service and a device first."), clause="BX-02",
        )  # fmt: skip
    return found


def _must_be_sound(work: Work, said: NewPeer) -> None:
    faults: dict[str, object] = {}
    if not said.name.strip() or len(said.name) > 255:
        faults["name"] = _("Enter the name of the service.")
    if len(said.home_ref) != REF_LENGTH or not said.home_ref.isalnum() or not said.home_ref.isascii():
        faults["home_ref"] = _("This is no reference of a service: 26 letters and digits, as its own page shows them.")
    elif said.home_ref == work.home.row(work.session).home_ref:
        faults["home_ref"] = _("This is the reference of this service itself.")
    if said.address and (len(said.address) > 200 or not ADDRESS.fullmatch(said.address)):
        faults["address"] = _("Enter an address such as https://hedui.example, without a path.")
    if faults:
        raise InvalidAnswers(faults)
