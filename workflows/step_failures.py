"""What a step failed for, said for people: where the drawing itself or one of its tables is the cause.

The sentences never hold a value of the case, so that an incident may keep them and an operator may read them.
"""

from __future__ import annotations

from collections.abc import Mapping

from domain.text import Text
from domain.text import gettext as _
from workflows.decision_results import DecisionFailed
from workflows.spiff_events import NotAnInstant
from workflows.spiff_feel import ExpressionFailed
from workflows.spiff_repeat import NotAList, TooManyInstances
from workflows.spiff_specs import NoWay

WHY: Mapping[type[BaseException], Text] = {
    NotAnInstant: _("The timer's expression gives no time of its kind."),
    NotAList: _("What the step is repeated for is no list, or no whole number."),
    TooManyInstances: _("The step would be repeated more than 1,000 times."),
    NoWay: _("No way leads on: no condition holds and there is no default."),
}


def why_of(cause: BaseException) -> Text | None:
    """The sentence; None for what is neither the drawing's nor a table's fault."""
    if isinstance(cause, ExpressionFailed | DecisionFailed):
        return cause.sentence
    return next((said for kind, said in WHY.items() if isinstance(cause, kind)), None)


def place_of(cause: BaseException) -> str:
    """Id of the element whose expression failed, "" when only the step in hand is known.

    A timer, a collection or a condition that waits is evaluated while the step before it is still in hand.
    """
    if isinstance(cause, ExpressionFailed | NotAnInstant):
        return cause.step_id
    named = isinstance(cause, NotAList | TooManyInstances | NoWay) and cause.args
    return str(cause.args[0]) if named else ""
