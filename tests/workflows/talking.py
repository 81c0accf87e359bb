"""Small files of processes written as lines, played in a world; the same in memory and restored after every step."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from tests.workflows.playing import NOW, Desk
from workflows import engine, lint, world_starts
from workflows.world import Instance, World

HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:camunda="http://camunda.org/schema/1.0/bpmn"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" targetNamespace="urn:test" xmlns:own="urn:test">'
)
_FLOWS = re.compile(r"^\s*(\w+(?: > \w+)+)\s*$", re.MULTILINE)


def drawn(text: str) -> bytes:
    """A BPMN file from its elements; a line `A > B > C` stands for the sequence flows between them."""

    def flows(match: re.Match[str]) -> str:
        names = match[1].split(" > ")
        pairs = pairwise(names)
        return "".join(f'<sequenceFlow id="{a}_{b}" sourceRef="{a}" targetRef="{b}"/>' for a, b in pairs)

    # the schema wants what is not part of the flow before the flow
    return f"{HEAD}{_FLOWS.sub(flows, text)}</definitions>".encode()


def process(name: str, text: str, *, executable: str = "true") -> str:
    return f'<process id="{name}" isExecutable="{executable}">\n{text}\n</process>'


def script(name: str, text: str) -> str:
    return f'<scriptTask id="{name}"><script>{text}</script></scriptTask>'


class Restoring(World):
    """A world whose cases are saved and restored after every single step."""

    def _write_down(self, case: Instance) -> None:
        super()._write_down(case)
        diagram = self.diagrams[case.process]
        case.run = engine.restore(diagram, case.run.snapshot(), now=self.now, services=self.services)


@dataclass(frozen=True)
class Told:
    """One story: files, what happens, and what is true at the end. kept: values by number of the case."""

    name: str
    files: Sequence[bytes]
    acts: Sequence[tuple[Any, ...]]
    done: Mapping[str, int] = field(default_factory=dict)
    kept: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    state: str = "ended"
    cases: int | None = None


def tell(story: Told, *, restoring: bool) -> tuple[World, list[Any]]:
    """Play a story; the world at its end, and after each act what anybody can see."""
    kind = Restoring if restoring else World
    world = kind(world_starts.read(story.files), now=NOW, services=Desk())
    seen = []
    for act in story.acts:
        perform(world, act)
        cases = [(case.process, dict(case.run.data), case.run.active(), case.run.completed) for case in world.instances]
        seen.append((world.completed(), world.waiting(), [one.step_id for one in world.open()], cases, world.state))
    return world, seen


def perform(world: World, act: tuple[Any, ...]) -> None:
    verb, name, *rest = act
    if verb == "start":
        world.start(name, rest[0] if rest else {}, at=rest[1] if len(rest) > 1 else "")
    elif verb == "complete":
        world.complete(name, rest[0] if rest else {}, which=rest[1] if len(rest) > 1 else 0)
    elif verb == "fail":
        world.fail(name, rest[0])
    elif verb == "advance":
        world.advance(name)
    elif verb == "message":
        world.message(name, *rest)
    elif verb == "signal":
        world.signal(name, *rest)
    else:
        raise ValueError(verb)


def must_be_as_told(world: World, done: Mapping[str, int], kept: Mapping[int, Mapping[str, Any]]) -> None:
    """Each element was finished as often as told, and each case, by its number, keeps these values."""
    assert {name: world.completed().get(name, 0) for name in done} == done
    for number, values in kept.items():
        assert {name: world.instances[number].run.data.get(name) for name in values} == values


def errors(files: Mapping[str, bytes]) -> list[tuple[str, str]]:
    """Element and rule of everything the check refuses."""
    return [(one.element, one.code) for one in lint.check_files(files) if one.severity == "error"]
