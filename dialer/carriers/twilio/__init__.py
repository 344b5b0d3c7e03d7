"""Real calls through Twilio's voice API, or through a provider that speaks it.

Theory of operation
-------------------
Each agent's leg (browser or ordinary phone) stays all shift in a conference of its own (`legs`). A contact's
call is created with the attempt's id in the paths of all its callbacks (`addresses`), so that whoever asks,
also after a crash, says which attempt it is about. When the person answers, the carrier fetches
`/answer/<attempt>`; the engine chooses the agent while the request is open, and the reply (`documents`)
puts the person straight into that agent's conference: one round trip. With no agent the reply holds for a
moment, then plays the safe-harbour message by itself: that also happens when this process dies meanwhile.

The adapter decides nothing. What the carrier reports becomes `dialer.engine.events`, repeated or out of order
as it comes; the engine's tables sort that out. Requests run on a few threads with a timeout and are never
repeated by themselves: a request without an answer has an unknown outcome (`errors`), and the carrier is
asked about it.
"""

from dialer.carriers.twilio.account import TwilioAccount
from dialer.carriers.twilio.carrier import TwilioCarrier
from dialer.carriers.twilio.settings import TwilioSettings

__all__ = ["TwilioAccount", "TwilioCarrier", "TwilioSettings"]
