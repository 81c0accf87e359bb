"""Duties: the function that handles one kind of agenda item, a file a room. `act` runs in the transaction that marks it
done. A slice adds its duties to its own file, and what is planned for every office day to `scheduler.recurring.DAILY`.
"""

from __future__ import annotations

from domain.agenda import AgendaItem
from domain.errors import OperationFailed
from domain.text import gettext as _
from scheduler.duties import authorisations, cases, exchange, house, many, recipients, regions, rescues, sources
from scheduler.duties.words import HOUSE, Duty
from tasks.batches import task_kinds
from tasks.repair import form_moves, repair_kinds, version_moves
from workflows.registry import TryPolicy

__all__ = ["DUTIES", "HOUSE", "Duty", "get", "policy_of"]

repair_kinds.register_all()
task_kinds.register_all()
version_moves.register_all()
form_moves.register_all()

DUTIES: dict[str, Duty] = {
    **cases.DUTIES,
    **many.DUTIES,
    **sources.DUTIES,
    **recipients.DUTIES,
    **house.DUTIES,
    **authorisations.DUTIES,
    **exchange.DUTIES,
    **rescues.DUTIES,
    **regions.DUTIES,
}


def policy_of(item: AgendaItem) -> TryPolicy:
    """The policy of an item's kind; of a kind that this program does not know, the house's."""
    found = DUTIES.get(item.kind)
    return HOUSE if found is None else found.policy(item)


def get(kind: str) -> Duty:
    """The duty of a kind. Raises OperationFailed: a row of an unknown kind waits for a newer program."""
    found = DUTIES.get(kind)
    if found is None:
        raise OperationFailed(_("This version of the program does not know what to do with “%(kind)s”.", kind=kind))
    return found
