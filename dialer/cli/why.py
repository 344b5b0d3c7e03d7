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
    if as_json:
        print_json(_as_dict(answer, campaign_name))
    else:
        _print(answer, campaign_name)
    raise typer.Exit(0 if verdict.allowed else REFUSED)


def _as_dict(answer: Any, campaign: str) -> dict[str, Any]:
    verdict, call = answer.verdict, answer.call
    return {
        "number": call.number,
        "campaign": campaign,
        "at": verdict.at,
        "allowed": verdict.allowed,
        "reasons": [str(code) for code in verdict.reasons],
        "next_allowed": verdict.next_allowed,
        "in_list": answer.in_list,
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


def _print(answer: Any, campaign: str) -> None:
    from rich.console import Console

    from dnc import zones

    verdict, call = answer.verdict, answer.call
    console = Console(highlight=False)
    word = "[bold green]may be called[/]" if verdict.allowed else "[bold red]must not be called[/]"
    console.print(f"{call.number} {word} for {campaign} at {verdict.at:%Y-%m-%d %H:%M:%S %Z}")
    clocks = ", ".join(f"{verdict.at.astimezone(zones.zone(name)):%a %H:%M} in {name}" for name in call.place.zones)
    console.print(f"place: {', '.join(call.place.jurisdictions) or 'unknown'}; {clocks or 'no known zone'}")
    if call.place.why:
        console.print(f"       {call.place.why}", markup=False)
    if not answer.in_list:
        console.print("       The number is not in the campaign's lists: judged by the number alone.")
    for check in verdict.checks:
        mark = "[green]pass[/]" if check.passed else "[bold red]STOP[/]"
        saw = check.saw if check.saw.startswith(check.rule) else f"{check.rule}: {check.saw}"
        console.print(f"{mark}  {check.code}  {_plain(saw)}")
        status = f" ({check.status})" if check.status and check.status != "verified" else ""
        console.print(f"      {_plain(check.citation)}{status}", style="dim")
    if not verdict.allowed:
        if verdict.next_allowed is None:
            console.print("next lawful minute: none, as far as the facts go")
        else:
            local = ", ".join(
                f"{verdict.next_allowed.astimezone(zones.zone(name)):%a %Y-%m-%d %H:%M %Z}"
                for name in call.place.zones[:2]
            )
            console.print(f"next lawful minute: {verdict.next_allowed:%Y-%m-%d %H:%M UTC} ({local})")
    versions = ", ".join(f"{name} {version[:24]}" for name, version in verdict.versions.items())
    console.print(f"data: {versions}", style="dim")


def _plain(text: str) -> str:
    from rich.markup import escape

    return escape(text)
