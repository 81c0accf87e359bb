"""Review campaigns: all of the person's scope, and one with its letter, its steps and how the rest goes down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from domain.clock import office_day
from domain.work import Work
from tasks import campaigns
from tasks.campaigns import CampaignRow
from tasks.pages import paper_pages
from webapp import showing
from webapp.acting import reading
from webapp.permits import requires

blueprint = Blueprint("campaigns", __name__)
LEFT, RIGHT, TOP, BOTTOM = 52, 560, 14, 190


@dataclass(frozen=True, slots=True)
class Chart:
    """A burn-down as the page draws it: points of the plan and of what happened, in the drawing's own units."""

    actual: str
    plan: str
    grid: Sequence[tuple[float, int]]
    days: Sequence[tuple[float, str]]
    today: float
    left: int
    planned: int


@blueprint.get("/campaigns")
@requires("campaign.read")
def listing() -> ResponseReturnValue:
    """Campaigns of the person's scope, the newest period first."""
    with reading() as work:
        rows = campaigns.listed(work)
        periods = list(dict.fromkeys(row.period for row in rows))
        return render_template(
            "campaigns/listing.html",
            groups=[(period, [row for row in rows if row.period == period]) for period in periods],
            titles=showing.titles(work),
            counts=showing.nav_counts(work),
            now=work.now,
        )


@blueprint.get("/campaigns/<ref>")
@requires("campaign.read")
def campaign(ref: str) -> ResponseReturnValue:
    """One campaign."""
    with reading() as work:
        page = paper_pages.campaign_page(work, ref)
        return render_template(
            "campaigns/campaign.html",
            page=page,
            row=page.row,
            chart=burn_down(page.row, page.closed, work),
            titles=showing.titles(work),
            counts=showing.nav_counts(work),
            now=work.now,
        )


def burn_down(row: CampaignRow, closed: Sequence[tuple[datetime, int]], work: Work) -> Chart | None:
    """Households left day by day against an even plan; None for an empty roll."""
    if not row.households:
        return None
    first, last = office_day(row.opened_at), max(office_day(row.output_due_at), work.today)
    span = max(1, (last - first).days)
    planned_span = max(1, (office_day(row.output_due_at) - first).days)

    def across(day: date) -> float:
        return LEFT + (RIGHT - LEFT) * (day - first).days / span

    def down(count: float) -> float:
        return BOTTOM - (BOTTOM - TOP) * count / row.households

    points, left = [(across(first), down(row.households))], row.households
    for at, count in closed:
        here = across(office_day(at))
        points += [(here, down(left)), (here, down(left - count))]
        left -= count
    today = min(max(work.today, first), last)
    points.append((across(today), down(left)))
    passed = min(1.0, (today - first).days / planned_span)
    due = across(office_day(row.output_due_at))
    return Chart(
        actual=" ".join(f"{x:.1f},{y:.1f}" for x, y in points),
        plan=f"{across(first):.1f},{down(row.households):.1f} {due:.1f},{down(0):.1f}",
        grid=[(down(count), count) for count in sorted({0, row.households // 2, row.households})],
        days=[(across(day), showing.month_day(day)) for day in dict.fromkeys((first, last))],
        today=across(today),
        left=left,
        planned=round(row.households * (1 - passed)),
    )
