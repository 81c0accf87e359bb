"""Several owners in one cell: no number loses its name, no name is given to another number."""

from __future__ import annotations

from datetime import date

import pytest

from domain import identity
from sources.categories import CATEGORIES
from sources.headings import find
from sources.identify import joint
from sources.identify.candidates import KnownPeople
from sources.identify.subjects import RowJudge
from sources.identify.verdicts import Verdict

ONE = identity.make_demonstration(date(1961, 10, 2), 451)
TWO = identity.make_demonstration(date(1961, 7, 24), 458)
KNOWN = KnownPeople([(ONE, "呼和·娜布其"), (TWO, "韩生洋")])
HEADINGS = ["权利人", "权利人证件号", "不动产权证书号"]
MASKED = ONE[:6] + "********" + ONE[14:]


def judged(owners: str, numbers: str) -> list[tuple[Verdict, str]]:
    """What is made of a title's owners."""
    category = CATEGORIES["HOUSE"]
    found = find([HEADINGS], category)
    assert found is not None
    people = RowJudge(found, category, KNOWN, demonstration=True).judge([owners, numbers, "证1"])
    return [(p.judged.verdict, p.judged.number) for p in people]


@pytest.mark.parametrize(
    "cell",
    [
        f"{ONE} {TWO}",
        f"{ONE},{TWO}",
        f"{ONE}，{TWO}",
        f"{ONE}、{TWO}",
        f"{ONE}\u3000/{TWO}",
        f"{ONE};{TWO}",
        f"{ONE}\n{TWO}",
        f"{ONE}和{TWO}",
        f"{ONE}|{TWO}",
        f"{ONE}+{TWO}",
        f"{ONE}{TWO}",
        f"{ONE[:14]} {ONE[14:]} {TWO}",
        f"{ONE}\u200b、{TWO}",
        f"{ONE[:6] + ONE[8:17]} {TWO}",
        f"{ONE}/{TWO}/",
    ],
)
@pytest.mark.parametrize("owners", ["呼和·娜布其,韩生洋", "呼和 娜布其 韩生洋", "呼和·娜布其/韩生洋"])
def test_both_owners_are_found_however_they_are_written(owners: str, cell: str) -> None:
    assert judged(owners, cell) == [(Verdict.MATCH, ONE), (Verdict.MATCH, TWO)]


@pytest.mark.parametrize("cell", [f"{MASKED}/{TWO}", f"{MASKED} {TWO}", f"{MASKED}{TWO}"])
def test_a_masked_owner_is_a_doubt_beside_a_match(cell: str) -> None:
    assert judged("呼和·娜布其、韩生洋", cell) == [(Verdict.DOUBT, ONE), (Verdict.MATCH, TWO)]


def test_an_owner_whose_number_is_missing_keeps_the_others_their_names() -> None:
    assert judged("呼和·娜布其、韩生洋", f"/{TWO}") == [(Verdict.DOUBT, ""), (Verdict.MATCH, TWO)]
    assert judged("呼和·娜布其、韩生洋", f"{ONE}/") == [(Verdict.MATCH, ONE), (Verdict.DOUBT, "")]


def test_exchanged_names_are_doubts() -> None:
    assert judged("韩生洋,呼和·娜布其", f"{ONE},{TWO}") == [(Verdict.DOUBT, ONE), (Verdict.DOUBT, TWO)]


def test_names_that_cannot_be_told_apart_never_count_as_absent() -> None:
    assert judged("王某等三人", f"{ONE},{TWO}") == [(Verdict.DOUBT, ONE), (Verdict.DOUBT, TWO)]


@pytest.mark.parametrize("cell", [ONE, f"{ONE[:6]} {ONE[6:]}", ONE + "43", ONE + "43B1", ONE + "7", "", "1" * 10_000])
def test_one_number_stays_one(cell: str) -> None:
    assert joint.split_numbers(cell, 1) == [cell]
