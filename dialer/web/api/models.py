"""The words that several resources of the API share."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from dialer.reports.reasons import reason_words
from dialer.runtime.asking import Answer

__all__ = ["E164", "Asked", "CampaignName", "Gate", "Given", "Instant", "gate_of"]

_FIRST_YEAR, _LAST_YEAR = 2000, 2199


def _within(at: datetime) -> datetime:
    if not _FIRST_YEAR <= at.year <= _LAST_YEAR:
        raise ValueError(f"an instant of the years {_FIRST_YEAR} to {_LAST_YEAR} is needed")
    return at


#: An instant with its offset, such as 2026-11-23T14:30:00-05:00.
Instant = Annotated[AwareDatetime, AfterValidator(_within)]
E164 = Annotated[str, Field(pattern=r"^\+[1-9][0-9]{6,14}$", max_length=16, examples=["+12125550123"])]
CampaignName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]+$", max_length=64, examples=["telemarketing"])]


class Given(BaseModel):
    """What a program sends: nothing that we do not know, nothing taken for something else."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class Asked(BaseModel):
    """What a program is told."""


class Gate(Asked):
    """What the gate says of a call to this number at this moment; the same gate stands before every dial."""

    allowed: bool
    codes: list[str] = Field(description="why not, as codes", examples=[["DNC_INTERNAL"]])
    sentence: str = Field(description="why not, in words; empty when it is allowed")
    next_allowed: datetime | None = Field(description="the next lawful minute, as far as the clock alone decides")
    citations: list[str] = Field(description="the law that each refusal rests on")


def gate_of(answer: Answer) -> Gate:
    """The gate's answer as programs are told: codes, words and the law, nothing of whose entry on a list it was."""
    verdict = answer.verdict
    if verdict is None:
        return Gate(
            allowed=False, codes=["NUMBER_INVALID"], sentence=answer.refusal or "", next_allowed=None, citations=[]
        )
    failed = [check for check in verdict.checks if not check.passed]
    return Gate(
        allowed=verdict.allowed,
        codes=[] if verdict.allowed else [str(code) for code in verdict.reasons],
        sentence="" if verdict.allowed else _sentence([reason_words(code) for code in verdict.reasons]),
        next_allowed=None if verdict.allowed else verdict.next_allowed,
        citations=list(dict.fromkeys(check.citation for check in failed)),
    )


def _sentence(words: list[Any]) -> str:
    return "; ".join(dict.fromkeys(map(str, words)))
