"""Who carries the calls of a live floor, and what of it all campaigns share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from campaigns.files import Campaign
from campaigns.workspace import Workspace
from dialer.carriers.fates import Reconciler
from dialer.carriers.port import Carrier
from dialer.carriers.twilio import TwilioAccount, TwilioCarrier
from dialer.carriers.twilio.carrier import Prompts
from dialer.carriers.twilio.recovery import TwilioReconciler
from dialer.engine.rate import TokenBucket
from dialer.runtime.live.desks import DeskError, LegKind, Legs
from dialer.voice import PromptLibrary

__all__ = ["House", "TwilioHouse"]


class House(Protocol):
    """The carrier side of a live floor.

    Attributes:
        name: of the carrier.
        rate: new calls per second, shared by all campaigns; None when each has its own.
        legs: who brings agents' legs up; None when there are none.
    """

    name: str
    rate: TokenBucket | None
    legs: Legs | None

    def carrier_for(self, campaign: Campaign) -> Carrier:
        """The port for one campaign's run."""

    def reconciler_for(self, campaign: Campaign) -> Reconciler | None:
        """Who settles what a crash left; None when the carrier's calls died with the process."""

    async def close(self) -> None:
        """Finish what is under way."""


@dataclass(slots=True)
class _TwilioLegs:
    account: TwilioAccount
    caller_id: str

    def connect(self, agent_id: str, kind: LegKind, phone: str) -> None:
        """Ring the agent's phone; a browser connects by itself with its token."""
        if kind == "phone":
            self.account.call_agent(agent_id, phone, self.caller_id)
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
        agents_caller_id: shown when an agent's own phone is rung.
    """

    name = "twilio"

    def __init__(self, account: TwilioAccount, workspace: Workspace, agents_caller_id: str) -> None:
        self.account = account
        self.rate: TokenBucket | None = TokenBucket(account.settings.calls_per_second)
        self.legs: Legs | None = _TwilioLegs(account, agents_caller_id)
        self._library = PromptLibrary(workspace.root / workspace.settings.prompts)

    def carrier_for(self, campaign: Campaign) -> Carrier:
        """The port for one campaign's run.

        Raises:
            VoiceError: a prompt is missing or stale; nothing may be dialed without the message.
        """
        return self._carrier(campaign)

    def reconciler_for(self, campaign: Campaign) -> Reconciler | None:
        """Who settles what a crash left."""
        return TwilioReconciler(self.account, self._carrier(campaign).message_of)

    async def close(self) -> None:
        """Wait for requests under way."""
        await self.account.close()

    def _carrier(self, campaign: Campaign) -> TwilioCarrier:
        prompts = self._library.complete(campaign)

        def address(name: str) -> str:
            return self.account.addresses.prompt(campaign.name, prompts[name].file)

        return TwilioCarrier(
            self.account,
            Prompts(
                message=address("message"),
                confirmation=address("opted_out"),
                apology=address("apology"),
                notice=address("recording_notice"),
                opt_out_key=campaign.seller.opt_out_key,
            ),
        )
