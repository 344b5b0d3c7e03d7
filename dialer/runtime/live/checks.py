"""What a real carrier needs before it can be dialed with: one finding for each thing."""

from __future__ import annotations

import os
from collections.abc import Iterator

from campaigns.problems import OperatorError
from campaigns.workspace import Workspace
from dialer.runtime.findings import Finding
from dialer.voice import PromptLibrary, VoiceError

__all__ = ["examine_carrier"]


def examine_carrier(workspace: Workspace) -> Iterator[Finding]:
    """Look at account, caller ids, public address, prompts and fallback documents."""
    if workspace.settings.carrier == "simulated":
        yield Finding("carrier", True, "simulated: nobody is dialed")
        return
    from dialer.carriers.twilio.rest import Door, Refused, Unanswered
    from dialer.carriers.twilio.settings import TwilioSettings, read_settings

    try:
        settings: TwilioSettings = read_settings(workspace.settings.twilio, os.environ)
    except ValueError as error:
        yield Finding("carrier", False, str(error).splitlines()[-1].strip(), "mend [twilio] in dialer.toml")
        return
    door = Door(settings)
    try:
        status = door.account_status()
        yield Finding("carrier account", status == "active", status, "see the account's page at the carrier")
        yield from _caller_ids(workspace, door.own_numbers())
    except Refused as refused:
        yield Finding("carrier account", False, f"refused: {refused}", "check account_sid and the auth token")
    except Unanswered as error:
        yield Finding("carrier account", False, str(error), "check the network, and twilio.base_url")
    legs = "browsers and ordinary phones" if settings.browser_legs else "ordinary phones only"
    yield Finding(
        "agents' legs",
        settings.browser_legs or bool(settings.agents_caller_id),
        legs if settings.agents_caller_id or settings.browser_legs else "none",
        "set twilio.agents_caller_id, or the API key and application for browsers",
    )
    yield from _public(settings.public_url)
    yield from _prompts(workspace)
    yield from _fallback(workspace, settings.fallback_url)


def _caller_ids(workspace: Workspace, own: set[str]) -> Iterator[Finding]:
    for name in workspace.campaign_names():
        try:
            shown = workspace.campaign(name).dialing.caller_ids
        except OperatorError:
            continue  # named by the look at the campaigns
        strange = [number for number in shown if number not in own]
        yield Finding(
            f"caller ids of {name}",
            not strange,
            f"{len(shown)} of the account" if not strange else f"not the account's: {', '.join(strange)}",
            "buy or verify them at the carrier: only numbers with proof may be shown",
        )


def _public(url: str) -> Iterator[Finding]:
    import httpx

    do = "start dialer serve, and let the reverse proxy pass it: the carrier must reach this address"
    try:
        answer = httpx.get(f"{url}/healthz", timeout=5.0)
        yield Finding("public address", answer.status_code == 200, f"{url} answered {answer.status_code}", do)
    except httpx.HTTPError as error:
        yield Finding("public address", False, f"{url}: {type(error).__name__}", do)


def _prompts(workspace: Workspace) -> Iterator[Finding]:
    library = PromptLibrary(workspace.root / workspace.settings.prompts)
    for name in workspace.campaign_names():
        try:
            prompts = library.complete(workspace.campaign(name))
        except OperatorError:
            continue
        except VoiceError as error:
            yield Finding(f"prompts of {name}", False, str(error), f"run dialer carrier prompts {name}")
        else:
            yield Finding(f"prompts of {name}", True, f"{len(prompts)} current")


def _fallback(workspace: Workspace, url: str) -> Iterator[Finding]:
    import httpx

    do = "run dialer carrier export-fallback and put the folder on another web server"
    if not url:
        yield Finding("fallback message", False, "none: people hear silence while this dialer is down", do)
        return
    for name in workspace.campaign_names():
        address = f"{url}/{name}.xml"
        try:
            answer = httpx.get(address, timeout=5.0)
            good = answer.status_code == 200 and "<Response" in answer.text
            yield Finding(f"fallback of {name}", good, f"{address} answered {answer.status_code}", do)
        except httpx.HTTPError as error:
            yield Finding(f"fallback of {name}", False, f"{address}: {type(error).__name__}", do)
