"""Codes of leaks and of the journal's rows in the words of their pages."""

from __future__ import annotations

from collections.abc import Mapping

from domain.oversight.breaches import CLOSED, MINOR, NONE, OPEN, REPORTED, SERIOUS, SUSPECT, WITNESS
from domain.text import Text
from domain.text import gettext as _
from tasks import events
from tasks.pages.breach_pages import Row
from webapp.failure_words import Names

STATES: Mapping[str, tuple[str, Text]] = {
    OPEN: ("today", _("to be reported")), REPORTED: ("soon", _("reported in writing")), CLOSED: ("ok", _("dealt with")),
}  # fmt: skip
TABS: Mapping[str, Text] = {OPEN: _("To be reported"), REPORTED: _("Reported"), CLOSED: _("Dealt with")}
GRADES: Mapping[str, tuple[str, Text]] = {
    NONE: ("line", _("no result")), MINOR: ("soon", _("minor")), SERIOUS: ("overdue", _("serious")),
}  # fmt: skip
PARTS: Mapping[str, tuple[str, Text]] = {SUSPECT: ("overdue", _("suspected")), WITNESS: ("line", _("knows of it"))}
# what the journal keeps outside cases and a leak is traced by; the rest is told in tasks.events
OUTSIDE: Mapping[str, Text] = {
    "signin.opened": _("signed in"),
    "signin.failed": _("gave a wrong password"),
    "signin.factor_failed": _("gave a wrong code of the second factor"),
    "signin.wrong_portal": _("tried to sign in at another portal"),
    "session.ended": _("a session ended"),
    "search.idno": _("searched by an identity number"),
    "case.searched": _("searched for cases"),
    "package.prepared": _("put a request package together"),
    "package.downloaded": _("took the file of a request package"),
    "package.answer_received": _("handed in the answer to a request package"),
    "delivery.received": _("handed in a delivery"),
    "delivery.rejections_taken": _("took the rejected rows of a delivery"),
    "delivery.withdrawn": _("took a delivery back"),
    "delivery.purged": _("deleted a delivery"),
    "account.created": _("made the account"),
    "account.filed": _("recorded the filing of the account"),
    "account.role_granted": _("gave a role"),
    "account.role_revoked": _("took a role away"),
    "account.locked": _("locked the account"),
    "account.lifted": _("lifted the lock of the account"),
    "account.disabled": _("closed the account"),
    "account.transferred": _("moved the account to another office"),
    "account.unlocked": _("let a paused login go on"),
    "account.token_issued": _("issued a one-time token"),
    "account.password_set": _("set a new password"),
    "account.factor_set": _("set the second factor up"),
    "account.factor_removed": _("removed the second factor"),
    "account.competence_set": _("set which tasks come to the account"),
    "account.kin_declared": _("declared a relative"),
    "account.kin_withdrawn": _("withdrew the declaration of a relative"),
    "substitution.made": _("named a substitute"),
    "substitution.ended": _("ended a substitution"),
    "leaving.begun": _("began to hand the work of the account over"),
    "leaving.done": _("handed the work of the account over"),
    "job.finished": _("a job of the system was done"),
    "task.routed": _("the system chose who does “%(step)s”"),
    "task.started": _("began “%(step)s”"),
    "task.stopped": _("paused “%(step)s”"),
    "breach.recorded": _("wrote the leak down"),
    "breach.account_named": _("named an account"),
    "breach.rows_linked": _("linked rows of the journal"),
    "breach.reported": _("reported the leak"),
    "breach.letter_taken": _("took the letter about the leak"),
    "breach.closed": _("closed the record of the leak"),
}


def happened(row: Row, names: Names) -> Text | str:
    """What a row of the journal says; the code of its event where the house has no words for it."""
    known = events.SENTENCES.get(row.event) or OUTSIDE.get(row.event)
    if known is None:
        return row.event
    if "%(" not in known.source:
        return known
    return _(known.source, step=names.step(row.process, row.step) or row.step, whom=_("a colleague"))
