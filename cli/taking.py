"""A file of a department taken in at the machine: handed in, looked at, accepted; by the same verbs as the pages."""

from __future__ import annotations

from datetime import date
from typing import BinaryIO

from domain import files
from domain.errors import HouseError
from domain.home import Home
from domain.verification import deliveries, handovers, intake, source_codes
from domain.verification.deliveries import WAITING
from domain.verification.handovers import Handed
from domain.work import OPERATOR, Actor, Work, unit_of_work
from workflows.operations import intake as looking


def take(
    home: Home, source: str, name: str, file: BinaryIO, media: str, *, period: str = "", day: date | None = None,
    whole: bool = False, handed: Handed | None = None,
) -> str:  # fmt: skip
    """Hand in a file for a source of the catalogue, look at it, and accept it where it can be used; its delivery's ref.

    Each step is a transaction of its own; none holds during the reading. A file that is refused whole is a delivery
    that says so; one that can be used and is not accepted is taken back, so that it may be loaded again. handed: the
    medium it came on (BX-30).

    Raises:
        As `intake.hand_in` and `intake.accept`; NotFound: no such source.
    """
    blob = home.blobs.put(file)
    with unit_of_work(home, OPERATOR) as work:
        acting = _of_office(work, source)
        kept = files.keep(acting, blob, name=name, media_type=media, purpose="delivery")
        resource = source_codes.resolve(work, source, work.today)
        ref = intake.hand_in(acting, resource, kept, period=period, data_date=day).ref
    with unit_of_work(home, OPERATOR, write=False) as work:
        plan = looking.gather(work, ref)
    looked = looking.perform(home, plan)
    with unit_of_work(home, OPERATOR) as work:
        looking.record(work, ref, looked)
    try:
        _accept(home, source, ref, whole=whole, handed=handed)
    except HouseError:
        with unit_of_work(home, OPERATOR) as work:
            intake.call_back(_of_office(work, source), deliveries.by_ref(work, ref))
        raise
    return ref


def _accept(home: Home, source: str, ref: str, *, whole: bool, handed: Handed | None) -> None:
    with unit_of_work(home, OPERATOR) as work:
        delivery = deliveries.by_ref(work, ref)
        if delivery.state != WAITING:
            return
        acting = _of_office(work, source)
        if handed is not None:
            handovers.record(acting, delivery, handed)
        intake.accept(acting, delivery, whole=whole)


def _of_office(work: Work, source: str) -> Work:
    office = source_codes.resolve(work, source, work.today).supplier_id
    return work.acting(Actor(kind="operator", ref="operator", roles=OPERATOR.roles, org_id=office))
