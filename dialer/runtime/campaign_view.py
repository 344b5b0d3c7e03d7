"""How a campaign stands, and whether its file is good: for `dialer campaigns` and the managers' pages."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from campaigns.files import Campaign
from campaigns.problems import OperatorError, Problem
from campaigns.workspace import Workspace
from dialer.simulation.reading import read_settings
from dialer.store import calls, health, hopper, leases, ordering, retiring, runs
from dialer.store.transactions import Reading
from dialer.voice import PromptLibrary, VoiceError

__all__ = ["checked", "standing"]


def checked(workspace: Workspace, name: str) -> str:
    """One line about a campaign file that is good.

    Raises:
        OperatorError: what is wrong with it, with file, key and remedy.
    """
    campaign = workspace.campaign(name)
    read_settings(campaign.simulation, f"{name}.toml")
    script = workspace.script(campaign)
    if campaign.message is not None and workspace.settings.carrier != "simulated":
        try:
            PromptLibrary(workspace.root / workspace.settings.prompts).complete(campaign)
        except VoiceError as error:
            problem = Problem(f"{name}.toml", str(error), f"run dialer carrier prompts {name}", key="message")
            raise OperatorError([problem]) from None
    scripted = "no script" if script is None else f"script {campaign.script.file if campaign.script else ''}"
    return (
        f"{name}: ok ({campaign.scope}, {campaign.dialing.mode}, "
        f"abandonment at most {campaign.abandonment.max_rate:.1%}, {scripted})"
    )


def standing(tx: Reading, campaign: Campaign, now: datetime) -> dict[str, Any]:
    """Leads by status, attempts by result, the state with its sentence, the last run, and who dials it."""
    name = campaign.name
    last = runs.latest(tx, name)
    change = health.last_change(tx, name)
    lease = leases.get(tx, name)
    return {
        "name": name,
        "title": campaign.title,
        "client": campaign.client,
        "scope": campaign.scope,
        "leads": hopper.counts(tx, name),
        "not_dialed_for_expiry": sum(retiring.expired_waiting(tx, name, now).values()),
        "not_dialed_for_filter": ordering.count_filtered(tx, name, campaign.order, now),
        "attempts": {result or "open": count for result, count in calls.count_by_result(tx, name).items()},
        "state": None if change is None else change.state,
        "why": "" if change is None else change.why,
        "last_run": None
        if not last
        else {
            "run_id": last[0].run_id,
            "started_at": last[0].started_at,
            "ended_at": last[0].ended_at,
            "ended_why": last[0].ended_why,
        },
        "running_on": lease.node if lease is not None and lease.holder and lease.expires_at > now else None,
    }
