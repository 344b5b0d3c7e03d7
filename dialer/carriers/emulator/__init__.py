"""A simulated Twilio: the telephone network, its people and its faults behind Twilio's own HTTP face.

No stateful Twilio exists to test against, so this is one: the REST API with the carrier's errors (`rest*`), an
executor of documents (`twiml`, `script`, `dialing`), conferences (`rooms`), signed callbacks with retries and
connection overrides (`callbacks`), people who answer, press keys and hang up (`people`, `far_end`), agents'
browsers (`clients`), faults (`faults`), and books of its own (`books`): what was dialed, what each person heard and
whom they spoke with, against which the dialer's opinion is held.

    with emulated(EmulatorSettings(calls_per_second=30), people=script, faults=[Fault(kind="drop", ...)]) as carrier:
        client = Client(ACCOUNT_SID, AUTH_TOKEN, http_client=...)  # carrier.url in place of https://api.twilio.com
        ...
        books = carrier.call(lambda exchange: list(exchange.books))

On a running loop: `async with serving(Exchange(settings, people)) as exchange`. From the shell:
`dialer carrier simulate`. How to start it in a test and how to inject each fault: `docs/developers/emulator.md`.
"""

from dialer.carriers.emulator.books import Books, CallBook, Heard, read_books
from dialer.carriers.emulator.exchange import Exchange
from dialer.carriers.emulator.faults import Fault, read_faults
from dialer.carriers.emulator.people import AGENT_PHONE, Behaviour, Directory, read_behaviours
from dialer.carriers.emulator.server import Emulator, emulated, serving
from dialer.carriers.emulator.settings import (
    ACCOUNT_SID,
    API_KEY,
    API_SECRET,
    APPLICATION_SID,
    AUTH_TOKEN,
    NUMBER,
    EmulatorSettings,
)

__all__ = [
    "ACCOUNT_SID",
    "AGENT_PHONE",
    "API_KEY",
    "API_SECRET",
    "APPLICATION_SID",
    "AUTH_TOKEN",
    "NUMBER",
    "Behaviour",
    "Books",
    "CallBook",
    "Directory",
    "Emulator",
    "EmulatorSettings",
    "Exchange",
    "Fault",
    "Heard",
    "emulated",
    "read_behaviours",
    "read_books",
    "read_faults",
    "serving",
]
