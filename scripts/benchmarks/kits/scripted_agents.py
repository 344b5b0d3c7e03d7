"""Agents by script, over the desk's own HTTP and WebSocket: for live demonstrations and tests."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import httpx
import websockets

__all__ = ["ScriptedAgent"]


@dataclass
class ScriptedAgent:
    """An agent who takes calls: talks for a while, hangs up, gives a disposition, and is ready again."""

    agent_id: str
    secret: str
    floor: str
    leg: str = "phone"
    phone: str = ""
    campaign: str = "day"
    talk: float = 0.6
    code: Callable[[str], str] = lambda call_id: "NO"
    seen: list[dict[str, Any]] = field(default_factory=list)
    disposed: list[str] = field(default_factory=list)
    arrived: dict[str, float] = field(default_factory=dict)

    async def work(self, stopped: asyncio.Event) -> None:
        """Sign in, work until stopped or the floor goes."""
        async with httpx.AsyncClient(base_url=self.floor, timeout=60.0) as http:
            wanted = {"agent_id": self.agent_id, "secret": self.secret, "campaign": self.campaign}
            wanted |= {"leg": self.leg, "phone": self.phone}
            answer = await http.post("/desk/sessions", json=wanted)
            while "before the restart" in answer.text:
                await asyncio.sleep(0.5)
                answer = await http.post("/desk/sessions", json=wanted)
            assert answer.status_code == 200, answer.text
            session = answer.json()["session"]
        address = self.floor.replace("http:", "ws:") + "/desk/socket"
        with suppress(websockets.ConnectionClosed, OSError):
            async with websockets.connect(address, additional_headers={"Authorization": f"Bearer {session}"}) as web:
                self.web = web
                beat = asyncio.create_task(self._alive())
                await self.do("ready")
                jobs: set[asyncio.Task[None]] = set()
                try:
                    async for text in web:
                        message = json.loads(text)
                        self.seen.append(message)
                        if message["event"] == "state" and message["state"] == "talking":
                            call_id = message["call"]["call_id"]
                            if call_id not in self.arrived:
                                self.arrived[call_id] = time.time()
                                jobs.add(asyncio.create_task(self._serve(call_id)))
                        if message["event"] == "state" and message["state"] == "wrap_up" and message["call"]:
                            await self._dispose(message["call"]["call_id"])
                        if message["event"] == "gone" or stopped.is_set():
                            break
                finally:
                    beat.cancel()
                    for job in jobs:
                        job.cancel()

    async def _serve(self, call_id: str) -> None:
        with suppress(websockets.ConnectionClosed):
            await asyncio.sleep(self.talk)
            await self.do("hang_up")

    async def _dispose(self, call_id: str) -> None:
        if call_id not in self.disposed:
            self.disposed.append(call_id)
            await self.do("dispose", call_id=call_id, code=self.code(call_id))

    async def _alive(self) -> None:
        with suppress(websockets.ConnectionClosed):
            while True:
                await asyncio.sleep(1.0)
                await self.do("alive")

    async def do(self, what: str, **more: Any) -> None:
        await self.web.send(json.dumps({"do": what, **more}))
