"""What people are told of: a table of kinds, each with a title, a sentence and whether it can be switched off.

A sentence may name what the task is called (`task`), the case's number (`case`), who did it (`by`) and any fact that
was given with it. Add a row here for a new kind; nothing else knows them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from domain.text import Text
from domain.text import gettext as _
from tasks.rows.notice_rows import NEARING

PAGE, MAIL, NONE = "page", "mail", "none"
CHANNELS = (PAGE, MAIL, NONE)


@dataclass(frozen=True, slots=True)
class Kind:
    """title: of the kind itself. sentence: with places named after the facts.

    group: under which heading preferences list it. mandatory: nobody may switch it off (the law's clock, one's duty).
    channel: until somebody chooses. of_others: told of what others did, so whoever does it is not told.
    place: the fact that names what it leads to, where that is no task or case. blind: it leads nowhere, since whoever
    is told may not look into cases. on_term: it leads to the term of the task. replaces: kinds that are settled for
    everybody once this is told of the same task.
    """

    title: Text
    sentence: Text
    group: str
    mandatory: bool = False
    channel: str = PAGE
    of_others: bool = True
    place: str = ""
    blind: bool = False
    on_term: bool = False
    replaces: frozenset[str] = frozenset()

    @property
    def places(self) -> list[str]:
        """The named places of the sentence."""
        return re.findall(r"%\((\w+)\)s", self.sentence.source)


TERMS, WORK, TALK, HOUSE = "terms", "work", "talk", "house"
GROUPS: Mapping[str, Text] = {
    TERMS: _("Terms"),
    WORK: _("Work that comes and goes"),
    TALK: _("Remarks"),
    HOUSE: _("Batches and checks"),
}

KINDS: Mapping[str, Kind] = {
    "term.reminder": Kind(
        _("A term runs out soon"), _("“%(task)s” is due on %(day)s; working days left: %(left)s."), TERMS,
        channel=MAIL, of_others=False, replaces=NEARING,
    ),
    "term.today": Kind(
        _("A term ends today"), _("“%(task)s” is due today."), TERMS, mandatory=True, channel=MAIL, of_others=False,
        replaces=NEARING,
    ),
    "term.overdue": Kind(
        _("A term has run out"), _("“%(task)s” was due on %(day)s and is not done."), TERMS, mandatory=True,
        channel=MAIL, of_others=False, replaces=NEARING,
    ),
    "term.escalated": Kind(
        _("A term has run out in an office I answer for"),
        _("“%(task)s” was due on %(day)s, is not done, and now stands before you as the next above."), TERMS,
        mandatory=True, channel=MAIL, of_others=False,
    ),
    "term.supervised": Kind(
        _("A term has run out in an office below mine"),
        _("In %(office)s “%(task)s” of %(case)s was due on %(day)s and is not done; its head was told."), TERMS,
        mandatory=True, channel=MAIL, of_others=False, blind=True,
    ),
    "term.stopped": Kind(
        _("A term stands still"), _("The term of “%(task)s” stands still since %(day)s."), TERMS, mandatory=True,
    ),
    "term.resumed": Kind(
        _("A term runs again"), _("The term of “%(task)s” runs again; it is due on %(day)s."), TERMS, mandatory=True,
    ),
    "term.extended": Kind(
        _("A term was extended"), _("The term of “%(task)s” was extended to %(day)s."), TERMS, mandatory=True,
    ),
    "term.asked": Kind(
        _("Somebody asks for more time"), _("%(by)s asks for more time for “%(task)s”. Decide on it."), TERMS,
        mandatory=True, channel=MAIL, on_term=True,
    ),
    "term.refused": Kind(
        _("More time was refused"), _("%(by)s did not grant more time for “%(task)s”."), TERMS, mandatory=True,
        on_term=True,
    ),
    "term.lapsed": Kind(
        _("My wish for more time ended undecided"),
        _("The step “%(task)s” or its term was over before anybody decided on the time you asked for."), TERMS,
        mandatory=True, of_others=False, on_term=True,
    ),
    "term.moved": Kind(
        _("Terms moved with the calendar"),
        _("%(count)s of your terms moved because working days were published. Look at the list."), TERMS,
        mandatory=True, of_others=False, place="run",
    ),
    "task.assigned": Kind(_("Work was given to me"), _("%(by)s gave you “%(task)s”."), WORK, channel=MAIL),
    "task.assigned_many": Kind(
        _("Several pieces of work were given to me at once"), _("%(by)s gave you several tasks at once."), WORK,
        channel=MAIL, place="inbox",
    ),
    "task.taken_many": Kind(
        _("Several pieces of my work were given to somebody else"), _("%(by)s gave several of your tasks to others."),
        WORK, place="inbox",
    ),
    "task.delegated": Kind(
        _("Work was delegated to me"), _("%(by)s delegated “%(task)s” to you; it goes back to them."), WORK,
        channel=MAIL,
    ),
    "task.handed_back": Kind(
        _("What I delegated came back"), _("%(by)s has handed “%(task)s” back to you."), WORK
    ),
    "task.recalled": Kind(_("What was delegated to me was called back"), _("%(by)s took “%(task)s” back."), WORK),
    "task.taken": Kind(_("My work was given to somebody else"), _("“%(task)s” is with somebody else now."), WORK),
    "task.named": Kind(_("I was named for a piece of work"), _("%(by)s named you for “%(task)s”."), WORK),
    "task.returned": Kind(
        _("Work came back for correction"), _("“%(task)s” came back to you for correction."), WORK, channel=MAIL
    ),
    "task.resumed": Kind(
        _("What I had put off is there again"), _("“%(task)s”, which you put off, is there again."), WORK,
        of_others=False,
    ),
    "task.reminded": Kind(
        _("Somebody reminds me"), _("%(by)s asks you to see to “%(task)s”."), WORK, mandatory=True, channel=MAIL
    ),
    "task.mentioned": Kind(
        _("Somebody speaks to me in a remark"), _("%(by)s speaks to you in a remark on “%(task)s”."), TALK
    ),
    "task.commented": Kind(_("A remark on my work"), _("%(by)s wrote a remark on “%(task)s”."), TALK),
    "draft.handed_over": Kind(_("A draft was handed to me"), _("%(by)s handed you the draft of “%(task)s”."), TALK),
    "substitution.made": Kind(
        _("I stand in for somebody"), _("You do %(by)s’s work from %(first)s to %(last)s."), WORK, mandatory=True
    ),
    "substitution.ended": Kind(_("Standing in has ended"), _("You no longer do %(by)s’s work."), WORK, mandatory=True),
    "handover.given": Kind(
        _("Work is handed over to me"), _("%(by)s is away; %(count)s open tasks are handed over to you."), WORK,
        mandatory=True, place="substitution",
    ),
    "leaving.moved": Kind(
        _("Work of somebody who leaves is mine"), _("%(count)s pieces of %(by)s’s work are yours now."), WORK,
        mandatory=True,
    ),
    "separation.violated": Kind(
        _("Separation of duties was violated"),
        _("Where one person did what two have to do, found by the nightly proof: %(count)s. Look at the list."), HOUSE,
        mandatory=True, of_others=False, place="proof",
    ),
    "agreement.ending": Kind(
        _("A sharing agreement is about to end"),
        _("The sharing agreement with %(office)s ends on %(day)s; days left: %(left)s. Renew it, or its data stop."),
        HOUSE, mandatory=True, channel=MAIL, of_others=False, place="agreement",
    ),
    "supply.soon": Kind(
        _("Data are due from my office soon"), _("“%(category)s” for %(period)s is due on %(day)s."), WORK,
        channel=MAIL, of_others=False, place="due",
    ),
    "supply.today": Kind(
        _("Data are due from my office today"), _("“%(category)s” for %(period)s is due today."), WORK, mandatory=True,
        channel=MAIL, of_others=False, place="due",
    ),
    "supply.overdue": Kind(
        _("Data of my office are late"),
        _("“%(category)s” for %(period)s was due on %(day)s and was not handed in."), WORK, mandatory=True,
        channel=MAIL, of_others=False, place="due",
    ),
    "supply.escalated": Kind(
        _("An office does not supply its data"),
        _("%(office)s was to supply “%(category)s” for %(period)s by %(day)s and has not."), WORK, mandatory=True,
        channel=MAIL, of_others=False, place="due",
    ),
    "authorisation.ending": Kind(
        _("An authorisation of a recipient ends soon"),
        _("The authorisation of household %(household)s ends on %(day)s; days left: %(left)s. Have it signed anew."),
        WORK, channel=MAIL, of_others=False, place="home",
    ),
    "monitoring.soon": Kind(
        _("A list of key monitoring is due soon"),
        _("The list “%(category)s” of %(office)s is due on %(day)s; rows without a record: %(left)s."), WORK,
        channel=MAIL, of_others=False, place="list",
    ),
    "monitoring.today": Kind(
        _("A list of key monitoring is due today"),
        _("The list “%(category)s” of %(office)s is due today; rows without a record: %(left)s."), WORK,
        mandatory=True, channel=MAIL, of_others=False, place="list",
    ),
    "monitoring.overdue": Kind(
        _("A list of key monitoring is overdue"),
        _("The list “%(category)s” of %(office)s was due on %(day)s; rows without a record: %(left)s."), WORK,
        mandatory=True, channel=MAIL, of_others=False, place="list",
    ),
    "monitoring.escalated": Kind(
        _("An office does not report a list of key monitoring"),
        _("%(office)s was to report the list “%(category)s” by %(day)s and has not; rows without a record: %(left)s."),
        WORK, mandatory=True, channel=MAIL, of_others=False, place="list",
    ),
    "register.soon": Kind(
        _("An entry of a register is due soon"), _("“%(register)s” of %(office)s is due on %(day)s."), WORK,
        of_others=False, place="entry",
    ),
    "register.overdue": Kind(
        _("An entry of a register is overdue"), _("“%(register)s” of %(office)s was due on %(day)s."), WORK,
        mandatory=True, channel=MAIL, of_others=False, place="entry",
    ),
    "register.escalated": Kind(
        _("An entry of a register is still overdue"),
        _("“%(register)s” of %(office)s was due on %(day)s and is still open."), WORK, mandatory=True, channel=MAIL,
        of_others=False, place="entry",
    ),
    "report.review": Kind(
        _("A withdrawn file: reports are to be looked at again"),
        _("Delivery %(delivery)s was withdrawn. Reports of your office that rest on it: %(count)s."), WORK,
        mandatory=True, channel=MAIL, of_others=False, place="reviews",
    ),
    "batch.done": Kind(
        _("A batch is done"), _("The batch you asked for is done: %(done)s of %(count)s."), HOUSE, of_others=False,
        place="batch",
    ),
    "batch.asked": Kind(
        _("A batch waits for a second person"), _("%(by)s asks you to look at a batch of %(count)s."), HOUSE,
        place="batch",
    ),
    "batch.undone": Kind(
        _("A batch was taken back"), _("A batch of %(count)s was taken back."), HOUSE, of_others=False, place="batch"
    ),
}  # fmt: skip
