"""What is planted through the verbs is found nowhere in the raw: database, files, logs (walls 11)."""

from __future__ import annotations

import logging
import subprocess
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select

from domain import files, identity
from domain.parties import households
from domain.parties.households import Household, Person
from domain.verification import deliveries, handovers, intake, supply, withdrawals
from domain.verification.deliveries import Resource
from domain.work import OPERATOR, unit_of_work
from sources.demo import demo_files
from tasks.desk import comments, desk
from tests.homes import START, Office
from tests.infrastructure.databases import binaries
from tests.journeys import steps
from tests.journeys.playing import Story, new_case

COMMENT, DRAFT, ANSWER, REASON = "批注金丝雀一号", "草稿金丝雀二号", "答卷金丝雀三号", "理由金丝雀四号"
BALANCE, FILE = "73519.42", "授权书金丝雀五号.pdf"
PLANTED: tuple[str, ...] = (COMMENT, DRAFT, ANSWER, REASON, BALANCE, FILE.removesuffix(".pdf"))
SUPPLIED = "departments/bank.csv"
# of a file handed in: who is in it, who carried it, why it was withdrawn and why a period brought nothing
HOLDER, CARRIER, WITHDRAWN, NIL = "户名金丝雀六号", "移交金丝雀七号", "撤回金丝雀八号", "无数据金丝雀九号"
PLANTED = (*PLANTED, HOLDER, CARRIER, WITHDRAWN, NIL)


def forms(text: str) -> set[bytes]:
    """How a value would look if it lay open: as text, as JSON, as bytes in a dump, as departments write it."""
    plain = text.encode()
    return {plain, plain.hex().encode(), text.encode("gb18030"), text.encode("utf-16-le"),
            text.encode("ascii", "backslashreplace")}  # fmt: skip


def people(office: Office) -> list[str]:
    """Names of three letters and more, numbers and addresses of everybody in the demonstration."""
    found: list[str] = []
    with unit_of_work(office.home, OPERATOR, write=False) as work:
        for person in work.session.scalars(select(Person)):
            found += [households.name_of(work, person), households.number_of(work, person)]
        for family in work.session.scalars(select(Household)):
            found.append(households.address_of(work, family))
    return [value for value in found if len(value) >= 3]


def balances() -> list[str]:
    """Amounts with a fraction out of the bank's file: too odd to stand anywhere by chance."""
    content = demo_files(START.date())[SUPPLIED].decode("gb18030", errors="ignore")
    cells = {cell.strip() for line in content.splitlines() for cell in line.split(",")}
    return [cell for cell in cells if len(cell) >= 7 and cell.replace(".", "", 1).isdigit() and "." in cell]


def raw(office: Office, folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every byte that lies on the disk for this office, keys and the list of passwords aside."""
    for path in sorted(office.place.home.rglob("*")):
        if path.is_file() and "keys" not in path.parts:
            yield str(path.relative_to(office.place.home)), path.read_bytes()
    if office.place.kind == "postgresql":
        dump = folder / "dump.sql"
        address = office.place.url.replace("postgresql+psycopg", "postgresql")
        subprocess.run([binaries() / "pg_dump", "-d", address, "-f", dump], check=True, capture_output=True)
        yield "dump", dump.read_bytes()


def lived_in(office: Office) -> Story:
    """A case with a declaration, a comment, a draft, files, queries, doubts, a signed report and a decision."""
    story = new_case(office)
    with story.work("town") as work:
        task = desk.claim(work, story.task(work, "intake").ref)
        desk.keep_draft(work, task.ref, {"note": DRAFT})
        comments.write(work, task.ref, COMMENT)
    steps.take_in(story, DEPOSIT=BALANCE, other=ANSWER)
    story.upload("town", "authorise", FILE)
    steps.authorise(story)
    steps.commission(story)
    steps.sign_commission(story)
    steps.accept(story)
    steps.plan_queries(story, steps.ASSETS)
    steps.report(story, REASON)
    steps.decide(story, "REJECT")
    return story


def handed_in(office: Office) -> None:
    """A file looked at, accepted, on a medium, withdrawn; and a period that brought nothing."""
    number = identity.make_demonstration(date(1980, 1, 1), 17)
    content = (
        f"户名,证件号码,账户余额,查询时点\n{HOLDER},{number},{BALANCE},2027-04-30\n{HOLDER},{number},不详,2027-04-30\n"
    )
    blob = office.home.blobs.put_bytes(content.encode())
    with unit_of_work(office.home, OPERATOR) as work:
        resource = work.session.scalars(select(Resource).where(Resource.code == "bank.DEPOSIT")).one()
        supply.set_rhythm(work, resource, "MONTH")
        source = resource.id
    with unit_of_work(office.home, office.actor("bank")) as work:
        file = files.keep(work, blob, name=FILE, media_type="text/csv", purpose="delivery")
        resource = work.session.get_one(Resource, source)
        delivery = intake.hand_in(work, resource, file).ref
        supply.return_nil(work, resource, "2027-03", NIL)
    office.sweep()
    with unit_of_work(office.home, office.actor("bank")) as work:
        row = deliveries.by_ref(work, delivery)
        assert row.state == deliveries.WAITING
        intake.accept(work, row, whole=True)
        handovers.record(work, row, handovers.Handed("CD", "1", CARRIER, CARRIER, work.now))
    office.sweep()
    with unit_of_work(office.home, office.actor("bankleader")) as work:
        withdrawals.withdraw(work, deliveries.by_ref(work, delivery), WITHDRAWN)
    office.sweep()


def test_nothing_planted_lies_open_in_the_database_the_files_or_the_logs(office, caplog, tmp_path):
    caplog.set_level(logging.DEBUG)
    lived_in(office)
    handed_in(office)
    canaries = [*PLANTED, *people(office), *balances()]
    assert len(canaries) > 150
    assert len(balances()) > 20

    logs = caplog.text.encode()
    for canary in canaries:
        assert canary.encode() not in logs, f"a value of {len(canary)} letters was logged"
    found = [
        f"{canary} in {place}"
        for place, content in raw(office, tmp_path)
        for canary in canaries
        for form in forms(canary)
        if form in content
    ]
    assert found == []


def test_the_search_finds_what_does_lie_open(office, tmp_path):
    """The name of an office is no secret: the same search must see it, or it sees nothing."""
    open_name = "平山区民政局"
    assert any(form in content for _place, content in raw(office, tmp_path) for form in forms(open_name))


def test_a_failing_duty_logs_where_it_failed_and_none_of_its_values(office, caplog, monkeypatch):
    from scheduler import duties, tick
    from scheduler.duties import Duty

    def fail(_work, _item, _result):
        raise ValueError(f"could not convert string to float: {BALANCE!r}")

    monkeypatch.setitem(duties.DUTIES, "campaign.open", Duty(fail))
    office.advance("2027-06-01T00:10:00+08:00")
    assert "item.failed kind=campaign.open" in caplog.text
    assert "ValueError" in caplog.text
    assert "test_canaries.py" in caplog.text, "the place is there"
    assert BALANCE not in caplog.text
    assert tick.sweep(office.home, "test").done == 0


@pytest.mark.parametrize("url", ["sqlite://", "postgresql+psycopg://x@/x"])
def test_statements_that_fail_do_not_show_their_values(tmp_path, url):
    from domain.home import make_engine
    from domain.settings import Settings

    engine = make_engine(Settings(home=tmp_path, keys=tmp_path, database_url=url))
    assert engine.hide_parameters
    engine.dispose()
