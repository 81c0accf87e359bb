"""A verdict in words: what was read, what it was held against, why it came out as it did. No name, no number."""

from __future__ import annotations

from domain.identity import SENTENCES, Note, Reason
from domain.text import Joined, Text
from domain.text import gettext as _
from sources.identify.verdicts import Judged, Verdict, Why

_VERDICTS: dict[Verdict, Text] = {
    Verdict.MATCH: _("The row is this person's."),
    Verdict.DOUBT: _("A person must look: the row is neither taken for this person's nor left out."),
    Verdict.NONE: _("The row is of somebody whom nobody declared."),
    Verdict.DUPLICATE: _("The row repeats the row before it and is not counted again."),
    Verdict.SKIP: _("The row speaks of nobody: blank, a total, a heading or a note."),
}
_REASONS: dict[str, Text] = {
    Why.CLEANED: _("Blanks, quotes, invisible signs or wide forms were taken off the number."),
    Why.INSIDE_CERTIFICATE: _("The number stands inside a disability certificate's number."),
    Why.NAME_SAME: _("The number is declared and the name is the same."),
    Why.NAME_POSSIBLE: _("The number is declared and the name is the same but for how it is written."),
    Why.NAME_ABSENT: _("The number is declared; the row has no name."),
    Why.NAME_DIFFERENT: _("The number is declared, but the name is somebody else's. Ask who the row speaks of."),
    Why.UNDECLARED: _("The number is sound and nobody declared it."),
    Why.MAYBE_ROUNDED: _("The number ends in 000 and a spreadsheet may have made it out of a declared one."),
    Why.OTHER_CENTURY: _("The fifteen digits would be a declared number had its owner been born in this century."),
    Why.CANDIDATE: _("One declared person fits what can be read. Confirm the identity first."),
    Why.NO_CANDIDATE: _("Nobody, or more than one declared person, fits what can be read."),
    Why.REPEATED: _("Every cell is as in the row before."),
    Note.CONVERTED_15: _("The number has fifteen digits and was completed to eighteen."),
    Note.UNKNOWN_DIVISION: _("The number's division code is in no list; old codes are."),
    Note.RESIDENCE_PERMIT: _("The number is that of a residence permit."),
    Note.DEMONSTRATION: _("The number is for demonstration only."),
}


def explained(judged: Judged) -> Joined:
    """The grounds of a verdict, then the verdict, as sentences in the reader's language."""
    grounds = [_REASONS[r] if r in _REASONS else SENTENCES[Reason(r)] for r in judged.reasons]
    return Joined(" ", [*grounds, _VERDICTS[judged.verdict]])
