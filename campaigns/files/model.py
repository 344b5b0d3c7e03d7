"""What a campaign file may say: one frozen model per table, every value checked when it is read.

Times are seconds unless the name says minutes or days; rates are fractions. What the law demands of every
campaign stands as the bound of a field with its citation; what depends on several tables stands in
`campaigns.files.checks`.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PrivateAttr, model_validator

from campaigns.dispositions import Disposition, Flag
from campaigns.files.checks import cross_check
from campaigns.files.hours import Hours
from campaigns.files.message import Message, says_key, says_name, says_number
from campaigns.files.order import Order
from campaigns.problems import Finding, Findings
from dnc.values import Mode, Scope, Sector

__all__ = [
    "RECYCLED_RESULTS",
    "RESULTS",
    "Abandonment",
    "Agents",
    "Campaign",
    "Caps",
    "Dialing",
    "DialingMode",
    "HoursCap",
    "RecycleRule",
    "RecycledResult",
    "ScriptFile",
    "Seller",
]

#: The pacers a file may choose; single manual calls are the agent's doing, not the campaign's.
DialingMode = Literal["predictive", "progressive", "ratio", "preview", "agentless"]

#: Call results after which the same number may be tried again, by the campaign's rule for each.
RecycledResult = Literal[
    "human",  # a person answered and the disposition settles nothing (or none was given)
    "machine",
    "busy",
    "no_answer",
    "congestion",
    "failed",
    "abandoned",
    "cancelled",
    "hung_up_first",
    "to_agent",  # agentless: the person pressed the key for an agent, who came in time
    "message_heard",  # agentless: the recorded message was heard to its end
    "message_part",  # the person hung up before its end
    "opted_out",  # the person pressed the opt-out key
    "voicemail_left",
]

RECYCLED_RESULTS: tuple[str, ...] = get_args(RecycledResult)

#: Every result the machine knows (`dialer.engine.states.CallResult`). After `invalid` and `fax` the number
#: itself is given up, so there is nothing to recycle.
RESULTS: tuple[str, ...] = (*RECYCLED_RESULTS, "invalid", "fax")

_E164 = re.compile(r"\+[1-9]\d{6,14}")
_NANP = re.compile(r"\+1[2-9]\d{2}[2-9]\d{6}")


def _e164(number: str) -> str:
    """Return `number` when it has the form E.164 prescribes (and NANP's, behind +1); else `ValueError`."""
    if not _E164.fullmatch(number):
        raise ValueError(f'"{number}" is not in international form; write "+" and digits, such as "+12125550100"')
    if number.startswith("+1") and not _NANP.fullmatch(number):
        raise ValueError(f'"{number}" cannot be a North American number; write +1 and the ten digits')
    return number


_E164Number = Annotated[str, AfterValidator(_e164)]


def _seconds(about: str, **bounds: Any) -> Any:
    """A field that holds seconds, with its bounds."""
    return Field(description=about, json_schema_extra={"unit": "s"}, **bounds)


class _Table(BaseModel):
    """A table of the file: unknown keys are refused, nothing is converted, nothing changes later."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Seller(_Table):
    """Who calls, and the message an abandoned person hears (16 CFR 310.4(b)(4), 47 CFR 64.1200(a)(7))."""

    name: Annotated[str, Field(min_length=1, description="the seller's name as people hear it")]
    phone: Annotated[_E164Number, Field(description="the number people can call back, E.164")]
    message: Annotated[str, Field(min_length=1, description="the safe-harbour message for abandoned calls")]
    opt_out_key: Annotated[str, Field(pattern="^[0-9*#]$", description="the key that stops further calls")] = "9"
    authorisation: Annotated[
        str, Field(max_length=100, description="licence for the campaign's sector, such as an FCA number; empty: none")
    ] = ""

    @model_validator(mode="after")
    def _message_is_complete(self) -> Self:
        found = []
        if not says_name(self.message, self.name):
            found.append(Finding(("message",), "it does not name the seller", f'say "{self.name}" in it'))
        if not says_number(self.message, self.phone):
            found.append(Finding(("message",), "it lacks the seller's number", f"say {self.phone} in it"))
        if says_key(self.message, self.opt_out_key) is None:
            what = f"it does not say that key {self.opt_out_key} stops further calls"
            found.append(Finding(("message",), what, f'add "press {self.opt_out_key} to stop further calls"'))
        if found:
            raise Findings(found)
        return self


class Dialing(_Table):
    """How calls are placed."""

    mode: Annotated[DialingMode, Field(description="predictive, progressive, ratio, preview or agentless")] = (
        "predictive"
    )
    caller_ids: Annotated[
        tuple[_E164Number, ...],
        Field(strict=False, min_length=1, description="the numbers people see, E.164, at least one"),
    ]
    resting_caller_ids: Annotated[
        tuple[_E164Number, ...],
        Field(strict=False, description="those of them not shown for now; their people see another meanwhile"),
    ] = ()
    rest_caller_ids: Annotated[
        bool, Field(description="lay one to rest by itself when people answer it clearly less than the others")
    ] = True
    lines: Annotated[int, Field(ge=1, le=100_000, description="the most calls at one time")] = 100
    calls_per_second: Annotated[float, Field(gt=0, le=1_000, description="the carrier's limit")] = 10.0
    #: Unanswered calls ring at least 15 s or four rings before they are given up: 16 CFR 310.4(b)(4)(ii).
    ring_timeout: Annotated[float, _seconds("when an unanswered call is given up", ge=15, le=120)] = 26.0
    min_ring: Annotated[float, _seconds("the least a call rings before it may be released", ge=15, le=120)] = 15.0
    time_limit: Annotated[float, _seconds("the longest call", ge=60, le=14_400)] = 3_600.0
    lines_per_agent: Annotated[float, Field(ge=0.1, le=20, description="lines per agent in ratio mode")] = 1.0
    max_lines_per_agent: Annotated[
        float, Field(ge=1, le=100, description="the most calls in flight per agent, in every mode")
    ] = 10.0
    preview_seconds: Annotated[
        float, _seconds("a previewed lead is called by itself after this; 0: only when the agent says so", ge=0, le=600)
    ] = 0.0
    release_ringing: Annotated[bool, Field(description="let ringing calls go when no agent will be free")] = True
    detect_machines: Annotated[bool, Field(description="hang up on answering machines")] = False

    @model_validator(mode="after")
    def _somebody_calls(self) -> Self:
        strange = [each for each in self.resting_caller_ids if each not in self.caller_ids]
        if strange:
            what = f"{strange[0]} is none of caller_ids"
            raise Findings([Finding(("resting_caller_ids",), what, "name only numbers that stand there too")])
        if set(self.resting_caller_ids) >= set(self.caller_ids):
            raise Findings([Finding(("resting_caller_ids",), "every caller id rests", "leave one in use")])
        return self

    @model_validator(mode="after")
    def _rings_long_enough(self) -> Self:
        if self.min_ring > self.ring_timeout:
            what = f"{self.min_ring:g} s is longer than ring_timeout, {self.ring_timeout:g} s"
            raise Findings([Finding(("min_ring",), what, f"set {self.ring_timeout:g} or less")])
        return self


class Abandonment(_Table):
    """The cap on people who answered and got nobody. Fields as the law counts them."""

    max_rate: Annotated[float, Field(gt=0, le=0.05, description="abandoned share of live answers")] = 0.03
    period_days: Annotated[float, Field(ge=1, le=31, description="length of one accounting period, days")] = 30.0
    connect_within: Annotated[float, _seconds("within which an agent must be there", gt=0, le=10)] = 2.0
    greeting: Annotated[float, _seconds("from answer to the end of the person's greeting", ge=0, le=5)] = 0.0


class HoursCap(_Table):
    """At most `count` attempts within any `hours` hours of elapsed time."""

    count: Annotated[int, Field(ge=1, le=1_000, description="attempts")]
    hours: Annotated[float, Field(gt=0, le=8_784, description="hours", json_schema_extra={"unit": "h"})]


class Caps(_Table):
    """The campaign's own caps, counted per person; the gate adds the law's and the stricter one holds."""

    per_day: Annotated[int | None, Field(ge=1, le=100, description="attempts per person and local day")] = None
    per_hours: Annotated[
        tuple[HoursCap, ...], Field(strict=False, description="such as [{ count = 3, hours = 24 }]")
    ] = ()
    lifetime: Annotated[int | None, Field(ge=1, le=1_000, description="attempts per person in all")] = None
    per_phone_per_day: Annotated[int | None, Field(ge=1, le=100, description="attempts per number and day")] = None
    guard_seconds: Annotated[float, _seconds("before the lawful hours end, no new calls", ge=0, le=3_600)] = 60.0


class Agents(_Table):
    """What agents may do between calls."""

    wrap_up_limit: Annotated[float, _seconds("after which wrap-up ends by itself", ge=0, le=3_600)] = 60.0
    callback_grace: Annotated[
        float, _seconds("an agent's own callback waits for them so long, then it is anybody's", ge=0, le=86_400)
    ] = 600.0
    callback_expires_hours: Annotated[
        float,
        Field(
            ge=1,
            le=8_784,
            description="a callback that nobody kept for so long is an ordinary lead again",
            json_schema_extra={"unit": "h"},
        ),
    ] = 168.0
    callback_reminder_minutes: Annotated[
        float,
        Field(
            ge=0,
            le=120,
            description="an agent's own callback is announced at their desk so long before; 0: not",
            json_schema_extra={"unit": "min"},
        ),
    ] = 5.0
    skip_delay_minutes: Annotated[
        float,
        Field(
            ge=1,
            le=43_200,
            description="a lead that an agent skips is offered again after this",
            json_schema_extra={"unit": "min"},
        ),
    ] = 60.0
    manual_dial: Annotated[bool, Field(description="agents may dial numbers they type, through the same gate")] = False
    #: A code's limit in minutes; 0 is no limit.
    pause_codes: Annotated[
        dict[
            Annotated[str, Field(pattern="^[A-Za-z][A-Za-z0-9_ -]{0,31}$")],
            Annotated[int, Field(ge=0, le=720)],
        ],
        Field(description="pause code = limit in minutes, 0 for none"),
    ] = Field(default_factory=lambda: {"break": 15, "lunch": 60, "coaching": 0})


class RecycleRule(_Table):
    """When a lead is tried again after one result, and after how many attempts in all it is given up.

    The n-th attempt waits `delay_minutes * backoff ** (n - 1)`, at most 30 days.
    """

    delay_minutes: Annotated[float, Field(ge=1, le=43_200, description="delay", json_schema_extra={"unit": "min"})]
    max_attempts: Annotated[int, Field(ge=1, le=100, description="attempts of the lead in all")]
    backoff: Annotated[float, Field(ge=1, le=10, description="factor by which each delay grows")] = 1.0


#: What a file that says nothing gets. An abandoned person rests 72 h (Ofcom's rule, kept everywhere); one who
#: heard nothing but a click (`hung_up_first`) rests a day.
DEFAULT_RECYCLE: dict[RecycledResult, RecycleRule] = {
    "human": RecycleRule(delay_minutes=1_440, max_attempts=4),
    "machine": RecycleRule(delay_minutes=240, max_attempts=6, backoff=1.5),
    "busy": RecycleRule(delay_minutes=20, max_attempts=6, backoff=2),
    "no_answer": RecycleRule(delay_minutes=180, max_attempts=6, backoff=1.5),
    "congestion": RecycleRule(delay_minutes=30, max_attempts=6, backoff=2),
    "failed": RecycleRule(delay_minutes=60, max_attempts=4, backoff=2),
    "abandoned": RecycleRule(delay_minutes=4_320, max_attempts=4),
    "cancelled": RecycleRule(delay_minutes=240, max_attempts=6),
    "hung_up_first": RecycleRule(delay_minutes=1_440, max_attempts=4),
    "to_agent": RecycleRule(delay_minutes=1_440, max_attempts=4),
    # A message that was told is told: nobody hears it twice unless the file says so.
    "message_heard": RecycleRule(delay_minutes=1_440, max_attempts=1),
    "message_part": RecycleRule(delay_minutes=1_440, max_attempts=1),
    "opted_out": RecycleRule(delay_minutes=43_200, max_attempts=1),
    "voicemail_left": RecycleRule(delay_minutes=1_440, max_attempts=1),
}


class ScriptFile(_Table):
    """Where the agents' script is."""

    file: Annotated[str, Field(min_length=1, description="path of the script, from the working folder")]


class Campaign(_Table):
    """One campaign file, valid as a whole. Build one in code with `Campaign.model_validate(dictionary)`.

    Raises `pydantic.ValidationError` (a `ValueError`); `campaigns.files.load_campaign` words it for people.
    """

    name: Annotated[str, Field(pattern="^[a-z0-9][a-z0-9_-]{0,63}$", description="the file's name without .toml")]
    client: Annotated[str, Field(min_length=1, max_length=64, description="the company the calls are for")]
    title: Annotated[str, Field(description="the name people read")] = ""
    scope: Annotated[Scope, Field(description="what the calls are for; decides which law applies")]
    subject: Annotated[str, Field(description="what the calls are about, for caps on the same subject")] = ""
    sector: Annotated[
        Sector,
        Field(description="the trade, where a law singles it out: " + ", ".join(filter(None, get_args(Sector)))),
    ] = ""
    country: Annotated[str, Field(pattern="^[A-Z]{2}$", description="of numbers without one, ISO alpha-2")] = "US"
    language: Annotated[str, Field(pattern="^[a-z]{2,3}(-[A-Z]{2})?$", description='such as "en" or "es-US"')] = "en"
    seller: Annotated[Seller, Field(description="who calls")]
    dialing: Annotated[Dialing, Field(description="how calls are placed")]
    abandonment: Abandonment = Abandonment()
    hours: Annotated[Hours, Field(description="the campaign's own opening hours")]
    caps: Caps = Caps()
    agents: Agents = Agents()
    order: Order = Order()
    recycle: dict[RecycledResult, RecycleRule] = Field(default_factory=dict)
    promise_grace_days: Annotated[
        int, Field(ge=0, le=60, description="days after its due date in which a promise to pay is still kept")
    ] = 0
    dispositions: Annotated[dict[str, Disposition], Field(description="what agents can choose after a call")]
    script: ScriptFile | None = None
    message: Message | None = None
    #: How a simulated floor behaves; read and checked by `dialer.simulation`.
    simulation: dict[str, Any] = Field(default_factory=dict)

    _file_hash: str = PrivateAttr(default="")

    @property
    def file_hash(self) -> str:
        """SHA-256 (hex) of the file's bytes; empty for a campaign made in code."""
        return self._file_hash

    @property
    def call_mode(self) -> Mode:
        """How its calls are placed in the words of the law: those of an agentless campaign are `prerecorded`."""
        return "prerecorded" if self.dialing.mode == "agentless" else self.dialing.mode

    def disposition_with(self, flag: Flag) -> Disposition | None:
        """The first disposition (in file order) that carries `flag`."""
        return next((each for each in self.dispositions.values() if flag in each.flags), None)

    def recycle_rule(self, result: RecycledResult) -> RecycleRule:
        """The file's rule for a call result, or the built-in one."""
        return self.recycle.get(result) or DEFAULT_RECYCLE[result]

    @model_validator(mode="before")
    @classmethod
    def _fill_in(cls, data: Any) -> Any:
        return fill_in(data)

    @model_validator(mode="after")
    def _tables_agree(self) -> Self:
        found = list(cross_check(self))
        if found:
            raise Findings(found)
        return self


def fill_in(data: Any) -> Any:
    """A copy of a campaign's raw data where what follows from other keys is written out.

    `subject` and `title` are the name, the holidays are those of the campaign's country, and each disposition
    knows its code.
    """
    if not isinstance(data, dict):
        return data
    filled = dict(data)
    for key in ("subject", "title"):
        filled.setdefault(key, filled.get("name", ""))
    hours = filled.get("hours")
    if isinstance(hours, dict) and "country" not in hours and isinstance(filled.get("country"), str):
        filled["hours"] = {**hours, "country": filled["country"]}
    choices = filled.get("dispositions")
    if isinstance(choices, dict):
        filled["dispositions"] = {
            code: {"code": code, **choice} if isinstance(choice, dict) else choice for code, choice in choices.items()
        }
    return filled
