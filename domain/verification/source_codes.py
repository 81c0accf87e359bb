"""The code by which a file names its source, and the codes that sources had before (CK-28).

A supplier's code is its kind, alone or behind a place ("tax", "chengkou-tax"); a source's is that with the category
("chengkou-tax.TAX"). Where the kind had another name until a day, a period that began by then may say the old one.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from sqlalchemy import select

from domain import rules
from domain.errors import Conflict, NotFound
from domain.policy_catalogue import OldOffice
from domain.text import gettext as _
from domain.verification.deliveries import Resource
from domain.work import Work


def resolve(work: Work, code: str, since: date) -> Resource:
    """The source that a code names for data of a period that began on `since`.

    Two offices that became one, 国税 and 地税, lead to the same source. Uses uq_resource_code.

    Raises NotFound; Conflict: an old code for a period in which the office had its present name.
    """
    found = _by_code(work, code)
    if found is not None:
        return found
    for office, now in _former(work, code):
        found = _by_code(work, now)
        if found is None:
            continue
        if since > office.until:
            raise Conflict(
                _(
                    "%(office)s bore this name until %(until)s; for later periods name the source %(code)s.",
                    office=office.zh,
                    until=office.until.isoformat(),
                    code=now,
                ),
                clause="CK-28",
            )
        return found
    raise NotFound(_("There is no data source %(code)s in the catalogue.", code=code))


def _former(work: Work, code: str) -> Iterator[tuple[OldOffice, str]]:
    """What the code would be today, if it names a kind by a former name."""
    supplier, _dot, category = code.partition(".")
    for office in rules.current(work).old_offices.values():
        place, kind = supplier.removesuffix(office.code), office.kind
        if supplier.endswith(office.code) and (not place or place.endswith("-")):
            yield office, f"{place}{kind}.{category}"


def _by_code(work: Work, code: str) -> Resource | None:
    return work.session.scalars(select(Resource).where(Resource.code == code)).first()
