"""The carrier's softphone in agents' browsers: where its script is, and what a page with it may reach.

The script is Twilio's Voice SDK. It is not part of this source: `scripts/softphone` puts it into a wheel that is built
here, and an operator may name a file of their own (`twilio.voice_sdk`). Without it agents use ordinary phones.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

__all__ = ["PACKAGED", "SCRIPT", "State", "policy", "state_of"]

#: Where a wheel has it.
PACKAGED = Path(__file__).parent / "pages" / "vendor" / "twilio-voice.min.js"
#: Its name under `/static`.
SCRIPT = "twilio-voice.min.js"

#: `off`: the account has no browser legs. `absent`: it has, and this installation lacks the script.
State = Literal["off", "absent", "ready"]

_OWN = "default-src 'self'; frame-ancestors 'none'; base-uri 'self'; form-action 'self'"
#: What the SDK's own documentation asks for, without foreign scripts: ours is served from here.
_CARRIER = (
    "; connect-src 'self' wss://voice-js.roaming.twilio.com https://eventgw.twilio.com https://media.twiliocdn.com "
    "https://sdk.twilio.com; media-src 'self' mediastream: https://media.twiliocdn.com https://sdk.twilio.com"
)


def state_of(browser_legs: bool, script: Path | None) -> State:
    """Whether agents can talk in the browser."""
    if not browser_legs:
        return "off"
    return "absent" if script is None else "ready"


def policy(state: State) -> str:
    """The content security policy of every page; the carrier stands in it only where browsers speak with it."""
    return _OWN + (_CARRIER if state == "ready" else "")
