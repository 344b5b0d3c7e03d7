"""Somebody rings one of our caller ids: they hear who called, can opt out, and reach the seller.

The call is forwarded to the seller's own telephone, not to an agent of the floor. A collector who has spoken with a
person about a debt may not call about it for seven days (12 CFR 1006.14(b)(2)(i)(B)), whoever rang: after such a
talk every number of the person is closed for that time.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta

import structlog

from campaigns.files import Campaign
from campaigns.problems import OperatorError
from campaigns.workspace import Workspace
from dialer.carriers.twilio import documents
from dialer.carriers.twilio.addresses import Addresses
from dialer.store import blocks, return_calls, suppressions
from dialer.store.database import Store
from dialer.voice import PromptLibrary
from dnc.values import Block, Code

__all__ = ["ReturnCalls"]

_log = structlog.get_logger(__name__)

_REST = timedelta(days=7)
_E164 = re.compile(r"\+[1-9]\d{6,14}").fullmatch

Form = Mapping[str, str]


class ReturnCalls:
    """What is said and done when a caller id of ours is rung.

    Args:
        workspace: whose campaigns.
        store: where earlier calls are.
        library: of the prompts.
        addresses: of this dialer.
    """

    def __init__(self, workspace: Workspace, store: Store, library: PromptLibrary, addresses: Addresses) -> None:
        self._workspace = workspace
        self._store = store
        self._library = library
        self._addresses = addresses

    def greet(self, form: Form) -> str:
        """Say who called, listen for the opt-out key, then ring the seller's telephone.

        Raises:
            OperatorError, VoiceError: the campaign or its prompts cannot be used.
        """
        campaign = self._campaign_of(form.get("From", ""), form.get("To", ""))
        if campaign is None:
            return documents.hung_up()
        audio = self._library.complete(campaign)["return_call"].file
        return documents.return_call(
            self._addresses.prompt(campaign.name, audio),
            self._addresses.return_key(campaign.name),
            campaign.seller.phone,
            form.get("To", ""),
            self._addresses.return_over(campaign.name),
        )

    def key_pressed(self, campaign_name: str, form: Form, at: datetime) -> str:
        """The opt-out key suppresses the caller's number before the reply is sent; any other is as no key."""
        campaign, number = self._workspace.campaign(campaign_name), form.get("From", "")
        if form.get("Digits", "") != campaign.seller.opt_out_key or not _E164(number):
            return documents.to_seller(
                campaign.seller.phone, form.get("To", ""), self._addresses.return_over(campaign_name)
            )
        with self._store.writing() as tx:
            suppressions.add(
                tx,
                number,
                scope="client",
                scope_id=campaign.client,
                reason="asked not to be called",
                source=f"key press on a return call to {form.get('To', '')}",
                by="carrier callback",
                at=at,
            )
        confirmation = self._library.complete(campaign)["opted_out"].file
        return documents.opted_out(self._addresses.prompt(campaign_name, confirmation))

    def talked(self, campaign_name: str, form: Form, at: datetime) -> str:
        """The call with the seller is over: a talk about a debt closes the person's numbers for seven days."""
        campaign, number = self._workspace.campaign(campaign_name), form.get("From", "")
        spoke = form.get("DialCallStatus", "") == "completed" and form.get("DialCallDuration", "0") != "0"
        if spoke and campaign.scope == "debt_collection" and _E164(number):
            why = f"they rang {form.get('To', '')} and spoke with us (12 CFR 1006.14(b)(2)(i)(B))"
            rest = Block(Code.INCONVENIENT_TIME, why, until=at + _REST)
            with self._store.writing() as tx:
                called = return_calls.last_call_to(tx, number, form.get("To", ""))
                known = [] if called is None else return_calls.numbers_of(tx, called.lead_id)
                for each in dict.fromkeys([number, *known]):
                    blocks.add(tx, each, rest, by="carrier callback", at=at)
        return documents.hung_up()

    def _campaign_of(self, number: str, shown: str) -> Campaign | None:
        """The campaign that called them under that number, else the first that shows it."""
        with self._store.reading() as tx:
            called = return_calls.last_call_to(tx, number, shown)
        if called is not None:
            return self._workspace.campaign(called.campaign)
        for name in self._workspace.campaign_names():
            try:
                campaign = self._workspace.campaign(name)
            except OperatorError:
                continue  # named by doctor; another campaign may show the number
            if shown in campaign.dialing.caller_ids:
                return campaign
        _log.warning("return_call_to_nobody", shown=shown)
        return None
