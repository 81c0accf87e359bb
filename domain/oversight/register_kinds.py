"""The registers of an office: what each keeps, of whom, by whom and until when (issue of the five notices).

All of them are one table and one set of verbs (`domain.oversight.registers`); a register is a line of this table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from domain.errors import NotFound
from domain.text import Text
from domain.text import gettext as _

TEXT, LONG, NUMBER, DAY, CHOICE, PERSON = "text", "long", "number", "day", "choice", "person"
NEEDED, OPTIONAL, NO_DUE = "needed", "optional", "none"
# whose entry an office may open, seen from itself
OWN, BELOW, ABOVE = "own", "below", "above"

FINISHED = _("Finished")
TOPICS: Mapping[str, Text] = {
    "BUSINESS": _("The work itself"), "SECURITY": _("Security"), "CONFIDENTIALITY": _("Confidentiality"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Column:
    """One fact of an entry. keyed: part of what an office can have only one entry of; needed: must be filled in."""

    code: str
    title: Text
    kind: str = TEXT
    choices: Mapping[str, Text] = field(default_factory=dict)
    keyed: bool = False
    needed: bool = True


@dataclass(frozen=True, slots=True)
class Register:
    """One register. clauses: what it carries; opens: whose entries an office may open; offices: kinds of office it is
    about; due: whether an entry has a day; evidence: whether a paper is needed to finish; done: what finishing means.
    """

    code: str
    title: Text
    clauses: tuple[str, ...]
    about: Text
    columns: tuple[Column, ...]
    opens: frozenset[str]
    offices: frozenset[str]
    due: str = NEEDED
    evidence: bool = False
    done: Text = FINISHED

    @property
    def keyed(self) -> tuple[Column, ...]:
        """The columns of which an office has one entry."""
        return tuple(one for one in self.columns if one.keyed)


_AGENCY, _DEPARTMENT, _BUREAU = frozenset({"agency"}), frozenset({"department"}), frozenset({"bureau"})
_ALL = frozenset({"agency", "department", "town_post", "bureau"})
_BOTH = frozenset({OWN, BELOW})

REGISTERS: Mapping[str, Register] = {
    one.code: one
    for one in (
        Register(
            "READINESS", _("Readiness of platforms"), ("BX-03", "LN-34"),
            _("By when each agency buys, builds and connects its platform, and the paper that shows it."),
            (
                Column("milestone", _("Milestone"), CHOICE, {
                    "PROCURE": _("Bought"), "BUILD": _("Built"), "CONNECT": _("Connected with the city"),
                    "RESOURCES": _("Resources moved to the province"),
                    "INTERFACE": _("Interface brought up to the norm"),
                }, keyed=True),
                Column("what", _("What it is about"), needed=False),
            ),
            _BOTH, _AGENCY, evidence=True, done=_("Reached"),
        ),
        Register(
            "TRAINING", _("Training"), ("BX-04", "NM-24"),
            _("Who is to be trained in what, and the proof that it was completed."),
            (
                Column("person", _("Person"), PERSON, keyed=True),
                Column("topic", _("Topic"), CHOICE, TOPICS, keyed=True),
            ),
            frozenset({OWN}), _ALL, evidence=True, done=_("Completed"),
        ),
        Register(
            "BUDGET", _("Budget"), ("BX-05",),
            _("What running the platform and verifying cost a year, and whether the budget carries it."),
            (
                Column("year", _("Year"), NUMBER, keyed=True),
                Column("item", _("Cost"), CHOICE, {
                    "PLATFORM": _("Running the platform"), "VERIFICATION": _("Verification"),
                }, keyed=True),
                Column("amount", _("Amount (yuan)"), NUMBER),
            ),
            frozenset({OWN}), _ALL, due=OPTIONAL, evidence=True, done=_("In the budget"),
        ),
        Register(
            "MEETING", _("Coordination"), ("BX-29", "LF-31"),
            _("What the leading group or the member units took up, what was decided, and until when it is done."),
            (
                Column("held_on", _("Held on"), DAY),
                Column("members", _("Member units and their duties"), LONG),
                Column("issue", _("Matter"), LONG),
                Column("decision", _("Decision"), LONG),
            ),
            _BOTH, _ALL, done=_("Carried out"),
        ),
        Register(
            "GOAL", _("Goals and points in time"), ("BX-32",),
            _("What each office is to reach by when; the office above sees how far it is."),
            (Column("goal", _("Goal"), LONG),), _BOTH, _ALL, done=_("Reached"),
        ),
        Register(
            "SUPERVISION", _("Supervision letters"), ("NM-23",),
            _("A slow office is told in writing and answers by a day."),
            (Column("letter", _("What is slow, and what is asked"), LONG),), frozenset({BELOW}), _ALL,
            done=_("Answered"),
        ),
        Register(
            "RECEIPT", _("Distribution of documents"), ("BX-47",),
            _("Which document went to which office, and that it was read there."),
            (
                Column("document", _("Document"), keyed=True),
                Column("number", _("Number of the document"), needed=False),
            ),
            frozenset({BELOW}), _ALL, due=OPTIONAL, done=_("Read"),
        ),
        Register(
            "RECTIFICATION", _("Rectification"), ("LF-32",),
            _("What an inspection found, what is done about it, and the paper that shows it."),
            (Column("finding", _("Finding"), LONG), Column("measure", _("Measure"), LONG)),
            _BOTH, _ALL, evidence=True, done=_("Put right"),
        ),
        Register(
            "RESPONSIBILITY", _("Responsibility"), ("NM-22",),
            _("Who answers for verification in an office, in three layers; what is overdue climbs them."),
            (
                Column("layer", _("Layer"), CHOICE, {
                    "SECTION": _("Responsible section"), "DEPUTY": _("Leader in charge"), "HEAD": _("Principal leader"),
                }, keyed=True),
                Column("person", _("Person"), PERSON),
            ),
            frozenset({OWN}), _ALL, due=NO_DUE, done=_("No longer responsible"),
        ),
        Register(
            "TICKET", _("Problems reported"), ("NM-27",),
            _("What people met with while using the system; the office above answers."),
            (Column("problem", _("What went wrong, where, and what was expected"), LONG),),
            frozenset({OWN, ABOVE}), _ALL, due=OPTIONAL, done=_("Answered"),
        ),
    )
}  # fmt: skip


def by_code(code: str) -> Register:
    """The register of this code. Raises NotFound."""
    found = REGISTERS.get(code)
    if found is None:
        raise NotFound(_("There is no such register."))
    return found
