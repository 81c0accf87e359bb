"""Running cases on another version of their process: what would happen to each, and the move itself.

`judge` does on a copy of the case what `move` does on the case, so the one foretells the other; the words come from
the differences of the two versions. The copy costs a millisecond; of cases that stand at the same places one is enough.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from domain.errors import Conflict
from domain.text import Text
from domain.text import gettext as _
from workflows import engine, spiff_planned, spiff_transplant
from workflows.compare_parts import joined
from workflows.definitions import Definition
from workflows.pairs import Pairs
from workflows.spiff_transplant import CANNOT, MAPPING, Carried, Refused
from workflows.version_changes import Changes

UNAFFECTED, CHANGES, PATH = "unaffected", "changes", "path"
CODES = (UNAFFECTED, CHANGES, PATH, MAPPING, CANNOT)
MOVABLE = (UNAFFECTED, CHANGES, PATH)
SHOWN = 3  # steps that a sentence names


@dataclass(frozen=True)
class Verdict:
    """What becomes of a case. code: one of CODES; sentence: why; step: the one it hangs on, "" for none.

    notes: what changes where it stands; passed: new people's steps that it has behind it; own: another case at the
    same places may fare otherwise; dates: (step id, planned instant, instant the new version would give) of timers;
    carried: steps (old ids) behind it that bind who did them under the id they are mapped to.
    """

    code: str
    sentence: Text
    step: str = ""
    notes: tuple[Text, ...] = ()
    passed: tuple[str, ...] = ()
    own: bool = False
    dates: tuple[tuple[str, datetime, datetime], ...] = ()
    carried: tuple[str, ...] = ()

    @property
    def movable(self) -> bool:
        """Whether `move` would do it."""
        return self.code in MOVABLE


@dataclass(frozen=True)
class Moved:
    """What a move did: the run on the new version, and the timers that were planned anew."""

    run: engine.Run
    dates: tuple[tuple[str, datetime, datetime], ...] = ()
    notes: tuple[Text, ...] = ()


@dataclass(frozen=True)
class Plan:
    """A pair of versions with the mapping of steps, read once and asked for every case."""

    old: Definition
    new: Definition
    mapping: Mapping[str, str] = field(default_factory=dict)
    english: bool = False
    changes: Changes = field(init=False)
    pairs: Pairs = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "changes", Changes(self.old, self.new, self.mapping, english=self.english))
        object.__setattr__(self, "pairs", Pairs(self.changes))

    @property
    def same(self) -> bool:
        """Whether both are the same files."""
        return self.old.bundle.digest == self.new.bundle.digest


def must_map(plan: Plan) -> None:
    """Every step of the mapping is there on its side. Raises Conflict."""
    for old, new in plan.mapping.items():
        if old not in plan.old.diagram.steps or new not in plan.new.diagram.steps:
            raise Conflict(_("There is no step %(step)s to map.", step=old if new in plan.new.diagram.steps else new))
        if new not in plan.changes.choices(old):
            sentence = _("“%(old)s” cannot go on as “%(new)s”: they are steps of different kinds or places.",
                         old=plan.changes.old_name(old), new=plan.changes.new_name(new))  # fmt: skip
            raise Conflict(sentence)


def judge(plan: Plan, run: engine.Run) -> Verdict:
    """What `move` would do with this run, which is spent by it: hand in a copy."""
    if run.completed:
        return Verdict(CANNOT, _("The case is over."))
    places, done = run.active(), frozenset(run.done())
    try:
        found = _carry(plan, run)
        apart = _apart(plan, done, places, run.active())
        moved = spiff_planned.dates(run._case, found.kept)
        dates = tuple((token.task_spec.bpmn_id, was, then) for token, was, then in moved)
        _restored(plan, run)
    except Refused as refusal:
        return Verdict(refusal.code, refusal.sentence, refusal.step, own=True)
    except Unsafe as unsafe:
        return Verdict(CANNOT, unsafe.sentence, own=True)
    verdict = _verdict(plan, places, run.active(), found, dates, apart)
    return replace(verdict, own=verdict.own or plan.pairs.matter, carried=plan.pairs.carried(done))


def move(plan: Plan, run: engine.Run, *, dates: bool = False) -> Moved:
    """Carry a run over. Tokens keep their ids, so tasks, drafts, claims, planned days and jobs stay with them.

    dates: plan timers anew where the new version says otherwise. The run handed in is spent.
    Raises Conflict with the sentence of the verdict; nothing of the case may then be saved.
    """
    if run.completed:
        raise Conflict(_("The case is over."))
    places, done = run.active(), frozenset(run.done())
    try:
        found = _carry(plan, run)
        apart = _apart(plan, done, places, run.active())
        put = spiff_planned.put_dates(run._case, found.kept) if dates else []
        moved = _restored(plan, run)
    except Refused as refusal:
        raise Conflict(refusal.sentence, step=refusal.step) from refusal
    except Unsafe as unsafe:
        raise Conflict(unsafe.sentence) from unsafe
    return Moved(moved, tuple(put), (*apart, *_notes(plan, found)))


class Unsafe(Exception):  # noqa: N818 - told to who asked as a verdict
    """What came of it is not what went in."""

    def __init__(self, sentence: Text) -> None:
        super().__init__(str(sentence))
        self.sentence = sentence


def _carry(plan: Plan, run: engine.Run) -> Carried:
    diagram, changes = plan.new.diagram, plan.changes
    before = {token.id for token in run._case.tokens()}
    found = spiff_transplant.carry(
        run._case, diagram._spec, diagram._scopes, plan.mapping, changes.old_name, changes.new_name
    )
    after = {token.id for token in run._case.tokens()}
    if len(before - after) != len(found.ended) or len(after - before) != len(found.begun):
        raise Unsafe(_("Such a case would lose its place in the new version."))
    run.diagram = diagram
    return found


def _apart(plan: Plan, done: Collection[str], places: Collection[str], after: Collection[str]) -> list[Text]:
    """What becomes of the pairs of eyes of a case that has done these steps. Raises Refused."""
    if not plan.pairs.lost:
        return []
    return list(plan.pairs.notes(done, plan.changes.before.of(places), plan.changes.after.of(after)))


def _restored(plan: Plan, run: engine.Run) -> engine.Run:
    """The run as it will be read next time; what cannot be saved and read back is refused here."""
    snapshot = run.snapshot()
    again = engine.restore(plan.new.diagram, snapshot, now=run.now, services=run._case.script_engine.services)
    if again.active() != run.active() or again.human_steps() != run.human_steps():
        raise Unsafe(_("Such a case would lose its place in the new version."))
    return again


def _verdict(
    plan: Plan, places: Collection[str], after: Collection[str], found: Carried,
    dates: tuple[tuple[str, datetime, datetime], ...], apart: Collection[Text],
) -> Verdict:  # fmt: skip
    changes = plan.changes
    notes = [*(note for step in places for note in changes.at(step)), *apart, *_notes(plan, found)]
    passed = tuple(changes.passed(after))
    if notes:
        sentence = joined_text(notes)
        return Verdict(CHANGES, sentence, notes=tuple(notes), passed=passed, own=found.own, dates=dates)
    ahead = changes.ahead(after)
    if ahead or changes.lost(after, places):
        names = [changes.new_name(step) for step in ahead if changes.called(changes.new, step) != step]
        sentence = _("It goes on by the new way from where it stands.")
        if names:
            sentence = _("It goes on by the new way: %(steps)s.", steps=joined(names[:SHOWN]))
        return Verdict(PATH, sentence, passed=passed, own=found.own)
    sentence = _("Nothing changes for it.")
    if changes.rewords(after):
        sentence = _("Only forms read otherwise; its tasks take them without a move, as they open.")
    return Verdict(UNAFFECTED, sentence, passed=passed, own=found.own)


def joined_text(notes: Collection[Text]) -> Text:
    """Several sentences as one."""
    made, *rest = notes
    for note in rest[: SHOWN - 1]:
        made = _("%(one)s %(other)s", one=made, other=note)
    if len(notes) > SHOWN:
        made = _("%(said)s And %(count)s more.", said=made, count=len(notes) - SHOWN)
    return made


def _notes(plan: Plan, found: Carried) -> list[Text]:
    changes = plan.changes
    return [
        *(_("It begins to wait for “%(event)s” as well.", event=changes.new_name(step))
          for step in dict.fromkeys(found.begun)),
        *(_("It does not wait for “%(event)s” any more.", event=_either(changes, step))
          for step in dict.fromkeys(found.ended)),
        *(_("“%(event)s” is waited for as the new version says; a day that is planned stays unless you choose"
            " otherwise.", event=changes.new_name(step)) for step in dict.fromkeys(found.again)),
    ]  # fmt: skip


def _either(changes: Changes, step: str) -> str:
    said = changes.old_name(step)
    return said if said != step else changes.new_name(step)


__all__ = ["CANNOT", "CHANGES", "CODES", "MAPPING", "PATH", "UNAFFECTED", "Moved", "Plan", "Verdict", "judge", "move"]
