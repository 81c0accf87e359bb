"""Refusals this program makes on purpose; web statuses live in `webapp.errors` alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


class HouseError(Exception):
    """Base of every refusal this program makes on purpose.

    The message is a sentence for the person at the screen: what happened and what to do.
    `ids` goes to the log and never holds a name, an address or an identity number.
    """

    def __init__(self, message: object, **ids: object) -> None:
        super().__init__(message)
        self.ids = ids

    @property
    def message(self) -> str:
        """The sentence, in the language bound when it is read."""
        return str(self.args[0])

    def __str__(self) -> str:
        return self.message


class NotFound(HouseError):
    """No such thing, or it exists but not for this actor: the two must look the same."""


class NotPermitted(HouseError):
    """The actor's role, office or earlier part in the case forbids the act."""


class Stale(HouseError):
    """Somebody else was faster; the message says who and when."""


class Conflict(HouseError):
    """The rules forbid this now; another state or another day may allow it.

    `clause` is the id of the legal rule, e.g. "BX-11", shown beside the sentence.
    """

    def __init__(self, message: object, *, clause: str = "", **ids: object) -> None:
        super().__init__(message, **({"clause": clause} if clause else {}), **ids)
        self.clause = clause


class InvalidAnswers(HouseError):
    """Fields of a form refuse their values; `fields` maps the field's name to a sentence."""

    def __init__(self, fields: Mapping[str, object], message: object | None = None) -> None:
        from domain.text import gettext as _  # text imports nothing of ours; kept local to avoid a cycle at import

        super().__init__(message or _("Some answers need another look. Nothing was saved yet."))
        self.fields = dict(fields)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a check found in a bundle.

    file: path inside the bundle; element: id of the element or rule ("" for the file itself);
    line: 1-based line in the file or None; sentence: what is wrong; remedy: what to do about it;
    severity: "error" refuses the bundle, "warning" does not. In a decision table: table is the decision's name, rule
    the row's number as people count it, column its heading, example an input that shows it (heading, FEEL literal).
    code: the rule that is broken, for programs: "EXT011" for a constraint of the BPMN standard, else ours in
    kebab-case (docs/rules.md lists them).
    """

    file: str
    element: str
    line: int | None
    sentence: object
    remedy: object
    severity: str = "error"
    table: str = ""
    rule: int | None = None
    column: str = ""
    example: tuple[tuple[str, str], ...] = ()
    code: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place} {self.element}: {self.sentence} {self.remedy}".replace("  ", " ")


class DefinitionRefused(HouseError):
    """A bundle may not be deployed; `findings` say where, why and what to do."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        from domain.text import gettext as _  # see InvalidAnswers

        super().__init__(_("The process was refused: %(count)s findings.", count=len(findings)))
        self.findings = tuple(findings)


class OperationFailed(HouseError):
    """A service step failed; the whole move is rolled back and an incident is opened."""
