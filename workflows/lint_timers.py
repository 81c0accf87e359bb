"""The rule by which a cycle catches up: one of three words, and only where there is a cycle."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from domain.errors import Finding
from domain.text import gettext as _
from workflows import catching_up
from workflows.lint_elements import finding
from workflows.steps import properties_of


def check_catch_up(node: etree._Element, kind: str) -> Iterator[Finding]:
    """The property `catch-up` of an event with a timer; kind: timeDate, timeDuration or timeCycle."""
    given = properties_of(node).get(catching_up.PROPERTY)
    if given is None:
        return
    if given not in catching_up.POLICIES:
        yield finding(
            node,
            _("A cycle does not catch up by the rule %(rule)s.", rule=given[:40] or "-"),
            _("Write all, once or skip."),
            code="unknown-catch-up",
        )
    elif kind != "timeCycle":
        yield finding(
            node,
            _("Only the rounds of a cycle are caught up; this timer happens once, late if need be."),
            _("Leave the property catch-up out."),
            code="catch-up-without-cycle",
        )
