"""Which campaigns somebody sees, and which of them a page is about."""

from __future__ import annotations

from fastapi import HTTPException

from campaigns.files import Campaign
from campaigns.problems import OperatorError
from campaigns.workspace import Workspace
from dialer.web.accounts import User

__all__ = ["chosen", "seen"]


def seen(workspace: Workspace, user: User) -> dict[str, Campaign]:
    """The campaigns whose client the user sees, by name; a file that is wrong is left out."""
    found = {}
    for name in workspace.campaign_names():
        try:
            campaign = workspace.campaign(name)
        except OperatorError:
            continue  # the campaigns' page says what is wrong with it
        if user.sees(campaign.client):
            found[name] = campaign
    return found


def chosen(campaigns: dict[str, Campaign], name: str) -> Campaign | None:
    """The campaign of that name, by default the first; None where there is none at all. Raises 404 for any other."""
    if not name:
        return next(iter(campaigns.values()), None)
    if name not in campaigns:
        raise HTTPException(404, "there is no such campaign")
    return campaigns[name]
