"""Standard reasons: chosen before anything is written, by act, in both languages (policy `standard_reasons`)."""

from __future__ import annotations

from collections.abc import Sequence

from domain import rules
from domain.errors import Conflict, InvalidAnswers
from domain.policy_keys.desk import STANDARD_REASONS
from domain.policy_kinds import StandardReason
from domain.text import gettext as _
from domain.work import Work

LONGEST = 1_000
FIELD, TEXT = "reason_code", "reason"  # what pages call the choice and the words beside it


def offered(work: Work, use: str, org_id: int | None = None) -> tuple[StandardReason, ...]:
    """What may be chosen for an act (`REASON_USES`) in an office (default: the actor's); empty where nothing is."""
    office = org_id if org_id is not None else work.actor.org_id
    if office is None:
        return ()
    try:
        known = rules.value(work, office, STANDARD_REASONS.name)
    except Conflict:  # rules deployed by an earlier release: whoever acts writes
        return ()
    return tuple(known.get(use, ()))


def sentence(work: Work, use: str, code: str, text: str, org_id: int | None = None) -> str:
    """The reason as it is kept: the standard one as the office words it, then what was written beside it.

    Kept in Chinese, as papers of the case are. Raises InvalidAnswers under "reason_code" or "reason".
    """
    said = worded(offered(work, use, org_id), code, text)
    if isinstance(said, str):
        return said
    raise InvalidAnswers(said)


def worded(known: Sequence[StandardReason], code: str, text: str) -> str | dict[str, object]:
    """The reason as it is kept, or what is wrong with it, by field."""
    own = text.replace("\x00", "").strip()
    if len(own) > LONGEST:
        return {TEXT: _("At most %(most)s characters.", most=LONGEST)}
    if not code and not own:
        return {FIELD: _("Choose a reason, or write one.")} if known else {TEXT: _("Say why.")}
    if not code:
        return own
    chosen = next((one for one in known if one.code == code), None)
    if chosen is None:
        return {FIELD: _("Choose one of the reasons.")}
    if chosen.told and not own:
        return {TEXT: _("Say in words of your own what the other reason is.")}
    return f"{chosen.zh}：{own}" if own else chosen.zh
