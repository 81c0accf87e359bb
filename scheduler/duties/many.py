"""Duties of many things at once: batches and campaigns."""

from __future__ import annotations

from typing import Any

from domain.agenda import AgendaItem
from domain.work import Work
from scheduler.duties.words import Duty
from tasks import campaigns
from tasks.batches import batch_chunks


def _open_campaign(work: Work, item: AgendaItem, _result: Any) -> None:
    payload = item.payload
    campaigns.open_campaign(
        work,
        unit_id=int(payload["unit_id"]),
        programme=str(payload["programme"]),
        period=str(payload["period"]),
        planned_at=item.due_at,
    )


def _fill_campaign(work: Work, item: AgendaItem, _result: Any) -> None:
    campaigns.fill(work, item.subject)


def _release_campaign(work: Work, item: AgendaItem, _result: Any) -> None:
    campaigns.release_cases(work, item.subject)


def _gather_judging(work: Work, item: AgendaItem) -> Any:
    return batch_chunks.gather_judging(work, item.subject)


def _judge_batch(work: Work, item: AgendaItem, result: Any) -> None:
    batch_chunks.record_judging(work, item.subject, result)


def _run_batch(work: Work, item: AgendaItem, _result: Any) -> None:
    batch_chunks.run_some(work, item.subject)


def _undo_batch(work: Work, item: AgendaItem, _result: Any) -> None:
    batch_chunks.undo_some(work, item.subject)


DUTIES: dict[str, Duty] = {
    "batch.judge": Duty(_judge_batch, _gather_judging, batch_chunks.judge),
    "batch.run": Duty(_run_batch),
    "batch.undo": Duty(_undo_batch),
    "campaign.open": Duty(_open_campaign),
    "campaign.fill": Duty(_fill_campaign),
    "campaign.release": Duty(_release_campaign),
}
