"""What two versions of a process mean for a case that stands somewhere: what lies ahead, and what differs there.

Worked out once for a pair of versions; asking it for one more case costs a look into sets.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cached_property, lru_cache
from typing import Any

from domain.errors import HouseError
from domain.parties.roles import listed
from domain.text import Text
from domain.text import gettext as _
from workflows.bundles import DRAWING
from workflows.compare import read_drawing
from workflows.compare_drawing import Drawn
from workflows.definitions import Definition
from workflows.spiff_transplant import base_of
from workflows.steps import StepSpec, words

# what people read and the engine does not
_SAID = ("@name", "property:name.en", "lanes", "property:stage", "inside", "@isInterrupting.text")
_IDS = ("@attachedToRef", "@default", "@activityRef", "property:separate-from")  # facts that name another node
_TERMS = ("term", "term-internal", "case-limit")
PEOPLE = ("user", "manual")


class Ahead:
    """The nodes of one version and which of them a token can still come to."""

    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        diagram = definition.diagram
        self.steps = diagram.steps
        self.next: dict[str, set[str]] = {}
        for scope in (diagram._spec, *diagram._scopes.values()):
            self._read(scope, diagram._scopes)
        self.start = base_of(next(iter(diagram._spec.start._outputs), ""))

    def _read(self, scope: Any, scopes: Mapping[str, Any]) -> None:
        begins = {base_of(name) for name in (*scope.start._outputs, *(one.name for one in scope.watchers))}
        if scope.name in scopes:
            self.next.setdefault(scope.name, set()).update(begins)
        for name, spec in scope.task_specs.items():
            found = self.next.setdefault(base_of(name), set())
            found.update(base_of(one) for one in spec._outputs)
            inner = getattr(spec, "spec", None)
            if isinstance(inner, str) and inner in scopes:  # a called process has another id than the step
                found.update({inner} - {base_of(name)})

    def of(self, places: Iterable[str]) -> set[str]:
        """Every node that tokens at `places` can still come to, the places among them."""
        seen, todo = set(places), list(places)
        while todo:
            for name in self.next.get(todo.pop(), ()):
                if name not in seen:
                    seen.add(name)
                    todo.append(name)
        return seen


@lru_cache(maxsize=64)
def _drawn(source: bytes) -> Drawn:
    return read_drawing(source)


class Changes:
    """The differences of two versions, node by node. ids: old id -> new id where they differ."""

    def __init__(self, old: Definition, new: Definition, ids: Mapping[str, str], *, english: bool = False) -> None:
        self.old, self.new, self.ids, self.english = old, new, dict(ids), english
        self.back = {self.to(name): name for name in old.diagram.steps}
        self.before, self.after = Ahead(old), Ahead(new)

    def to(self, step: str) -> str:
        """The id of a node in the new version."""
        return self.ids.get(step, step)

    def called(self, definition: Definition, step: str) -> str:
        """A node's name in the language of the page, its id where it has none."""
        found = definition.diagram.steps.get(step)
        if found is None:
            return step
        return (found.name_en if self.english else found.name) or found.name or step

    def old_name(self, step: str) -> str:
        return self.called(self.old, step)

    def new_name(self, step: str) -> str:
        return self.called(self.new, step)

    # --- what lies ahead

    @cached_property
    def inner(self) -> frozenset[str]:
        """Ids (of the new version) of nodes that are new or do something else."""
        return frozenset(
            step
            for step in self.after.steps
            if step not in self.back
            or self._does(self.old, self.back[step], self.ids) != self._does(self.new, step, {})
        )

    @cached_property
    def ways(self) -> frozenset[str]:
        """Ids (of the new version) of nodes from which another way leads on."""
        before, after = self._ways(self.old, self.ids), self._ways(self.new, {})
        return frozenset(step for step in self.after.steps if step in self.back and before.get(step) != after.get(step))

    @cached_property
    def reworded(self) -> frozenset[str]:
        """Ids (of the new version) of people's steps whose form reads otherwise and asks for the same."""
        steps = self.old.diagram.steps
        return frozenset(
            self.to(name) for name, one in steps.items()
            if one.kind in PEOPLE and self.to(name) in self.after.steps and self.shape(name) == "same"
        )  # fmt: skip

    def rewords(self, places: Collection[str]) -> bool:
        """Whether tokens at `places` (new ids) are at or come to such a step."""
        return bool(self.reworded) and not self.reworded.isdisjoint(self.after.of(places))

    def ahead(self, places: Collection[str]) -> list[str]:
        """Ids (of the new version) of what differs in the part that tokens at `places` (new ids) can still come to."""
        reached = self.after.of(places)
        found = [
            step for step in self.after.steps
            if step in reached and (step in self.ways or (step in self.inner and step not in places))
        ]  # fmt: skip
        return sorted(found, key=self.back.__contains__)  # what is new comes first

    def lost(self, places: Collection[str], old_places: Collection[str]) -> list[str]:
        """Ids (of the old version) of what such a case would have come to and now does not."""
        reached = self.after.of(places)
        return [step for step in self.old.diagram.steps
                if step in self.before.of(old_places) and self.to(step) not in reached]  # fmt: skip

    def passed(self, places: Collection[str]) -> list[str]:
        """Ids of new people's steps that lie behind such a case, so that it never comes to them."""
        reached, whole = self.after.of(places), self.after.of([self.after.start])
        return [
            step.id for step in self.after.steps.values()
            if step.kind in PEOPLE and step.id not in self.back and step.id in whole and step.id not in reached
        ]  # fmt: skip

    def _does(self, side: Definition, step: str, ids: Mapping[str, str]) -> tuple[object, ...]:
        things = _drawn(side.bundle.files[DRAWING]).things
        thing = things.get(step)
        facts = {} if thing is None else {
            name: _renamed(value, ids) if name in _IDS else value for name, value in thing.facts.items()
            if name not in _SAID and not name.endswith("@id") and not name.startswith("documentation")
        }  # fmt: skip
        named = [things[value].facts for name, value in facts.items() if name.endswith("Ref") and value in things]
        shown = [sorted((k, v) for k, v in one.items() if k != "@id") for one in named if one.get("kind") in _DEFINED]
        found = side.diagram.steps[step]
        table = side.bundle.files.get(f"{found.decision}.dmn") if found.decision else None
        return sorted(facts.items()), shown, _asks(side, found.form), table

    def _ways(self, side: Definition, ids: Mapping[str, str]) -> dict[str, list[tuple[str, str, bool]]]:
        found: dict[str, list[tuple[str, str, bool]]] = {}
        for flow in side.diagram.flows:
            way = (ids.get(flow.target, flow.target), flow.condition, flow.default)
            found.setdefault(ids.get(flow.source, flow.source), []).append(way)
        return found

    # --- what differs at a step where the case stands

    def at(self, step: str) -> Iterator[Text]:
        """What is another for a case that stands at `step` (old id), in words."""
        before, after = self.old.diagram.steps.get(step), self.new.diagram.steps.get(self.to(step))
        if before is None or after is None:
            return
        if self.to(step) != step:
            yield _("“%(old)s” becomes “%(new)s”.", old=self.old_name(step), new=self._told_apart(step))
        if before.kind in PEOPLE:
            yield from self._person(before, after)
        elif self.to(step) in self.inner and before.kind not in ("boundary", "gateway"):
            yield _("“%(step)s” is carried out as the new version says from now on.", step=self.new_name(after.id))

    def _told_apart(self, step: str) -> str:
        said = self.new_name(self.to(step))
        return said if said != self.old_name(step) else f"{said} ({self.to(step)})"

    def _person(self, before: StepSpec, after: StepSpec) -> Iterator[Text]:
        name = self.new_name(after.id)
        if before.roles != after.roles:
            yield _("“%(step)s” is the work of %(role)s now; who holds the task without that role gives it back.",
                    step=name, role=listed(after.roles))  # fmt: skip
        if self.shape(before.id) == "other":
            yield _("“%(step)s” asks for other things; what was entered under the same names stays.", step=name)
        if self.term(before.id):
            yield _(
                "“%(step)s” has another term; the day that is planned stays unless you choose otherwise.", step=name
            )
        if {self.to(one) for one in before.separate_from} != set(after.separate_from):
            yield _("Other people than before may not do “%(step)s”.", step=name)

    def shape(self, step: str) -> str:
        """How the form of a step (old id) changes: "" not, "same": it asks the same, "other"."""
        before, after = self.old.diagram.steps[step], self.new.diagram.steps[self.to(step)]
        if not before.form or not after.form:
            return "" if before.form == after.form else "other"
        try:
            one, other = self.old.form(before.form), self.new.form(after.form)
        except HouseError:
            return "other"
        return "" if one.digest == other.digest else "same" if one.fits(other) else "other"

    def term(self, step: str) -> bool:
        """Whether the term of a step (old id) is another."""
        before, after = self.old.diagram.steps.get(step), self.new.diagram.steps.get(self.to(step))
        if before is None or after is None:
            return False
        return any(before.properties.get(name) != after.properties.get(name) for name in _TERMS)

    # --- where a case may go on instead

    def choices(self, step: str) -> list[str]:
        """Ids (of the new version) of steps of the same kind that a token at `step` may go on at, likeliest first."""
        wanted = self.old.diagram.steps.get(step)
        if wanted is None:
            return []
        steps = self.new.diagram.steps
        scope = self.to(wanted.scope)
        fits = [
            one for one in steps.values()
            if one.kind == wanted.kind and one.scope in (scope, wanted.scope, self.new.diagram.process_id)
            and (one.multi_instance, one.looped) == (wanted.multi_instance, wanted.looped)
            and (one.scope == scope or one.scope not in self.old.diagram.steps)
        ]  # fmt: skip
        order = list(steps)

        def likely(one: StepSpec) -> tuple[int, int]:
            alike = (one.id not in self.back) * 2
            alike += sum(a == b != "" for a, b in zip(_marks_of(one), _marks_of(wanted), strict=True))
            return -alike, order.index(one.id)

        return [one.id for one in sorted(fits, key=likely)]


def _asks(side: Definition, key: str) -> object:
    """What the form of a step asks, whatever words it asks it in."""
    try:
        return side.form(key).shape if key else None
    except HouseError:
        return side.bundle.files.get(f"forms/{key}.form")


_DEFINED = ("message", "signal", "error", "escalation")


def _renamed(value: str, ids: Mapping[str, str]) -> str:
    """A fact that names one node or several, by their new ids."""
    return ",".join(ids.get(one, one) for one in words(value))


def _marks_of(step: StepSpec) -> tuple[str, ...]:
    return step.name, step.form, step.topic, " ".join(step.roles)


__all__ = ["Ahead", "Changes"]
