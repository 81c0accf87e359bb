"""`./run do`: the same verbs as the pages, the same refusals, as an operator meets them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from domain.work import OPERATOR, unit_of_work
from tests.homes import Office
from tests.infrastructure import processes
from tests.infrastructure.databases import Place, Template
from tests.journeys.playing import Story, new_case
from workflows import definitions

ROOT = Path(__file__).resolve().parents[2]
BUNDLE = ROOT / "bpmn" / "verification"


def do(place: Place | None, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run one command in a process of its own, in English."""
    own = place.environment if place else {}
    environment = {**os.environ, **own, "HEDUI_LANG": "en", "PYTHONPATH": str(ROOT), **more}
    return processes.run("cli", *words, env=environment)


def changed(tmp_path: Path, old: str, new: str, file: str = "process.bpmn") -> Path:
    """A copy of the shipped bundle with one text replaced."""
    folder = tmp_path / "verification"
    shutil.copytree(BUNDLE, folder)
    source = (folder / file).read_text(encoding="utf-8")
    assert old in source
    (folder / file).write_text(source.replace(old, new, 1), encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("record_authorisations.missing = 0", "__import__('os').system('id')", "all_authorised"),
        ('camunda:topic="commission.issue"', 'camunda:topic="os.system"', "issue_commission"),
        ('camunda:candidateGroups="agency_checker"', 'camunda:candidateGroups="wizard"', "acceptance"),
        ("<bpmn:endEvent", '<bpmn:complexGateway id="odd"/><bpmn:endEvent', "odd"),
        ('camunda:formKey="intake"', 'camunda:formKey="nowhere"', "intake"),
    ],
    ids=["python", "operation", "role", "element", "form"],
)
def test_a_bundle_that_would_go_wrong_is_refused_with_element_line_sentence_and_remedy(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    done = do(None, "process", "check", str(changed(tmp_path, old, new)))

    assert done.returncode == 1
    finding = next(line for line in done.stderr.splitlines() if said in line)
    assert finding.startswith("error: process.bpmn:")
    line = finding.split(":")[2].split()[0]
    assert line.isdigit()
    assert finding.count(".") >= 3  # a sentence and a remedy behind the place


def test_the_shipped_bundles_may_be_deployed() -> None:
    for folder in sorted((ROOT / "bpmn").iterdir()):
        assert do(None, "process", "check", str(folder)).returncode == 0


def test_a_version_needs_a_second_owner_and_running_cases_keep_theirs(office: Office, tmp_path: Path) -> None:
    running = new_case(office, "town", "B2027003")
    folder = changed(tmp_path, 'name="受理', 'name="窗口受理')

    proposed = do(office.place, "process", "deploy", str(folder), "--as", "owner1", "--note", "wording")
    ref = proposed.stdout.split("approve ")[1].split()[0]
    alone = do(office.place, "process", "approve", ref, "--as", "owner1")
    stranger = do(office.place, "process", "approve", ref, "--as", "clerk")
    second = do(office.place, "process", "approve", ref, "--as", "owner2")
    again = do(office.place, "process", "approve", ref, "--as", "owner2")

    assert alone.returncode == 1 and "cannot approve it" in alone.stderr
    assert stranger.returncode == 1
    assert second.returncode == 0 and "verification version 2 is in force" in second.stdout
    assert again.returncode == 1 and "dealt with already" in again.stderr
    with unit_of_work(office.home, OPERATOR, write=False) as work:
        assert running.case(work).process_version == 1
        assert definitions.in_force(work, "verification").number == 2


def test_the_same_bundle_again_is_no_new_version(office: Office) -> None:
    done = do(office.place, "process", "deploy", str(BUNDLE), "--as", "owner1")

    assert done.returncode == 1
    assert "is the same already" in done.stderr


@pytest.mark.slow
def test_a_process_goes_out_and_in_as_a_zip_and_comes_into_force_by_two_owners(office: Office, tmp_path: Path) -> None:
    target, again = tmp_path / "verification.zip", tmp_path / "again.zip"
    out = do(office.place, "process", "export", "verification", str(target))
    unpacked = tmp_path / "verification"
    with zipfile.ZipFile(target) as archive:
        archive.extractall(unpacked)
    assert out.returncode == 0, out.stderr
    assert {path.relative_to(unpacked).as_posix() for path in unpacked.rglob("*") if path.is_file()} == {
        path.relative_to(BUNDLE).as_posix() for path in BUNDLE.rglob("*") if path.is_file()
    }
    assert all(path.read_bytes() == (BUNDLE / path.relative_to(unpacked)).read_bytes()
               for path in unpacked.rglob("*") if path.is_file())  # fmt: skip

    came = do(office.place, "process", "import", str(target), "--as", "owner1", "--note", "as it was")
    stranger = do(office.place, "process", "import", str(target), "novel", "--as", "clerk")
    other = do(office.place, "process", "import", str(target), "novel", "--as", "owner1")
    listed = do(office.place, "process", "drafts")
    do(office.place, "process", "export", "verification", str(again), "--number", "1")

    assert "revision 1" in came.stdout  # the same files are no new revision
    assert stranger.returncode == 1 and other.returncode == 0, other.stderr
    assert [line.split()[0] for line in listed.stdout.splitlines()] == ["novel", "verification"]
    assert "from version 1, revision 1" in listed.stdout and "from version -" in listed.stdout
    assert again.read_bytes() == target.read_bytes()


def test_a_zip_that_is_none_and_a_version_that_is_not_are_refused(office: Office, tmp_path: Path) -> None:
    bad = tmp_path / "bad.zip"
    with zipfile.ZipFile(bad, "w") as archive:
        archive.writestr("../process.toml", "x")

    refused = do(office.place, "process", "import", str(bad), "--as", "owner1")
    missing = do(office.place, "process", "export", "verification", str(tmp_path / "x.zip"), "--number", "9")

    assert refused.returncode == 1 and "../process.toml" in refused.stderr and "leads outside" in refused.stderr
    assert missing.returncode == 1 and "no version 9" in missing.stderr
    assert do(office.place, "process", "drafts").stdout == ""


@pytest.mark.slow
def test_an_earlier_version_is_rolled_back_to_under_a_new_number(office: Office, tmp_path: Path) -> None:
    folder = changed(tmp_path, 'name="受理', 'name="窗口受理')
    do(office.place, "process", "deploy", str(folder), "--as", "owner1", "--approved-by", "owner2")

    proposed = do(office.place, "process", "rollback", "verification", "1", "--as", "owner1", "--note", "back")
    ref = proposed.stdout.split("approve ")[1].split()[0]
    alone = do(office.place, "process", "approve", ref, "--as", "owner1")
    second = do(office.place, "process", "approve", ref, "--as", "owner2")

    assert alone.returncode == 1
    assert "verification version 3 is in force" in second.stdout
    with unit_of_work(office.home, OPERATOR, write=False) as work:
        rows = {row.number: row for row in definitions.versions(work) if row.process == "verification"}
        assert rows[3].digest == rows[1].digest != rows[2].digest
        assert rows[3].note == "back"


def prepared(office: Office) -> tuple[Story, str]:
    """A case whose commission is prepared and not signed; the child's authorisation is missing."""
    from domain.verification import commissions

    story = new_case(office, "town", "B2027003")
    with story.work("clerk") as work:
        commissions.prepare(work, story.case(work), categories=["DEPOSIT"])
    with story.work() as work:
        from domain.parties import households

        return story, households.name_of(work, story.members(work)[0])


@pytest.mark.clause("BX-11", "BX-12")
def test_a_commission_without_letter_or_authorisation_is_refused_naming_member_and_clause(
    office: Office, tmp_path: Path
) -> None:
    story, name = prepared(office)
    letter = tmp_path / "letter.pdf"
    letter.write_bytes(b"%PDF-1.4\n%%EOF\n")
    words = ("commissions", "issue", story.case_ref, "--as", "head", "--signed-on", "2027-05-18")

    bare = do(office.place, *words)
    unauthorised = do(office.place, *words, "--letter", str(letter))

    assert bare.returncode == 1 and "BX-12" in bare.stderr
    assert unauthorised.returncode == 1
    assert "BX-11" in unauthorised.stderr and name in unauthorised.stderr


def test_a_live_home_refuses_to_have_its_time_moved(
    fresh_place: Callable[[str, Template], Place], tmp_path: Path
) -> None:
    place = fresh_place("sqlite", Template("bare", lambda _place: None))
    keys = {"HEDUI_KEYS": str(tmp_path / "keys")}
    number = "210502198001010017"
    made = do(place, "init", "--no-demo", "--city", "benxi", "--name", "甲", "--idno", _sound(number), **keys)
    ticked = do(place, "tick", "--at", "2030-06-01T09:00:00+08:00", **keys)
    demonstration = do(place, "households", "import", str(_households(tmp_path)), **keys)

    assert made.returncode == 0, made.stderr
    assert len(made.stdout.strip().splitlines()[-1]) == 29  # the one-time token
    assert ticked.returncode == 1 and "only a stopped clock" in ticked.stderr
    assert "0 households added" in demonstration.stdout


def test_campaigns_are_printed_as_the_agreed_json(office: Office) -> None:
    assert json.loads(do(office.place, "campaigns", "--json").stdout) == []

    do(office.place, "tick", "--at", "2027-06-01T09:00:00+08:00")
    rows = json.loads(do(office.place, "campaigns", "--json").stdout)

    assert len(rows) == 21
    assert {frozenset(row) for row in rows} == {
        frozenset({"period", "programme", "unit", "households", "cases", "opened_at"})
    }
    units = {"本溪县", "桓仁县", "平山区", "明山区", "溪湖区", "南芬区", "高新区"}
    assert {row["unit"] for row in rows} == units
    assert {row["period"] for row in rows} == {"2027-06"}
    assert {row["opened_at"] for row in rows} == {"2027-06-01T00:10:00+08:00"}
    assert all(row["households"] == row["cases"] for row in rows)


def test_the_journal_is_verified_and_settings_are_printed_without_secrets(office: Office) -> None:
    whole = do(office.place, "journal", "verify")
    table = do(office.place, "settings", HEDUI_DATABASE_URL="postgresql+psycopg://user:hush@127.0.0.1/x")

    assert whole.returncode == 0 and "whole" in whole.stdout
    assert "hush" not in table.stdout and "…@127.0.0.1/x" in table.stdout


def _sound(number: str) -> str:
    from domain.identity import check_character

    return number[:17] + check_character(number[:17])


def _households(tmp_path: Path) -> Path:
    from sources.demo import demo_files

    path = tmp_path / "declared_households.csv"
    path.write_bytes(demo_files()["declared_households.csv"])
    return path
