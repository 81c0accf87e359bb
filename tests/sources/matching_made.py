"""Folders to match: an invented population small enough for a test, and files written by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from bench.population import RULES, Population
from bench.population_files import write
from domain.text import Text
from sources.matching.run import Listener, Matched, Order, Step, match

HEADS = {
    "households": "家庭编号,申请人,申请人身份证号,救助类别",
    "members": "家庭编号,姓名,身份证号,与申请人关系,婚姻状况,残疾证,申报月收入",
    "supporters": "家庭编号,被赡养人,姓名,身份证号,关系",
}


def population(folder: Path, *, households: int, seed: int, region: str = "mongol", dirty: float = 0.2) -> Path:
    """A population in a folder."""
    write(folder, Population(households, seed, region, dirty=dirty))
    return folder


def by_hand(folder: Path, declared: dict[str, list[str]], departments: dict[str, str | bytes]) -> Path:
    """A folder shaped alike, out of lines."""
    (folder / "departments").mkdir(parents=True)
    (folder / "truth").mkdir()
    for kind, head in HEADS.items():
        (folder / f"declared_{kind}.csv").write_text("\n".join([head, *declared.get(kind, [])]) + "\n", "utf-8")
    for name, content in departments.items():
        path = folder / "departments" / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    (folder / "truth" / "meta.json").write_text(json.dumps({"rules": RULES}))
    return folder


def order(folder: Path, out: str = "out", **more: object) -> Order:
    """The order to match a folder; results go beside it."""
    place = folder.parent / f"{folder.name}-{out}"
    place.mkdir(exist_ok=True)
    return Order(folder / "departments", folder, folder / "truth" / "meta.json", place / "result.csv",
                 place / "doubts.csv", demonstration=True, **more)  # type: ignore[arg-type]  # fmt: skip


class Heard:
    """A listener that remembers, and asks to stop after so many steps."""

    def __init__(self, stop_after: int | None = None) -> None:
        self.said: list[str] = []
        self.steps = 0
        self._stop_after = stop_after

    def listener(self) -> Listener:
        """The listener itself."""
        say: Callable[[Text], None] = lambda sentence: self.said.append(str(sentence))  # noqa: E731
        return Listener(say, self._step, lambda: self._stop_after is not None and self.steps >= self._stop_after)

    def _step(self, _step: Step) -> None:
        self.steps += 1


def matched(given: Order, heard: Heard | None = None) -> tuple[Matched, bytes, bytes]:
    """What came of it, and both results' bytes."""
    found = match(given, (heard or Heard()).listener())
    return found, given.out.read_bytes(), given.doubts.read_bytes()
