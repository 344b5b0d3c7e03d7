"""What a token may do: one word for each kind of use, chosen by the operator when the token is made."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["Scope"]


class Scope(StrEnum):
    """One right of a token."""

    #: Send hot leads.
    LEADS_WRITE = "leads:write"
    #: See a lead's state, calls and plan.
    LEADS_READ = "leads:read"
    #: See campaigns, and whether they are dialing.
    CAMPAIGNS_READ = "campaigns:read"
    #: Pause and resume campaigns.
    CAMPAIGNS_WRITE = "campaigns:write"
    #: Read what agents said of calls.
    DISPOSITIONS_READ = "dispositions:read"
    #: Set or correct what was said of a call.
    DISPOSITIONS_WRITE = "dispositions:write"
    #: Check a number, and read the client's own do-not-call entries.
    DNC_READ = "dnc:read"
    #: Put numbers on the client's do-not-call list.
    DNC_WRITE = "dnc:write"
    #: Read the figures of reports.
    REPORTS_READ = "reports:read"
