"""Running the scenarios of a bundle: in memory, on a stopped clock, with the bundle's own drawing and tables.

People's answers and the results of operations are those of the scenario; nothing real is called. What came of it is
compared with what the scenario expects, and which sequence flows were taken is added up over all scenarios.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Any

import decisions
from domain.errors import Finding, HouseError
from domain.text import gettext as _
from workflows import engine, forms, registry, world_starts
from workflows.scenario_reading import Happening, Names, Scenario, Wrong, aware, read
from workflows.scenario_services import Stated
from workflows.spiff_events import after
from workflows.spiff_feel import plain
from workflows.steps import StepSpec
from workflows.world import Open, World

DRAWING = "process.bpmn"
MOST_SCENARIOS = 100
SECONDS = 5.0  # one scenario
ALL_SECONDS = 30.0  # those of one bundle


@dataclass(frozen=True)
class Outcome:
    """What came of one scenario. differs: the first difference, None when it ended as told. flows: ids it took."""

    path: str
    title: str
    title_en: str
    differs: Finding | None
    flows: frozenset[str] = frozenset()
    seconds: float = 0.0


@dataclass(frozen=True)
class Tested:
    """What came of the scenarios of a bundle. flows: every sequence flow that can be told apart, in drawn order."""

    outcomes: Sequence[Outcome] = ()
    flows: Sequence[str] = ()
    findings: Sequence[Finding] = field(default=(), repr=False)  # files that cannot be run

    @property
    def taken(self) -> int:
        """How many flows were taken by some scenario."""
        return len(self.flows) - len(self.untaken)

    @property
    def untaken(self) -> list[str]:
        """The flows that no scenario took."""
        seen = frozenset[str]().union(*(one.flows for one in self.outcomes))
        return [flow for flow in self.flows if flow not in seen]

    @property
    def failed(self) -> list[Finding]:
        """Why the bundle does not do what its scenarios say."""
        return [*self.findings, *(one.differs for one in self.outcomes if one.differs is not None)]

    @property
    def share(self) -> int:
        """Flows taken, in whole per cent, rounded down."""
        return 100 * self.taken // len(self.flows) if self.flows else 100


# --- the bundle ------------------------------------------------------------------------------------------------------


def paths(files: Mapping[str, bytes]) -> list[str]:
    """The scenarios among the files of a bundle."""
    return sorted(path for path in files if path.startswith("scenarios/") and path.endswith(".toml"))


def check(files: Mapping[str, bytes]) -> list[Finding]:
    """What is wrong with the scenarios of a bundle whose drawing may be deployed; nothing is run."""
    names = _names(engine.read_diagram(files[DRAWING]), files)
    return [found for path in paths(files) for found in read(path, files[path], names)[1]]


def test(files: Mapping[str, bytes]) -> Tested:
    """Run every scenario of a bundle that may be deployed. Takes at most about half a minute."""
    diagram = engine.read_diagram(files[DRAWING])
    models = {PurePosixPath(path).stem: _model(files[path]) for path in files if path.endswith(".dmn")}
    names, flows, read_of = _names(diagram, files), _told_apart(diagram), _read_of(diagram, files[DRAWING])
    outcomes, findings, until = [], [], time.monotonic() + ALL_SECONDS
    for path in paths(files)[:MOST_SCENARIOS]:
        scenario, wrong = read(path, files[path], names)
        findings += wrong
        if scenario is not None:
            seconds = min(SECONDS, until - time.monotonic())
            outcomes.append(_Player(scenario, diagram, models, seconds, read_of).outcome())
    if len(paths(files)) > MOST_SCENARIOS:
        sentence = _("There are more than %(most)s scenarios.", most=MOST_SCENARIOS)
        findings.append(Finding("", "", None, sentence, _("Remove some of them."), code="too-many-scenarios"))
    return Tested(outcomes, flows, findings)


@lru_cache(maxsize=64)
def _model(source: bytes) -> decisions.Model:
    return decisions.load(source)


def _told_apart(diagram: engine.Diagram) -> list[str]:
    """Flows with an id that are the only way between their two nodes; of others nobody can say which was taken."""
    ways = [(flow.source, flow.target) for flow in diagram.flows]
    return [flow.id for flow, way in zip(diagram.flows, ways, strict=True) if flow.id and ways.count(way) == 1]


def _read_of(diagram: engine.Diagram, drawing: bytes) -> frozenset[str]:
    """Steps of whose result some expression of the drawing reads a member."""
    found = set(re.findall(rb"([A-Za-z_][A-Za-z0-9_]*)\.[A-Za-z_]", drawing))
    return frozenset(name for name in diagram.steps if name.encode() in found)


def _names(diagram: engine.Diagram, files: Mapping[str, bytes]) -> Names:
    known, steps = registry.operations(), diagram.steps
    used = {name for step in steps.values() for name in _asked_for(step)}
    outputs = {name: tuple(known[name].outputs) if name in known else None for name in used}
    routing = {step.id: _routing(step, files) for step in steps.values() if step.kind == "user"}
    return Names({step.id: step.kind for step in steps.values()}, outputs, routing)


def _asked_for(step: StepSpec) -> Iterator[str]:
    yield from (name for name in (step.topic, step.properties.get("facts"), step.properties.get("record")) if name)


def _routing(step: StepSpec, files: Mapping[str, bytes]) -> Mapping[str, Sequence[str]] | None:
    path = f"forms/{step.form}.form"
    if path not in files:
        return None
    spec = forms.parse(files[path], step.form, path)
    return {one.key: tuple(option.value for option in one.options or ()) for one in spec.inputs if one.route}


# --- one scenario ----------------------------------------------------------------------------------------------------


class _Player:
    """Plays one scenario and compares it with what was expected."""

    def __init__(
        self,
        scenario: Scenario,
        diagram: engine.Diagram,
        models: Mapping[str, decisions.Model],
        seconds: float,
        read_of: frozenset[str],
    ) -> None:
        self.scenario, self.diagram = scenario, diagram
        self.services = Stated(scenario, models, read_of)
        drawn = world_starts.Drawn({diagram.process_id: diagram})
        self.world = World(drawn, now=scenario.clock, services=self.services, seconds=max(0.1, seconds), logging=True)
        self.services.world = self.world
        self.seconds = seconds

    def outcome(self) -> Outcome:
        began, wrong = time.monotonic(), None
        try:
            if self.seconds <= 0:
                raise Wrong("", "title", _("There was no time left to run it."), _("Make the scenarios shorter."))
            self._play()
        except Wrong as found:
            wrong = found
        taken = frozenset(flow for case in self.world.instances for flow in case.run.taken())
        one = self.scenario
        differs = None if wrong is None else self._finding(wrong)
        return Outcome(one.path, one.title, one.title_en, differs, taken, time.monotonic() - began)

    def _finding(self, wrong: Wrong) -> Finding:
        place = f"steps[{wrong.number + 1}]" if wrong.table == "steps" else wrong.table
        element = ".".join(part for part in (place, wrong.key) if part)
        line = self.scenario.lines.of(wrong.table, wrong.key, wrong.number)
        return Finding(self.scenario.path, element, line, wrong.sentence, wrong.remedy, code="scenario-differs")

    def _play(self) -> None:
        self._begin()
        deadline = time.monotonic() + self.seconds
        for step in self.scenario.steps:
            if time.monotonic() > deadline:
                raise _differs(step, _("The scenario takes longer than %(seconds)s seconds.", seconds=int(SECONDS)))
            self._step(step)
        self._compare()

    def _begin(self) -> None:
        values = {**self.scenario.values}
        values["case"] = {"ref": "SCENARIO", **values.get("case", {})}
        try:
            self.world.start(self.diagram.process_id, values, at=self.scenario.start)
        except HouseError as refusal:
            raise Wrong("values", "", refusal.message, _("Correct what the case begins with.")) from None
        self._all_stated(None)

    def _step(self, step: Happening) -> None:
        try:
            getattr(self, f"_{step.verb}")(step)
        except HouseError as refusal:
            raise _differs(step, refusal.message) from None
        except engine.BusinessError as error:
            raise _differs(step, _("The operation ends with the error %(code)s.", code=error.code)) from None
        self._all_stated(step)
        sentence, element = self.world.trouble()
        if sentence and self.scenario.expect["state"] != "error":
            shown = _("The case stands in error at %(step)s: %(why)s", step=element or "-", why=sentence)
            raise _differs(step, shown)
        if "open" in step.given:
            self._open_are(step.given["open"], "steps", step.number - 1)

    def _all_stated(self, step: Happening | None) -> None:
        if self.services.unstated:
            sentence = _("The scenario does not say what %(operation)s gives.", operation=self.services.unstated)
            if step is None:
                raise Wrong("operations", "", sentence, _("State its result under [operations]."))
            raise _differs(step, sentence)

    # --- what happens

    def _complete(self, step: Happening) -> None:
        found = self._open(step, "person")
        self.world.complete_one(found, step.given.get("answers", {}))

    def _job(self, step: Happening) -> None:
        found = self._open(step, "job")
        if "error" in step.given:
            self.world.fail_one(found, step.given["error"])
            return
        drawn = self.diagram.steps[step.what]
        result = step.given["result"] if "result" in step.given else self.services.result(drawn, drawn.topic)
        self.world.complete_one(found, plain(result))

    def _wait(self, step: Happening) -> None:
        self.world.advance_to(after(self.world.now, step.what))

    def _until(self, step: Happening) -> None:
        if aware(step.what) < self.world.now:
            raise _differs(step, _("The clock is past that instant already."))
        self.world.advance_to(aware(step.what))

    def _message(self, step: Happening) -> None:
        if not self.world.message(step.what, plain(step.given.get("payload")), step.given.get("key")):
            raise _differs(step, _("Nothing waits for the message %(name)s.", name=step.what))

    def _signal(self, step: Happening) -> None:
        if not self.world.signal(step.what, plain(step.given.get("payload"))):
            raise _differs(step, _("Nothing waits for the signal %(name)s.", name=step.what))

    def _open(self, step: Happening, kind: str) -> Open:
        wanted = step.given.get("of")
        for one in self.world.open():
            if (one.step_id, one.kind) == (step.what, kind) and wanted in (None, _about(one)):
                return one
        names = ", ".join(dict.fromkeys(_called(one) for one in self.world.open())) or "-"
        raise _differs(step, _("“%(step)s” is not open. Open are: %(names)s.", step=_wanted(step), names=names))

    # --- what came of it

    def _compare(self) -> None:
        expect, world = self.scenario.expect, self.world
        sentence, element = world.trouble()
        if world.state != expect["state"]:
            where = ", ".join([_called(one) for one in world.open()] + world.waiting()) or element or "-"
            shown = _(
                "The case is %(state)s, not %(wanted)s; it stands at: %(where)s. %(why)s",
                state=world.state, wanted=expect["state"], where=where, why=sentence,
            )  # fmt: skip
            raise _unlike("state", shown)
        if "error" in expect and expect["error"] not in (sentence, world.instances[0].run.error):
            raise _unlike("error", _("The error is “%(why)s”.", why=sentence))
        self._path(expect.get("path", ()))
        self._counted(expect)
        if "open" in expect:
            self._open_are(expect["open"], "expect", 0)
        self._values(expect.get("values", {}))
        for step, rules in expect.get("rules", {}).items():
            found = self.services.rules.get(step, [])
            if sorted(rules) != sorted(found):
                names = ", ".join(found) or "-"
                raise _unlike("rules", _("At %(step)s these rows counted: %(names)s.", step=step, names=names))

    def _path(self, wanted: Sequence[str]) -> None:
        """The steps in this order, whatever lies between them."""
        gone = [element for _case, element in self.world.log or ()]
        place = 0
        for number, name in enumerate(wanted):
            try:
                place = gone.index(name, place) + 1
            except ValueError:
                last = wanted[number - 1] if number else "-"
                after_it = ", ".join(gone[place : place + 8]) or "-"
                sentence = _(
                    "The path breaks off at %(step)s: after %(last)s came %(names)s.",
                    step=name, last=last, names=after_it,
                )  # fmt: skip
                raise _unlike("path", sentence) from None

    def _counted(self, expect: Mapping[str, Any]) -> None:
        done = self.world.completed()
        for key, wanted in (("done", expect.get("done", {})), ("never", dict.fromkeys(expect.get("never", ()), 0))):
            for name, times in wanted.items():
                if done.get(name, 0) != times:
                    sentence = _(
                        "%(step)s was done %(times)s times, not %(wanted)s.",
                        step=name, times=done.get(name, 0), wanted=times,
                    )  # fmt: skip
                    raise _unlike(key, sentence)

    def _open_are(self, wanted: Sequence[str], table: str, number: int) -> None:
        found = [one.step_id for one in self.world.open()]
        if sorted(set(found)) != sorted(set(wanted)):
            sentence = _(
                "Open are %(names)s, not %(wanted)s.",
                names=", ".join(dict.fromkeys(found)) or "-", wanted=", ".join(wanted) or "-",
            )  # fmt: skip
            raise Wrong(table, "open", sentence, REMEDY, number)

    def _values(self, wanted: Mapping[str, Any]) -> None:
        for name, value in _flat(wanted, ""):
            found: Any = self.world.instances[0].run.data
            for part in name.split("."):
                found = found.get(part) if isinstance(found, Mapping) else None
            if found != plain(value):
                shown = _(
                    "%(name)s is %(found)s, not %(wanted)s.", name=name, found=_short(found), wanted=_short(value)
                )
                raise _unlike("values", shown)


REMEDY = _("Correct the drawing, the table or the scenario.")


def _differs(step: Happening, sentence: object) -> Wrong:
    shown = _("Step %(number)s (%(verb)s): %(why)s", number=step.number, verb=step.verb, why=sentence)
    return Wrong("steps", step.verb, shown, REMEDY, step.number - 1)


def _unlike(key: str, sentence: object) -> Wrong:
    return Wrong("expect", key, sentence, REMEDY)


def _about(one: Open) -> str:
    item = one.case.run.item(one.token)
    return str(item.get("ref", "")) if isinstance(item, Mapping) else str(item) if item is not None else ""


def _called(one: Open) -> str:
    about = _about(one)
    return f"{one.step_id} ({about})" if about else one.step_id


def _wanted(step: Happening) -> str:
    return f"{step.what} ({step.given['of']})" if "of" in step.given else str(step.what)


def _flat(values: Mapping[str, Any], before: str) -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, dict) and value:
            yield from _flat(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", value


def _short(value: object) -> str:
    return str(plain(value))[:80]
