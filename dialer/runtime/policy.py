"""What a campaign asks of the gate beyond the law."""

from __future__ import annotations

from campaigns.files.model import Caps
from dnc.gate import CampaignCap, Policy

__all__ = ["policy_of"]


def policy_of(caps: Caps) -> Policy:
    """A campaign's own caps as the gate reads them; they only add to the law's."""
    found = []
    if caps.per_day is not None:
        found.append(CampaignCap(caps.per_day, "days"))
    found += [CampaignCap(cap.count, "minutes", max(1, round(cap.hours * 60))) for cap in caps.per_hours]
    if caps.lifetime is not None:
        found.append(CampaignCap(caps.lifetime, "lifetime"))
    if caps.per_phone_per_day is not None:
        found.append(CampaignCap(caps.per_phone_per_day, "days", per="number"))
    return Policy(guard_seconds=round(caps.guard_seconds), caps=tuple(found))
