"""What the builders of papers share: names, offices, programmes and the Chinese of codes, whoever prints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from documents.forms import Fact
from domain import identity, rules
from domain.cases import Case
from domain.clock import OFFICE_ZONE
from domain.parties import households
from domain.parties.accounts import Account
from domain.parties.households import Household, Person
from domain.parties.organisations import Organisation
from domain.work import Work

SCOPES = {"NATIONWIDE": "全国", "PROVINCE": "本省", "CITY": "本市", "COUNTY": "本县（区）"}
UNTIL = {
    "ON_DECISION_NEGATIVE": "自签署之日起，至作出不予批准决定之日止；获得批准的，在享受救助期间有效",
    "WHILE_RECEIVING": "自签署之日起，在申请和享受社会救助期间有效",
    "FIXED_TERM": "自签署之日起，至固定期限届满之日止",
}
PURPOSES = {"VERIFY": "家庭经济状况核对", "SURVIVAL": "生存认证", "IDENTITY": "身份认证", "STANDING": "长期比对"}
KINDS = {"NEW": "新申请核对", "DYNAMIC": "在享对象动态核对", "BATCH_LETTER": "在享对象批量核对", "RESCUE": "先行救助"}


@dataclass(frozen=True, slots=True)
class Family:
    """The household of a case as papers name it (S3): its row, its members, the applicant's name."""

    household: Household
    members: Sequence[Person]
    head: str = field(repr=False)


def family(work: Work, case: Case) -> Family:
    """The household of a case. Raises NotFound for a letter of a campaign, which has none."""
    household = households.by_id(work, case.household_id)
    members = households.members(work, household)
    return Family(household, members, households.name_of(work, members[0]) if members else "")


def about(work: Work, case: Case, own: Family) -> tuple[Fact, ...]:
    """Who it is and how they are reached, as the head of a paper."""
    return (
        Fact(label="户主", value=own.head),
        Fact(label="联系电话", value=households.phone_of(work, own.household)),
        Fact(label="救助项目", value=programme(work, case)),
        Fact(label="案件编号", value=case.number),
        Fact(label="家庭住址", value=households.address_of(work, own.household), wide=True),
    )


def masked(work: Work, person: Person) -> str:
    """The identity number, the day of birth hidden."""
    return identity.mask(households.number_of(work, person))


def programme(work: Work, case: Case) -> str:
    """What help it is about."""
    return rules.current(work).programmes[case.programme].zh


def category(work: Work, code: str) -> str:
    """The Chinese name of a category; a code the catalogue lost prints as it is."""
    known = rules.current(work).categories.get(code)
    return known.zh if known is not None else code


def office(work: Work, org_id: int) -> str:
    """The name of an office."""
    return work.session.get_one(Organisation, org_id).name


def person_of_staff(work: Work, account_id: int | None) -> str:
    """The name of somebody of the staff, "" for the system."""
    return work.session.get_one(Account, account_id).name if account_id is not None else ""


def day(moment: object) -> str:
    """A day or the office's day of an instant, e.g. 2027-06-04; "" for none."""
    if moment is None:
        return ""
    zoned = moment.astimezone(OFFICE_ZONE) if hasattr(moment, "astimezone") else moment
    return str(zoned)[:10]
