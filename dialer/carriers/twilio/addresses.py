"""The addresses at which the carrier asks and reports: the attempt's id stands in the path, and there is no query.

Signatures are computed over these very addresses, so they are built from the configured public address and
never from what a request says of its host. The fragment carries connection overrides: how long the carrier
tries to connect and to read, and when it tries once more.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

__all__ = ["FRAGMENTS", "PREFIX", "Addresses"]

#: All callbacks stand under this path.
PREFIX = "/carrier/twilio"
#: 500 ms to connect, 1.5 s to read, one more try on connect and read failures and on 5xx.
_QUICK = "#ct=500&rt=1500&rc=1&rp=ct,rt,5xx"
#: Reports may take their time and be repeated.
_PATIENT = "#ct=2000&rt=5000&rc=3&rp=all"
FRAGMENTS = (_QUICK, _PATIENT)


@dataclass(frozen=True, slots=True)
class Addresses:
    """Addresses under one public address, such as `https://dialer.example`."""

    public_url: str

    def answer(self, call_id: str) -> str:
        """What to do with a call that was answered."""
        return self._of("answer", call_id) + _QUICK

    def status(self, call_id: str) -> str:
        """Where the call's progress is reported."""
        return self._of("status", call_id) + _PATIENT

    def detection(self, call_id: str) -> str:
        """Where the verdict of answering-machine detection is reported."""
        return self._of("detection", call_id) + _PATIENT

    def opt_out(self, call_id: str) -> str:
        """Where a key press during the message goes."""
        return self._of("optout", call_id)

    def opt_out_unknown(self) -> str:
        """Where a key press goes while nobody knows which attempt it is: the number says whom."""
        return self._of("optout")

    def played(self, call_id: str) -> str:
        """Fetched after the message was heard to its end."""
        return self._of("played", call_id)

    def left(self, call_id: str) -> str:
        """Fetched when a person has left an agent's room and is still on the line."""
        return self._of("left", call_id)

    def notice(self, call_id: str) -> str:
        """What a person hears on joining an agent when the conversation is recorded."""
        return self._of("notice", call_id)

    def recording(self, call_id: str) -> str:
        """Where recordings are reported."""
        return self._of("recording", call_id) + _PATIENT

    def agent(self, agent_id: str, leg: str) -> str:
        """What to do with an agent's leg that was answered."""
        return self._of("agent", agent_id, leg) + _QUICK

    def room(self, agent_id: str, leg: str) -> str:
        """Where joins and leaves of an agent's room are reported."""
        return self._of("room", agent_id, leg) + _PATIENT

    def agent_status(self, agent_id: str, leg: str) -> str:
        """Where the progress of an agent's leg is reported."""
        return self._of("agent-status", agent_id, leg) + _PATIENT

    def hold(self, call_id: str) -> str:
        """What a person on hold hears."""
        return self._of("hold", call_id)

    def return_key(self, campaign: str) -> str:
        """Where a key press goes when somebody rings back."""
        return self._of("inbound-key", campaign)

    def return_over(self, campaign: str) -> str:
        """Fetched when the talk of somebody who rang back is over."""
        return self._of("inbound-over", campaign)

    def prompt(self, campaign: str, file: str) -> str:
        """An audio file."""
        return f"{self.public_url}/prompts/{quote(campaign)}/{quote(file)}"

    def _of(self, *parts: str) -> str:
        return f"{self.public_url}{PREFIX}/" + "/".join(quote(part, safe="") for part in parts)
