"""The supervisors' board: a page, a WebSocket that brings it up to date each second, and what its plots draw.

What can be done there is in `dialer.web.pages.board_acts`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Depends, Request, Response, WebSocket, WebSocketDisconnect

from dialer.runtime.live.desks import Desk
from dialer.runtime.live.floor import LiveFloor
from dialer.runtime.live.history import Figures, History
from dialer.store import agents
from dialer.web.accounts import Act, User, may
from dialer.web.accounts_guard import Guard
from dialer.web.pages.board_acts import Reach
from dialer.web.pages.board_view import campaign_view, desk_views, figures_view, history_view
from dialer.web.pages.rendering import page

__all__ = ["board_router"]

#: How often the board is told anew, s.
_BEAT = 1.0


def board_router(floor: LiveFloor, guard: Guard) -> APIRouter:
    """`/board`, its socket, its plots' data, and what can be done there."""
    router = APIRouter(prefix="/board", include_in_schema=False)
    history = History(
        floor.store, lambda: guard.at().timestamp(), lambda: [floor.campaign(name) for name in floor.names]
    )
    views, reach = _Views(floor, guard, history), Reach(floor)
    watcher = Depends(guard.needs(Act.SEE_BOARD))

    @router.get("")
    async def board(request: Request, user: User = watcher) -> Response:
        return page(request, "board.html", user=user)

    @router.get("/campaigns/{name}/history")
    async def plotted(name: str, user: User = watcher) -> dict[str, Any]:
        reach.campaign(name, user)
        return history_view(history.figures(name), floor.samples.minutes(name))

    @router.websocket("/socket")
    async def socket(web: WebSocket) -> None:
        found = guard.found(web)
        if found is None or not may(found[1], Act.SEE_BOARD) or web.headers.get("origin") != guard.public_origin:
            await web.close(4403)
            return
        await web.accept()
        telling = asyncio.create_task(_tell(web, guard, views))
        try:
            while True:
                await web.receive_text()  # nothing is asked for here; it ends when the browser goes
        except WebSocketDisconnect:
            pass
        finally:
            telling.cancel()

    return router


async def _tell(web: WebSocket, guard: Guard, views: _Views) -> None:
    """Tell a browser of the campaigns it may see, until its session ends; what has not changed is not told again."""
    told_desks: dict[str, dict[str, Any]] = {}
    told_figures: dict[str, Any] = {}
    with suppress(WebSocketDisconnect, RuntimeError):
        while True:
            found = guard.found(web)
            if found is None or not may(found[1], Act.SEE_BOARD):
                await web.close(4401)
                return
            _, user = found
            seen = [each for each in views.now() if user.sees(each.card["client"])]
            desks = {each.card["name"]: _changes(told_desks.get(each.card["name"], {}), each.desks) for each in seen}
            figures = {
                each.card["name"]: each.figures
                for each in seen
                if each.figures is not told_figures.get(each.card["name"])
            }
            told_desks = {each.card["name"]: each.desks for each in seen}
            told_figures = {each.card["name"]: each.figures for each in seen}
            message: dict[str, Any] = {"now": guard.at().timestamp(), "campaigns": [each.card for each in seen]}
            message |= {"desks": {name: changed for name, changed in desks.items() if changed}, "figures": figures}
            await web.send_json(message)
            await asyncio.sleep(_BEAT)


def _changes(told: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, Any]:
    """The rows that are new or different, and None for those that are gone."""
    changed = {key: row for key, row in now.items() if told.get(key) != row}
    return changed | dict.fromkeys(told.keys() - now.keys())


@dataclass(frozen=True, slots=True)
class _View:
    """One campaign at one moment: its card, its agents, and what was read of it last."""

    card: dict[str, Any]
    desks: dict[str, dict[str, Any]]
    figures: dict[str, Any] | None


class _Views:
    """The board's data, worked out once a second however many look at it."""

    def __init__(self, floor: LiveFloor, guard: Guard, history: History) -> None:
        self._floor = floor
        self._guard = guard
        self._history = history
        self._made_at = float("-inf")
        self._made: list[_View] = []
        self._names: dict[str, str] = {}
        self._shown: dict[str, tuple[Figures, tuple[str, ...], dict[str, Any]]] = {}

    def now(self) -> list[_View]:
        """All campaigns that run, by name."""
        floor, at = self._floor, self._floor.clock.now()
        self._history.looked_at()
        if at >= self._made_at + _BEAT / 2:
            self._made_at = at
            if floor.desks.desks.keys() - self._names.keys():
                with floor.store.reading() as tx:
                    self._names = {each.agent_id: each.name or each.agent_id for each in agents.every(tx)}
                    self._names = dict.fromkeys(floor.desks.desks, "") | self._names
            everybody = list(floor.desks.desks.values())
            self._made = [self._view(name, everybody) for name in sorted(floor.names)]
        return self._made

    def _view(self, name: str, everybody: list[Desk]) -> _View:
        floor = self._floor
        campaign = floor.campaign(name)
        card = campaign_view(floor.board(name), campaign, floor.samples.occupancy(name))
        return _View(card, desk_views(campaign, everybody, self._names), self._figures(name))

    def _figures(self, name: str) -> dict[str, Any] | None:
        """The same object until something is new, so that it is told once."""
        figures, resting = self._history.figures(name), self._floor.resting_caller_ids(name)
        if figures is None:
            return None
        shown = self._shown.get(name)
        if shown is None or shown[0] is not figures or shown[1] != resting:
            shown = (figures, resting, figures_view(figures, self._floor.campaign(name), resting))
            self._shown[name] = shown
        return shown[2]
