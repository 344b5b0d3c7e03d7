"""Dispositions: what the agent says came of a call, as labels with flags.

The label is the floor's own word; the flags are what the machine acts on and what the reports count. A
disposition says nothing of the call's technical result, which is a column of its own.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

from campaigns.problems import Finding, Findings

__all__ = ["BLOCKING_FLAGS", "FLAGS", "SETTLING_FLAGS", "Disposition", "Flag"]

_CODE = re.compile("[A-Z][A-Z0-9_]{0,31}")

#: What a disposition may mean.
Flag = Literal[
    "contact",  # a person was spoken to
    "right_party",  # the person the call was for
    "conversion",  # sale, appointment, answered survey: what the campaign is for
    "promise",  # a promise to pay
    "callback",  # the person asked to be called at a time
    "opt_out",  # never call again: goes to the internal Do-Not-Call list at once
    "wrong_number",  # the number is not this person's
    "final",  # nothing more to do
    "machine",  # the agent heard an answering machine
    "refusal",  # the person said no
    "attorney",  # represented by an attorney: the collector may not call (12 CFR 1006.6(b)(2))
    "cease",  # asked in writing or speech that calls about the debt stop (12 CFR 1006.6(c), 1006.14(h))
]

FLAGS: tuple[str, ...] = get_args(Flag)

#: Flags after which this campaign never dials the lead again, on any of its numbers.
BLOCKING_FLAGS: frozenset[str] = frozenset({"opt_out", "attorney", "cease"})

#: Flags that end the lead's way well or ill, unless the disposition names a time to try again.
SETTLING_FLAGS: frozenset[str] = frozenset({"conversion", "promise", "refusal"})

#: Reports divide by the wider group (conversions by contacts, promises by right parties), so who is in the
#: narrower one must be in the wider one too.
_NEEDS: tuple[tuple[Flag, Flag], ...] = (
    ("right_party", "contact"),
    ("conversion", "contact"),
    ("promise", "right_party"),
    ("refusal", "contact"),
)


class Disposition(BaseModel):
    """One outcome an agent can choose.

    Raises `pydantic.ValidationError` (a `ValueError`) when its flags contradict each other.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    code: Annotated[str, Field(description="the short code in reports")]
    label: Annotated[str, Field(min_length=1, max_length=80, description="what the agent's button says")]
    key: Annotated[int | None, Field(ge=1, le=9, description="the key that chooses it")] = None
    flags: Annotated[frozenset[Flag], Field(strict=False, description="what it means")] = frozenset()
    recycle_after_minutes: Annotated[
        float | None,
        Field(
            gt=0,
            le=525_600,
            description="minutes until the lead is tried again",
            json_schema_extra={"unit": "min"},
        ),
    ] = None

    @model_validator(mode="after")
    def _flags_agree(self) -> Self:
        found = []
        if not _CODE.fullmatch(self.code):
            found.append(Finding((), f'"{self.code}" is no code', "use capitals, digits and _, such as SALE"))
        found += [
            Finding(("flags",), f"{narrow!r} without {wide!r} would spoil the reports", f'add "{wide}"')
            for narrow, wide in _NEEDS
            if narrow in self.flags and wide not in self.flags
        ]
        if {"machine", "contact"} <= self.flags:
            found.append(Finding(("flags",), "'machine' and 'contact' cannot both be", "remove one of them"))
        ends = sorted(self.flags & (BLOCKING_FLAGS | {"final"}))
        if ends and self.recycle_after_minutes is not None:
            what = f"the flag {ends[0]!r} ends the lead, so it is never tried again"
            found.append(Finding(("recycle_after_minutes",), what, "remove this key or the flag"))
        if found:
            raise Findings(found)
        return self
