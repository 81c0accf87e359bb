"""The drawings of the shipped processes: one grid, lanes, no crossing flows, no label on a line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.bundles import drawing

BPMN = Path(__file__).parents[2] / "bpmn"
BUNDLES = sorted(path.parent.name for path in BPMN.glob("*/process.bpmn"))


def source(bundle: str) -> bytes:
    return (BPMN / bundle / "process.bpmn").read_bytes()


def test_every_bundle_is_looked_at() -> None:
    assert BUNDLES == [
        "dynamic_review", "recipient_authorisation", "rescue_first", "review_commission", "standing_commission",
        "verification",
    ]  # fmt: skip


@pytest.mark.parametrize("bundle", BUNDLES)
@pytest.mark.parametrize("rule", drawing.RULES, ids=lambda rule: rule.__name__)
def test_the_drawing_keeps_the_rule(bundle: str, rule: Callable[[drawing.Picture], Iterator[str]]) -> None:
    assert list(rule(drawing.read(source(bundle)))) == []


def moved(xml: bytes, element: str, dx: int, dy: int) -> bytes:
    """The same drawing with one shape out of its place."""
    pattern = re.compile(rb'(bpmnElement="%s"[^>]*>\s*<dc:Bounds x=")(\d+)(" y=")(\d+)' % element.encode())
    changed, times = pattern.subn(
        lambda m: m[1] + str(int(m[2]) + dx).encode() + m[3] + str(int(m[4]) + dy).encode(), xml
    )
    assert times == 1
    return changed


@pytest.mark.parametrize(
    ("rule", "element", "dx", "dy"),
    [
        (drawing.on_the_grid, "commission", 3, 0),
        (drawing.inside_their_lane, "decide", 0, 200),
        (drawing.inside_their_lane, "ask_source", 600, 0),
        (drawing.attached_to_the_border, "objection_limit", 40, 0),
        (drawing.apart, "acceptance", 0, -60),
        (drawing.straight, "compare", 20, 0),
        (drawing.not_through_shapes, "from_non_cooperation", 0, 300),
        (drawing.labels_are_free, "render_notice", -100, 100),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_a_shape_out_of_place_is_noticed(
    rule: Callable[[drawing.Picture], Iterator[str]], element: str, dx: int, dy: int
) -> None:
    """The canary: a rule that sees nothing would pass every drawing."""
    assert list(rule(drawing.read(moved(source("verification"), element, dx, dy)))) != []


def test_a_crossing_is_noticed() -> None:
    crossing = source("verification").replace(b'<di:waypoint x="1460" y="770" />', b'<di:waypoint x="1000" y="770" />')
    assert list(drawing.no_crossings(drawing.read(crossing))) != []


def test_an_undrawn_step_and_a_name_that_is_too_long_are_noticed() -> None:
    xml = source("review_commission")
    undrawn = xml.replace(b'bpmnElement="release"', b'bpmnElement="released"')
    assert list(drawing.everything_is_drawn(drawing.read(undrawn))) == ["release is not drawn"]
    long = xml.replace("标记逾期".encode(), "标记本批次委托书逾期未受理".encode())
    assert list(drawing.names_fit(drawing.read(long))) != []
