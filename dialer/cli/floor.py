"""Talking to a running floor: `dialer run NAME` follows it, `dialer campaigns pause|resume|stop` steer it."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer

from dialer.cli.common import Context, print_json, stop

__all__ = ["FloorDoor", "follow", "pause", "resume", "stop_campaign"]

_Name = Annotated[str, typer.Argument(metavar="NAME", help="The campaign, as in campaigns/NAME.toml.")]
_Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]

#: How often a followed board is asked for, s.
_BEAT = 1.0
#: And how soon an interrupt is noticed, s.
_GLANCE = 0.1


class FloorDoor:
    """The control door of this working folder's floor.

    Args:
        url: of the floor.
        token: from its file.
    """

    def __init__(self, url: str, token: str) -> None:
        import httpx

        self.url = url
        self._http = httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=60.0)

    @classmethod
    def find(cls, context: Context) -> FloorDoor | None:
        """The door of the running floor, or None when there is none."""
        from dialer.runtime.live.floor_file import find_floor

        floor = find_floor(context.workspace().root)
        return None if floor is None else cls(floor.url, floor.token)

    def ask(self, method: str, path: str, **body: Any) -> tuple[int, dict[str, Any]]:
        """One request; returns the status and the answer.

        Raises:
            typer.Exit: the floor does not answer.
        """
        import httpx

        try:
            answer = self._http.request(method, f"/control/campaigns{path}", json=body or None)
            return answer.status_code, answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise stop(f"the floor at {self.url} does not answer ({type(error).__name__}): see its log") from None


def follow(door: FloorDoor, name: str, until: float = float("inf")) -> int:
    """Start a campaign on the running floor and show its board until it ends; an interrupt only stops looking.

    Where somebody else began it and `until` is given without a terminal (cron's second call) there is nothing to do.

    Args:
        door: of the floor.
        name: of the campaign.
        until: seconds since the epoch; the campaign is stopped then, if somebody looks still.
    """
    status, answer = door.ask("POST", f"/{name}/start")
    if status == 409 and until < float("inf") and not sys.stdout.isatty():
        typer.echo(f"{answer['detail']}; nothing to do.")
        return 0
    if status == 409:
        typer.echo(f"{answer['detail']}; following it.")
    elif status != 200:
        raise stop(str(answer.get("detail", answer)))
    else:
        typer.echo(f"{name} is running on the floor at {door.url}.")
    shown = ""
    with _interrupted() as interrupted:
        while not interrupted:
            status, board = door.ask("GET", f"/{name}")
            if status == 404:
                typer.echo(f"{name} has ended.")
                return 0
            if time.time() >= until:
                door.ask("POST", f"/{name}/stop", why="--until was reached")
                until = float("inf")
            rate = board["abandonment_rate"]
            line = (
                f"{board['state']}: {board['why']}  in flight {board['in_flight']}, talking {board['bridged']}, "
                f"abandonment {'-' if rate is None else f'{rate:.2%}'}"
            )
            if line != shown:
                shown = line
                typer.echo(f"\r\033[K{line}" if sys.stdout.isatty() else line, nl=not sys.stdout.isatty())
            asks_again = time.monotonic() + _BEAT
            while not interrupted and time.monotonic() < asks_again:
                time.sleep(_GLANCE)
    typer.echo(f"\n{name} goes on; stop it with: dialer campaigns stop {name}")
    return 0


@contextmanager
def _interrupted() -> Iterator[list[int]]:
    """The signals that asked to stop looking; heeded, too, where a shell started us in the background, deaf to them."""
    came: list[int] = []
    before = {
        number: signal.signal(number, lambda got, _: came.append(got)) for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield came
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def pause(
    ctx: typer.Context,
    name: _Name,
    why: Annotated[str, typer.Option(help="Written down and shown on the board.")] = "paused by the operator",
    as_json: _Json = False,
) -> None:
    """Dial no more in a running campaign for now; live calls go on.

    Example: `dialer campaigns pause telemarketing --why "the client's site is down"`
    """
    _steer(ctx, name, "pause", as_json, why=why)


def resume(ctx: typer.Context, name: _Name, as_json: _Json = False) -> None:
    """Dial again after a pause, also after the carrier's account had refused.

    Example: `dialer campaigns resume telemarketing`
    """
    _steer(ctx, name, "resume", as_json)


def stop_campaign(
    ctx: typer.Context,
    name: _Name,
    why: Annotated[str, typer.Option(help="Written down and shown on the board.")] = "stopped by the operator",
    as_json: _Json = False,
) -> None:
    """End a running campaign: no new calls, live calls finish.

    Example: `dialer campaigns stop telemarketing`
    """
    _steer(ctx, name, "stop", as_json, why=why)


def _steer(ctx: typer.Context, name: str, act: str, as_json: bool, **body: Any) -> None:
    context: Context = ctx.obj
    door = FloorDoor.find(context)
    if door is None:
        raise stop("no floor is running in this working folder: start one with dialer serve")
    status, answer = door.ask("POST", f"/{name}/{act}", **body)
    if status != 200:
        raise stop(str(answer.get("detail", answer)))
    if as_json:
        print_json(answer)
    else:
        typer.echo(f"{name}: {answer['state']}: {answer['why']}")
