"""Filters of an inbox: whatever is asked for, the list, its count and a look at every row agree."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from domain import rules
from domain.cases import Case
from domain.clock import office_day, office_instant
from domain.parties.accounts import Account
from domain.parties.households import Household
from domain.parties.organisations import Organisation
from domain.work import OPERATOR, Work, unit_of_work
from tasks import inbox_columns
from tasks.desk import desk
from tasks.finding import filters, queues, searching
from tasks.finding.filters import Filter
from tasks.inbox_columns import Asked
from tasks.rows.finding_models import TaskValue
from tasks.rows.models import NORMAL, OPEN, READY, RESERVED, SUSPENDED, WORKABLE, HumanTask
from tests.homes import Office
from tests.journeys import steps
from tests.journeys.played import JUNE
from tests.journeys.playing import Story, new_case
from tests.journeys.test_versions import put_in_force

ROWS = 120


def scatter(office: Office, login: str) -> None:
    """Spread the open tasks of a home over states, people, terms, ages and priorities of one person's office."""
    chance = random.Random(7)
    actor = office.actor(login)
    with unit_of_work(office.home, OPERATOR) as work:
        colleagues = list(work.session.scalars(select(Account.id).where(Account.org_id == actor.org_id)))
        towns = [*work.session.scalars(select(Organisation.id).where(Organisation.kind == "town_post")), None]
        rows = work.session.scalars(select(HumanTask).where(HumanTask.state.in_(OPEN)).order_by(HumanTask.id))
        for task in rows.all()[:ROWS]:
            state = chance.choice((READY, READY, RESERVED, SUSPENDED))
            task.org_id, task.role = actor.org_id or 0, chance.choice(sorted(actor.roles))
            task.state = state
            task.assignee_id = None if state == READY else chance.choice([actor.user_id, *colleagues])
            task.prior_state = RESERVED if state == SUSPENDED else ""
            task.priority = chance.choice((0, 3, 5, 5, 10))
            task.town_id = chance.choice(towns)
            task.opened_at = work.now - timedelta(hours=chance.randrange(0, 900))
            task.due_at = chance.choice((None, work.now + timedelta(hours=chance.randrange(-300, 300))))


def expected(work: Work, asked: Filter) -> set[str]:
    """The same by looking at every row."""
    calendar = rules.current(work).calendar
    rows = work.session.execute(
        select(HumanTask, Case, Organisation.ref, Account.ref)
        .join(Case, Case.id == HumanTask.case_id)
        .join(Organisation, Organisation.id == HumanTask.town_id, isouter=True)
        .join(Account, Account.id == HumanTask.assignee_id, isouter=True)
    )
    return {task.ref for task, case, town, holder in rows if _fits(work, asked, task, case, town, holder, calendar)}


def _fits(
    work: Work, asked: Filter, task: HumanTask, case: Case, town: str, holder: str, calendar: Any
) -> bool:  # fmt: skip
    actor = work.actor
    mine = task.assignee_id == actor.user_id
    given_away = task.owner_id == actor.user_id
    seen = (task.org_id == actor.org_id and task.role in actor.roles) or mine or given_away
    at, now = task.due_at, work.now
    tomorrow = office_instant(work.today + timedelta(days=1))
    tab = {
        "all": True,
        "overdue": at is not None and at < now,
        "today": at is not None and now <= at < tomorrow,
        "soon": at is not None and tomorrow <= at < tomorrow + timedelta(days=3),
    }[asked.tab]
    owner = {
        "open": task.state == READY or mine,
        "mine": mine,
        "free": task.state == READY,
        "delegated": given_away,
        "all": asked.state != "" or task.state in WORKABLE,
    }[asked.owner]
    if asked.holder:
        owner = holder == asked.holder
    worked, day = 0, office_day(task.opened_at)
    while day < work.today:
        worked += calendar.is_working(day)
        day += timedelta(days=1)
    return all(
        (
            seen, task.state in OPEN, tab, owner,
            not asked.state or task.state == asked.state,
            not asked.process or task.process == asked.process,
            not asked.step or task.step_id == asked.step,
            not asked.programme or case.programme == asked.programme,
            not asked.town or town == asked.town,
            not asked.search or asked.search in case.number,
            asked.due != "overdue" or (at is not None and at < now),
            asked.due != "none" or at is None,
            not asked.due_from or (at is not None and office_day(at) >= date.fromisoformat(asked.due_from)),
            not asked.due_to or (at is not None and office_day(at) <= date.fromisoformat(asked.due_to)),
            not asked.older or worked > asked.older,
            not asked.priority or (
                task.priority < NORMAL if asked.priority == "urgent" else task.priority == int(asked.priority)
            ),
        )
    )  # fmt: skip


DAYS = st.sampled_from(["", "", "", "2027-05-25", "2027-06-01", "2027-06-04", "nonsense"])


def some_filters(towns: list[str], people: list[str], of: list[tuple[str, str]]) -> st.SearchStrategy[Filter]:
    """Filters of any words, most of them with few."""
    either = lambda values: st.one_of(st.just(""), st.just(""), st.sampled_from(values))  # noqa: E731
    return st.builds(
        Filter,
        tab=st.sampled_from(["all", "all", *filters.TABS]),
        owner=st.sampled_from([*filters.OWNERS[:4], *filters.OWNERS]),
        process=either(sorted({process for process, _step in of})),
        step=either(sorted({step for _process, step in of})),
        programme=either(["DIBAO", "TEKUN", "NOTHING"]),
        town=either([*towns, "no such town"]),
        state=either([READY, RESERVED, SUSPENDED, "COMPLETED"]),
        due=either(["overdue", "none"]),
        due_from=DAYS,
        due_to=DAYS,
        older=st.sampled_from([0, 0, 0, 1, 5, 20]),
        priority=either(["urgent", "0", "5", "12"]),
        holder=st.one_of(st.just(""), st.just(""), st.just(""), st.sampled_from(people)),
        search=either(["1", "〔2027〕", "%", "_"]),
        sort=st.sampled_from(filters.SORTS),
    )


def test_any_filter_lists_and_counts_what_a_look_at_every_row_finds(
    office_in: Callable[..., Office], database_kind: str
) -> None:
    office = office_in(JUNE)
    login = "head"
    scatter(office, login)
    with unit_of_work(office.home, office.actor(login), write=False) as work:
        towns = list(work.session.scalars(select(Organisation.ref).where(Organisation.kind == "town_post")))
        people = list(work.session.scalars(select(Account.ref).where(Account.org_id == work.actor.org_id)))
        of = [tuple(row) for row in work.session.execute(select(HumanTask.process, HumanTask.step_id).distinct())]
        found: list[int] = []

        @settings(max_examples=150)
        @given(some_filters(towns, people, of))  # type: ignore[arg-type]
        def agree(asked: Filter) -> None:
            asked = asked.checked()
            wanted = expected(work, asked)
            page = queues.worklist(work, asked, size=400)
            assert {row.ref for row in page.rows} == wanted
            assert page.total == queues.count_up_to(work, asked) == len(wanted)
            assert filters.read(filters.words(asked)) == asked
            found.append(len(wanted))

        agree()
        assert sum(1 for count in found if count) > 10, "the filters are too narrow to say anything"


def test_a_colleagues_tasks_are_listed_for_the_head_alone(office: Office) -> None:
    story = new_case(office)
    with story.work("town") as work:
        ref = desk.claim(work, story.task(work, "intake").ref).ref
        holder = work.actor.ref
    for login in ("town", "clerk"):
        with story.work(login) as work:
            assert [row.ref for row in queues.worklist(work, Filter(owner="all", holder=holder)).rows] == []
    with story.work("town") as work:
        assert [row.ref for row in queues.worklist(work, Filter(owner="mine")).rows] == [ref]


def test_words_of_an_address_are_judged_and_never_an_error() -> None:
    said = {"tab": "x", "owner": "nobody", "due_from": "2027-13-99", "older": "-3", "priority": "11", "state": "DONE",
            "page": "x", "v.a": "", "v.b.from": "3", "sort": "DROP", "lang": "en"}  # fmt: skip
    asked = filters.read(said)
    assert asked == Filter(owner="open", columns=(Asked("b", least="3"),))
    assert filters.words(asked) == {"v.b.from": "3"}
    assert filters.without(replace(asked, due_from="2027-01-01", due_to="2027-02-01"), "due_to") == {"v.b.from": "3"}


# --- columns ---------------------------------------------------------------------------------------------------


def columns_of_intake(editing: Any) -> None:
    """The intake form says when the application came; two more fields are columns too."""

    def change(components: list[Any]) -> None:
        applied = next(one for one in components if one.get("key") == "applied_on")
        applied["properties"]["inbox"] = "true"
        components += [
            {"type": "number", "key": "rooms", "label": "间数", "properties": {"label.en": "Rooms", "inbox": "true"}},
            {"type": "textfield", "key": "badge", "label": "门牌", "validate": {"maxLength": 20},
             "properties": {"label.en": "Door plate", "inbox": "true"}},
        ]  # fmt: skip

    editing.form("intake", change)


def said_in_inbox(work: Work, ref: str) -> dict[str, str]:
    keys = [one.key for one in inbox_columns.columns(work)]
    return inbox_columns.of_tasks(work, [ref], keys).get(ref, {})


@pytest.fixture
def with_columns(office: Office) -> Story:
    put_in_force(office, columns_of_intake)
    return new_case(office)


def listed(work: Work, *columns: Asked, **words: Any) -> list[str]:
    return [row.ref for row in queues.worklist(work, Filter(owner="open", columns=columns, **words)).rows]


def test_a_draft_fills_the_columns_and_the_next_step_has_what_was_answered(
    with_columns: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = with_columns
    with story.work("town") as work:
        task = desk.claim(work, story.task(work, "intake").ref)
        desk.keep_draft(work, task.ref, {"rooms": "-2.5", "badge": "工人街12号", "applied_on": ""})
    with story.work("town") as work:
        assert said_in_inbox(work, task.ref) == {"rooms": "-2.5", "badge": "工人街12号"}
        assert listed(work, Asked("rooms", equals="-2.5")) == [task.ref]
        assert listed(work, Asked("rooms", least="-3", most="-2")) == [task.ref]
        assert listed(work, Asked("rooms", least="-2")) == []
        assert listed(work, Asked("gone", equals="x")) == [task.ref], "a column that is not there narrows nothing"
        ref = searching.ask_value(work, "badge", "工人街12号")
        assert listed(work, person=ref) == [task.ref]
        assert listed(work, person=searching.ask_value(work, "badge", "工人街1号")) == []

    monkeypatch.setattr(inbox_columns, "MOST_MATCHES", 0)  # as if many had the same
    monkeypatch.setattr(inbox_columns, "MOST_OF_ONE", 0)
    with story.work("town") as work:
        many = Filter(owner="all", columns=(Asked("rooms", least="-3", most="-2"),))
        assert [row.ref for row in queues.worklist(work, many).rows] == [task.ref]
        assert queues.count_up_to(work, many) == queues.count_up_to(work, replace(many, owner="mine")) == 1
        assert queues.count_up_to(work, replace(many, owner="free")) == 0
        other = Asked("badge_no", equals="x")  # no process has it: it narrows nothing
        for second, count in ((Asked("rooms", least="-2.5"), 1), (Asked("rooms", least="-2"), 0), (other, 1)):
            two = replace(many, columns=(*many.columns, second))
            assert queues.count_up_to(work, two) == len(queues.worklist(work, two).rows) == count
    monkeypatch.undo()

    steps.take_in(story)
    today = steps.today(story)
    with story.work("town") as work:
        following = story.task(work, "authorise").ref
        day = said_in_inbox(work, following)["applied_on"]
        assert day == today
        assert following in listed(work, Asked("applied_on", least=day, most=day))
        assert work.session.scalars(select(TaskValue.task_id).where(TaskValue.open)).all() != []
        over = select(TaskValue.id).join(HumanTask, HumanTask.id == TaskValue.task_id)
        assert not work.session.scalars(over.where(HumanTask.state.not_in(OPEN), TaskValue.open)).all()
        assert "rooms" not in said_in_inbox(work, following), "what was taken out of the form is taken out here"


@pytest.mark.parametrize("number", ["0", "-1", "1", "0.0001", "-0.0001", "99999999.5", "-99999999"])
def test_numbers_stand_in_the_index_in_their_order(number: str) -> None:
    others = ["-100000000", "-0.5", "0.5", "100000000"]
    order = sorted([number, *others], key=float)
    assert sorted(order, key=lambda one: inbox_columns.comparable("number", one)) == order
    assert inbox_columns.shown("number", inbox_columns.comparable("number", number)) == number


def test_a_filter_by_column_reads_its_index_alone(with_columns: Story, database_kind: str) -> None:
    with with_columns.work("town") as work:
        few = inbox_columns.condition(work, Asked("rooms", least=inbox_columns.comparable("number", "1")))
        statement = (
            select(HumanTask.id).where(few).compile(work.session.get_bind(), compile_kwargs={"literal_binds": True})
        )
        if database_kind == "sqlite":
            plan = [row[3] for row in work.session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}")]
            assert any("ix_task_value_open" in line for line in plan), plan
            assert not [line for line in plan if line.startswith("SCAN")], plan
        else:
            work.session.connection().exec_driver_sql("SET LOCAL enable_seqscan = off")
            plan = [row[0] for row in work.session.connection().exec_driver_sql(f"EXPLAIN {statement}")]
            assert any("ix_task_value_open" in line for line in plan), plan


def test_households_of_a_person_are_the_ones_with_a_case_for_the_actor(office: Office) -> None:
    story = new_case(office)
    head = steps.family(story)[0].name
    with story.work("town") as work:
        ref = searching.ask(work, head)
        assert [row.case_ref for row in queues.worklist(work, Filter(owner="open", person=ref)).rows] == [
            story.case_ref
        ]
        assert work.session.get(Household, story.case(work).household_id) is not None
    with story.work("clerk") as work:
        assert queues.worklist(work, Filter(owner="open", person=ref)).rows == [], "another's search finds nothing"
