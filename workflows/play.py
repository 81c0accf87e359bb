"""Playing any drawing by a list of steps, without a database: what stands open, what was finished, what is awaited.

STEPS is a JSON list; each step is an object with one of these and what belongs to it:

{"start": PROCESS_ID, "variables": {}, "at": START_EVENT_ID, "payload": {}}
{"complete": ELEMENT_ID, "answers": {}, "which": N, "index": N, "error": CODE}
{"advance": SECONDS}
{"message": NAME, "payload": {}, "correlation": VALUE}
{"signal": NAME, "payload": {}}
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

import orjson

import decisions
from domain.clock import OFFICE_ZONE, machine_now
from domain.errors import DefinitionRefused, Finding, HouseError
from domain.text import gettext as _
from workflows import decision_results, engine, lint, world_starts
from workflows.steps import StepSpec
from workflows.table_check import check_table
from workflows.world import World

MOST_STEPS = 10_000
MOST_BYTES = 10 * 1024 * 1024
DECISION_BUDGET = 100_000


class BadSteps(HouseError):
    """A list of steps that cannot be read; the message names the place."""


@dataclass(frozen=True)
class Step:
    """One step of a list, read: its number, its verb, what the verb is about, and what goes with it."""

    number: int
    verb: str
    what: Any
    given: Mapping[str, Any]


# --- reading ---------------------------------------------------------------------------------------------------------


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_object(value: object) -> bool:
    return isinstance(value, dict)


def _is_seconds(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value >= 0


def _is_place(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_plain(value: object) -> bool:
    return value is None or isinstance(value, str | int | float)


_TEXT = (_is_text, _("a text"))
_OBJECT = (_is_object, _("a JSON object"))
_SECONDS = (_is_seconds, _("a number of seconds, 0 or more"))
_PLACE = (_is_place, _("a whole number, 0 or more"))
_PLAIN = (_is_plain, _("a text or a number"))
_Kind = tuple[Callable[[object], bool], object]
VERBS: Mapping[str, tuple[_Kind, Mapping[str, _Kind]]] = {
    "start": (_TEXT, {"variables": _OBJECT, "at": _TEXT, "payload": _OBJECT}),
    "complete": (_TEXT, {"answers": _OBJECT, "which": _PLACE, "index": _PLACE, "error": _TEXT}),
    "advance": (_SECONDS, {}),
    "message": (_TEXT, {"payload": _OBJECT, "correlation": _PLAIN}),
    "signal": (_TEXT, {"payload": _OBJECT}),
}


def read_steps(content: bytes) -> list[Step]:
    """The steps of a list. Raises BadSteps with the place."""
    if len(content) > MOST_BYTES:
        raise BadSteps(_("The steps are larger than 10 MB."))
    try:
        rows = orjson.loads(content)
    except orjson.JSONDecodeError as fault:
        sentence = _(
            "The steps are not JSON (line %(line)s, column %(column)s): %(why)s",
            line=fault.lineno, column=fault.colno, why=fault.msg,
        )  # fmt: skip
        raise BadSteps(sentence) from None
    if not isinstance(rows, list) or len(rows) > MOST_STEPS:
        raise BadSteps(_("The steps are not a JSON list of at most %(most)s objects.", most=MOST_STEPS))
    return [_step(number, row) for number, row in enumerate(rows, start=1)]


def _step(number: int, row: object) -> Step:
    verbs = [verb for verb in VERBS if verb in row] if isinstance(row, dict) else []
    if not isinstance(row, dict) or len(verbs) != 1:
        sentence = _("Step %(number)s needs exactly one of: %(names)s.", number=number, names=", ".join(VERBS))
        raise BadSteps(sentence)
    verb = verbs[0]
    kind, more = VERBS[verb]
    for name, value in row.items():
        fits, wanted = kind if name == verb else more.get(str(name), (None, None))
        if fits is None:
            sentence = _(
                "Step %(number)s: “%(name)s” does not belong to “%(verb)s”; there are: %(names)s.",
                number=number, name=str(name)[:60], verb=verb, names=", ".join(more) or "-",
            )  # fmt: skip
            raise BadSteps(sentence)
        if not fits(value):
            sentence = _("Step %(number)s: “%(name)s” must be %(kind)s.", number=number, name=name, kind=wanted)
            raise BadSteps(sentence)
    return Step(number, verb, row[verb], {name: value for name, value in row.items() if name != verb})


# --- what is answered without anybody --------------------------------------------------------------------------------


class Alone:
    """Services without a house: tables are asked, everything else stays open until it is completed.

    tables: bytes of decision files, by file name.
    """

    def __init__(self, tables: Mapping[str, bytes]) -> None:
        self._models = {PurePosixPath(name).stem: decisions.load(content) for name, content in tables.items()}
        self.world: World | None = None  # it tells the time

    def call(self, step: StepSpec, inputs: dict[str, Any], token: str) -> engine.Pending:
        """Nobody carries it out here."""
        return engine.PENDING

    def decide(self, step: StepSpec, data: dict[str, Any]) -> Any:
        """The table's answer about the values of the case; open when there is no such table or it asks for facts."""
        model = self._model(step.decision)
        if model is None or step.properties.get("facts") or step.properties.get("record"):
            return engine.PENDING
        name = step.properties.get("decision", "")
        if not name and any(step.decision == one.id for one in model.decisions):
            name = step.decision
        now = self.world.now if self.world is not None else machine_now()
        return asked(model, step, name, data, now.astimezone(OFFICE_ZONE))

    def names(self, step: StepSpec) -> Mapping[str, Any]:
        """Nothing is lent."""
        return {}

    def _model(self, wanted: str) -> decisions.Model | None:
        """By the file's name, as a bundle has it, or by the id of a decision, as other editors do."""
        if wanted in self._models:
            return self._models[wanted]
        for model in self._models.values():
            if any(wanted == one.id for one in model.decisions):
                return model
        return None


def asked(model: decisions.Model, step: StepSpec, name: str, data: Mapping[str, Any], now: datetime) -> Any:
    """What a business rule step keeps of its table's answer about `data`. Raises NotFound, DecisionFailed."""
    info = decision_results.decision_of(model, name)
    wanted = {one: data[one] for one, _type in info.inputs if one in data}
    result = model.evaluate(info.id, wanted, now=now, budget=DECISION_BUDGET)
    decision_results.must_answer(result, step.decision, step.id)
    return decision_results.kept(result, info, step.mapping, step.decision)


def world_of(files: Mapping[str, bytes], *, now: datetime) -> World:
    """A world of the drawings among the files; those that end in .dmn are tables. Raises DefinitionRefused."""
    tables = {name: content for name, content in files.items() if name.lower().endswith(".dmn")}
    drawings = {name: content for name, content in files.items() if name not in tables}
    findings = [found for name, content in tables.items() for found in check_table(name, content)]
    findings += lint.check_files(drawings)
    if not drawings:
        sentence = _("There is no drawing among the files.")
        findings.append(Finding("", "", None, sentence, _("Name a .bpmn file."), code="no-drawing"))
    if any(found.severity == "error" for found in findings):
        raise DefinitionRefused(findings)
    services = Alone(tables)
    world = services.world = World(world_starts.read(list(drawings.values())), now=now, services=services, sharing=True)
    return world


# --- playing ---------------------------------------------------------------------------------------------------------


def play(world: World, steps: Sequence[Step]) -> Iterator[dict[str, Any]]:
    """Carry out the steps one by one; after each, what stands."""
    for step in steps:
        told: dict[str, Any] = {}
        try:
            told = _VERBS[step.verb](world, step.what, step.given)
        except HouseError as refusal:
            told = {"state": "error", "error": refusal.message}
        except Exception as fault:  # a fault of ours must not look like an end of the drawing
            world.stuck = str(_("The program could not carry this out (%(kind)s).", kind=type(fault).__name__))
            told = {"state": "error", "error": world.stuck}
        yield {"step": step.number, **_standing(world), **told}


def _standing(world: World) -> dict[str, Any]:
    sentence, element = world.trouble()
    found: dict[str, Any] = {
        "open": [one.step_id for one in world.open()],
        "completed": world.completed(),
        "waiting": world.waiting(),
        "state": world.state,
        "error": sentence or None,
    }
    return {**found, "element": element} if element else found


def _start(world: World, what: str, given: Mapping[str, Any]) -> dict[str, Any]:
    world.start(what, given.get("variables", {}), at=given.get("at", ""), payload=given.get("payload"))
    return {}


def _complete(world: World, what: str, given: Mapping[str, Any]) -> dict[str, Any]:
    which, index = given.get("which", 0), given.get("index")
    if "error" in given:
        world.fail(what, given["error"], which=which, index=index)
    else:
        world.complete(what, given.get("answers", {}), which=which, index=index)
    return {}


def _advance(world: World, what: float, _given: Mapping[str, Any]) -> dict[str, Any]:
    world.advance(what)
    return {}


def _message(world: World, what: str, given: Mapping[str, Any]) -> dict[str, Any]:
    if not world.message(what, given.get("payload"), given.get("correlation")):
        return {"note": str(_("Nothing waits for the message %(name)s.", name=what[:80]))}
    return {}


def _signal(world: World, what: str, given: Mapping[str, Any]) -> dict[str, Any]:
    world.signal(what, given.get("payload"))
    return {}


_VERBS: Mapping[str, Callable[[World, Any, Mapping[str, Any]], dict[str, Any]]] = {
    "start": _start,
    "complete": _complete,
    "advance": _advance,
    "message": _message,
    "signal": _signal,
}
