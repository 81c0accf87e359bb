"""Two owners of an office, their drafts and versions, for tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from domain.work import Work, unit_of_work
from tests.homes import Office
from workflows import bundles, definitions, drafts
from workflows.bundles import Bundle, Checked

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ROOT / "bpmn"
KEY = "review_commission"  # the smallest of the shipped processes


@lru_cache
def shipped(key: str = KEY) -> Bundle:
    """A bundle as the product ships it."""
    return bundles.read_folder(SHIPPED / key)


def titled(title: str, key: str = KEY) -> bytes:
    """The shipped process.toml under another title."""
    source = shipped(key).files["process.toml"].decode()
    return source.replace(str(shipped(key).sheet["title"]), title, 1).encode()


def with_files(changes: Mapping[str, bytes], key: str = KEY) -> Bundle:
    """The shipped bundle with some files replaced or added."""
    return Bundle(key, {**shipped(key).files, **changes})


@lru_cache(maxsize=32)
def checked(title: str, key: str = KEY) -> Checked:
    """A bundle that passes, called `title`."""
    return bundles.must_pass(with_files({"process.toml": titled(title, key)}, key))


@dataclass
class Studio:
    """An office with its owners owner1 and owner2."""

    office: Office

    @contextmanager
    def work(self, login: str = "owner1", *, write: bool = True) -> Iterator[Work]:
        """One transaction of a person."""
        with unit_of_work(self.office.home, self.office.actor(login), write=write) as work:
            yield work

    def begin(self, process: str = KEY) -> str:
        """The ref of the open draft of a process."""
        with self.work() as work:
            return drafts.begin(work, process).ref

    def begin_with(self, process: str, files: Mapping[str, bytes]) -> str:
        """The ref of a draft that holds these files."""
        with self.work() as work:
            return drafts.begin_with(work, process, files).ref

    def save(self, ref: str, changes: Mapping[str, bytes | None], based_on: int, login: str = "owner1") -> drafts.Saved:
        """A save in a transaction of its own."""
        with self.work(login) as work:
            return drafts.save(work, ref, changes, based_on=based_on)

    def files(self, ref: str, number: int | None = None) -> Mapping[str, bytes]:
        """The files of a revision, the newest without a number."""
        with self.work(write=False) as work:
            return drafts.bundle_at(work, drafts.get(work, ref), number).files

    def all_revisions(self, ref: str) -> list[Mapping[str, bytes]]:
        """The files of every revision, oldest first."""
        with self.work(write=False) as work:
            draft = drafts.get(work, ref)
            numbers = [row.number for row in drafts.revisions(work, draft)]
            return [drafts.bundle_at(work, draft, number).files for number in reversed(numbers)]

    def head(self, ref: str) -> int:
        """The newest revision of a draft."""
        with self.work(write=False) as work:
            return drafts.get(work, ref).head

    def propose(self, title: str, *, login: str = "owner1") -> str:
        """Propose the shipped process under another title; gives the proposal's ref."""
        made = checked(title)
        with self.work(login) as work:
            return definitions.propose(work, made, note=title).ref

    def approve(self, ref: str, made: Checked, *, login: str = "owner2") -> int:
        """Put a proposal in force; gives the number of the version."""
        with self.work(login) as work:
            return definitions.approve(work, ref, made).number

    def deploy(self, title: str) -> int:
        """Propose and approve the shipped process under another title."""
        return self.approve(self.propose(title), checked(title))

    def in_force(self, key: str = KEY) -> definitions.Definition:
        """The version in force."""
        with self.work(write=False) as work:
            return definitions.in_force(work, key)
