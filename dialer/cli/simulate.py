"""`dialer simulate NAME`: the campaign's digital twin."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dialer.cli.common import NOTHING_TO_DO, Context, instant_option, print_json, stop

if TYPE_CHECKING:
    from campaigns.files import Campaign
    from campaigns.workspace import Workspace
    from dialer.simulation.settings import SimulationSettings
    from dialer.simulation.twin.answers import Answers
    from dialer.simulation.twin.run import WhatIf
    from dialer.store.database import Store

__all__ = ["simulate"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def simulate(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The campaign, as in campaigns/NAME.toml.")],
    agents: Annotated[
        str, typer.Option(metavar="N[,N...]", help="How many agents; several are compared. Default: as in the file.")
    ] = "",
    max_abandonment: Annotated[
        str, typer.Option(metavar="%[,%...]", help="Cap on abandonment in per cent. Default: the campaign's, and 1.")
    ] = "",
    policy: Annotated[
        str,
        typer.Option(
            metavar="P[,P...]", help="predictive, progressive, ratio:X, vicidial, issabel. Default: the mode."
        ),
    ] = "",
    hours: Annotated[float, typer.Option(min=0.1, max=400.0, help="Open hours to simulate.")] = 8.0,
    start: Annotated[
        str | None, typer.Option(metavar="INSTANT", help="Where to begin. Default: the next opening.")
    ] = None,
    opening: Annotated[
        str, typer.Option("--open", metavar="HH:MM-HH:MM", help="Other opening hours, on every day that is open.")
    ] = "",
    within: Annotated[
        float | None, typer.Option(min=0.1, help="Open hours in which every lead is to be called once.")
    ] = None,
    greeting: Annotated[
        float | None, typer.Option(min=0.0, max=5.0, help="Seconds of greeting before the law's clock starts.")
    ] = None,
    release: Annotated[
        bool | None, typer.Option("--release/--no-release", help="Let ringing calls go, or not.")
    ] = None,
    finish_known: Annotated[
        float | None, typer.Option(min=0.0, help="Seconds ahead that desks announce the end of a call; 0: never.")
    ] = None,
    replay: Annotated[
        str | None, typer.Option(metavar="DATE", help="Replay the journal of a day (YYYY-MM-DD, or yesterday).")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the simulated world.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write one page with plots; no network needed.")
    ] = None,
) -> None:
    """Ask what if: how many agents, how long will the list last, what would a lower cap cost?

    The campaign's own list, rules and hours go through the real engine in virtual time; people and agents behave
    as in the campaign's history, or as its `[simulation]` table says while that is short. With --replay a day of
    the journal goes through another policy. Nothing is dialed or written down. Exit 4 when no lead may be called.

    Example: `dialer simulate telemarketing --agents 10,20,30 --within 40 --html reports/what-if.html`
    """
    from dialer.store.database import open_store

    context: Context = ctx.obj
    workspace = context.workspace()
    campaign = _with_opening(workspace.campaign(name), opening)
    settings = _settings(campaign, seed, finish_known)
    counts: list[int | None] = [int(each) for each in _numbers(agents, "--agents", int)]
    asked = _what_ifs(
        campaign,
        counts or [None if replay is not None else settings.agents],
        max_abandonment,
        policy,
        greeting,
        release,
    )
    with open_store(workspace.database_url) as store:
        if replay is not None:
            found = _replayed(store, campaign, settings, asked, replay)
        else:
            newest = _newest_call(store, campaign)  # of a day in virtual time perhaps, which lies ahead
            begin = instant_option(start, campaign.hours.timezone) or max(datetime.now(UTC), newest or _EPOCH)
            found = _looked_ahead(workspace, store, campaign, settings, asked, begin, hours, within)
    _show(found, as_json, html)


def _looked_ahead(
    workspace: Workspace,
    store: Store,
    campaign: Campaign,
    settings: SimulationSettings,
    asked: list[WhatIf],
    begin: datetime,
    hours: float,
    within: float | None,
) -> Answers:
    """Run the list from `begin` on."""
    from dialer.runtime.instants import moment
    from dialer.simulation.twin.answers import answers_of
    from dialer.simulation.twin.run import run_what_if
    from dialer.simulation.twin.world import open_windows, read_history, read_list, with_history
    from dnc import zones

    windows = open_windows(campaign, begin, hours)
    if not windows:
        raise stop(f"{campaign.name} never opens: see [hours] in its file")
    with store.reading() as tx:
        world = with_history(campaign, settings, read_history(tx, campaign.name, None, begin), windows)
        listed = read_list(tx, workspace, campaign, windows)
    if not listed.count:
        raise stop(
            f"{campaign.name} has no lead that may be called in these hours "
            f"({listed.barred:,} are barred): dialer campaigns preview {campaign.name}",
            NOTHING_TO_DO,
        )
    outcomes = [run_what_if(world, each, listed, progress=_progress(n, len(asked))) for n, each in enumerate(asked)]
    here = moment(windows[0][0]).astimezone(zones.zone(campaign.hours.timezone))
    title = f"{campaign.name} from {here:%a %Y-%m-%d %H:%M %Z}, {world.open_hours:.1f} open hours"
    own = (
        f"List: {listed.count:,} leads in play, {listed.untried:,} of them never called; {listed.barred:,} more are "
        "barred by the gate or have no usable number. Caps on the simulated calls are the campaign's own."
    )
    return answers_of(campaign.name, title, (*world.sources, own), outcomes, within=within)


def _replayed(store: Store, campaign: Campaign, settings: SimulationSettings, asked: list[WhatIf], day: str) -> Answers:
    """Run a day of the journal again."""
    from dialer.simulation.twin.answers import answers_of
    from dialer.simulation.twin.replay import agents_that_day, as_it_was, dialing_stretches, half_hours
    from dialer.simulation.twin.run import run_what_if
    from dialer.simulation.twin.world import read_history, with_history
    from dnc import zones

    zone = zones.zone(campaign.hours.timezone)
    try:
        date = (
            datetime.now(zone).date() - timedelta(days=1) if day == "yesterday" else datetime.fromisoformat(day).date()
        )
    except ValueError:
        raise typer.BadParameter(f"{day!r} is not a date; write 2026-11-23", param_hint="--replay") from None
    begin = datetime(date.year, date.month, date.day, tzinfo=zone)
    with store.reading() as tx:
        history = read_history(tx, campaign.name, begin, begin + timedelta(days=1))
    if history.attempts.empty:
        newest = _newest_call(store, campaign)
        last = "" if newest is None else f"; its last call was on {newest.astimezone(zone):%Y-%m-%d}"
        raise stop(f"{campaign.name} dialed nobody on {date}{last}", NOTHING_TO_DO)
    first = history.attempts["placed_at"].iloc[0].timestamp()
    ended = max(history.attempts["ended_at"].max(), history.agent_changes["at"].max()).timestamp()
    team = agents_that_day(history.agent_changes, ended)
    if not team:
        raise stop(f"the journal of {date} tells of no agent", NOTHING_TO_DO)
    starts = min(first, *(each.shifts[0][0] for each in team))
    windows = dialing_stretches(history.campaign_changes, starts, ended)
    world = with_history(campaign, settings, history, windows, slots=half_hours(starts, ended), when=f"{date}")
    outcomes = [
        run_what_if(
            world,
            each,
            None,
            team if each.agents is None else None,
            closing=0.0,
            until=ended,
            progress=_progress(n, len(asked)),
        )
        for n, each in enumerate(asked)
    ]
    recorded = as_it_was(campaign, history, ended)
    title = (
        f"{campaign.name} on {date}, replayed: {len(team)} agents, {world.open_hours:.1f} h of dialing "
        f"in {(ended - starts) / 3600:.1f} h"
    )
    return answers_of(campaign.name, title, world.sources, outcomes, recorded=recorded)


def _newest_call(store: Store, campaign: Campaign) -> datetime | None:
    """When the campaign's last call was placed."""
    from dialer.store.outcomes import past_calls

    with store.reading() as tx:
        calls = past_calls(tx, campaign.name, _EPOCH, 1)
    return calls[0].placed_at if calls else None


def _what_ifs(
    campaign: Campaign,
    counts: list[int | None],
    caps: str,
    policies: str,
    greeting: float | None,
    release: bool | None,
) -> list[WhatIf]:
    """Every combination, the campaign as it is first."""
    from dialer.simulation.twin.run import CAPPED, WhatIf, policy_words

    own = 100.0 * campaign.abandonment.max_rate
    rates = _numbers(caps, "--max-abandonment", float) or [own, *([1.0] if own > 1.0 else [])]
    dialing = campaign.dialing
    mode = f"ratio:{dialing.lines_per_agent:g}" if dialing.mode == "ratio" else dialing.mode
    usual = "progressive" if mode in ("preview", "agentless") else mode
    names = [each for each in policies.split(",") if each] or [usual]
    for each in names:
        try:
            policy_words(each)
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint="--policy") from None
    if not all(0.0 < rate <= 100.0 for rate in rates):
        raise typer.BadParameter("a cap lies between 0 and 100 per cent", param_hint="--max-abandonment")
    if not all(count is None or 1 <= count <= 2000 for count in counts):
        raise typer.BadParameter("between 1 and 2000 agents can be simulated", param_hint="--agents")
    return [
        WhatIf(count, rate / 100.0, each, greeting, release)
        for count in counts
        for each in names
        for rate in (rates if each.partition(":")[0] in CAPPED else rates[:1])
    ]


def _numbers(text: str, option: str, kind: type[int] | type[float]) -> list[float]:
    try:
        return [kind(each) for each in text.split(",") if each]
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no list of numbers such as 10,20", param_hint=option) from None


def _settings(campaign: Campaign, seed: int | None, finish_known: float | None) -> SimulationSettings:
    from dialer.simulation.reading import read_settings

    wanted = dict(campaign.simulation)
    if seed is not None:
        wanted["seed"] = seed
    settings = read_settings(wanted, f"{campaign.name}.toml")
    if finish_known is None:
        return settings
    return settings.model_copy(update={"finishing_ahead": finish_known or None})


def _with_opening(campaign: Campaign, text: str) -> Campaign:
    """The campaign with other hours on the days on which it is open."""
    if not text:
        return campaign
    from campaigns.files.calendar import WEEKDAYS
    from campaigns.files.hours import Window

    try:
        window = (Window.parse(text),)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--open") from None
    hours = campaign.hours
    changed = {day: window for day in ("mon_fri", *WEEKDAYS) if getattr(hours, day)}
    return campaign.model_copy(update={"hours": hours.model_copy(update=changed)})


def _progress(done: int, of: int) -> Callable[[float], None] | None:
    if not sys.stderr.isatty():
        return None

    def show(share: float) -> None:
        sys.stderr.write(f"\rsimulating {done + 1} of {of}: {100 * share:.0f} %\x1b[K")
        sys.stderr.flush()

    return show


def _show(found: Answers, as_json: bool, html: Path | None) -> None:
    if sys.stderr.isatty():
        sys.stderr.write("\r\x1b[K")
    if as_json:
        from dialer.simulation.twin.answers import as_dict

        print_json(as_dict(found))
    if html is not None:
        from dialer.simulation.twin.page import to_html

        try:
            html.parent.mkdir(parents=True, exist_ok=True)
            html.write_text(to_html(found), encoding="utf-8", newline="")
        except OSError as error:
            raise stop(f"{html}: cannot be written: {error.strerror}") from None
        typer.echo(f"wrote {html}", err=True)
    if not as_json:
        from rich.console import Console

        from dialer.simulation.twin.page import print_answers

        print_answers(found, Console(highlight=False))
