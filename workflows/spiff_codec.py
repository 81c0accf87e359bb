"""The state of a case as bytes: tokens, scopes and variables; never the definition.

Rows are [id, parent, state, step, triggered, internal]; a scope is [rows, root, variables or None when it
shares those of the scope around it, index of its token, spec name, completed, records of what can be undone].
The first number is the codec; every codec ever released stays readable, and the SpiffWorkflow version is pinned with
it (3.2.0). Codec 1 had no such records.
"""

# SpiffWorkflow ships no type information, so its classes are Any to the checker.
# mypy: disable-error-code="misc,no-any-return"

from __future__ import annotations

from typing import Any
from uuid import UUID

import orjson

from workflows.spiff_case import Case, SubScope, Token

CODEC = 2


def dump(case: Case) -> bytes:
    """Bytes that `load` brings back."""
    numbers = {token_id: at for at, token_id in enumerate(t for scope in case.scopes() for t in scope.tasks)}
    scopes = [_scope(scope, numbers) for scope in case.scopes()]
    agenda = [numbers[t.id] for t in case.agenda if t.id in numbers]
    document = [CODEC, scopes, agenda, case.done, case.thrown, case.completed, case.failed_with]
    return orjson.dumps(document)


def _scope(scope: Any, numbers: dict[UUID, int]) -> list[Any]:
    rows = [
        [
            t.id.hex,
            numbers[t._parent] if t._parent is not None else -1,
            t._state,
            t.task_spec.name,
            t.triggered,
            t.internal_data or 0,
        ]
        for t in scope.tasks.values()
    ]
    top = scope.parent_workflow is None
    own = scope.data if top or scope.owns else None
    parent = -1 if top else numbers[scope.parent_task_id]
    return [rows, numbers[scope.task_tree.id], own, parent, scope.spec.name, scope.completed, scope.undone or 0]


def load(case: Case, snapshot: bytes) -> None:
    """Fill a fresh `case` from bytes of `dump`.

    Raises:
        ValueError: another codec, or a step that the definition lacks.
    """
    document = orjson.loads(snapshot)
    if not isinstance(document, list) or not document or document[0] not in (1, CODEC):
        raise ValueError("the snapshot's codec is unknown")
    _codec, scopes, agenda, done, thrown, completed, failed_with = document
    tokens: list[Token] = []
    for rows, root, own, parent, name, closed, *undone in scopes:
        scope = case if parent < 0 else _reopen(case, tokens[parent], name, own)
        if parent < 0:
            case.data = own
        _fill(scope, rows, tokens)
        scope.task_tree, scope.completed = tokens[root], closed
        scope.undone = (undone or [[]])[0] or []
    case.agenda.extend(tokens[at] for at in agenda)
    case.done, case.thrown, case.completed, case.failed_with = done, thrown, completed, failed_with


def _reopen(case: Case, parent: Token, name: str, own: dict[str, Any] | None) -> SubScope:
    scope = SubScope(case.subprocess_specs[name], parent, case, owns=own is not None, plant=False)
    if own is not None:
        scope.data = own
    case.subprocesses[parent.id] = scope
    return scope


def _fill(scope: Any, rows: list[list[Any]], tokens: list[Token]) -> None:
    specs, first = scope.spec.task_specs, len(tokens)
    for token_id, _parent, state, name, triggered, internal in rows:
        if name not in specs:
            raise ValueError(f"the definition has no step {name}")
        token = Token(scope, specs[name], state=state, id=UUID(hex=token_id))
        token.triggered, token.internal_data = triggered, internal or {}
        tokens.append(token)
    for token, row in zip(tokens[first:], rows, strict=True):
        if row[1] >= 0:
            token._parent = tokens[row[1]].id
            tokens[row[1]]._children.append(token.id)
