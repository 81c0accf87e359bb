"""People on the pages: names of who did what."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select

from domain.parties.accounts import Account
from domain.work import Work


def names(work: Work, keys: Iterable[int | None]) -> dict[int, str]:
    """Account key -> name; one query."""
    wanted = {key for key in keys if key is not None}
    rows = work.session.execute(select(Account.id, Account.name).where(Account.id.in_(wanted)))
    return {key: name for key, name in rows}  # noqa: C416  dict() takes a Result for a mapping
