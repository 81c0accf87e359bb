"""Range functions, every example of table 78 of DMN 1.5, and range() of table 72."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import product

import pytest

from decisions import feel

NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)

TRUE = """
before(1, 10)
before(1, (1..10])
before(1, [5..10])
before([1..10), 10)
before([1..10], 15)
before([1..10], [15..20])
before([1..10), [10..20])
before([1..10], (10..20])
after(10, 5)
after(12, [1..10])
after(10, [1..10))
after([11..20], 10)
after((11..20], 11)
after([11..20], [1..10])
after([11..20], [1..11))
after((11..20], [1..11])
meets([1..5], [5..10])
met by([5..10], [1..5])
overlaps([1..5], [3..8])
overlaps([3..8], [1..5])
overlaps([1..8], [3..5])
overlaps([3..5], [1..8])
overlaps([1..5], [5..8])
overlaps([5..8], [1..5])
overlaps before([1..5], [3..8])
overlaps before([1..5], [5..8])
overlaps before([1..5), (1..5])
overlaps before([1..5], (1..5])
overlaps after([3..8], [1..5])
overlaps after([5..8], [1..5])
overlaps after((1..5], [1..5))
overlaps after((1..5], [1..5])
finishes(10, [1..10])
finishes([5..10], [1..10])
finishes([5..10), [1..10))
finishes([1..10], [1..10])
finishes((1..10], [1..10])
finished by([1..10], 10)
finished by([1..10], [5..10])
finished by([1..10), [5..10))
finished by([1..10], [1..10])
finished by([1..10], (1..10])
includes([1..10], 5)
includes([1..10], 1)
includes([1..10], 10)
includes([1..10], [4..6])
includes([1..10], [1..5])
includes((1..10], (1..5])
includes([1..10], (1..10))
includes([1..10), [5..10))
includes([1..10], [1..10))
includes([1..10], (1..10])
includes([1..10], [1..10])
during(5, [1..10])
during(1, [1..10])
during(10, [1..10])
during([4..6], [1..10])
during([1..5], [1..10])
during((1..5], (1..10])
during((1..10), [1..10])
during([5..10), [1..10))
during([1..10), [1..10])
during((1..10], [1..10])
during([1..10], [1..10])
starts(1, [1..10])
starts([1..5], [1..10])
starts((1..5], (1..10])
starts([1..10], [1..10])
starts([1..10), [1..10])
starts((1..10), (1..10))
started by([1..10], 1)
started by([1..10], [1..5])
started by((1..10], (1..5])
started by([1..10], [1..10])
started by([1..10], [1..10))
started by((1..10), (1..10))
coincides(5, 5)
coincides([1..5], [1..5])
before(point1: 1, point2: 10)
before(point: 1, range: [5..10])
before(range: [1..10], point: 15)
after(range: [11..20], point: 10)
before(range1: [1..10], range2: [15..20])
during(point: 5, range: [1..10])
includes(range: [1..10], point: 5)
starts(range1: [1..5], range2: [1..10])
coincides(point1: "a", point2: "a")
before(@"2026-01-01", [@"2026-02-01"..@"2026-03-01"])
during(@"P2D", [@"P1D"..@"P3D"])
before(5, [9])
includes((< 10), 5)
includes((>= 10), 10)
after(15, (< 10))
""".strip().splitlines()

FALSE = """
before(10, 1)
before(1, [1..10])
before([1..10], 10)
before([1..10], [10..20])
after(5, 10)
after(10, [1..10])
after([11..20], 12)
after([11..20], 11)
after([1..10], [11..20])
meets([1..5), [5..10])
meets([1..5], (5..10])
meets([1..5], [6..10])
met by([5..10], [1..5))
met by((5..10], [1..5])
met by([6..10], [1..5])
overlaps([1..5], [6..8])
overlaps([6..8], [1..5])
overlaps([1..5], (5..8])
overlaps([1..5), [5..8])
overlaps([1..5), (5..8])
overlaps((5..8], [1..5])
overlaps([5..8], [1..5))
overlaps((5..8], [1..5))
overlaps before([1..5], [6..8])
overlaps before([1..5], (5..8])
overlaps before([1..5), [5..8])
overlaps before([1..5), [1..5])
overlaps before([1..5], [1..5])
overlaps after([6..8], [1..5])
overlaps after((5..8], [1..5])
overlaps after([5..8], [1..5))
overlaps after([1..5], [1..5))
overlaps after([1..5], [1..5])
finishes(10, [1..10))
finishes([5..10), [1..10])
finished by([1..10), 10)
finished by([1..10], [5..10))
includes([1..10], 12)
includes((1..10], 1)
includes([1..10), 10)
during(12, [1..10])
during(1, (1..10])
during(10, [1..10))
starts(1, (1..10])
starts(2, [1..10])
starts((1..5], [1..10])
starts([1..5], (1..10])
started by((1..10], 1)
started by([1..10], 2)
started by([1..10], (1..5])
started by((1..10], [1..5])
coincides(3, 4)
coincides((1..5), [1..5])
coincides([1..5], [2..6])
""".strip().splitlines()

NULL = """
before(1, null)
before(null, [1..10])
before(1, "a")
before(1)
before(1, ["a".."b"])
meets(1, [1..2])
meets([1..2], null)
overlaps([1..2], ["a".."b"])
finishes([1..2], 2)
includes(5, [1..10])
during([1..10], 5)
coincides(1, [1..1])
coincides(null, null)
before({}, 1)
before(point1: 1, point: 2)
""".strip().splitlines()


@pytest.mark.parametrize(("text", "wanted"), [*product(TRUE, [True]), *product(FALSE, [False]), *product(NULL, [None])])
def test_ranges_and_points_lie_as_the_standard_says(text: str, wanted: bool | None) -> None:
    outcome = feel.compile(text).evaluate({}, now=NOW)
    assert outcome.value is wanted, outcome
    assert wanted is not None or outcome.problems


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('range("[18..21)") = [18..21)', True),
        ('range("]18..21[") = (18..21)', True),
        ('range("[2..)") = (>= 2)', True),
        ('range("(2..)") = (> 2)', True),
        ('range("[2..[") = (>= 2)', True),
        ('range("(..2)") = (< 2)', True),
        ('range("(..2]") = (<= 2)', True),
        ('range("]..2]") = (<= 2)', True),
        ('range(" [ 1 .. 3 ] ") = [1..3]', True),
        ('range("[\\"a\\"..\\"c\\"]") = ["a".."c"]', True),
        ('range("[-2..-1]") = [-2..-1]', True),
        ('range("(..date(\\"2026-01-01\\"))") = (< @"2026-01-01")', True),
        ('range(from: "[1..3]") = [1..3]', True),
        ('range("(..2]").start', None),
        ('range("(..2]").end included', True),
        ('range("")', None),
        ('range("[..]")', None),
        ('range("(..)")', None),
        ('range("[..2]")', None),
        ('range("[1..]")', None),
        ('range("[null..2]")', None),
        ('range("(..true)")', None),
        ('range("[1..\\"b\\"]")', None),
        ('range("[3..1]")', None),
        ('range("[1+1..3]")', None),
        ('range("[x..3]")', None),
        ('range("(..now())")', None),
        ('range("rubbish(")', None),
        ('if range("rubbish(") = null then "went on" else ""', "went on"),
        ("range(null)", None),
        ("range([1..3])", None),
    ],
)
def test_a_range_is_read_from_its_literal_alone(text: str, wanted: object) -> None:
    assert feel.compile(text).evaluate({"x": 1}, now=NOW).value == wanted
