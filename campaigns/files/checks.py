"""What must hold between the tables of a campaign file.

Each check names the top-level keys it reads, so that the loader can still run it when other parts of the file
are broken: the operator sees every problem at once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import TYPE_CHECKING

from campaigns.files.message import agentless
from campaigns.problems import Finding

if TYPE_CHECKING:
    from campaigns.files.model import Campaign

__all__ = ["cross_check"]


def _us_telemarketing(campaign: Campaign) -> Iterator[Finding]:
    # 16 CFR 310.4(b)(4)(i): "no more than three (3) percent of all calls answered by a person", measured over
    # the campaign or each successive 30-day period; (iii): within two seconds of the completed greeting.
    if campaign.scope != "telemarketing" or campaign.country != "US":
        return
    cap = campaign.abandonment
    law = "US telemarketing (16 CFR 310.4(b)(4), 47 CFR 64.1200(a)(7))"
    if cap.max_rate > 0.03:
        what = f"{cap.max_rate:g} is above the 0.03 that is allowed for {law}"
        yield Finding(("abandonment", "max_rate"), what, "set 0.03 or less")
    if cap.connect_within > 2:
        what = f"{cap.connect_within:g} s is longer than the 2 s that are allowed for {law}"
        yield Finding(("abandonment", "connect_within"), what, "set 2.0 or less")
    if cap.period_days > 30:
        what = f"{cap.period_days:g} days are longer than the 30 that are allowed for {law}"
        yield Finding(("abandonment", "period_days"), what, "set 30 or less")


def _us_message(campaign: Campaign) -> Iterator[Finding]:
    # 47 CFR 64.1200(a)(7)(i)(A): the message "is limited to name and telephone number of the business ... and
    # that the call was for 'telemarketing purposes'". A message in another language says it in that language.
    if campaign.scope != "telemarketing" or campaign.country != "US" or not campaign.language.startswith("en"):
        return
    if "telemarketing purposes" not in campaign.seller.message.casefold():
        what = "the FCC wants it to say that the call was for telemarketing purposes (47 CFR 64.1200(a)(7)(i))"
        yield Finding(("seller", "message"), what, 'add the words "telemarketing purposes"')


def _authorised(campaign: Campaign) -> Iterator[Finding]:
    # PECR 2003 reg. 21B: nobody but an authorised firm, or a scheme's trustee or manager, may call about pensions.
    if campaign.sector == "pensions" and not campaign.seller.authorisation.strip():
        what = "it is empty, and without a licence nobody may be called about pensions (PECR 2003 reg. 21B)"
        yield Finding(("seller", "authorisation"), what, 'name it, such as "FRN 123456"')


def _dispositions(campaign: Campaign) -> Iterator[Finding]:
    for flag, meaning in (("opt_out", "so nobody's wish not to be called could be kept"), ("final", "")):
        if not any(flag in choice.flags for choice in campaign.dispositions.values()):
            what = f"none has the flag {flag!r}" + (f", {meaning}" if meaning else ", so no lead would ever be done")
            code = "DNC" if flag == "opt_out" else "DONE"
            yield Finding(("dispositions",), what, f'add [dispositions.{code}] with flags = ["{flag}"]')
    seen: dict[int, str] = {}
    for code, choice in campaign.dispositions.items():
        if choice.key is None:
            continue
        if choice.key in seen:
            what = f"key {choice.key} is already taken by {seen[choice.key]}"
            yield Finding(("dispositions", code, "key"), what, "choose another from 1 to 9, or leave it out")
        seen.setdefault(choice.key, code)


def _lifetime(campaign: Campaign) -> Iterator[Finding]:
    lifetime = campaign.caps.lifetime
    for result, rule in campaign.recycle.items():
        if lifetime is not None and rule.max_attempts > lifetime:
            what = f"{rule.max_attempts} attempts are more than caps.lifetime, {lifetime}"
            do = f"set {lifetime} or less, or raise caps.lifetime"
            yield Finding(("recycle", result, "max_attempts"), what, do)


_Check = Callable[["Campaign"], Iterator[Finding]]

#: Each check with the top-level keys it reads.
_CHECKS: tuple[tuple[_Check, frozenset[str]], ...] = (
    (_us_telemarketing, frozenset({"scope", "country", "abandonment"})),
    (_us_message, frozenset({"scope", "country", "language", "seller"})),
    (_authorised, frozenset({"sector", "seller"})),
    (_dispositions, frozenset({"dispositions"})),
    (_lifetime, frozenset({"caps", "recycle"})),
    (agentless, frozenset({"dialing", "message", "seller", "agents", "dispositions", "scope", "country"})),
)


def cross_check(campaign: Campaign, broken: Collection[str] = ()) -> Iterator[Finding]:
    """Everything the checks find, except those that read a top-level key in `broken`."""
    for check, reads in _CHECKS:
        if reads.isdisjoint(broken):
            yield from check(campaign)
