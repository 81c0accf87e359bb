"""What a task form sends as its draft: on which revision it stands, and what became of it."""

from __future__ import annotations

from typing import Any

from flask import request

from domain.work import Work
from tasks.desk import drafts
from tasks.desk.drafts import Kept, Stand
from tasks.pages import form_pages
from webapp import showing, task_forms
from webapp.acting import acting


class KeptBeside(Exception):
    """What was sent stands on an older draft: it was kept beside the newer one, and somebody has to decide."""

    def __init__(self, kept: Kept) -> None:
        super().__init__()
        self.kept = kept


def kept(ref: str) -> tuple[dict[str, Any], int, Kept]:
    """Keep everything typed as the draft and hand in the files chosen at any field: no button of the form loses any.

    Returns the answers with the new files in them, how many came, and the draft. Raises InvalidAnswers for a wrong
    type; KeptBeside, and then the files were not taken.
    """
    with acting() as work:
        form = task_forms.sent(work, form_pages.form_page(work, ref))
        answers = form.draft()
        draft = drafts.keep(work, ref, answers, stand())
    if draft.beside:
        raise KeptBeside(draft)
    return answers, task_forms.hand_in(ref, answers, form=form.spec), draft


def kept_with(work: Work, ref: str, field: str, file: str) -> Kept | None:
    """Keep what the page holds that sent a file in pieces, with the file at its field: so the file stands in the draft
    as soon as it is there. None for a page that sends no form along."""
    where = stand()
    if where is None:
        return None
    answers = task_forms.sent(work, form_pages.form_page(work, ref)).draft()
    task_forms.name_file(answers, field, file)
    return drafts.keep(work, ref, answers, where)


def stand() -> Stand | None:
    """On which draft the sending page stands; None for whoever does not say."""
    revision = request.form.get("draft_revision", type=int)
    if revision is None:
        return None
    return Stand(revision, request.form.get("draft_page", "")[:12], request.form.get("draft_turn", 0, type=int))


def clock(draft: Kept) -> str:
    return showing.clock_time(draft.at) if draft.at is not None else ""
