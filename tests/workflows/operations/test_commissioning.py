"""From intake to an accepted commission through the steps that the diagram calls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import func, select

from domain.assistance.determinations import Determination
from domain.cases import Case
from domain.errors import Conflict, InvalidAnswers, NotFound, OperationFailed
from domain.parties import households
from domain.verification import commissions, declarations
from domain.verification.acceptances import CHECKS
from domain.work import Work
from tests.domain.office import DAY_BEFORE, NOW, TODAY, Desk, account, case_of, household, idno, paper, people
from workflows import registry
from workflows.registry import Call, TaskAnswers


def step(work: Work, case: Case, name: str, **said: tuple[str, Mapping[str, Any]]) -> Mapping[str, Any]:
    """Carry out an operation; `said` is what each step's person (login) answered."""

    def answers(step_id: str) -> TaskAnswers:
        if step_id not in said:
            raise OperationFailed("nobody answered yet")
        login, values = said[step_id]
        return TaskAnswers(values, account(work, login), NOW, "T")

    call = Call(work, case, name, None, {}, {}, answers)
    result: Mapping[str, Any] = registry.get(name).run(call)
    return result


def signed(work: Work, case: Case, person: str, **other: object) -> dict[str, object]:
    row = {
        "person": person,
        "signed": "YES",
        "signed_on": DAY_BEFORE.isoformat(),
        "signer": "SELF",
        "guardian": None,
        "scope": "NATIONWIDE",
        "until_rule": "WHILE_RECEIVING",
        "valid_until": None,
        "scan": [paper(work, case).ref],
    }
    return {**row, **other}


CHECKED = dict.fromkeys(CHECKS, "PASS")
WANTED = {"purpose": "VERIFY", "categories": ["DEPOSIT"], "basis": "本民发〔2017〕47号"}


def test_a_declaration_is_kept_as_the_form_gives_it(desk: Desk) -> None:
    with desk.acting("town") as work:
        family = household(work, "甲某")
        case = case_of(work, family)
        person = people(work, family)[0].ref
        row = {"person": person, "WAGE": "900.00", "VEHICLE": "1.0", "BIZ": True, "DEPOSIT": None, "other": ""}
        values = {"applied_on": TODAY.isoformat(), "members": [row], "debts": "", "scan": [paper(work, case).ref]}
        step(work, case, "declaration.record", intake=("town", values))

        assert declarations.latest(work, family) == {
            (person, "WAGE"): {"amount": "900.00"},
            (person, "VEHICLE"): {"count": 1},
            (person, "BIZ"): {"count": 1},
        }


@pytest.mark.clause("BX-13")
def test_authorisations_are_counted_and_a_fault_names_its_row(both: Desk) -> None:
    with both.acting("town") as work:
        family = household(work, "甲某")
        case = case_of(work, family)
        ward = households.add_person(work, family, name="乙某", idno=idno(), relation="子", capacity="NONE")
        guardian = households.add_guardian(work, ward, name="甲某", idno=idno(), relation="父母")
        first = people(work, family)[0]
        rows = [signed(work, case, first.ref), {"person": ward.ref, "signed": "REFUSES"}]
        assert step(work, case, "authorisation.record", authorise=("town", {"members": rows})) == {
            "missing": 1,
            "refused": 1,
        }

        by_guardian = signed(work, case, ward.ref, signer="GUARDIAN", guardian=guardian.ref)
        with pytest.raises(InvalidAnswers) as caught:
            step(work, case, "authorisation.record", authorise=("town", {"members": [by_guardian]}))
        assert set(caught.value.fields) == {"members-0-scan"}

        by_guardian["scan"] = [paper(work, case).ref, paper(work, case).ref]
        done = step(work, case, "authorisation.record", authorise=("town", {"members": [by_guardian]}))
        assert done == {"missing": 0, "refused": 0}
        assert step(work, case, "authorisation.inventory") == {"missing": 0}


def test_another_cases_file_is_not_taken_for_a_scan(desk: Desk) -> None:
    with desk.acting("town") as work:
        family = household(work, "甲某")
        case, other = case_of(work, family), case_of(work, household(work))
        row = signed(work, case, people(work, family)[0].ref, scan=[paper(work, other).ref])
        with pytest.raises(NotFound):
            step(work, case, "authorisation.record", authorise=("town", {"members": [row]}))


@pytest.mark.clause("BX-12")
@pytest.mark.clause("BX-17")
def test_a_commission_goes_from_the_letter_to_refusal_correction_and_acceptance(both: Desk) -> None:
    with both.acting("head") as work:
        family = household(work, "甲某")
        case = case_of(work, family)
        rows = [signed(work, case, person.ref) for person in people(work, family)]
        step(work, case, "authorisation.record", authorise=("town", {"members": rows}))
        letter = {"signed_on": TODAY.isoformat(), "letter": [paper(work, case).ref], "confirm": True}
        asked: dict[str, tuple[str, Mapping[str, Any]]] = {
            "commission": ("clerk", WANTED),
            "sign_commission": ("head", letter),
        }

        unsigned = {**asked, "sign_commission": ("head", {**letter, "letter": []})}
        with pytest.raises(Conflict) as caught:
            step(work, case, "commission.issue", **unsigned)
        assert caught.value.clause == "BX-12"

        first = step(work, case, "commission.issue", **asked)
        assert step(work, case, "commission.issue", **asked) == first, "issued at the command line already"
        no = {**CHECKED, "letter": "FAIL", "outcome": "REFUSE", "reason_code": "LETTER", "reason": "缺公章"}
        assert step(work, case, "acceptance.decide", acceptance=("checker", no)) == {"outcome": "REFUSE"}
        second = step(work, case, "commission.issue", **asked)
        yes = {**CHECKED, "outcome": "ACCEPT", "reason_code": None, "reason": ""}
        assert step(work, case, "acceptance.decide", acceptance=("checker", yes)) == {"outcome": "ACCEPT"}

        assert (first["attempt"], second["attempt"]) == (1, 2)
        assert commissions.must_be_accepted(work, case).ref == second["ref"]


@pytest.mark.clause("BX-14")
def test_non_cooperation_becomes_a_determination_only_when_the_department_refuses(desk: Desk) -> None:
    with desk.acting("head") as work:
        case = case_of(work, household(work))
        said = {"requests": "3月1日上门\n3月5日电话", "choice": "CONTINUE", "reason": "再等"}
        assert step(work, case, "non_cooperation.decide", non_cooperation=("head", said)) == {"choice": "CONTINUE"}
        assert work.session.scalar(select(func.count(Determination.id))) == 0

        said["choice"] = "REFUSE"
        step(work, case, "non_cooperation.decide", non_cooperation=("head", said))
        assert work.session.scalars(select(Determination.outcome)).all() == ["REFUSE_INTAKE"]
