"""`dialer forecast NAME`: how many agents each half hour needs."""

from __future__ import annotations

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
    from dialer.simulation.twin.staffing import Slot
    from dialer.simulation.twin.staffing_page import Forecast
    from dialer.simulation.twin.world import History
    from dialer.store.database import Store
    from dialer.store.shifts import Shift

__all__ = ["forecast"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST_SHIFT = timedelta(hours=16)
#: Open hours that each floor is simulated for, and the largest one: greater floors are busier, never less.
_SIMULATED_HOURS, _LARGEST = 2.0, 60
#: Columns that would not fit a terminal of 80 characters; they are in JSON and on the page.
_ONLY_ELSEWHERE = frozenset({"leads", "talks", "load"})


def forecast(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The campaign, as in campaigns/NAME.toml.")],
    days: Annotated[int, typer.Option(min=1, max=31, help="How many days ahead.")] = 7,
    within: Annotated[
        float | None,
        typer.Option(min=0.5, help="Open hours in which every lead is to be called; default all of these days."),
    ] = None,
    passes: Annotated[int, typer.Option(min=1, max=20, help="So often, unless the person is reached before.")] = 1,
    max_abandonment: Annotated[
        float | None, typer.Option(metavar="%", help="Cap on abandonment in per cent. Default: the campaign's.")
    ] = None,
    shrinkage: Annotated[
        float, typer.Option(metavar="%", min=0.0, max=90.0, help="Paid time off the floor, beside planned breaks.")
    ] = 0.0,
    start: Annotated[
        str | None, typer.Option("--from", metavar="INSTANT", help="Where to begin. Default: now.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the simulated floor.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write one page with a plot; no network needed.")
    ] = None,
) -> None:
    """Forecast how many agents each half hour needs, and compare it with the scheduled shifts.

    From the history's answer rates by half hour and weekday, its handle times, the leads that may be called in each
    half hour, and the utilisation that the engine reaches within the cap on a simulated floor. With little history
    plain rates are taken, and said so. Exit 4 when no lead may be called.

    Example: `dialer forecast telemarketing --days 7 --passes 3 --html reports/staffing.html`
    """
    from dialer.simulation.reading import read_settings
    from dialer.simulation.twin.staffing_page import as_dict, sentences, table_of, to_html
    from dialer.store.database import open_store

    context: Context = ctx.obj
    workspace = context.workspace()
    campaign = workspace.campaign(name)
    wanted = {**campaign.simulation, **({} if seed is None else {"seed": seed})}
    settings = read_settings(wanted, f"{name}.toml")
    cap = campaign.abandonment.max_rate if max_abandonment is None else max_abandonment / 100.0
    if not 0.0 < cap <= 1.0:
        raise typer.BadParameter("a cap lies between 0 and 100 per cent", param_hint="--max-abandonment")
    with open_store(workspace.database_url) as store:
        found = _forecast(
            workspace,
            store,
            campaign,
            settings,
            instant_option(start, campaign.hours.timezone),
            days=days,
            within=within,
            passes=passes,
            cap=cap,
            shrinkage=shrinkage / 100.0,
        )
    if as_json:
        print_json(as_dict(found))
    if html is not None:
        try:
            html.parent.mkdir(parents=True, exist_ok=True)
            html.write_text(to_html(found), encoding="utf-8", newline="")
        except OSError as error:
            raise stop(f"{html}: cannot be written: {error.strerror}") from None
        typer.echo(f"wrote {html}", err=True)
    if not as_json and html is None:
        from dialer.cli.tables import print_table

        typer.echo(found.title)
        for sentence in sentences(found):
            typer.echo(sentence)
        print_table(table_of(found), _ONLY_ELSEWHERE)
        for source in found.sources:
            typer.echo(source)


def _forecast(
    workspace: Workspace,
    store: Store,
    campaign: Campaign,
    settings: SimulationSettings,
    start: datetime | None,
    *,
    days: int,
    within: float | None,
    passes: int,
    cap: float,
    shrinkage: float,
) -> Forecast:
    from dialer.simulation.twin.staffing import callable_leads, calls_of_lead, half_hours, measure, staff
    from dialer.simulation.twin.staffing_page import Forecast
    from dialer.simulation.twin.world import read_history, read_list
    from dialer.store.outcomes import past_calls

    with store.reading() as tx:
        newest = past_calls(tx, campaign.name, _EPOCH, 1)  # of a day in virtual time perhaps, which lies ahead
        since = start or max(datetime.now(UTC), newest[0].placed_at if newest else _EPOCH)
        slots = half_hours(campaign.hours, since, days)
        if not slots:
            raise stop(
                f"{campaign.name} is not open in these {days} days: dialer schedule {campaign.name}", NOTHING_TO_DO
            )
        history = read_history(tx, campaign.name, None, since)
        listed = read_list(tx, workspace, campaign, _windows(slots))
    if not listed.count:
        raise stop(
            f"{campaign.name} has no lead that may be called in these days "
            f"({listed.barred:,} are barred): dialer campaigns preview {campaign.name}",
            NOTHING_TO_DO,
        )
    measured = measure(
        history.attempts, campaign.hours.timezone, settings.answer_rate, settings.talk_mean + settings.wrap_up_mean
    )
    open_hours = sum(slot.seconds for slot in slots) / 3600.0
    hours = open_hours if within is None else min(within, open_hours)
    leads = callable_leads(listed, slots)
    calls = listed.count * calls_of_lead(measured.overall, passes)
    shifts = _shifts(store, campaign.name, slots)
    # First with the whole time of an agent: how large a floor is to be simulated.
    bare = staff(slots, leads, calls, measured, lambda agents: 1.0, within=hours)
    floors = _simulated(campaign, settings, history, slots, cap, max(each.agents.value for each in bare))
    plan = staff(slots, leads, calls, measured, _between(floors), within=hours, shrinkage=shrinkage, shifts=shifts)
    tries = "once" if passes == 1 else f"up to {passes} times"
    title = (
        f"{campaign.name}, {open_hours:.1f} open hours from {slots[0].start:%a %Y-%m-%d %H:%M %Z} to "
        f"{slots[-1].end:%a %Y-%m-%d %H:%M %Z}"
    )
    busy = ", ".join(
        f"{agents} agents {100 * use:.0f} % busy ({wait:.0f} s between talks, {100 * rate:.1f} % abandoned)"
        for agents, (use, wait, rate) in sorted(floors.items())
    )
    sources = (
        *measured.sentences,
        f"List: {listed.count:,} leads in play, {listed.untried:,} never called, {listed.barred:,} barred; "
        f"about {calls:,.0f} calls.",
        f"Utilisation: {_SIMULATED_HOURS:g} h simulated within a cap of {100 * cap:g} %: {busy}.",
        *([f"Shrinkage: {100 * shrinkage:g} % of paid time off the floor."] if shrinkage else []),
    )
    goal = f"To call every lead {tries} within {hours:.1f} open hours, at most {100 * cap:g} % abandoned"
    return Forecast(campaign.name, title, goal, tuple(plan), sources, floors)


def _windows(slots: list[Slot]) -> tuple[tuple[float, float], ...]:
    """The slots as stretches without a break, seconds since the epoch."""
    found: list[tuple[float, float]] = []
    for slot in slots:
        begins, ends = slot.start.timestamp(), slot.end.timestamp()
        if found and found[-1][1] == begins:
            found[-1] = (found[-1][0], ends)
        else:
            found.append((begins, ends))
    return tuple(found)


def _shifts(store: Store, campaign: str, slots: list[Slot]) -> list[Shift] | None:
    """The shifts that touch these days and may serve the campaign; None where nobody is scheduled at all."""
    from dialer.store import shifts

    since, until = slots[0].start.astimezone(UTC), slots[-1].end.astimezone(UTC)
    with store.reading() as tx:
        found = shifts.scheduled(tx, since, until, since - _LONGEST_SHIFT)
    return [each for each in found if each.campaign in ("", campaign)] if found else None


def _simulated(
    campaign: Campaign,
    settings: SimulationSettings,
    history: History,
    slots: list[Slot],
    cap: float,
    largest: float,
) -> dict[int, tuple[float, float, float]]:
    """Floors of a third of the largest size and of that size: utilisation, mean wait, abandonment rate."""
    from dialer.simulation.twin.run import WhatIf, run_what_if
    from dialer.simulation.twin.world import with_history

    begins = slots[0].start.timestamp()
    windows = ((begins, begins + _SIMULATED_HOURS * 3600.0),)
    world = with_history(campaign, settings.model_copy(update={"break_share": 0.0}), history, windows)
    mode = "progressive" if campaign.dialing.mode in ("preview", "agentless") else campaign.dialing.mode
    policy = f"ratio:{campaign.dialing.lines_per_agent:g}" if mode == "ratio" else mode
    top = max(2, min(_LARGEST, round(largest)))
    found = {}
    for agents in sorted({max(2, round(top / 3)), top}):
        measures = run_what_if(world, WhatIf(agents, cap, policy), None).measures
        found[agents] = (measures.utilisation, measures.mean_wait, measures.rate)
    return found


def _between(floors: dict[int, tuple[float, float, float]]) -> Callable[[float], float]:
    """Utilisation by the number of agents: straight between the simulated floors, and theirs beyond them."""
    import numpy as np

    sizes = sorted(floors)
    values = [max(0.01, floors[size][0]) for size in sizes]
    return lambda agents: float(np.interp(agents, sizes, values))
