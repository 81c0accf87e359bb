"""A model file decides: plain values in, a plain value out. For callers outside the house.

A plain value is None, bool, Decimal, str, date, time, datetime, timedelta, YearsMonths, or a list or dict of those;
int and float are taken for numbers, and the text of a years and months duration for one where the model declares it,
as Python has no class for it. A range comes out as `decisions.feel.Range`. What `datetime` cannot hold (a year before 1
or after 9999, nanoseconds) comes out as a class of `decisions.feel.calendar`, whose str() is its text and which goes in
again. A function never comes out: it is None. Names of decisions and inputs may be spaced as they are in the file.

Both wrappers are tolerant: a part of the model that cannot be used is null to what rests on it and stops nothing
else. `decisions.load` is strict, and the house's own decisions go through it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from decisions.declared import as_declared
from decisions.dmn import Model, read
from decisions.errors import DecisionError
from decisions.feel import BUDGET
from decisions.feel.values import Value
from decisions.source import MAX_BYTES, read_xml

MAX_BESIDE = 200  # files looked through for imports
_WITHOUT_CLASS = frozenset(("years and months duration",))


def evaluate(
    path: str | Path,
    decision_name: str,
    inputs: Mapping[str, object],
    *,
    now: datetime | None = None,
    budget: int = BUDGET,
) -> Value:
    """The value of a decision (or of a knowledge model, its parameters given as inputs) in the model file `path`.

    Args:
        path: a DMN 1.2 to 1.5 file of at most 2 MB; what it imports is found by namespace among the files beside it.
        decision_name: name or id.
        inputs: name of input data -> plain value; what the model does not ask for is ignored.
        now: aware instant for now() and today(); the machine's clock when absent.
        budget: steps for the whole graph.

    Returns:
        A plain value; None also when it could not be decided. `decisions.load` and `Model.evaluate` say why.

    Raises:
        DecisionError: the file cannot be read as a model, or has no such decision.
    """
    return _decided(open_file(path), _spaced(decision_name), inputs, now, budget)


def evaluate_service(
    path: str | Path,
    service_name: str,
    inputs: Mapping[str, object],
    *,
    now: datetime | None = None,
    budget: int = BUDGET,
) -> Value:
    """The value of a decision service: its one output decision's value, of several a dict by their names.

    Args:
        service_name: name or id.
        inputs: name of the service's input data or input decision -> plain value.
        path, now, budget: as in `evaluate`.

    Raises:
        DecisionError: the file cannot be read as a model, or has no such service.
    """
    model = open_file(path)
    services = [info for info in model.decisions if info.kind == "service"]
    for info in services:
        if service_name == info.id or _spaced(service_name) == info.name:
            return _decided(model, info.id, inputs, now, budget)
    if model.is_service(_spaced(service_name)):
        return _decided(model, _spaced(service_name), inputs, now, budget)
    names = ", ".join(info.name for info in services) or "there is none"
    raise DecisionError(f"The model has no decision service '{service_name}'. Choose one of: {names}.")


def _decided(model: Model, decision: str, inputs: Mapping[str, object], now: datetime | None, budget: int) -> Value:
    named = {_spaced(str(name)): value for name, value in inputs.items()}
    given = as_declared(named, model.input_types(decision), _WITHOUT_CLASS)
    return model.evaluate(decision, given, now=now or _machine_now(), budget=budget).value


def _spaced(name: str) -> str:
    """A name as FEEL spells it, with single spaces."""
    return " ".join(name.split())


def open_file(path: str | Path) -> Model:
    """The model in a file, read tolerantly; read again only when it or a file beside it has changed.

    Raises:
        DecisionError: the file cannot be read, or is not a model.
    """
    file = Path(path)
    source = _content(file)
    if source is None:
        raise DecisionError(f"The file '{file.name}' cannot be read, or is larger than 2 MB. Check its path.")
    # without its zeros a model in UTF-16 shows the word too
    return _read(source, _beside(file) if b"import" in source.replace(b"\0", b"") else ())


def beside(path: str | Path) -> Callable[[str], bytes]:
    """Finds the source of an imported model by its namespace among the `.dmn` files of the folder."""
    return _finder(_beside(Path(path)))


@lru_cache(16)
def _read(source: bytes, others: tuple[bytes, ...]) -> Model:
    # keyed by content, so that a change is never missed, whatever a file system says of times
    return read(source, _finder(others))[0]


def _finder(others: tuple[bytes, ...]) -> Callable[[str], bytes]:
    def find(namespace: str) -> bytes:
        for source in others:
            if _namespace(source) == namespace:
                return source
        raise LookupError(namespace)

    return find


@lru_cache(MAX_BESIDE)
def _namespace(source: bytes) -> str | None:
    try:
        return read_xml(source).get("namespace") or ""
    except DecisionError:
        return None  # a broken file that happens to stand beside is nobody's import


def _beside(path: Path) -> tuple[bytes, ...]:
    others = [other for other in sorted(path.parent.glob("*.dmn"))[:MAX_BESIDE] if other.name != path.name]
    return tuple(source for source in map(_content, others) if source is not None)


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes() if path.is_file() and path.stat().st_size <= MAX_BYTES else None
    except OSError:
        return None


def _machine_now() -> datetime:
    """The machine's instant in the machine's zone, so that today() is the day on the wall.

    Only for a caller outside who names none: `evaluate(path, name, inputs)` is the agreed interface and has no place
    for it. The house's own callers must pass theirs, which the rule `decided_at_an_instant` holds (decision 0015).
    """
    return datetime.now(UTC).astimezone()
