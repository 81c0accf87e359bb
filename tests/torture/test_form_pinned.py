"""Which form a task takes costs no question a task: not for cases opened at once, nor for a task completed."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from sqlalchemy import select

from domain import rules
from domain.cases import NEW, OPEN, Case
from domain.parties.organisations import Organisation
from tasks import opening
from tasks.rows.models import HumanTask
from tests.torture import drawn
from tests.torture.drawn import Drawing
from tests.torture.world import World
from workflows import definitions
from workflows.form_revisions import path_of

SEVERAL = 40


def _relabelled() -> Drawing:
    """The drawing with its fields in another order: another file of the form that asks for the same."""
    drawing = drawn.review()
    return replace(drawing, fields=tuple(reversed(drawing.fields)))


def _digest(drawing: Drawing) -> str:
    return drawing.bundle().manifest[path_of("form")]


def _digests(world: World) -> Counter[str]:
    with world.work(write=False) as work:
        return Counter(work.session.scalars(select(HumanTask.form_digest)))


def test_cases_of_an_older_version_that_open_at_once_take_the_newer_form(world: World) -> None:
    world.deploy(drawn.review())
    world.publish(_relabelled())
    assert _digest(drawn.review()) != _digest(_relabelled())
    asked = [_opened(world, count) for count in (1, SEVERAL)]
    assert _digests(world) == Counter({_digest(_relabelled()): 1 + SEVERAL})
    assert asked[1] <= asked[0] + 2  # however many


def _opened(world: World, count: int) -> int:
    """Open that many cases of the first version; how many statements that took."""
    with world.work() as work:
        first = definitions.by_id(work, definitions.version(work, "review", 1).id)
        offices = {one.code: one for one in work.session.scalars(select(Organisation))}
        like = Case(
            kind=NEW, process="review", process_version=1, programme="DIBAO", department_id=offices["ps-dept"].id,
            agency_id=offices["ps-agency"].id, state=OPEN, opened_at=work.now, commissioned_at=work.now,
            policy_snapshot_id=rules.snapshot(work, offices["ps-dept"].id).id,
        )  # fmt: skip
        own = [opening.Own(f"多{count}〔2027〕{at:04d}", None, offices["ps-town"].id) for at in range(count)]
        with world.counted() as seen:
            (found,), _alone = opening.ways(work, first, like, own, {})
            opening.open_many(work, found, like)
        return len(seen)


def test_completing_a_task_asks_no_more_when_a_newer_form_is_taken(world: World) -> None:
    first, second = _twice("note"), _twice("again")
    world.deploy(first)
    before = _completed(world)
    world.publish(second)
    _completed(world)  # the forms of a new version are read once a process
    assert _completed(world) == before
    assert _digests(world)[_digest(second)] == 4


def _twice(first: str) -> Drawing:
    """Two people one after the other; the form's fields in this order."""
    nodes = [drawn.start(), drawn.human("one"), drawn.human("two"), drawn.end()]
    fields = sorted(drawn.review().fields, key=lambda one: one[0] != first)
    return Drawing("twice", drawn.Scope(nodes, ["start one", "one two", "two end"]), fields=fields)


def _completed(world: World) -> int:
    """Complete the first task of a case of the first version, as others did before; how many statements that took."""
    case = world.case("twice", version=1)
    (ref, _step, _version), *_more = world.open_tasks(case)
    version = world.claim(ref)
    with world.counted() as seen:
        world.complete(ref, version)
    return len(seen)
