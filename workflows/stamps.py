"""What is printed beside the words of a paper: its code, where it is verified, and that a training home gave it out."""

from __future__ import annotations

from documents.codes import Stamp
from domain.home import DEMO
from domain.issued import code_of
from domain.work import Work


def stamp(work: Work, doc: str, number: str, digest: str) -> Stamp:
    """The stamp of a paper that was given out. One SELECT."""
    return Stamp(code_of(doc, number, digest), work.home.settings.mail_link, is_training(work))


def is_training(work: Work) -> bool:
    """Whether the papers of this home are for training or demonstration and valid nowhere."""
    return work.home.row(work.session).kind == DEMO
