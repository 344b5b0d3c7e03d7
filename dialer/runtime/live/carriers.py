"""Who carries the calls of a live floor, and what of it all campaigns share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import structlog

from campaigns.files import Campaign
from campaigns.workspace import Workspace
from dialer.carriers.controls import Controls, NoSuchControl
from dialer.carriers.fates import Reconciler
from dialer.carriers.port import Carrier
from dialer.carriers.twilio import TwilioAccount, TwilioCarrier
from dialer.carriers.twilio.addresses import Addresses
from dialer.carriers.twilio.calls import LiveCall
from dialer.carriers.twilio.controls import TwilioControls
from dialer.carriers.twilio.documents import Message
from dialer.carriers.twilio.recovery import TwilioReconciler
from dialer.engine.rate import TokenBucket
from dialer.runtime.live.desks import DeskError, LegKind, Legs
from dialer.voice import PromptLibrary

__all__ = ["House", "TwilioHouse", "messages_of"]

_log = structlog.get_logger(__name__)


class House(Protocol):
    """The carrier side of a live floor."""

    @property
    def name(self) -> str:
        """Of the carrier."""

    @property
    def rate(self) -> TokenBucket | None:
        """New calls per second, shared by all campaigns; None when each has its own."""

    @property
    def legs(self) -> Legs | None:
        """Who brings agents' legs up; None when there are none."""

    def carrier_for(self, campaign: Campaign) -> Carrier:
        """The port for one campaign's run."""

    def reconciler_for(self, campaign: Campaign) -> Reconciler | None:
        """Who settles what a crash left; None when the carrier's calls died with the process."""

    @property
    def controls(self) -> Controls | None:
        """What can be done to a conversation; None when nothing can."""

    async def close(self) -> None:
        """Finish what is under way."""


@dataclass(slots=True)
class _TwilioLegs:
    account: TwilioAccount

    def connect(self, agent_id: str, kind: LegKind, phone: str) -> None:
        """Ring the agent's phone; a browser connects by itself with its token."""
        if self.account.talks(agent_id):
            raise DeskError("your conversation from before the restart goes on: finish it, or hang up, then sign in")
        caller_id = self.account.settings.agents_caller_id
        if kind == "phone":
            if not caller_id:
                raise DeskError("ordinary phones need twilio.agents_caller_id in dialer.toml")
            self.account.call_agent(agent_id, phone, caller_id)
        elif not self.account.settings.browser_legs:
            raise DeskError("this account has no browser legs: choose an ordinary phone")

    def drop(self, agent_id: str) -> None:
        """End the leg's call."""
        self.account.drop_leg(agent_id)


class TwilioHouse:
    """One Twilio account for all campaigns.

    Args:
        account: of the process.
        workspace: whose prompts.
    """

    name = "twilio"

    def __init__(self, account: TwilioAccount, workspace: Workspace) -> None:
        self.account = account
        account.watch()
        self.rate: TokenBucket | None = TokenBucket(account.settings.calls_per_second)
        self.legs: Legs | None = _TwilioLegs(account)
        self.controls: Controls | None = TwilioControls(account)
        if account.settings.record:
            account.on_bridged = partial(_record, self.controls)
        self._library = PromptLibrary(workspace.root / workspace.settings.prompts)

    def carrier_for(self, campaign: Campaign) -> Carrier:
        """The port for one campaign's run.

        Raises:
            VoiceError: a prompt is missing or stale; nothing may be dialed without the message.
        """
        return TwilioCarrier(self.account, self._messages(campaign))

    def reconciler_for(self, campaign: Campaign) -> Reconciler | None:
        """Who settles what a crash left."""
        return TwilioReconciler(self.account, self._messages(campaign))

    async def close(self) -> None:
        """Wait for requests under way."""
        await self.account.close()

    def _messages(self, campaign: Campaign) -> Callable[[str], Message]:
        return messages_of(campaign, self._library, self.account.addresses, self.account.settings.fallback_url)


def _record(controls: Controls, call: LiveCall) -> None:
    """Record a conversation from its begin, announced."""
    try:
        controls.record(call.call_id, True)
    except NoSuchControl as error:
        _log.warning("recording_failed", call=call.call_id, why=str(error))


def messages_of(
    campaign: Campaign, library: PromptLibrary, addresses: Addresses, fallback_url: str = ""
) -> Callable[[str], Message]:
    """The safe-harbour message, with the other prompts, of each of a campaign's calls.

    Raises:
        VoiceError: a prompt is missing or stale.
    """
    prompts, said = library.complete(campaign), campaign.message

    def address(name: str) -> str:
        return addresses.prompt(campaign.name, prompts[name].file)

    def message_of(call_id: str) -> Message:
        return Message(
            audio=address("message"),
            apology=address("apology"),
            confirmation=address("opted_out"),
            hold=address("hold"),
            notice=address("recording_notice"),
            opt_out=addresses.opt_out(call_id),
            played=addresses.played(call_id),
            key=campaign.seller.opt_out_key,
            voicemail=address("voicemail") if "voicemail" in prompts else "",
            announcement="" if said is None else address("announcement"),
            replays=0 if said is None else said.replays,
            agent_key="" if said is None else said.agent_key,
            fallback=f"{fallback_url}/{campaign.name}.xml" if fallback_url else "",
        )

    return message_of
