"""An upgrade lays what it ships before the owners, once, and never over what they put in force (walls 5)."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from cli import founding
from tests.crowd import at_once
from tests.homes import Office
from tests.workflows.studio import KEY, SHIPPED, Studio, checked, shipped, titled
from workflows import definitions, drafts
from workflows import shipped as shipping
from workflows.bundles import Bundle

SHEET = "process.toml"
FORM = "forms/acceptance.form"


@pytest.fixture
def studio(office: Office) -> Studio:
    return Studio(office)


def upgrade(tmp_path: Path, name: str, **changes: bytes) -> Path:
    """A folder of processes as a later version of the program might ship it."""
    folder = tmp_path / name
    shutil.copytree(SHIPPED, folder)
    for path, content in changes.items():
        (folder / KEY / path.replace("__", "/")).write_bytes(content)
    return folder


def reworded(word: str) -> bytes:
    """The shipped acceptance form with another label."""
    source = shipped().files[FORM].decode()
    label = source.split('"label": "')[1].split('"')[0]
    return source.replace(f'"label": "{label}"', f'"label": "{word}"', 1).encode()


def later(tmp_path: Path, name: str, title: str, form: bytes | None = None) -> Path:
    folder = upgrade(tmp_path, name)
    (folder / KEY / SHEET).write_bytes(titled(title))
    if form is not None:
        (folder / KEY / FORM).write_bytes(form)
    return folder


def revisions(studio: Studio, ref: str) -> list[tuple[int, bool, bool, str]]:
    with studio.work(write=False) as work:
        rows = drafts.revisions(work, drafts.get(work, ref))
        return [(row.number, row.aside, row.shipped, row.digest) for row in reversed(rows)]


def test_a_home_that_knows_everything_is_offered_nothing(studio: Studio) -> None:
    assert founding.offer_processes(studio.office.home) == []
    with studio.work(write=False) as work:
        assert drafts.open_drafts(work) == []


def test_an_office_that_changed_nothing_gets_the_new_bundle_as_a_draft_once(studio: Studio, tmp_path: Path) -> None:
    folder = later(tmp_path, "new", "新版")

    assert founding.offer_processes(studio.office.home, folder) == [KEY]
    assert founding.offer_processes(studio.office.home, folder) == []

    with studio.work(write=False) as work:
        (draft,) = drafts.open_drafts(work)
        assert (draft.created_by, draft.base_number) == (None, 1)
        ref = draft.ref
        assert definitions.in_force(work, KEY).number == 1  # nothing is in force before two owners say so
    assert studio.files(ref)[SHEET] == titled("新版")
    assert [row[:3] for row in revisions(studio, ref)] == [(1, False, True)]

    with studio.work() as work:
        proposal = drafts.propose(work, ref, checked("新版"), number=1, note="升级").ref
    studio.approve(proposal, checked("新版"))
    assert studio.in_force().title == "新版"
    # accepted as it was shipped: the office counts as one that changed nothing
    founding.offer_processes(studio.office.home, later(tmp_path, "newer", "更新版"))
    with studio.work(write=False) as work:
        (draft,) = drafts.open_drafts(work)
        ref = draft.ref
    assert [row[:3] for row in revisions(studio, ref)] == [(1, False, True)]


def test_an_office_with_its_own_version_gets_what_it_left_alone_and_the_shipped_bundle_beside(
    studio: Studio, tmp_path: Path
) -> None:
    studio.deploy("本市版")  # the office changed process.toml
    folder = later(tmp_path, "new", "新版", reworded("新标签"))

    founding.offer_processes(studio.office.home, folder)

    with studio.work(write=False) as work:
        (draft,) = drafts.open_drafts(work)
        ref, base = draft.ref, draft.base_number
        assert definitions.in_force(work, KEY).title == "本市版"
    assert base == 2
    assert [row[:3] for row in revisions(studio, ref)] == [(1, True, True), (2, False, False)]
    assert studio.files(ref, 1)[SHEET] == titled("新版")
    assert studio.files(ref)[SHEET] == titled("本市版")
    assert studio.files(ref)[FORM] == studio.files(ref, 1)[FORM] == reworded("新标签")


def test_an_open_draft_is_left_as_it_is_and_the_shipped_bundle_lies_beside(studio: Studio, tmp_path: Path) -> None:
    ref = studio.begin()
    studio.save(ref, {SHEET: titled("在改")}, 1)

    founding.offer_processes(studio.office.home, later(tmp_path, "new", "新版"))

    assert studio.head(ref) == 2
    assert [row[:3] for row in revisions(studio, ref)] == [(1, False, False), (2, False, False), (3, True, True)]
    assert studio.save(ref, {SHEET: titled("再改")}, 2) == drafts.Saved(4)


def test_a_dropped_offer_does_not_come_back_and_a_later_one_does(studio: Studio, tmp_path: Path) -> None:
    folder = later(tmp_path, "new", "新版")
    founding.offer_processes(studio.office.home, folder)
    with studio.work() as work:
        (draft,) = drafts.open_drafts(work)
        drafts.close(work, draft.ref)

    assert founding.offer_processes(studio.office.home, folder) == []
    assert founding.offer_processes(studio.office.home, later(tmp_path, "newer", "更新版")) == [KEY]


def test_a_process_that_is_new_to_the_home_is_in_force_at_once(studio: Studio, tmp_path: Path) -> None:
    folder = upgrade(tmp_path, "new")
    shutil.copytree(folder / KEY, folder / "novel")

    founding.offer_processes(studio.office.home, folder)

    assert studio.in_force("novel").number == 1
    with studio.work(write=False) as work:
        assert definitions.version(work, "novel", 1).shipped


def test_several_processes_that_start_at_once_offer_once(studio: Studio, tmp_path: Path) -> None:
    folder = later(tmp_path, "new", "新版")

    at_once(*[lambda: founding.offer_processes(studio.office.home, folder)] * 3)

    with studio.work(write=False) as work:
        (draft,) = drafts.open_drafts(work)
        assert len(drafts.revisions(work, draft)) == 1


def test_a_three_way_merge_keeps_what_the_office_changed_or_removed() -> None:
    base = {"a": "1", "b": "1", "c": "1", "d": "1"}
    mine = {"a": "1", "b": "2", "c": "1", "own": "9"}  # changed b, removed d, added own
    theirs = {"a": "3", "b": "3", "d": "3", "new": "3"}  # changed a, b, d, removed c, added new
    assert shipping.merged(base, mine, theirs) == {"a": "3", "b": "2", "own": "9", "new": "3"}


def test_a_bundle_of_another_process_with_the_same_files_is_another(studio: Studio) -> None:
    with studio.work(write=False) as work:
        known = shipped()
        assert shipping.unknown(work, [known, Bundle("other", known.files)]) == [Bundle("other", known.files)]
