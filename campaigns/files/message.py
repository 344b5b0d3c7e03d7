"""The recorded message of an agentless campaign: what people hear, and what its words must hold.

47 CFR 64.1200(b): an artificial or prerecorded message states clearly, *at the beginning*, who is responsible for the
call; during or after it the telephone number of that business; and where it is telemarketing, an automated,
interactive opt-out mechanism is announced *within two seconds* of the identification. A message left on an answering
machine then names a toll-free number that leads to such a mechanism. 16 CFR 310.4(b)(1)(v)(B) says the same of sales
calls. The words are checked as they are read: two seconds hold about five spoken words. Other countries' checks are
the same, because a message that says who calls and how to stop it is nowhere wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from campaigns.problems import Finding

if TYPE_CHECKING:
    from campaigns.files.model import Campaign

__all__ = ["Message", "agentless", "says_key", "says_name", "says_number"]

#: The seller is named within so many words from the beginning (about six seconds of speech).
_BEGINNING = 15
#: Two seconds of speech, words.
_TWO_SECONDS = 5
_TOLL_FREE = re.compile(r"\+1(800|833|844|855|866|877|888)\d{7}")
_SENTENCE_END = re.compile(r"[.!?;:]+(?=\s|$)")


class Message(BaseModel):
    """What an agentless campaign says. The key that stops further calls is `seller.opt_out_key`."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    text: Annotated[
        str, Field(min_length=1, max_length=2_000, description="the words a person hears; spoken or recorded")
    ]
    on_machine: Annotated[
        Literal["hang_up", "leave_message"],
        Field(description="what an answering machine gets: hang_up, or leave_message after its beep"),
    ] = "hang_up"
    voicemail: Annotated[
        str, Field(max_length=2_000, description="the words left on a machine, with leave_message")
    ] = ""
    agent_key: Annotated[
        str, Field(pattern="^[0-9*#]?$", description="the key that asks for an agent; empty: no agents")
    ] = ""
    replays: Annotated[int, Field(ge=0, le=3, description="how often the message is said again")] = 0
    max_seconds: Annotated[
        float,
        Field(
            ge=10,
            le=180,
            description="the longest the message may last, replays included",
            json_schema_extra={"unit": "s"},
        ),
    ] = 90.0


def says_name(text: str, name: str) -> bool:
    """Whether words name the seller."""
    return _plain(name) in _plain(text)


def says_number(text: str, phone: str) -> bool:
    """Whether words hold a telephone number: ten digits in North America, else its last seven, as people say them."""
    spoken = phone[2:] if phone.startswith("+1") else phone[-7:]
    return spoken in re.sub(r"\D", "", text)


def says_key(text: str, key: str) -> re.Match[str] | None:
    """Where words name a key by itself, if they do."""
    return re.search(rf"(?<![\w.-]){re.escape(key)}(?![\w-])", text)


def agentless(campaign: Campaign) -> Iterator[Finding]:
    """What an agentless campaign lacks, and what only such a one may have."""
    message = campaign.message
    if campaign.dialing.mode != "agentless":
        if message is not None:
            what = f"a recorded message is played in agentless mode only, and dialing.mode is {campaign.dialing.mode}"
            yield Finding(("message",), what, 'set dialing.mode = "agentless", or leave [message] out')
        return
    if message is None:
        yield Finding(("message",), "it is missing, and an agentless campaign says nothing else", "add [message] text")
        return
    yield from _words(campaign, message)
    yield from _voicemail(campaign, message)
    yield from _keys(campaign, message)
    if campaign.agents.manual_dial:
        what = "every call of an agentless campaign is a recorded one: agents dial nobody in it"
        yield Finding(("agents", "manual_dial"), what, "set false")
    for code, choice in campaign.dispositions.items() if message.agent_key else ():
        if "callback" in choice.flags:
            what = "an agentless campaign cannot keep a promised callback: its next call would be the recording again"
            yield Finding(("dispositions", code, "flags"), what, 'leave "callback" out')


def _words(campaign: Campaign, message: Message) -> Iterator[Finding]:
    seller, text = campaign.seller, " ".join(message.text.split())
    # 64.1200(b)(1): "At the beginning of the message, state clearly the identity of the business".
    if not says_name(" ".join(text.split()[:_BEGINNING]), seller.name):
        what = f"it does not name the seller within its first {_BEGINNING} words (47 CFR 64.1200(b)(1))"
        yield Finding(("message", "text"), what, f'begin with "This is {seller.name}."')
    # 64.1200(b)(2): "During or after the message, state clearly the telephone number ... of such business".
    if not says_number(text, seller.phone):
        what = "it lacks the seller's number (47 CFR 64.1200(b)(2))"
        yield Finding(("message", "text"), what, f"say {seller.phone} in it")
    key = says_key(text, seller.opt_out_key)
    do = f'say "Press {seller.opt_out_key} to stop further calls." right after the seller\'s name'
    if key is None:
        what = f"it does not say that key {seller.opt_out_key} stops further calls"
        yield Finding(("message", "text"), what, do)
    elif campaign.scope == "telemarketing" and _words_before_opt_out(text, seller.name, key.start()) > _TWO_SECONDS:
        # 64.1200(b)(3): "within two (2) seconds of providing the identification information".
        what = "the opt-out key comes later than two seconds after the seller's name (47 CFR 64.1200(b)(3))"
        yield Finding(("message", "text"), what, do)


def _words_before_opt_out(text: str, name: str, key_at: int) -> int:
    """Words between the seller's name and the beginning of the sentence that names the opt-out key."""
    named = re.search(r"\s+".join(re.escape(part) for part in name.split()), text, re.IGNORECASE)
    if named is None:
        return 0  # told of by itself
    begins = max((end.end() for end in _SENTENCE_END.finditer(text, 0, key_at)), default=0)
    if begins <= named.end():  # one sentence says both: then the key itself has to be near
        return max(0, len(text[named.end() : key_at].split()) - _TWO_SECONDS)
    return len(text[named.end() : begins].strip(" .,;:!?").split())


def _voicemail(campaign: Campaign, message: Message) -> Iterator[Finding]:
    seller, where = campaign.seller, ("message", "voicemail")
    if message.on_machine == "hang_up":
        if message.voicemail:
            yield Finding(where, "machines are hung up on", 'set on_machine = "leave_message", or leave it out')
        return
    if not message.voicemail.strip():
        yield Finding(where, "it is empty", f'write what is left, such as "This is {seller.name}, ..."')
        return
    begins = " ".join(message.voicemail.split()[:_BEGINNING])
    if not says_name(begins, seller.name):
        what = f"it does not name the seller within its first {_BEGINNING} words (47 CFR 64.1200(b)(1))"
        yield Finding(where, what, f'begin with "This is {seller.name}."')
    if not says_number(message.voicemail, seller.phone):
        yield Finding(where, "it lacks the seller's number (47 CFR 64.1200(b)(2))", f"say {seller.phone} in it")
    if campaign.scope == "telemarketing" and campaign.country == "US" and not _TOLL_FREE.fullmatch(seller.phone):
        # 64.1200(b)(3): "such message must also provide a toll free number that enables the called person to call
        # back ... and connect directly to the automated, interactive ... opt-out mechanism".
        what = f"a sales message on a machine must name a toll-free number, and {seller.phone} is none"
        yield Finding(where, what, 'set seller.phone to a toll-free one, or on_machine = "hang_up"')


def _keys(campaign: Campaign, message: Message) -> Iterator[Finding]:
    if not message.agent_key:
        return
    if message.agent_key == campaign.seller.opt_out_key:
        what = f"key {message.agent_key} is the one that stops further calls"
        yield Finding(("message", "agent_key"), what, "choose another")
    if says_key(message.text, message.agent_key) is None:
        what = f"it does not say that key {message.agent_key} leads to an agent"
        yield Finding(("message", "text"), what, f'say "To speak with us, press {message.agent_key}."')


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()
