"""What of a running case can go on under another drawing: names carried over, and what is under way held against it.

The rest of carrying a case over stands in `spiff_transplant`.
"""

# SpiffWorkflow ships no type information, so its classes are Any to the checker.
# mypy: disable-error-code="misc,no-any-return"

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from domain.text import Text
from domain.text import gettext as _
from workflows.spiff_case import STARTED, Token
from workflows.spiff_parse import Scope
from workflows.spiff_repeat import LoopStep, MultiStep, Repeated

GUARD = ".BoundaryEventSplit"
CHILD = " [child]"
MAPPING, CANNOT = "mapping", "cannot"
Named = Callable[[str], str]


class Refused(Exception):  # noqa: N818 - a refusal, told to who asked as a verdict
    """The case cannot be carried over. code: "mapping" (say where `step` goes) or "cannot"."""

    def __init__(self, code: str, step: str, sentence: Text) -> None:
        super().__init__(str(sentence))
        self.code, self.step, self.sentence = code, step, sentence


def base_of(name: str) -> str:
    """The id of the drawing that a spec stands for: specs that the parser adds carry a dot or a bracket."""
    return name.removesuffix(CHILD).partition(".")[0]


class Going:
    """A pair of drawings with the mapping of their nodes. scopes: the new drawing's, by name; old, new: what an id is
    called in either."""

    def __init__(self, scopes: Mapping[str, Scope], ids: Mapping[str, str], old: Named, new: Named) -> None:
        self.scopes, self.ids, self.old, self.new = scopes, ids, old, new

    def to(self, name: str) -> str:
        """The name of a spec in the new drawing."""
        base = base_of(name)
        return self.ids.get(base, base) + name[len(base) :] if base else name

    def records(self, records: list[Any], new: Scope) -> list[Any]:
        """What could be undone can be undone in the new version, by the same kind of handler. Raises Refused."""
        found = []
        for activity, lent, inner, own in records:
            name = self.to(activity)
            if name not in new.undo_names or (name in new.handlers) != (inner == 0):
                sentence = _("“%(step)s” is done and could be undone; the new version undoes it in another way or not.",
                             step=self.old(activity))  # fmt: skip
                raise Refused(CANNOT, activity, sentence)
            kept = {self.ids.get(key, key): value for key, value in (lent or {}).items()}
            if inner:
                inner = self.records(inner, self.scopes[new.task_specs[name].spec])
            found.append([name, kept, inner, own])
        return found

    def must_offer(self, was: Any, new: Scope) -> None:
        """An ad-hoc subprocess under way still offers the same steps in the same way. Raises Refused."""
        before = was.adhoc and (tuple(self.to(name) for name in was.adhoc.entries), was.adhoc.one_by_one)
        if before != (new.adhoc and (new.adhoc.entries, new.adhoc.one_by_one)):
            step = base_of(was.name)
            sentence = _("“%(step)s” is under way, and its steps in no order are others in the new version. Wait until"
                         " it is over.", step=self.old(step))  # fmt: skip
            raise Refused(CANNOT, step, sentence)

    def must_go_on(self, was: Repeated, spec: Repeated, token: Token) -> None:
        step = base_of(was.name)
        if token._state != STARTED or type(was) is not type(spec) or isinstance(spec, LoopStep):
            return
        if not isinstance(was, MultiStep) or not isinstance(spec, MultiStep):
            return
        if was.sequential != spec.sequential:
            raise Refused(
                CANNOT, step,
                _("“%(step)s” is under way, one after the other or all at once; that cannot change before it is done.",
                  step=self.old(step)),
            )  # fmt: skip
        if was.element != spec.element:
            raise Refused(
                CANNOT, step,
                _("“%(step)s” is under way, and what it goes through is called %(name)s there; that cannot change"
                  " before it is done.", step=self.old(step), name=was.element),
            )  # fmt: skip
        if was.bpmn_id != spec.bpmn_id:
            for child in token.children:
                local = child.internal_data.get("local", {})
                if was.bpmn_id in local:
                    local[spec.bpmn_id] = local.pop(was.bpmn_id)

    def same_job(self, was: Any, spec: Any) -> None:
        if was.details.topic != spec.details.topic:
            step = base_of(was.name)
            raise Refused(
                CANNOT, step,
                _("The program is at work at “%(step)s”, which is another operation in the new version. Wait until it"
                  " is done.", step=self.old(step)),
            )  # fmt: skip

    def via(self, via: str, was: Any, spec: Any, new: Scope) -> str:
        """The flow by which a token that waits at a join has come, in the new drawing."""
        name = self.to(via)
        if name in spec._inputs:
            return name
        known = {self.to(one) for one in was._inputs}
        added = [one for one in spec._inputs if one not in known]
        if name in new.task_specs:
            # steps were put between: what came by here has passed them
            added = [one for one in added if one in reached(new, name, spec.name)]
        if len(added) == 1:
            return str(added[0])
        step = base_of(was.name)
        sentence = _("A way of this case waits at “%(join)s”, and its flow from “%(step)s” is not there any more.",
                     join=self.old(step), step=self.old(base_of(via)))  # fmt: skip
        raise Refused(CANNOT, step, sentence)


def reached(scope: Scope, start: str, stop: str) -> set[str]:
    """Names of the specs that a token at `start` can come to without passing `stop`."""
    seen, todo = {start}, [start]
    while todo:
        for name in scope.task_specs[todo.pop()]._outputs:
            if name != stop and name not in seen:
                seen.add(name)
                todo.append(name)
    return seen
