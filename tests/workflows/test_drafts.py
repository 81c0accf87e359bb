"""Drafts: revisions that are never changed, one open draft a process, and nothing that two people save is lost."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from domain import journal, sealing
from domain.clock import machine_now
from domain.errors import Conflict, DefinitionRefused, InvalidAnswers, NotFound, NotPermitted, Stale
from domain.parties.accounts import Account
from domain.work import OPERATOR, unit_of_work
from tests.crowd import at_once
from tests.homes import Office
from tests.workflows.studio import KEY, Studio, checked, shipped, titled
from workflows import bundles, definitions, drafts, presence
from workflows.definition_rows import DefinitionDraft, DraftPresence

SHEET = "process.toml"


@pytest.fixture
def studio(office: Office) -> Studio:
    return Studio(office)


def note(text: str) -> bytes:
    """A file that costs nothing to read."""
    return f'said = "{text}"\n'.encode()


# --- beginning ---------------------------------------------------------------------------------------------------


def test_a_draft_begins_with_the_version_in_force_and_there_is_one_for_a_process(studio: Studio) -> None:
    first, again = studio.begin(), studio.begin()

    assert first == again
    assert dict(studio.files(first)) == dict(shipped().files)
    with studio.work(write=False) as work:
        draft = drafts.get(work, first)
        assert (draft.base_number, draft.head, draft.state) == (1, 1, drafts.OPEN)
        assert [one.ref for one in drafts.open_drafts(work)] == [first]


def test_two_who_begin_at_once_work_on_the_same_draft(studio: Studio) -> None:
    begun: list[str] = []
    at_once(*[lambda: begun.append(studio.begin())] * 4)

    assert len(set(begun)) == 1
    with studio.work(write=False) as work:
        assert work.session.scalar(select(func.count()).select_from(DefinitionDraft)) == 1


def test_a_new_process_begins_with_the_files_given_and_an_import_is_a_revision_of_the_open_draft(
    studio: Studio,
) -> None:
    new = studio.begin_with("novel", shipped().files)
    known = studio.begin_with(KEY, {**shipped().files, SHEET: titled("甲")})
    again = studio.begin_with(KEY, {**shipped().files, SHEET: titled("乙")})
    same = studio.begin_with(KEY, {**shipped().files, SHEET: titled("乙")})

    with studio.work(write=False) as work:
        assert drafts.get(work, new).base_number is None
    assert known == again == same
    assert [files[SHEET] for files in studio.all_revisions(known)] == [
        shipped().files[SHEET],
        titled("甲"),
        titled("乙"),
    ]


def test_a_new_name_is_taken_once_however_many_ask_for_it_at_once(studio: Studio) -> None:
    begun: list[str] = []

    def begin(place: int) -> None:
        with suppress(Conflict), studio.work() as work:
            files = {**shipped().files, SHEET: titled(f"甲{place}")}
            begun.append(drafts.begin_new(work, "novel", files).ref)

    at_once(*[lambda n=n: begin(n) for n in range(3)])
    with studio.work() as work, pytest.raises(Conflict, match="already"):
        drafts.begin_new(work, KEY, shipped().files)

    assert len(begun) == 1 and studio.head(begun[0]) == 1


def test_a_drawing_brought_in_takes_nothing_back_that_others_save_at_the_same_time(studio: Studio) -> None:
    ref = studio.begin()
    drawing = shipped().files["process.bpmn"] + b"<!-- 2 -->"
    new = {f"scenarios/n{number}.toml": note(f"{number}") for number in range(3)}

    def bring_in() -> None:
        with studio.work("owner2") as work:
            drafts.begin_with(work, KEY, {"process.bpmn": drawing}, whole=False)

    at_once(bring_in, *[lambda path=path: studio.save(ref, {path: new[path]}, 1) for path in new])

    assert dict(studio.files(ref)) == {**shipped().files, **new, "process.bpmn": drawing}
    with studio.work() as work, pytest.raises(NotFound):
        drafts.begin_with(work, "nowhere", {"process.bpmn": drawing}, whole=False)


def test_files_without_details_leave_a_process_its_own(studio: Studio) -> None:
    drawing = {"process.bpmn": shipped().files["process.bpmn"]}
    known, new = studio.begin_with(KEY, drawing), studio.begin_with("novel", drawing)

    assert dict(studio.files(known)) == {**drawing, SHEET: shipped().files[SHEET]}
    assert dict(studio.files(new)) == drawing


def test_only_owners_edit_and_what_is_unknown_is_said_to_be(studio: Studio) -> None:
    ref = studio.begin()
    with studio.work("clerk", write=False) as work:
        acts: tuple[Callable[[], object], ...] = (
            lambda: drafts.begin(work, KEY),
            lambda: drafts.save(work, ref, {}, based_on=1),
            lambda: drafts.save_aside(work, ref, {}, based_on=1),
            lambda: drafts.make_newest(work, ref, 1, based_on=1),
            lambda: drafts.close(work, ref),
            lambda: drafts.get(work, ref),
        )
        for act in acts:
            with pytest.raises(NotPermitted):
                act()
    with studio.work(write=False) as work:
        acts = (
            lambda: drafts.begin(work, "nowhere"),
            lambda: drafts.get(work, "nowhere"),
            lambda: drafts.save(work, ref, {}, based_on=99),
            lambda: drafts.bundle_at(work, drafts.get(work, ref), 99),
        )
        for act in acts:
            with pytest.raises(NotFound):
                act()
        for key in ("", "Novel", "../x", "a b", "ä", "x" * 49):
            with pytest.raises(InvalidAnswers):
                drafts.begin_with(work, key, shipped().files)


# --- saving ------------------------------------------------------------------------------------------------------


def test_a_save_is_a_new_revision_and_what_changes_nothing_is_none(studio: Studio) -> None:
    ref = studio.begin()

    made = studio.save(ref, {SHEET: titled("改名")}, 1)
    same = studio.save(ref, {SHEET: titled("改名")}, 2)
    gone = studio.save(ref, {"forms/acceptance.form": None}, 2)

    assert (made, same, gone) == (drafts.Saved(2), drafts.Saved(2, unchanged=True), drafts.Saved(3))
    assert "forms/acceptance.form" in studio.files(ref, 2)
    assert "forms/acceptance.form" not in studio.files(ref)
    with studio.work(write=False) as work:
        rows = drafts.revisions(work, drafts.get(work, ref))
        assert [(row.number, row.parent, row.aside) for row in rows] == [(3, 2, False), (2, 1, False), (1, None, False)]
        assert drafts.bundle_at(work, drafts.get(work, ref)).digest == rows[0].digest


def test_files_that_nobody_else_touched_are_merged(studio: Studio) -> None:
    ref = studio.begin()

    studio.save(ref, {SHEET: titled("甲")}, 1, "owner1")
    merged = studio.save(ref, {"scenarios/b.toml": note("b")}, 1, "owner2")

    assert merged == drafts.Saved(3, merged=True)
    assert studio.files(ref)[SHEET] == titled("甲")
    assert studio.files(ref)["scenarios/b.toml"] == note("b")


def test_who_saves_the_same_file_second_is_told_who_and_when_and_loses_nothing(studio: Studio) -> None:
    ref = studio.begin()
    studio.save(ref, {SHEET: titled("甲")}, 1, "owner1")
    studio.save(ref, {"scenarios/b.toml": note("b")}, 2, "owner2")

    with pytest.raises(drafts.Overtaken) as refused:
        studio.save(ref, {SHEET: titled("乙"), "scenarios/c.toml": note("c")}, 1, "owner2")

    told = refused.value
    assert isinstance(told, Stale)
    assert (told.by, told.path, told.revision) == ("方冬至", SHEET, 3)
    assert "方冬至" in told.message and SHEET in told.message and "09:00" in told.message
    assert "方冬至" not in str(told.ids)
    assert studio.files(ref)[SHEET] == titled("甲") and "scenarios/c.toml" not in studio.files(ref)

    with studio.work("owner2") as work:
        number = drafts.save_aside(work, ref, {SHEET: titled("乙"), "scenarios/c.toml": note("c")}, based_on=1)
        assert drafts.save_aside(work, ref, {SHEET: titled("乙"), "scenarios/c.toml": note("c")}, based_on=1) == number
    assert studio.head(ref) == 3
    assert studio.files(ref, number)[SHEET] == titled("乙")


def test_the_same_change_by_both_is_no_quarrel(studio: Studio) -> None:
    ref = studio.begin()
    studio.save(ref, {SHEET: titled("甲")}, 1, "owner1")

    assert studio.save(ref, {SHEET: titled("甲")}, 1, "owner2") == drafts.Saved(2, merged=True, unchanged=True)


def test_an_editor_that_changed_nothing_is_not_told_that_it_holds_what_another_saved(studio: Studio) -> None:
    """It would otherwise save its old copy over the other's with the next change."""
    ref = studio.begin()
    studio.save(ref, {SHEET: titled("甲")}, 1, "owner1")

    assert studio.save(ref, {SHEET: shipped().files[SHEET]}, 1, "owner2") == drafts.Saved(1, unchanged=True)
    with pytest.raises(drafts.Overtaken):
        studio.save(ref, {SHEET: shipped().files[SHEET], "scenarios/b.toml": note("b")}, 1, "owner2")


def test_who_deletes_what_another_changed_is_told(studio: Studio) -> None:
    ref = studio.begin()
    studio.save(ref, {"forms/acceptance.form": b"{}"}, 1, "owner1")

    with pytest.raises(drafts.Overtaken):
        studio.save(ref, {"forms/acceptance.form": None}, 1, "owner2")


def test_an_older_revision_or_one_kept_aside_becomes_the_newest_again(studio: Studio) -> None:
    ref = studio.begin()
    studio.save(ref, {SHEET: titled("甲")}, 1)
    with studio.work() as work:
        aside = drafts.save_aside(work, ref, {SHEET: titled("乙")}, based_on=1)
        made = drafts.make_newest(work, ref, aside, based_on=2)
        with pytest.raises(drafts.Overtaken):
            drafts.make_newest(work, ref, 1, based_on=2)
        back = drafts.make_newest(work, ref, 1, based_on=made.number)
        assert drafts.make_newest(work, ref, 1, based_on=back.number).unchanged

    assert (aside, made.number, back.number) == (3, 4, 5)
    assert [files[SHEET] for files in studio.all_revisions(ref)] == [
        shipped().files[SHEET], titled("甲"), titled("乙"), titled("乙"), shipped().files[SHEET],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("process.bpmn", b"<!DOCTYPE a><a/>"),
        ("process.bpmn", b"hello"),
        ("forms/a.form", b"[" * 1000),
        ("doubts.dmn", "<a>é</a>".encode("latin-1")),
        ("../x.toml", b""),
        ("page.html", b""),
    ],
)
def test_what_is_dangerous_to_read_is_not_even_kept(studio: Studio, path: str, content: bytes) -> None:
    ref = studio.begin()
    with studio.work() as work:
        for act in (
            lambda: drafts.save(work, ref, {path: content}, based_on=1),
            lambda: drafts.save_aside(work, ref, {path: content}, based_on=1),
            lambda: drafts.begin_with(work, "novel", {path: content}),
        ):
            with pytest.raises(DefinitionRefused) as refused:
                act()
            (found,) = refused.value.findings
            assert found.file == path and str(found.sentence) and str(found.remedy)
    assert studio.head(ref) == 1


def test_a_dropped_draft_is_kept_and_the_next_one_is_another(studio: Studio) -> None:
    ref = studio.begin()
    studio.save(ref, {SHEET: titled("甲")}, 1)
    with studio.work("owner2") as work:
        drafts.close(work, ref)
    with pytest.raises(Conflict):
        studio.save(ref, {SHEET: titled("乙")}, 2)

    other = studio.begin()

    assert other != ref
    assert studio.files(ref)[SHEET] == titled("甲")
    assert dict(studio.files(other)) == dict(shipped().files)


def test_every_act_stands_in_the_journal_of_the_process_and_holds_no_content(studio: Studio) -> None:
    ref = studio.begin()
    studio.save(ref, {SHEET: titled("密语")}, 1)
    with studio.work() as work:
        drafts.save_aside(work, ref, {SHEET: titled("乙")}, based_on=1)
        drafts.close(work, ref)
    with unit_of_work(studio.office.home, OPERATOR, write=False) as work:
        stream = select(journal.JournalStream.id).where(
            journal.JournalStream.kind == "definition", journal.JournalStream.subject == KEY
        )
        entries = work.session.scalars(
            select(journal.JournalEntry)
            .where(journal.JournalEntry.stream_id == stream.scalar_subquery(), journal.JournalEntry.subject == ref)
            .order_by(journal.JournalEntry.seq)
        ).all()
        events = [entry.event for entry in entries]
        assert not any("密语" in str(entry.body) for entry in entries)
        assert list(sealing.verify(work.session, studio.office.home.vault)) == []
    assert events == [
        "definition.draft_begun", "definition.saved", "definition.saved", "definition.kept_aside",
        "definition.draft_closed",
    ]  # fmt: skip


# --- proposing ---------------------------------------------------------------------------------------------------


def test_a_checked_revision_is_proposed_and_its_draft_ends_with_the_approval(studio: Studio) -> None:
    ref = studio.begin()
    studio.save(ref, {SHEET: titled("甲")}, 1)
    with studio.work() as work:
        with pytest.raises(Conflict, match="not revision 1"):
            drafts.propose(work, ref, checked("甲"), number=1, note="")
        row = drafts.propose(work, ref, checked("甲"), number=2, note="新名")
        proposal, base, revision = row.ref, row.base_number, row.revision
        with pytest.raises(Conflict):
            drafts.close(work, ref)

    number = studio.approve(proposal, checked("甲"))

    assert (base, revision, number) == (1, 2, 2)
    with studio.work(write=False) as work:
        assert drafts.get(work, ref).state == drafts.CLOSED
        assert drafts.open_drafts(work) == []
        assert definitions.in_force(work, KEY).title == "甲"


def test_a_draft_that_went_on_after_the_proposal_stays_open_on_the_new_version(studio: Studio) -> None:
    ref = studio.begin()
    studio.save(ref, {SHEET: titled("甲")}, 1)
    with studio.work() as work:
        proposal = drafts.propose(work, ref, checked("甲"), number=2, note="").ref
    studio.save(ref, {SHEET: titled("乙")}, 2)

    studio.approve(proposal, checked("甲"))

    with studio.work(write=False) as work:
        draft = drafts.get(work, ref)
        assert (draft.state, draft.base_number, draft.head) == (drafts.OPEN, 2, 3)
    assert studio.files(ref)[SHEET] == titled("乙")


def test_one_revision_of_a_draft_waits_at_a_time(studio: Studio) -> None:
    ref = studio.begin()
    studio.save(ref, {SHEET: titled("甲")}, 1)
    studio.save(ref, {SHEET: titled("乙")}, 2)
    with studio.work() as work:
        first = drafts.propose(work, ref, checked("甲"), number=2, note="").ref
        with pytest.raises(Conflict, match="waits for a second owner already"):
            drafts.propose(work, ref, checked("甲"), number=2, note="")
        with pytest.raises(Conflict, match="Revision 2 of this draft"):
            drafts.propose(work, ref, checked("乙"), number=3, note="")
    with studio.work("owner2") as work:
        definitions.send_back(work, first, "名称不妥")
        assert drafts.propose(work, ref, checked("乙"), number=3, note="").revision == 3


# --- presence ----------------------------------------------------------------------------------------------------


def test_who_is_here_is_seen_with_the_part_and_forgotten_after_a_minute(studio: Studio) -> None:
    ref = studio.begin()
    with studio.work("owner1") as work:
        assert presence.note(work, ref, "process.bpmn") == [presence.Presence("方冬至", "process.bpmn", True)]
    with studio.work("owner2") as work:
        presence.note(work, ref, "process.bpmn")
        seen = presence.note(work, ref, "forms/sign_batch.form")
    assert seen == [
        presence.Presence("方冬至", "process.bpmn", False),
        presence.Presence("方小寒", "forms/sign_batch.form", True),
    ]

    with studio.work("owner2") as work:
        first = select(Account.id).where(Account.login == "owner1").scalar_subquery()
        long_ago = machine_now() - timedelta(seconds=61)
        work.session.execute(update(DraftPresence).where(DraftPresence.account_id == first).values(seen_at=long_ago))
        assert [one.me for one in presence.note(work, ref, "")] == [True]


def test_one_person_in_two_windows_is_here_once(studio: Studio) -> None:
    ref = studio.begin()

    def look() -> None:
        with studio.work() as work:
            presence.note(work, ref, "process.bpmn")

    at_once(*[look] * 3)
    with studio.work() as work:
        assert len(presence.note(work, ref, "process.bpmn")) == 1


# --- several at once, and any order ------------------------------------------------------------------------------


def test_savers_at_once_lose_nothing(studio: Studio) -> None:
    """Each of six saves of a common file and of one's own is in a revision, or its author was told."""
    ref = studio.begin_with("crowd", {"process.bpmn": shipped().files["process.bpmn"], "scenarios/a.toml": note("0")})
    kept: list[bytes] = []
    told: list[bytes] = []

    def saver(login: str, place: int) -> None:
        mine = {"scenarios/a.toml": note(f"{place}")} if place % 2 else {f"scenarios/b{place}.toml": note(f"{place}")}
        try:
            studio.save(ref, mine, 1, login)
            kept.extend(mine.values())
        except drafts.Overtaken:
            told.extend(mine.values())
            with studio.work(login) as work:
                drafts.save_aside(work, ref, mine, based_on=1)

    at_once(*[lambda n=n: saver("owner1" if n % 2 else "owner2", n) for n in range(6)])

    stored = {content for files in studio.all_revisions(ref) for content in files.values()}
    assert set(kept) | set(told) <= stored
    assert len(told) == 2  # of three who saved the common file one was first
    head = studio.files(ref)
    assert set(kept) <= set(head.values())
    assert len(studio.all_revisions(ref)) == 7


def test_saving_proposing_approving_and_importing_at_once_never_wait_for_each_other(studio: Studio) -> None:
    """All that locks does so in one order: on PostgreSQL the other order would be a deadlock."""
    ref = studio.begin()
    studio.save(ref, {SHEET: titled("甲")}, 1)
    with studio.work() as work:
        proposal = drafts.propose(work, ref, checked("甲"), number=2, note="").ref
    new = {f"scenarios/n{number}.toml": note(f"{number}") for number in range(4)}

    def save(path: str) -> None:
        with suppress(Conflict):  # closed by the approval meanwhile
            studio.save(ref, {path: new[path], "scenarios/common.toml": note("same")}, 2)

    def again() -> None:
        with suppress(Conflict), studio.work() as work:
            drafts.propose(work, ref, checked("甲"), number=2, note="")

    at_once(
        *[partial(save, path) for path in new],
        lambda: studio.approve(proposal, checked("甲")),
        lambda: studio.begin_with(KEY, {**shipped().files, **new}),
        again,
    )

    with studio.work(write=False) as work:
        assert definitions.in_force(work, KEY).number == 2
        stored = {content for draft in work.session.scalars(select(DefinitionDraft))
                  for row in drafts.revisions(work, draft)
                  for content in drafts.bundle_at(work, draft, row.number).files.values()}  # fmt: skip
    assert set(new.values()) <= stored  # the import holds them all, whatever was closed


CONTENTS = [note(str(number)) for number in range(3)]
PATHS = ["scenarios/a.toml", "scenarios/b.toml", "scenarios/c.toml"]
CHANGES = st.dictionaries(st.sampled_from(PATHS), st.one_of(st.none(), st.sampled_from(CONTENTS)), min_size=1)
ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("save"), st.integers(0, 1), CHANGES),
        st.tuples(st.just("aside"), st.integers(0, 1), CHANGES),
        st.tuples(st.just("reload"), st.integers(0, 1), st.none()),
        st.tuples(st.just("restore"), st.integers(0, 1), st.integers(1, 6)),
    ),
    min_size=4,
    max_size=12,
)
_numbers = count()


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(acts=ACTS)
def test_whatever_two_editors_do_in_whatever_order_a_save_changes_its_own_files_alone(
    studio: Studio, acts: list[tuple[str, int, object]]
) -> None:
    """Against a model of two dictionaries: what an editor holds and what is newest."""
    start = {"process.bpmn": shipped().files["process.bpmn"], PATHS[0]: CONTENTS[0]}
    ref = studio.begin_with(f"model{next(_numbers)}", start)
    model = _Model(start)
    for act, who, what in acts:
        with studio.work(("owner1", "owner2")[who]) as work:
            model.act(work, ref, act, who, what)
    assert dict(studio.files(ref)) == model.revisions[model.head]
    assert [dict(files) for files in studio.all_revisions(ref)] == [
        model.revisions[number] for number in sorted(model.revisions)
    ]


class _Model:
    """Revisions as dictionaries, the newest, and on which revision each of two editors stands."""

    def __init__(self, start: dict[str, bytes]) -> None:
        self.revisions: dict[int, dict[str, bytes]] = {1: dict(start)}
        self.head = 1
        self.stands = [1, 1]
        self.asides: dict[tuple[int, tuple[tuple[str, bytes], ...]], int] = {}

    def act(self, work: object, ref: str, act: str, who: int, what: object) -> None:
        getattr(self, f"_{act}")(work, ref, who, what)

    def _reload(self, _work: object, _ref: str, who: int, _what: object) -> None:
        self.stands[who] = self.head

    def _save(self, work, ref, who, changes) -> None:
        base, head = self.revisions[self.stands[who]], self.revisions[self.head]
        mine = {path for path, content in changes.items() if base.get(path) != content}
        clash = any(head.get(path) not in (base.get(path), content) for path, content in changes.items())
        if mine and clash:
            with pytest.raises(drafts.Overtaken) as told:
                drafts.save(work, ref, changes, based_on=self.stands[who])
            assert told.value.revision == self.head
            return
        saved = drafts.save(work, ref, changes, based_on=self.stands[who])
        result = _applied(head, changes)
        if not saved.unchanged:
            assert saved.number == max(self.revisions) + 1
            assert saved.merged == (self.head != self.stands[who])
            self.revisions[saved.number] = result
            self.head = saved.number
        held = self.revisions[saved.number]
        assert all(held.get(path) == content for path, content in changes.items())
        self.stands[who] = saved.number

    def _aside(self, work, ref, who, changes) -> None:
        result = _applied(self.revisions[self.stands[who]], changes)
        number = drafts.save_aside(work, ref, changes, based_on=self.stands[who])
        key = (who, tuple(sorted(result.items())))
        if number in self.revisions:
            assert self.asides[key] == number
        self.asides[key] = number
        self.revisions[number] = result

    def _restore(self, work, ref, who, number) -> None:
        if number not in self.revisions:
            with pytest.raises(NotFound):
                drafts.make_newest(work, ref, number, based_on=self.stands[who])
        elif self.stands[who] != self.head:
            with pytest.raises(drafts.Overtaken):
                drafts.make_newest(work, ref, number, based_on=self.stands[who])
        else:
            saved = drafts.make_newest(work, ref, number, based_on=self.head)
            assert saved.unchanged == (self.revisions[number] == self.revisions[self.head])
            self.revisions[saved.number] = dict(self.revisions[number])
            self.head = self.stands[who] = saved.number


def _applied(files: dict[str, bytes], changes: dict[str, bytes | None]) -> dict[str, bytes]:
    both = {**files, **changes}
    return {path: content for path, content in both.items() if content is not None}


def test_a_kept_draft_may_be_wrong_and_the_check_says_so(studio: Studio) -> None:
    ref = studio.begin()
    studio.save(ref, {"forms/acceptance.form": b"{}", SHEET: b"title = 3\n"}, 1)
    with studio.work(write=False) as work:
        bundle = drafts.bundle_at(work, drafts.get(work, ref))
    files = {found.file for found in bundles.check(bundle)}
    assert {SHEET, "forms/acceptance.form"} <= files
