"""Each night: what departments delivered and is kept long enough is deleted, each with its certificate (BX-28)."""

from __future__ import annotations

from domain import agenda
from domain.agenda import AgendaItem
from domain.policy_keys.terms import DELIVERED_DATA_MONTHS
from domain.verification import purges
from domain.work import Work

PURGE_OF_THE_DAY = "store.purge"
AT_ONCE = 20


def run(work: Work, item: AgendaItem) -> list[str]:
    """Delete what is past its time by the rule of its place (`delivered_data_months`), some at a time.

    Where there is more, the next some are planned. Returns the names of files that are to go once this is committed.
    """
    names: list[str] = []
    found = purges.past_their_time(work, AT_ONCE)
    for delivery, months in found:
        _certificate, files = purges.purge(work, delivery, f"{DELIVERED_DATA_MONTHS.name} = {months}")
        names += files
    if len(found) == AT_ONCE:
        agenda.put(work, PURGE_OF_THE_DAY, f"{item.key}+", work.now)
    return names
