"""The pictures of the README: made by HEDUI_PICTURES=1, and held to exist, to be small and to be of one screen."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import pytest

from tests.browser.serving import Served
from tests.journeys import steps
from tests.journeys.playing import new_case
from tests.support import ROOT

PICTURES = ROOT / "docs" / "pictures"
LARGEST = 300_000


@pytest.mark.parametrize("name", ["inbox", "case"])
def test_the_readme_has_its_picture(name: str) -> None:
    content = (PICTURES / f"{name}.png").read_bytes()
    assert len(content) < LARGEST
    assert struct.unpack(">II", content[16:24]) == (1366, 768)


@pytest.mark.slow
def test_the_pictures_are_drawn_from_the_pages_themselves(web: Served, tmp_path: Path) -> None:
    story = new_case(web.office, "town", "B2027003")
    steps.to_queries(story, DEPOSIT="3000")
    web.office.advance("2027-06-01T09:00:00+08:00")
    folder = PICTURES if os.environ.get("HEDUI_PICTURES") else tmp_path
    folder.mkdir(parents=True, exist_ok=True)
    head, handler = web.desk("head"), web.desk("handler")
    head.go("/desk")
    head.page.locator("tbody tr").first.wait_for()
    head.page.screenshot(path=folder / "inbox.png")
    handler.go(f"/cases/{story.case_ref}")
    handler.page.locator("[data-ready=yes]").wait_for()
    handler.page.screenshot(path=folder / "case.png")
    for name in ("inbox", "case"):
        assert 20_000 < (folder / f"{name}.png").stat().st_size < LARGEST
