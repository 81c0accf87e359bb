"""Who is told of an entry of a register: the responsible section first, then who is in charge, then the head (NM-22).

Who they are stands in the register of responsibility of the office; where a layer names nobody, its heads are told.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from domain.errors import NotFound
from domain.oversight.register_rows import OPEN, RegisterEntry
from domain.oversight.register_stages import DEPUTY, HEAD, LATE, SOON
from domain.parties.organisations import Organisation
from domain.text import gettext as _
from domain.work import Work
from tasks.terms import ladder
from tasks.terms.notifications import notify

LAYERS: Mapping[str, str] = {SOON: "SECTION", LATE: "SECTION", DEPUTY: "DEPUTY", HEAD: "HEAD"}
KINDS: Mapping[str, str] = {
    SOON: "register.soon", LATE: "register.overdue", DEPUTY: "register.escalated", HEAD: "register.escalated",
}  # fmt: skip


def climb(work: Work, ref: str, payload: Mapping[str, Any]) -> int:
    """Do one stage; how many were told. 0 for an entry that is closed, or has another day by now. Raises NotFound."""
    entry = work.session.scalars(select(RegisterEntry).where(RegisterEntry.ref == ref)).first()
    if entry is None:
        raise NotFound(_("There is no such entry for you."))
    if entry.state != OPEN or entry.due_on is None or entry.due_on.isoformat() != payload["due"]:
        return 0
    stage = str(payload["stage"])
    office = work.session.get_one(Organisation, entry.org_id)
    told = set(responsible(work, entry.org_id, LAYERS[stage]))
    if stage == HEAD and entry.by_org_id != entry.org_id:
        told |= set(ladder.of_offices(work, [entry.by_org_id], ladder.ABOVE))
    key = f"register:{stage}:{entry.ref}:{payload['due']}"
    return notify(
        work, told, KINDS[stage], key=key, register=entry.register, office=office.code, day=str(payload["due"]),
        entry=entry.ref,
    )  # fmt: skip


def responsible(work: Work, org_id: int, layer: str) -> list[int]:
    """Who answers for an office in a layer: those of its register, else its heads. Uses ix_register_entry_org."""
    named = work.session.scalars(
        select(RegisterEntry.person_id).where(
            RegisterEntry.org_id == org_id, RegisterEntry.register == "RESPONSIBILITY", RegisterEntry.state == OPEN,
            RegisterEntry.detail == layer, RegisterEntry.person_id.is_not(None),
        )
    ).all()  # fmt: skip
    return [key for key in named if key is not None] or ladder.of_offices(work, [org_id], ladder.ABOVE)
