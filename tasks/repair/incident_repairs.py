"""What an operator does about an incident besides trying again: values put right, the step skipped, the failure turned
into a business error that the drawing catches. Each with a reason, one move, one journal entry.

An operator works on the step that failed and on nothing else, and sees values that steer the process, not the case.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import select

from domain import journal
from domain.cases import CANCELLED, DONE, Case
from domain.errors import Conflict, InvalidAnswers, NotFound, Stale
from domain.parties.permissions import must
from domain.text import gettext as _
from domain.work import Work
from tasks import held, incidents, moves
from tasks.services import MoveServices
from workflows import engine, failed_steps, instances, surgery
from workflows.engine import Run
from workflows.failed_steps import Catcher
from workflows.instances import CaseState, Incident, Instance
from workflows.moments import Act

REASON = 500
# a text that steers a process is a code; anything else may be somebody's words and is not shown
_CODE = re.compile(r"[A-Za-z0-9_.:+-]{1,64}")
# a number of a person, a telephone or an account: no code has so many digits in a row
_LONG = re.compile(r"(?<![.\d])\d{9}")
_NAME = re.compile(r"[^\W\d]\w{0,63}")


@dataclass(frozen=True, slots=True)
class Value:
    """A routing value. shown: as JSON; hidden: it is a text or has parts, and stays as it is."""

    name: str
    shown: str
    hidden: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """What can be done about an incident. failing: the step stands in error or its job waits.

    person: a person's task stands in error behind it.
    """

    incident: Incident
    case: Case
    version: int
    step_name: str
    failing: bool
    values: Sequence[Value]
    catchers: Sequence[Catcher]
    person: bool = False


def choices(work: Work, ref: str) -> Choice:
    """One open incident with what can be done about it. Raises NotPermitted, NotFound."""
    must(work.actor, "operations.read")
    incident, case = _found(work, ref)
    state = work.session.get(CaseState, case.id)
    if state is None or case.state in (DONE, CANCELLED) or not incident.token:
        return Choice(incident, case, state.version if state else 0, incident.step_id, False, (), ())
    instance = instances.taken(work, case, state, MoveServices(work, case))
    step = instance.definition.diagram.steps.get(incident.step_id)
    failing = _failing(instance.run, incident.token)
    return Choice(
        incident,
        case,
        state.version,
        step.name or incident.step_id if step is not None else incident.step_id,
        failing,
        values_of(instance.run.data) if failing else (),
        failed_steps.catchers(instance.run, incident.token) if failing else (),
        incidents.task_in_error(work, incident) is not None,
    )


def values_of(data: Mapping[str, Any]) -> list[Value]:
    """The routing values that may be shown, by name: figures, yes and no, codes."""
    return [_value(name, data[name]) for name in sorted(data) if name not in surgery.KEPT]


def _value(name: str, value: Any) -> Value:
    code = isinstance(value, str) and _CODE.fullmatch(value) is not None
    plain = code or value is None or isinstance(value, bool | int | float)
    shown = orjson.dumps(value).decode() if plain else ""
    return Value(name, "", True) if not plain or _LONG.search(shown) else Value(name, shown, False)


def read_values(text: str) -> dict[str, Any]:
    """`name = value` lines; a value is true, false, null, a figure, or a code in quotes. Raises InvalidAnswers."""
    found: dict[str, Any] = {}
    for line in filter(None, (one.strip() for one in text.splitlines())):
        name, equals, given = (part.strip() for part in line.partition("="))
        try:
            value = orjson.loads(given)
        except orjson.JSONDecodeError:
            value = given if _CODE.fullmatch(given) else _Nothing
        if not equals or not _NAME.fullmatch(name) or _value(name, value).hidden:
            raise InvalidAnswers(
                {"values": _("Write one value a line: name = true, false, null, a figure or a code in quotes.")}
            )
        found[name] = value
    if not found:
        raise InvalidAnswers({"values": _("Write at least one value.")})
    return found


class _Nothing:
    """No value at all."""


def put_values(work: Work, ref: str, values: Mapping[str, Any], reason: str, *, version: int | None = None) -> None:
    """Set routing values and try the step again, in one move. Raises as `skip`."""

    def act(run: Run, token: str) -> None:
        _must_be_open(run, values)
        surgery.put_values(run, dict(values))
        if token in dict(run.failed()):
            run.retry(token)

    _do(work, ref, "values", reason, act, version, {"names": sorted(values)})
    incidents.try_items(work, ref)


def skip(
    work: Work, ref: str, reason: str, *, result: Mapping[str, Any] | None = None, version: int | None = None
) -> None:
    """Let the step end as if it had been done, with a result or with none.

    Raises:
        NotPermitted, NotFound. InvalidAnswers: no reason. Stale: the case moved. Conflict: it cannot be done, with
        the sentence of what speaks against it.
    """
    _do(work, ref, "skipped", reason, lambda run, token: _skip(run, token, result), version,
        {"result": sorted(result or {})})  # fmt: skip


def _skip(run: Run, token: str, result: Mapping[str, Any] | None) -> None:
    _must_be_open(run, result or {})
    surgery.skip(run, token, result)


def _must_be_open(run: Run, values: Mapping[str, Any]) -> None:
    """Nobody writes over what they may not see, nor over what says which case this is. Raises Conflict."""
    closed = {one.name for one in values_of(run.data) if one.hidden} | {*surgery.KEPT}
    name = min(closed & values.keys(), default=None)
    if name is not None:
        raise Conflict(_("“%(name)s” is no value that may be changed by hand.", name=name[:60]))


def map_error(work: Work, ref: str, code: str, reason: str, *, version: int | None = None) -> None:
    """Turn the failure into a business error that an event of the drawing catches. Raises as `skip`."""

    def act(run: Run, token: str) -> None:
        known = {one.code for one in failed_steps.catchers(run, token)}
        if code not in known and "" not in known:
            raise Conflict(_("Nothing in the drawing catches the error %(code)s here.", code=code))
        if token in dict(run.failed()):
            failed_steps.fail(run, token, code)
        else:
            run.fail_job(token, code)

    _do(work, ref, "mapped", reason, act, version, {"code": code})


def _do(
    work: Work,
    ref: str,
    outcome: str,
    reason: str,
    act: Callable[[Run, str], None],
    version: int | None,
    body: Mapping[str, Any],
) -> None:
    must(work.actor, "operations.repair")
    why = reason.strip()
    if not why or len(why) > REASON:
        raise InvalidAnswers({"reason": _("Say in a sentence why, with at most %(most)s signs.", most=REASON)})
    incident, case = incidents.held(work, ref)
    held.must_go_on(case)
    if case.state in (DONE, CANCELLED):
        raise Conflict(_("This case is closed already."))
    services = MoveServices(work, case)
    instance = instances.load(work, case, services)
    services.bind(instance)
    if version is not None and version != instance.state.version:
        raise Stale(_("This case changed while you were looking at it. Open it again."))
    token = incident.token
    if not _failing(instance.run, token):
        raise Conflict(_("This step is not in error any more. Try again closes the incident."))
    _act(instance, act, token)
    incident.outcome = "" if outcome == "values" else outcome
    incident.reason = work.home.vault.seal("incident.reason", incident.ref, why)
    told = {"step": incident.step_id, "incident": incident.ref, **body}
    journal.of_case(work, case.ref, f"incident.{outcome}", case.ref, told)
    moves.carry_on(work, instance, Act(outcome, incident.step_id), services, lambda run: act(run, token))


def _act(instance: Instance, act: Callable[[Run, str], None], token: str) -> None:
    try:
        act(instance.run, token)
    except engine.StepFailed as problem:
        raise Conflict(_("The step cannot be ended so: %(why)s", why=problem)) from problem


def _failing(run: Run, token: str) -> bool:
    return token in dict(run.failed()) or any(job.token == token for job in run.jobs())


def _found(work: Work, ref: str) -> tuple[Incident, Case]:
    wanted = (
        select(Incident, Case)
        .join(Case, Case.id == Incident.case_id)
        .where(Incident.ref == ref, Incident.closed_at.is_(None))
    )
    row = work.session.execute(wanted).one_or_none()
    if row is None:
        raise NotFound(_("This incident is closed already."), incident=ref)
    return row[0], row[1]
