"""`dialer why NUMBER`: every check the gate makes, with citation and the next lawful minute."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from dialer.cli.common import REFUSED, Context, instant_option, print_json, stop

__all__ = ["why"]


def why(
    ctx: typer.Context,
    number: Annotated[str, typer.Argument(metavar="NUMBER", help="As in the list, or +19195550101.")],
    campaign_name: Annotated[str, typer.Option("--campaign", metavar="NAME", help="Whose call it would be.")],
    at: Annotated[
        str | None,
        typer.Option(metavar="INSTANT", help="ISO 8601; without an offset in the campaign's zone. Default: now."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """May this number be called, and why (not)? Exit 0 when it may, 3 when it may not.

    The same gate answers that stands before every dial. Nothing is written down: this is no dial decision.

    Example: `dialer why +19195550101 --campaign telemarketing --at 2026-11-23T08:15`
    """
    from datetime import UTC, datetime

    from dialer.runtime.asking import ask
    from dnc import zones

    context: Context = ctx.obj
    workspace = context.workspace()
    campaign = workspace.campaign(campaign_name)
    instant = instant_option(at, campaign.hours.timezone) or datetime.now(UTC)
    answer = ask(workspace, campaign, number, instant)
    if answer.refusal is not None:
        if as_json:
            print_json({"number": number, "allowed": False, "reasons": ["NUMBER_INVALID"], "detail": answer.refusal})
            raise typer.Exit(REFUSED)
        raise stop(f"{number!r} cannot be a number to call: {answer.refusal}", REFUSED)
    verdict, call = answer.verdict, answer.call
    assert verdict is not None and call is not None
    is_open = campaign.hours.is_open(instant)
    opens = None if is_open else campaign.hours.next_change(instant)
    here = zones.zone(campaign.hours.timezone)
    hours = {"open": is_open, "opens": None if opens is None else opens.astimezone(here)}
    if as_json:
        print_json(_as_dict(answer, campaign_name, hours))
    else:
        _print(answer, campaign_name, hours)
    raise typer.Exit(0 if verdict.allowed else REFUSED)


def _as_dict(answer: Any, campaign: str, hours: dict[str, Any]) -> dict[str, Any]:
    verdict, call, lead = answer.verdict, answer.call, answer.lead
    return {
        "number": call.number,
        "campaign": campaign,
        "at": verdict.at,
        "allowed": verdict.allowed,
        "reasons": [str(code) for code in verdict.reasons],
        "next_allowed": verdict.next_allowed,
        "in_list": lead is not None,
        "lead": lead
        and {
            "id": lead.lead_id,
            "status": lead.status,
            "why": lead.why,
            "next_at": lead.next_at,
            "number_bad": lead.bad,
            "offered": lead.offered,
        },
        "campaign_hours": hours,
        "place": {
            "jurisdictions": list(call.place.jurisdictions),
            "zones": list(call.place.zones),
            "why": call.place.why,
        },
        "checks": [
            {
                "code": str(check.code),
                "rule": check.rule,
                "passed": check.passed,
                "saw": check.saw,
                "citation": check.citation,
                "status": check.status,
                "data_version": check.data_version,
            }
            for check in verdict.checks
        ],
        "versions": verdict.versions,
    }


def _print(answer: Any, campaign: str, hours: dict[str, Any]) -> None:
    from rich.console import Console

    from dialer.reports.reasons import reason_words
    from dnc import zones

    verdict, call = answer.verdict, answer.call
    console = Console(highlight=False)
    word = "[bold green]may be called[/]" if verdict.allowed else "[bold red]must not be called[/]"
    console.print(f"{call.number} {word} for {campaign} at {verdict.at:%Y-%m-%d %H:%M:%S %Z}")
    if not verdict.allowed:
        console.print(f"why:   {'; '.join(map(reason_words, verdict.reasons))}", markup=False)
        console.print(f"next lawful minute: {_next_minute(verdict, call, zones)}", markup=False)
    clocks = ", ".join(f"{verdict.at.astimezone(zones.zone(name)):%a %H:%M} in {name}" for name in call.place.zones)
    console.print(f"place: {', '.join(call.place.jurisdictions) or 'unknown'}; {clocks or 'no known zone'}")
    if call.place.why:
        console.print(f"       {call.place.why}", markup=False)
    console.print(f"lead:  {_of_lead(answer.lead)}", markup=False)
    if not hours["open"]:
        opens = "never" if hours["opens"] is None else f"again on {hours['opens']:%a %Y-%m-%d %H:%M %Z}"
        console.print(f"hours: the campaign itself is closed then; it opens {opens}", markup=False)
    # What stands against the call first.
    for check in sorted(verdict.checks, key=lambda each: each.passed):
        mark = "[green]pass[/]" if check.passed else "[bold red]STOP[/]"
        saw = check.saw if check.saw.startswith(check.rule) else f"{check.rule}: {check.saw}"
        console.print(f"{mark}  {check.code}  {_plain(saw)}")
        status = f" ({check.status})" if check.status and check.status != "verified" else ""
        console.print(f"      {_plain(check.citation)}{status}", style="dim")
    versions = ", ".join(f"{name} {version[:24]}" for name, version in verdict.versions.items())
    console.print(f"data: {versions}", style="dim")


def _next_minute(verdict: Any, call: Any, zones: Any) -> str:
    if verdict.next_allowed is None:
        return "none, as far as the facts go"
    local = ", ".join(
        f"{verdict.next_allowed.astimezone(zones.zone(name)):%a %Y-%m-%d %H:%M %Z}" for name in call.place.zones[:2]
    )
    return f"{verdict.next_allowed:%Y-%m-%d %H:%M UTC} ({local})"


def _of_lead(lead: Any) -> str:
    """What the campaign itself does with the number."""
    if lead is None:
        return "none: the number is not in the campaign's lists, and is judged by itself"
    said = f"{lead.lead_id}, {lead.status}" + (f" ({lead.why})" if lead.why else "")
    if lead.bad is not None:
        said += f"; the number is not tried any more: {lead.bad}"
    if not lead.offered:
        return f"{said}; the campaign does not dial it, whatever is lawful"
    return f"{said}; not before {lead.next_at:%Y-%m-%d %H:%M UTC}" if lead.next_at is not None else said


def _plain(text: str) -> str:
    from rich.markup import escape

    return escape(text)
