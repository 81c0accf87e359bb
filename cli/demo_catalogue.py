"""The demonstration's catalogue: agreements and versions, each written by one person and published by another."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import select

from domain.home import Home
from domain.parties import organisations, staff
from domain.parties.organisations import Organisation
from domain.verification import agreements, catalogue, catalogue_gaps, catalogue_quotas, catalogue_versions
from domain.verification.agreements import Agreed
from domain.verification.catalogue_rows import API, FILE, MEDIUM, MONTH, QUEUE, Resource
from domain.verification.catalogue_versions import Content
from domain.verification.catalogue_windows import QUARTERS, Window
from domain.work import OPERATOR, Work, unit_of_work
from domain.workdays import add_months
from sources.categories import CATEGORIES

WRITER, PUBLISHER = "catalogue", "catalogue2"
CHANNELS = {"DEPOSIT": API, "HOUSE": MEDIUM}
PURPOSE = "社会救助家庭经济状况核对"
SOON = 20  # days until the agreement ends whose bar is to show it


def fill(home: Home, agency: str) -> None:
    """Agreements with every office, a published version an item, a draft that lacks its limit, a quota and a note."""
    with unit_of_work(home, OPERATOR) as work:
        writer, publisher = (staff.actor(work, staff.by_login(work, login)) for login in (WRITER, PUBLISHER))
        ours = organisations.by_code(work, agency)
        written, published = work.acting(writer), work.acting(publisher)
        for resource in list(work.session.scalars(select(Resource).order_by(Resource.id))):
            _publish(written, published, resource)
        _draft(written, organisations.by_code(work, "labour"))
        deposits = work.session.scalars(select(Resource).where(Resource.category == "DEPOSIT").limit(1)).one()
        catalogue_quotas.grant(written, deposits, ours, period=MONTH, most=20_000, over=QUEUE, valid_from=work.today)
        catalogue_gaps.note(written, ours, "HPF", "已与住房公积金管理中心商定数据项，待签协议。")


def _publish(written: Work, published: Work, resource: Resource) -> None:
    supplier = written.session.get_one(Organisation, resource.supplier_id)
    channel = CHANNELS.get(resource.category, FILE)
    first, until = _year(written.today), add_months(written.today, 36)
    number = f"本民协〔{written.today.year}〕{resource.id}号"
    said = Agreed(number, channel, (resource.category,), first, until, f"{supplier.name}信息科")
    agreement = agreements.register(written, supplier, said)
    before = catalogue_versions.live(written, resource)
    fields = tuple(one.code for one in CATEGORIES[resource.category].fields)
    limit = before.limit if before is not None else None
    content = Content(PURPOSE, channel, fields, limit, (), agreement)
    catalogue_versions.publish(published, catalogue_versions.write(written, resource, content))


def _draft(written: Work, supplier: Organisation) -> None:
    """A quarterly item that lacks its limit, under an agreement that ends soon."""
    until = written.today + timedelta(days=SOON)
    number = f"本民协〔{written.today.year - 1}〕9号"
    said = Agreed(number, FILE, ("UIRCV",), _year(written.today, 1), until, f"{supplier.name}失业保险科")
    agreement = agreements.register(written, supplier, said)
    item = catalogue.enter(written, supplier, "UIRCV")
    fields = ("start", "end", "amount")
    catalogue_versions.write(written, item, Content(PURPOSE, FILE, fields, None, (Window(1, 7, QUARTERS),), agreement))


def _year(today: date, before: int = 0) -> date:
    return date(today.year - before, 1, 1)
