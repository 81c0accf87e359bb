"""Which agency a department's letter goes to, and who may write one at all (LF-18, BX-25, LN-02, LN-37)."""

from __future__ import annotations

from domain import rules
from domain.cases import BATCH_LETTER, Case
from domain.errors import Conflict, InvalidAnswers
from domain.parties import topology
from domain.parties.organisations import Organisation
from domain.policy_keys.commissions import COMMISSION_TARGET
from domain.policy_keys.entrusting import ENTRUSTING_TYPES
from domain.policy_keys.words import OTHER_UNIT
from domain.text import gettext as _
from domain.verification.commission_rows import AUTH_FREE, Commission
from domain.work import Work

SAME_LEVEL, OTHER = "same_level", "OTHER_UNIT"
LEVEL_NAMES = {
    "town": _("town level"), "county": _("county level"), "city": _("city level"), "province": _("province level"),
    "nation": _("national level"),
}  # fmt: skip


def must_be_entrusted(work: Work, case: Case, draft: Commission) -> None:
    """A letter goes to an agency of the level that the rules of its case name: mostly the department's own (LF-18),
    the city's for a review in Benxi (BX-25). A department of a place without an agency may have arranged for another
    one (`topology.entrusted`); nothing else stands in for it.

    Raises Conflict naming the level.
    """
    resolved = rules.of_case(work, case).resolve(COMMISSION_TARGET)
    said = resolved.value.get(_type(work, case, draft), SAME_LEVEL)
    department = work.session.get_one(Organisation, draft.department_id)
    agency = work.session.get_one(Organisation, draft.agency_id)
    level = department.level if said == SAME_LEVEL else said
    if agency.level == level:
        return
    if said == SAME_LEVEL and topology.entrusted(work, department) == agency:
        return
    raise Conflict(
        _("By the rules of this case the letter goes to an agency of %(level)s; “%(agency)s” is none (%(clause)s).",
          level=LEVEL_NAMES[level], agency=agency.name, clause=resolved.source_clause),
        clause="LF-18", case=case.ref,
    )  # fmt: skip


def must_have_basis(work: Work, case: Case, basis: str) -> None:
    """A department of a type that the rules do not name says which law lets it commission (LN-37).

    Raises InvalidAnswers.
    """
    if not basis.strip() and _is_other(work, case):
        sentence = _("Your office is none of those that entrust verification here: name the law it acts under (LN-37).")
        raise InvalidAnswers({"basis": sentence})


def _type(work: Work, case: Case, draft: Commission) -> str:
    if case.kind == BATCH_LETTER:
        return "DYNAMIC"
    if _is_other(work, case):
        return OTHER
    return "IDENTITY" if draft.purpose in AUTH_FREE else case.kind


def _is_other(work: Work, case: Case) -> bool:
    department = work.session.get_one(Organisation, case.department_id)
    kept = rules.of_case(work, case)
    if not kept.holds(ENTRUSTING_TYPES):  # begun under rules that named no types
        return department.office_type == OTHER_UNIT
    return department.office_type not in kept.value(ENTRUSTING_TYPES)
