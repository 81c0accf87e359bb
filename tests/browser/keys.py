"""Going through a page with the Tab key."""

from __future__ import annotations

from typing import Any

FAR = 80  # more presses of Tab than any form needs


def tab_to(page: Any, selector: str) -> None:
    """Press Tab until this has the focus; it must then be seen to have it."""
    for _press in range(FAR):
        page.keyboard.press("Tab")
        focused = page.locator(f"{selector}:focus")
        if focused.count():
            shown = focused.evaluate(
                "one => { const how = getComputedStyle(one); return how.outlineStyle + how.boxShadow }"
            )
            assert shown != "nonenone", f"{selector} does not show that it has the focus"
            return
    raise AssertionError(f"{FAR} presses of Tab do not lead to {selector}")
