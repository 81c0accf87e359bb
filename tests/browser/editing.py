"""Process owners at the editors: a draft that is open, an editor that is ready, what the server has kept."""

from __future__ import annotations

import json
from typing import Any

from domain.work import unit_of_work
from tests.browser.serving import Desk, Served
from workflows import drafts

PATIENCE = 20_000


def begin(served: Served, login: str = "owner1", process: str = "verification") -> str:
    """The ref of the open draft of a process."""
    with unit_of_work(served.office.home, served.office.actor(login)) as work:
        return drafts.begin(work, process).ref


def kept(served: Served, ref: str, path: str, number: int | None = None) -> bytes:
    """The bytes of a file of a draft as they are stored."""
    with unit_of_work(served.office.home, served.office.actor("owner1"), write=False) as work:
        return drafts.bundle_at(work, drafts.get(work, ref), number).files[path]


def head(served: Served, ref: str) -> int:
    """The number of the newest revision."""
    with unit_of_work(served.office.home, served.office.actor("owner1"), write=False) as work:
        return drafts.get(work, ref).head


def open_part(desk: Desk, ref: str, part: str) -> Any:
    """Open an editor (`forms/decide`, `tables/doubts`) and wait until it can be used and was checked."""
    answer = desk.go(f"/drafts/{ref}/{part}")
    assert answer.status == 200, answer.status
    root = desk.page.locator("#studio[data-ready=yes]")
    root.wait_for(timeout=PATIENCE)
    return root


def wait_checked(desk: Desk, verdict: str) -> None:
    """Wait for the answer of the check: "yes" or "no"."""
    desk.page.locator(f"#studio[data-checked={verdict}]").wait_for(timeout=PATIENCE)


def save(page: Any) -> int:
    """Save with the keyboard; the newest revision once everything is kept. The editor may have saved by itself."""
    page.keyboard.press("Control+s")
    return wait_kept(page)


def wait_kept(page: Any) -> int:
    """Wait until everything is kept, by somebody's hand or by the editor itself; the newest revision."""
    kept_by = ", ".join(f"#studio[data-status={one}]" for one in ("Saved", "Merged", "Unchanged"))
    page.locator(kept_by).wait_for(timeout=PATIENCE)
    return int(page.locator("#studio").get_attribute("data-revision"))


def aside(page: Any) -> int:
    """Press "Save mine beside it" in the question about another's version; the number of the revision."""
    page.locator("[data-studio-conflict][open] [data-studio-aside]").click()
    page.locator("#studio[data-aside]").wait_for(timeout=PATIENCE)
    return int(page.locator("#studio").get_attribute("data-aside"))


def missing(desk: Desk) -> list[str]:
    """Texts of the editor that have no Chinese."""
    found: list[str] = json.loads(desk.page.locator("#studio").get_attribute("data-missing") or "[]")
    return found


def hand_in(served: Served, ref: str, path: str, content: bytes) -> None:
    """A file put into the draft from outside the editors."""
    with unit_of_work(served.office.home, served.office.actor("owner1")) as work:
        drafts.save(work, ref, {path: content}, based_on=drafts.get(work, ref).head)


def close(served: Served, ref: str) -> None:
    """Drop the draft; it can still be read."""
    with unit_of_work(served.office.home, served.office.actor("owner1")) as work:
        drafts.close(work, ref)
