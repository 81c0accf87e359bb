"""Operations of a review campaign's letter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from domain.oversight import campaigns
from domain.oversight.campaigns import Campaign
from workflows.registry import Call, operation


@operation("campaign.release", outputs=("ref",))
def release(call: Call) -> Mapping[str, Any]:
    """Let the cases of the campaign go on: its commission is accepted."""
    campaign = _of(call)
    campaigns.release(call.work, campaign)
    return {"ref": campaign.ref}


@operation("campaign.overdue", outputs=("ref",))
def overdue(call: Call) -> Mapping[str, Any]:
    """Note that the month ended without an accepted letter."""
    campaign = _of(call)
    campaigns.mark_overdue(call.work, campaign)
    return {"ref": campaign.ref}


def _of(call: Call) -> Campaign:
    return call.work.session.get_one(Campaign, call.case.campaign_id)
