"""The people and files of the demonstration: one account a role, households and deliveries by the real import."""

from __future__ import annotations

import io
import os
import secrets
import string
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

from sqlalchemy import select

from cli import demo_catalogue, reading, taking
from domain import files, identity
from domain.assistance.recipients import Recipient
from domain.clock import office_day
from domain.errors import Conflict
from domain.home import Home
from domain.oversight import appointing
from domain.parties import households, organisations, staff
from domain.parties.households import Household, Person
from domain.parties.passwords import Passwords
from domain.verification import catalogue, collecting, deliveries
from domain.verification.catalogue_rows import MEDIUM
from domain.verification.deliveries import Resource
from domain.verification.handovers import Handed
from domain.work import OPERATOR, Work, unit_of_work
from sources import demo

UNIT = "pingshan"
CITY = "benxi"
# login, name, office code, role; two of a role where two people must differ
PEOPLE = (
    ("town", "谷雨", f"{UNIT}-gongren", "town_post"),
    ("town2", "谷清明", f"{UNIT}-nandi", "town_post"),
    ("clerk", "夏至", UNIT, "department_clerk"),
    ("head", "夏立冬", UNIT, "department_head"),
    ("finance", "夏小满", UNIT, "finance"),
    ("checker", "宋谷雨", f"{UNIT}-agency", "agency_checker"),
    ("handler", "秦白露", f"{UNIT}-agency", "agency_handler"),
    ("reviewer", "祝霜降", f"{UNIT}-agency", "agency_reviewer"),
    ("archivist", "闻大雪", f"{UNIT}-agency", "archivist"),
    ("agencyhead", "闻立春", f"{UNIT}-agency", "agency_head"),
    ("catalogue", "闻惊蛰", f"{CITY}-agency", "catalogue_admin"),
    ("catalogue2", "闻白露", f"{CITY}-agency", "catalogue_admin"),
    ("citychecker", "程春分", f"{CITY}-agency", "agency_checker"),
    ("cityhandler", "程芒种", f"{CITY}-agency", "agency_handler"),
    ("cityreviewer", "程小暑", f"{CITY}-agency", "agency_reviewer"),
    ("cityarchivist", "程大暑", f"{CITY}-agency", "archivist"),
    ("statistician", "程处暑", f"{CITY}-agency", "statistician"),
    ("bank", "钱秋分", "bank", "data_supplier"),
    ("bankleader", "钱寒露", "bank", "supplier_leader"),
    ("oversight", "方立秋", f"{CITY}-bureau", "oversight"),
    ("policy", "方小雪", f"{CITY}-bureau", "policy_admin"),
    ("owner1", "方冬至", f"{CITY}-bureau", "process_owner"),
    ("owner2", "方小寒", f"{CITY}-bureau", "process_owner"),
    ("system", "白大寒", "system", "system_admin"),
    ("security", "白雨水", "system", "security_admin"),
    ("auditor", "白立夏", "system", "auditor"),
    ("deptarchivist", "夏大暑", UNIT, "archivist"),
    # each office that supplies files named its two people before the first one (CK-16)
    ("police", "关谷雨", "traffic-police", "data_supplier"),
    ("policeleader", "关立夏", "traffic-police", "supplier_leader"),
    ("land", "田小满", "land", "data_supplier"),
    ("landleader", "田芒种", "land", "supplier_leader"),
    ("labour", "劳夏至", "labour", "data_supplier"),
    ("labourleader", "劳小暑", "labour", "supplier_leader"),
    ("market", "商大暑", "market", "data_supplier"),
    ("marketleader", "商立秋", "market", "supplier_leader"),
    ("registry", "安处暑", "civil-registry", "data_supplier"),
    ("registryleader", "安白露", "civil-registry", "supplier_leader"),
)
FILES = {
    "departments/bank.csv": ("bank", "DEPOSIT"),
    "departments/vehicle.csv": ("traffic-police", "VEHICLE"),
    "departments/property.csv": ("land", "HOUSE"),
    "departments/pension.csv": ("labour", "PENRCV"),
    "departments/business.csv": ("market", "BIZ"),
    "departments/death.csv": ("civil-registry", "DEATH"),
}
PAPER = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
)
LETTERS = string.ascii_letters.replace("l", "").replace("I", "").replace("O", "") + "23456789"


def make_accounts(home: Home, passwords: Passwords | None = None) -> Path:
    """One filed account a role with a random password; the list stands in a file only its owner may read."""
    hasher = passwords or Passwords()
    chosen = {login: _password() for login, _name, _office, _role in PEOPLE}
    hashes = {login: hasher.hash(password) for login, password in chosen.items()}  # slow: outside the transaction
    with unit_of_work(home, OPERATOR) as work:
        for place, (login, name, office, role) in enumerate(PEOPLE):
            born = date(1970 + place % 35, 1 + place % 12, 1 + place % 28)
            idno = identity.make_demonstration(born, 700 + place)
            account = staff.create(work, organisations.by_code(work, office), login=login, name=name, idno=idno)
            staff.file(work, account, number=f"DEMO-{place + 1}", on=work.today)
            appointing.appoint(work, account, role)
            staff.set_password(work, account, hashes[login])
    path = home.settings.home / "demo-passwords.txt"
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.writelines(f"{login:<14} {chosen[login]}   {role}\n" for login, _name, _office, role in PEOPLE)
    return path


def read_in(home: Home) -> None:
    """Households by the same import a real office uses, then the departments' files as deliveries."""
    with home.sessions() as session:
        made = demo.demo_files(office_day(home.legal_now(session)))
    declared = {name: content for name, content in made.items() if name.startswith("declared_")}
    reading.import_households(home, OPERATOR, declared, receiving=_receives)
    _enter_authorisations(home)
    for name, (office, category) in FILES.items():
        if name in made:
            _deliver(home, office, category, name.rpartition("/")[2], made[name])


def _enter_authorisations(home: Home) -> None:
    """What recipients signed earlier, entered from paper; every ninth household has still to sign anew."""
    with unit_of_work(home, OPERATOR, write=False) as work:
        found = select(Household.id).join(Recipient, Recipient.household_id == Household.id).order_by(Household.number)
        wanted = [key for place, key in enumerate(work.session.scalars(found)) if place % 9 != 8]
    scans = [home.blobs.put_bytes(PAPER) for _key in wanted]  # durable before the rows that name them
    with unit_of_work(home, OPERATOR) as work:
        for key, scan in zip(wanted, scans, strict=True):
            household = work.session.get_one(Household, key)
            paper = files.keep(
                work, scan, name="authorisation.pdf", media_type="application/pdf", purpose="authorisation"
            )
            for person in households.members(work, household):
                _enter_one(work, household, person, paper)


def _enter_one(work: Work, household: Household, person: Person, paper: files.StoredFile) -> None:
    guardian = next(iter(households.guardians(work, person)), None)
    if guardian is None and person.capacity != "FULL":
        return  # nobody is registered who could sign: the review finds it
    signed = work.today - timedelta(days=200)
    proof = paper if guardian is not None else None
    collecting.enter_from_paper(
        work, household, person, signed_on=signed, scan=paper, guardian=guardian, guardian_proof=proof
    )


def _receives(number: str) -> bool:
    """Every third household of the demonstration is a new applicant; the others are on the roll."""
    digits = "".join(letter for letter in number if letter.isdigit())
    return int(digits[-3:] or "0") % 3 != 0


def _deliver(home: Home, office: str, category: str, name: str, content: bytes) -> None:
    with unit_of_work(home, OPERATOR, write=False) as work:
        source = _resource(work, office, category).code
        on_medium = demo_catalogue.CHANNELS.get(category) == MEDIUM
        handed = Handed("USB", f"{office}-1", "田立春", "何雨水", work.now) if on_medium else None
    ref = taking.take(home, source, name, io.BytesIO(content), "text/csv", handed=handed)
    with unit_of_work(home, OPERATOR, write=False) as work:
        refusal = deliveries.by_ref(work, ref).refusal
    if refusal is not None:
        raise Conflict(refusal, delivery=ref)


def _resource(work: Work, office: str, category: str) -> Resource:
    supplier = organisations.by_code(work, office)
    return next(r for r in catalogue.of_supplier(work, supplier.id) if r.category == category)


def _password() -> str:
    return "-".join("".join(secrets.choice(LETTERS) for _place in range(5)) for _group in range(3))


def logins() -> Iterator[tuple[str, str]]:
    """Login and role of every person of the demonstration."""
    return ((login, role) for login, _name, _office, role in PEOPLE)
