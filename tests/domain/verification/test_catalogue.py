"""The catalogue: versions that a second person publishes, agreements that run out, fields that are not agreed, gaps."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event, func, select

from domain import rules
from domain.errors import Conflict, InvalidAnswers, NotFound, NotPermitted
from domain.journal import JournalEntry
from domain.parties import organisations
from domain.verification import (
    agreements,
    authorisations,
    catalogue,
    catalogue_gaps,
    catalogue_use,
    catalogue_versions,
    commissions,
    queries,
)
from domain.verification.catalogue_gaps import Gap
from domain.verification.catalogue_rows import DRAFT, PUBLISHED, RETIRED, SUSPENDED, Resource
from domain.verification.catalogue_versions import Content
from domain.verification.queries import NOT_OBTAINED, NOT_SHARED, SENT
from domain.work import OPERATOR, Work
from domain.workdays import Term
from sources import categories
from tests.domain.office import NOW, TODAY, Desk, account, case_of, household, paper
from tests.domain.verification.catalogued import (
    FIELDS,
    agency,
    agreed,
    content,
    item,
    keeper,
    published,
    second,
)
from tests.domain.verification.sourced import accepted_case, as_role, sitting, sources, supplier
from tests.domain.verification.supplied import accepted
from tests.domain.verification.world import authorise
from tests.support import policy_files


@contextmanager
def _statements(desk: Desk) -> Iterator[list[str]]:
    """Every statement sent meanwhile."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        sent.append(statement)

    event.listen(desk.home.engine, "before_cursor_execute", note)
    yield sent
    event.remove(desk.home.engine, "before_cursor_execute", note)


def _events(work: Work, ref: str) -> list[str]:
    wanted = select(JournalEntry.event).where(JournalEntry.subject == ref).order_by(JournalEntry.id)
    return list(work.session.scalars(wanted))


@pytest.mark.clause("LN-23")
@pytest.mark.clause("LF-30")
def test_an_item_is_drafted_published_by_a_second_person_suspended_and_retired(both: Desk) -> None:
    with sitting(both, "clerk") as work:
        resource = item(work, both)
        assert not resource.active and catalogue_use.standing(work, resource).clause == "LF-30"
        held = agreed(keeper(work, both), organisations.by_code(work, "newbank"))
        draft = catalogue_versions.write(keeper(work, both), resource, content(held))
        assert (draft.number, draft.state, draft.field_codes) == (1, DRAFT, FIELDS)

        with pytest.raises(Conflict, match="does not publish"):
            catalogue_versions.publish(keeper(work, both), draft)
        version = catalogue_versions.publish(second(work, both), draft)
        assert (version.state, version.limit, resource.active) == (PUBLISHED, Term(3, "working"), True)
        assert catalogue.active_resources(work, agency(work)) == [resource]

        catalogue_versions.suspend(second(work, both), version, "接口检修")
        assert (version.state, version.state_reason) == (SUSPENDED, "接口检修")
        assert catalogue.active_resources(work, agency(work)) == []
        catalogue_versions.resume(keeper(work, both), version)
        assert catalogue.active_resources(work, agency(work)) == [resource]
        catalogue_versions.retire(keeper(work, both), version, "职能划转")
        assert version.state == RETIRED and not resource.active
        for verb in (catalogue_versions.suspend, catalogue_versions.retire):
            with pytest.raises(Conflict):
                verb(keeper(work, both), version, "再来")
        assert _events(work, resource.ref) == [
            f"resource.{word}" for word in ("added", "drafted", "published", "suspended", "resumed", "retired")
        ]


@pytest.mark.clause("LN-23")
def test_an_item_without_a_limit_is_not_published_and_everything_missing_is_named(both: Desk) -> None:
    with sitting(both, "clerk") as work:
        resource = item(work, both)
        draft = catalogue_versions.write(keeper(work, both), resource, Content())
        with pytest.raises(InvalidAnswers) as refused:
            catalogue_versions.publish(second(work, both), draft)
        assert list(refused.value.fields) == ["purpose", "channel", "fields", "limit_length", "agreement"]
        held = agreed(keeper(work, both), organisations.by_code(work, "newbank"))
        catalogue_versions.write(keeper(work, both), resource, content(held, limit=None))
        with pytest.raises(InvalidAnswers) as refused:
            catalogue_versions.publish(second(work, both), draft)
        assert list(refused.value.fields) == ["limit_length"]
        assert draft.state == DRAFT and not resource.active


@pytest.mark.clause("LN-23")
def test_the_term_of_a_query_is_the_items_limit(both: Desk) -> None:
    with sitting(both, "clerk") as work:
        version = published(work, both, limit=Term(4, "natural"))
        case, _family, _people = accepted_case(work, categories=("DEPOSIT",))
        (query,) = queries.plan_batch(work, case)
        assert query.due is not None and query.due["term"] == {"length": 4, "unit": "natural", "roll": "next"}
        assert (query.due["source"], query.due["version"]) == ("LN-23", version.number)


def test_a_new_version_takes_the_place_of_the_one_before_and_both_are_kept(desk: Desk) -> None:
    with sitting(desk, "clerk") as work:
        resource = item(work, desk)
        first = published(work, desk, resource)
        held = agreed(keeper(work, desk), organisations.by_code(work, "newbank"), until=date(2028, 6, 30))
        after = content(held, fields=("bank", "balance", "kind"), limit=Term(5, "working"))
        draft = catalogue_versions.write(keeper(work, desk), resource, after)
        assert catalogue_versions.draft_of(work, resource) is draft
        assert catalogue_versions.write(second(work, desk), resource, after) is draft  # one draft an item
        newer = catalogue_versions.publish(keeper(work, desk), draft)
        assert [(one.number, one.state) for one in catalogue_versions.of_resource(work, resource)] == [
            (2, PUBLISHED),
            (1, RETIRED),
        ]
        said = catalogue_versions.differences(*(catalogue_versions.content_of(work, one) for one in (first, newer)))
        assert {one.what: (one.added, one.taken) for one in said} == {
            "limit": ((), ()),
            "agreement": ((), ()),
            "fields": (("kind",), ("account",)),
        }
        again = catalogue_versions.write(keeper(work, desk), resource, after)
        catalogue_versions.discard(keeper(work, desk), again)
        assert catalogue_versions.draft_of(work, resource) is None


CONTENTS = st.builds(
    Content,
    purpose=st.sampled_from(["", "低保核对", "复核"]),
    channel=st.sampled_from(["", "FILE", "API"]),
    fields=st.lists(st.sampled_from(["a", "b", "c", "d"]), unique=True).map(tuple),
    limit=st.none() | st.builds(Term, st.integers(1, 30), st.sampled_from(["working", "month"])),
)


@given(CONTENTS, CONTENTS)
def test_two_versions_differ_exactly_where_they_say_different_things(one: Content, other: Content) -> None:
    said = {line.what: line for line in catalogue_versions.differences(one, other)}
    assert ("purpose" in said) == (one.purpose != other.purpose)
    assert ("limit" in said) == (one.limit != other.limit)
    line = said.get("fields")
    added, taken = (set(line.added), set(line.taken)) if line is not None else (set(), set())
    assert (set(one.fields) - taken) | added == set(other.fields)


def test_only_who_keeps_the_catalogue_of_the_place_or_above_writes_it(desk: Desk) -> None:
    with sitting(desk, "clerk") as work:
        below, foreign = supplier(work, "near", jurisdiction="pingshan"), supplier(work, "far", jurisdiction="chaoyang")
        assert catalogue.enter(keeper(work, desk), below, "DEPOSIT").code == "near.DEPOSIT"
        for stranger, office in ((work, below), (as_role(work, desk, "handler"), below), (keeper(work, desk), foreign)):
            with pytest.raises(NotPermitted):
                catalogue.enter(stranger, office, "VEHICLE")
        resource = catalogue.add_resource(work, foreign, "DEPOSIT")
        with pytest.raises(NotPermitted):
            catalogue_versions.write(keeper(work, desk), resource, content(None))
        with pytest.raises(NotFound):
            agreements.own(keeper(work, desk), "0" * 26)


def test_an_agreement_of_another_office_or_category_is_no_agreement_of_the_item(desk: Desk) -> None:
    with sitting(desk, "clerk") as work:
        resource = item(work, desk)
        other = agreed(keeper(work, desk), supplier(work, "other"), "DEPOSIT")
        narrow = agreed(keeper(work, desk), organisations.by_code(work, "newbank"), "VEHICLE")
        for wrong in (other, narrow):
            with pytest.raises(InvalidAnswers) as refused:
                catalogue_versions.write(keeper(work, desk), resource, content(wrong))
            assert list(refused.value.fields) == ["agreement"]
        with pytest.raises(InvalidAnswers):
            catalogue_versions.write(keeper(work, desk), resource, content(None, fields=("no such field",)))


@pytest.mark.clause("LF-11")
def test_the_notices_own_and_foreign_kinds_of_data_stand_in_the_catalogue(desk: Desk) -> None:
    with sitting(desk, "clerk") as work:
        known = rules.current(work).categories
        own = {code: known[code].zh for code in ("MARRIAGE", "FUNERAL", "ORPHAN", "DISABLED2")}
        assert {known[code].source for code in own} == {"civil_affairs"}
        assert list(own.values()) == ["婚姻", "殡葬", "孤儿", "残疾人两项补贴"]
        pushed = ("DEPOSIT", "PENRCV", "HPF", "TAX", "FISCALPAY", "PRISON")
        assert not {known[code].source for code in pushed} & {"civil_affairs"}


@pytest.mark.clause("LF-11")
@pytest.mark.parametrize("category", ["MARRIAGE", "FUNERAL", "ORPHAN", "DISABLED2"])
def test_civil_affairs_own_data_need_no_agreement_but_an_authorisation(both: Desk, category: str) -> None:
    with sitting(both, "clerk") as work:
        foreign = catalogue_versions.write(keeper(work, both), item(work, both), content(None))
        with pytest.raises(InvalidAnswers) as unagreed:  # what another office holds is not published without one
            catalogue_versions.publish(second(work, both), foreign)
        assert list(unagreed.value.fields) == ["agreement"]
        resource = item(work, both, "civil_affairs", category)
        draft = catalogue_versions.write(
            keeper(work, both), resource, content(None, fields=("event", "date"), limit=Term(2, "working"))
        )
        catalogue_versions.publish(second(work, both), draft)
        family = household(work)
        case = case_of(work, family)
        commissions.prepare(work, case, categories=[category], by=account(work, "clerk"))
        with pytest.raises(Conflict) as refused:
            commissions.issue(work, case, signed_on=TODAY, letter=paper(work, case), by=account(work, "head"))
        assert refused.value.clause == "BX-11"

        agreeing, _family, members = accepted_case(work, "丙某", "丁某", categories=(category,))
        (query,) = queries.plan_batch(work, agreeing)
        assert (query.resource_id, query.state) == (resource.id, "PLANNED")
        for one in members:  # and it holds until the moment of asking
            held = authorisations.in_force(work, one, TODAY)
            assert held is not None
            authorisations.withdraw(work, held, on=TODAY, reason="不再同意")
        assert not queries.send(work, query) and query.state == NOT_OBTAINED


@pytest.mark.clause("BX-30")
def test_an_agreement_that_ran_out_blocks_queries_and_uploads(both: Desk) -> None:
    with sitting(both, "clerk") as work:
        resource = item(work, both)
        held = agreed(keeper(work, both), organisations.by_code(work, "newbank"), until=TODAY)
        version = published(work, both, resource, agreement=held)
        case, _family, _people = accepted_case(work, categories=("DEPOSIT",))
        assert catalogue_use.must_be_usable(work, resource).version is version
        (planned,) = queries.plan_batch(work, case)
        other, _family, _people = accepted_case(work, "丙某", categories=("DEPOSIT",))
        refs = [resource.ref]
        case_ref, query_ref = other.ref, planned.ref
    with sitting(both, "clerk", NOW + timedelta(days=1)) as work:
        resource = catalogue.by_ref(work, refs[0])
        case = work.session.scalars(select(type(other)).where(type(other).ref == case_ref)).one()
        assert catalogue.active_resources(work, agency(work)) == []
        with pytest.raises(Conflict, match="2027-03-10") as refused:
            queries.plan(as_role(work, both, "handler"), case, refs)
        assert refused.value.clause == "BX-30"
        mine = work.acting(
            replace(both.actor("clerk"), roles=frozenset({"data_supplier"}), org_id=resource.supplier_id)
        )
        with pytest.raises(Conflict) as refused:
            accepted(mine, resource, paper(work), TODAY)
        assert refused.value.clause == "BX-30"
        (line,) = queries.plan_batch(work, case)  # the department investigates it (LF-08)
        assert (line.state, line.reason) == (NOT_OBTAINED, NOT_SHARED)
        before = queries.by_ref(work, query_ref)
        assert not queries.send(work, before) and before.state == NOT_OBTAINED

        held = agreements.listing(keeper(work, both))[0].agreement
        agreements.extend(keeper(work, both), held, date(2028, 3, 10))
        assert catalogue_use.must_be_usable(work, resource).usable
        assert catalogue.active_resources(work, agency(work)) == [resource]
        agreements.end(keeper(work, both), held, "机构撤并")
        assert not catalogue_use.standing(work, resource).usable
        with pytest.raises(Conflict):
            agreements.extend(keeper(work, both), held, date(2029, 3, 10))


@pytest.mark.clause("BX-30")
def test_where_the_policy_only_warns_the_source_is_asked_on_with_a_warning(desk: Desk) -> None:
    with sitting(desk, "clerk") as work:
        resource = item(work, desk)
        held = agreed(keeper(work, desk), organisations.by_code(work, "newbank"), until=TODAY)
        published(work, desk, resource, agreement=held)
        later = TODAY + timedelta(days=1)
        assert catalogue_use.standing(work, resource, later).clause == "BX-30"
        files = policy_files()
        (path,) = [one for one in files if one.startswith("benxi/2017")]
        blocks = b'[values.agreement_expired]\nvalue = "block"'
        assert blocks in files[path]
        rules.deploy(work.acting(OPERATOR), {**files, path: files[path].replace(blocks, blocks[:-7] + b'"warn"')})
        found = catalogue_use.standing(work, resource, later)
        assert found.usable and "2027-03-10" in str(found.warning)


@pytest.mark.clause("BX-30")
def test_an_agreement_is_registered_whole_once_and_its_contact_is_sealed(both: Desk) -> None:
    with sitting(both, "clerk") as work:
        office = supplier(work, "newbank")
        made = agreed(keeper(work, both), office, "DEPOSIT", "VEHICLE")
        assert made.contact is not None and "李某".encode() not in made.contact
        assert agreements.contact_of(work, made) == "办公室 李某"
        with pytest.raises(Conflict):
            agreed(keeper(work, both), office, "DEPOSIT", "VEHICLE")
        with pytest.raises(InvalidAnswers) as refused:
            agreements.register(
                keeper(work, both), office, agreements.Agreed(" ", "PIGEON", (), date(2027, 2, 1), date(2027, 1, 1))
            )
        assert set(refused.value.fields) == {"number", "channel", "categories", "valid_until"}
        (line,) = agreements.listing(keeper(work, both))
        assert (line.categories, line.left) == (("DEPOSIT", "VEHICLE"), 296)
        with pytest.raises(NotPermitted):
            agreements.end(work, made, "不行")


@pytest.mark.parametrize(("left", "stage"), [(31, None), (30, 30), (8, 30), (7, 7), (1, 7), (0, 0)])
def test_the_stage_of_a_reminder_is_the_nearest_one_reached(left: int, stage: int | None) -> None:
    assert agreements.reached((30, 7, 0), left) == stage


@pytest.mark.clause("LF-30")
def test_a_letter_that_asks_for_a_field_outside_the_agreement_is_not_issued_and_the_field_is_named(both: Desk) -> None:
    with sitting(both, "clerk") as work:
        resource = item(work, both)
        published(work, both, resource)
        family = household(work)
        case = case_of(work, family)
        authorise(work, case, family)
        asked = {"DEPOSIT": ["balance", "kind"]}
        commissions.prepare(work, case, categories=["DEPOSIT"], by=account(work, "clerk"), fields=asked)
        with pytest.raises(Conflict) as refused:
            commissions.issue(
                work, case, signed_on=TODAY, letter=paper(work, case), by=account(work, "head"),
                called=categories.name_of,
            )  # fmt: skip
        said = str(refused.value.message)  # names as people know them, not the codes
        assert f"{rules.current(work).categories['DEPOSIT'].en} · kind" in said
        assert "DEPOSIT" not in said
        assert (refused.value.clause, refused.value.ids["fields"]) == ("LF-30", ["DEPOSIT.kind"])
        asked = {"DEPOSIT": ["balance"]}
        commissions.prepare(work, case, categories=["DEPOSIT"], by=account(work, "clerk"), fields=asked)
        made = commissions.issue(work, case, signed_on=TODAY, letter=paper(work, case), by=account(work, "head"))
        assert commissions.fields_of(work, made) == {"DEPOSIT": ("balance",)}


@pytest.mark.clause("LF-06")
def test_the_gap_list_says_what_only_the_level_above_or_nobody_shares(both: Desk) -> None:
    with sitting(both, "clerk") as work:
        offered = sources(work)  # deposits, deaths and vehicles of the city, pensions of the province
        lines = {line.category: line for line in catalogue_gaps.gaps(work, agency(work))}
        assert [lines[code].gap for code in ("DEPOSIT", "PENRCV", "HPF")] == [Gap.OWN, Gap.UPPER, Gap.NONE]
        assert set(list(lines)[-3:]) == {"DEATH", "DEPOSIT", "VEHICLE"}  # what one has oneself stands last
        assert [line.gap for line in lines.values()].index(Gap.UPPER) > 30  # what nobody shares stands first
        version = catalogue_versions.live(work, offered["DEPOSIT"])
        assert version is not None
        catalogue_versions.suspend(keeper(work, both), version, "接口检修")
        catalogue_gaps.note(keeper(work, both), agency(work), "DEPOSIT", "已致函，六月恢复")
        lines = {line.category: line for line in catalogue_gaps.gaps(work, agency(work))}
        line = lines["DEPOSIT"]
        assert line.gap == Gap.NONE and line.note is not None and line.note.note == "已致函，六月恢复"
        assert [one.code for one, _why in line.blocked] == ["bank.DEPOSIT"]
        with pytest.raises(NotPermitted):
            catalogue_gaps.note(work, agency(work), "DEPOSIT", "别的单位写的")


@pytest.mark.clause("LF-07")
def test_hardship_is_no_reason_to_ask_above_while_the_own_level_shares(both: Desk) -> None:
    with sitting(both, "clerk") as work:
        own = sources(work)["DEPOSIT"]
        upper = catalogue.add_resource(work, supplier(work, "head-bank", "province"), "DEPOSIT")
        case, _family, _people = accepted_case(work, categories=("DEPOSIT",))
        handler = as_role(work, both, "handler")
        for code in ("HARDSHIP", "", "BECAUSE"):
            with pytest.raises(Conflict) as refused:
                queries.plan(handler, case, [upper.ref], "本级核对有困难", reason_code=code)
            assert refused.value.clause == "LF-07"
        made = queries.plan(handler, case, [upper.ref], "本级接口检修", reason_code="SOURCE_DOWN")
        assert [one.resource_id for one in made] == [upper.id]
        version = catalogue_versions.live(work, own)
        assert version is not None
        catalogue_versions.suspend(keeper(work, both), version, "停用")
        other, _family, _people = accepted_case(work, "丁某", categories=("DEPOSIT",))
        assert queries.plan(handler, other, [upper.ref], "", reason_code="HARDSHIP")


@pytest.mark.clause("LN-03")
def test_each_item_asked_is_a_request_of_its_own_with_its_own_limit_and_end(both: Desk) -> None:
    with sitting(both, "clerk") as work:
        bank = item(work, both, "one", "DEPOSIT")
        published(work, both, bank, limit=Term(2, "working"))
        traffic = item(work, both, "two", "VEHICLE")
        published(work, both, traffic, fields=("plate",), limit=Term(9, "working"))
        case, _family, _people = accepted_case(work, categories=("DEPOSIT", "VEHICLE"))
        made = {query.category: query for query in queries.plan_batch(work, case)}
        assert made["DEPOSIT"].due_at != made["VEHICLE"].due_at
        queries.send(work, made["DEPOSIT"])
        queries.send(work, made["VEHICLE"])
        queries.give_up(as_role(work, both, "handler"), made["DEPOSIT"], "TIMEOUT")
        assert (made["DEPOSIT"].state, made["VEHICLE"].state) == (NOT_OBTAINED, SENT)
        with pytest.raises(NotFound):  # nothing but items of the catalogue can be asked for
            queries.plan(as_role(work, both, "handler"), case, ["free text"])


def test_how_many_items_a_list_holds_does_not_change_how_many_queries_it_takes(desk: Desk) -> None:
    with sitting(desk, "clerk") as work:
        for number in range(3):
            published(work, desk, item(work, desk, f"bank{number}"))
        counted = []
        for few in (1, 3):
            found = list(work.session.scalars(select(Resource).order_by(Resource.id)))[-few:]
            work.session.flush()
            with _statements(desk) as sent:
                catalogue_use.standings(work, found)
            counted.append(len(sent))
        assert counted[0] == counted[1] <= 3
        assert work.session.scalar(select(func.count()).select_from(Resource)) == 3
