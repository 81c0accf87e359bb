"""Standard reasons: an office's document adds to those of the house, words one anew, and takes none away."""

from __future__ import annotations

from datetime import date

import pytest

from domain import reasons
from domain.errors import InvalidAnswers
from domain.policy import Policies
from domain.policy_keys.desk import REASON_USES, STANDARD_REASONS
from domain.policy_kinds import StandardReason
from tests.domain.office import Desk
from tests.domain.test_policy import BENXI, POLICIES, TODAY, document


def test_every_act_offers_reasons_in_both_languages_and_the_free_one_last() -> None:
    found = POLICIES.resolve(STANDARD_REASONS, BENXI, TODAY).value
    assert set(found) == set(REASON_USES)
    for use, offered in found.items():
        assert len(offered) >= 3, use
        assert all(one.zh and one.en for one in offered)
        assert [one.told for one in offered] == [False] * (len(offered) - 1) + [True], use


def test_an_office_adds_reasons_and_words_one_anew() -> None:
    house = {"return": (StandardReason("A", "甲", "a"), StandardReason("OTHER", "其他", "other", told=True))}
    own = {"return": (StandardReason("A", "甲二", "a two"), StandardReason("B", "乙", "b"))}
    policies = Policies(
        (document("national", basis="house", standard_reasons=house), document("benxi", standard_reasons=own)),
        {"benxi": "national", "national": None},
    )
    found = policies.resolve(STANDARD_REASONS, ("benxi", "national"), date(2026, 1, 1)).value
    assert [(one.code, one.zh) for one in found["return"]] == [("A", "甲二"), ("B", "乙"), ("OTHER", "其他")]
    kept = STANDARD_REASONS.kind.parse(STANDARD_REASONS.kind.dump(found))
    assert kept == found


def test_a_reason_is_chosen_or_written_and_the_other_one_is_explained(desk: Desk) -> None:
    with desk.acting() as work:
        assert [one.code for one in reasons.offered(work, "suspend")][-1] == "OTHER"
        assert reasons.sentence(work, "suspend", "PAPERS", "") == "等待申请人补充材料"
        assert reasons.sentence(work, "suspend", "PAPERS", " 户口簿 ") == "等待申请人补充材料：户口簿"
        assert reasons.sentence(work, "suspend", "", "另有安排") == "另有安排"
        for code, text, place in [("", "", "reason_code"), ("OTHER", "", "reason"), ("NONE", "x", "reason_code")]:
            with pytest.raises(InvalidAnswers) as refusal:
                reasons.sentence(work, "suspend", code, text)
            assert list(refusal.value.fields) == [place]
