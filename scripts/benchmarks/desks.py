"""Five hundred desks on one floor: how soon screens show a call, and what that costs the process that dials.

scripts/bench desks                 500 desks, 25 calls a second, 5 minutes
scripts/bench desks --minutes 2     shorter; --desks, --rate and --boards as well

The floor runs in a process of its own: LiveFloor with the simulated carrier, engine, predictive pacer, gate, ledger,
SQLite with commits flushed to the disk, and all faces over HTTP. This process holds the desks: each signs in with its
secret, keeps a WebSocket open, says each second that it is there, talks, hangs up and gives a disposition. Some boards
of supervisors are open beside them, and their plots are asked for as a browser does. The minutes are counted from when
every desk is ready. The floor's clock says noon in New York, whatever the hour is here.

"Bridge to screen" is from the instant of the floor's clock at which person and agent were joined to the message's
arrival here, both on this machine's clock. "Answer to bridge" is from the carrier's word that a person answered to the
carrier being told to join an agent, in the process. "Lateness" is how much later than asked a callback of the floor's
event loop runs, sampled every 20 ms: what any request or timer waits for at most. Figures marked CPU count only the
time that the floor's thread was given: they say what it costs, whatever else the machine does and however slow its disk
is.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import json
import os
import random
import resource
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

__all__ = ["SUMMARY", "main"]

SUMMARY = "500 desks on one floor: bridge to screen, CPU and memory, and whether dialing is slowed"

#: Lines to hold at the 99th percentile, ms (DESIGN.md): the decision who serves, and the agents' desk in the issue.
HOLD = {"answer to bridge": 5.0, "bridge to screen": 200.0}
_NOON = 1_795_539_600.0
_TALK, _WRITE_UP = 22.0, 4.0
_SIGNING_IN = 6  # at once: the floor's threads


def main(argv: list[str]) -> int:
    """Measure, print, write where asked; 1 when a line to hold is not met."""
    parser = argparse.ArgumentParser(
        prog="scripts/bench desks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=5.0, help="from when every desk is ready")
    parser.add_argument("--desks", type=int, default=500)
    parser.add_argument("--rate", type=float, default=25.0, help="calls a second")
    parser.add_argument("--boards", type=int, default=3, help="supervisors who watch")
    parser.add_argument("--people", type=int, default=8_000, help="in the list")
    parser.add_argument("--ring", type=float, default=9.0, help="how long phones ring until a person answers, s")
    parser.add_argument("--coming", type=float, default=20.0, help="s over which the agents get ready")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures here")
    parser.add_argument("--profile", type=Path, metavar="FILE", help="write a cProfile of the floor; it slows it down")
    parser.add_argument("--floor", type=Path, help=argparse.SUPPRESS)  # the child's part
    args = parser.parse_args(argv)
    if args.floor is not None:
        asyncio.run(_floor(args.floor, args.profile))
        return 0
    from machine import describe

    with tempfile.TemporaryDirectory() as folder:
        report = asyncio.run(_measure(Path(folder), args))
    report = {"machine": describe("fastapi", "uvicorn", "websockets"), **report}
    print("  ".join(f"{name}: {value}" for name, value in report["machine"].items()))
    missed = False
    for name, value in report.items():
        if isinstance(value, dict) and "p99" in value:
            hold = HOLD.get(name)
            missed = missed or (hold is not None and value["p99"] > hold)
            line = "" if hold is None else f"   (hold {hold:g} ms)"
            figures = "   ".join(f"{key} {value[key]:8.2f} ms" for key in ("p50", "p99", "max"))
            print(f"{name:<44} {value['count']:7d}   {figures}{line}")
        elif name != "machine":
            print(f"{name:<44} {value}")
    if args.json is not None:
        args.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    return 1 if missed else 0


def _quantiles(milliseconds: list[float]) -> dict[str, float]:
    ordered = sorted(milliseconds)
    at = lambda share: round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 3) if ordered else 0.0  # noqa: E731
    return {"count": len(ordered), "p50": at(0.5), "p99": at(0.99), "max": at(1.0)}


# ---------------------------------------------------------------------- the desks


@dataclass
class _Desk:
    """One agent's browser, without a browser."""

    agent_id: str
    ahead: float  # s that the floor's clock is ahead of ours
    screens: list[float]  # ms from bridge to screen, of all desks
    chance: random.Random
    states: Counter[str]
    state: str = "offline"
    jobs: set[asyncio.Task[None]] = field(default_factory=set)

    async def open(self, http: Any, secret: str, campaign: str) -> None:
        """Sign in and hold the line."""
        import websockets

        wanted = {"agent_id": self.agent_id, "secret": secret, "campaign": campaign, "leg": "none"}
        answer = await http.post("/desk/sessions", json=wanted)
        assert answer.status_code == 200, answer.text
        bearer = {"Authorization": f"Bearer {answer.json()['session']}"}
        address = str(http.base_url).replace("http:", "ws:").rstrip("/") + "/desk/socket"
        self.web = await websockets.connect(address, additional_headers=bearer, compression=None)
        self.jobs |= {asyncio.create_task(self._listen()), asyncio.create_task(self._alive())}

    async def do(self, what: str, **more: Any) -> None:
        await self.web.send(json.dumps({"do": what, **more}))

    async def close(self) -> None:
        for job in self.jobs:
            job.cancel()
        await self.web.close()

    async def _alive(self) -> None:
        import websockets

        with suppress(websockets.ConnectionClosed):
            while True:
                await asyncio.sleep(1.0)
                await self.do("ping")

    async def _listen(self) -> None:
        import websockets

        with suppress(websockets.ConnectionClosed):  # the line's end is what `lost` counts
            await self._hear()

    async def _hear(self) -> None:
        async for text in self.web:
            arrived = time.time()
            message = json.loads(text)
            if message["event"] == "gone":
                raise AssertionError(f"{self.agent_id} lost the seat: {message['why']}")
            if message["event"] != "state" or message["state"] == self.state:
                continue
            self.state = message["state"]
            self.states[self.state] += 1
            if self.state == "talking":
                self.screens.append(1000.0 * (arrived + self.ahead - message["since"]))
                self._later(_TALK, "hang_up")
            elif self.state == "wrap_up" and message["call"]:
                self._later(_WRITE_UP, "dispose", call_id=message["call"]["call_id"], code="NO")

    def _later(self, mean: float, what: str, **more: Any) -> None:
        import websockets

        async def wait() -> None:
            await asyncio.sleep(self.chance.expovariate(1.0 / mean))
            with suppress(websockets.ConnectionClosed):
                await self.do(what, **more)

        job = asyncio.create_task(wait())
        self.jobs.add(job)
        job.add_done_callback(self.jobs.discard)


async def _board(url: str, cookie: str, told: Counter[str]) -> None:
    """A supervisor's browser: the board's socket; its plots every 20 s."""
    import httpx
    import websockets

    headers = {"Cookie": cookie, "Origin": url}
    async with (
        httpx.AsyncClient(base_url=url, headers=headers, timeout=60.0) as http,
        websockets.connect(
            url.replace("http:", "ws:") + "/board/socket", additional_headers=headers, open_timeout=60
        ) as web,
    ):
        asked = 0.0
        async for text in web:
            told["messages"] += 1
            told["bytes"] += len(text)
            if time.monotonic() > asked + 20.0:
                asked = time.monotonic()
                (await http.get("/board/campaigns/demo/history")).raise_for_status()


async def _measure(root: Path, args: argparse.Namespace) -> dict[str, Any]:
    import httpx

    secret, code = await asyncio.to_thread(_furnish, root / "w", args)
    profile = [] if args.profile is None else ["--profile", str(args.profile.resolve())]
    child = await asyncio.create_subprocess_exec(
        sys.executable, str(Path(__file__).parent), "desks", "--floor", str(root / "w"), *profile,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert child.stdin is not None and child.stdout is not None
    try:
        opened = json.loads(await child.stdout.readline())
        screens: list[float] = []
        states, told = Counter[str](), Counter[str]()
        chance = random.Random(7)
        desks = [_Desk(f"agent-{seat:03d}", opened["ahead"], screens, chance, states) for seat in range(args.desks)]
        async with httpx.AsyncClient(base_url=opened["url"], timeout=120.0) as http:
            gate = asyncio.Semaphore(_SIGNING_IN)

            async def sit(desk: _Desk) -> None:
                async with gate:
                    await desk.open(http, secret, "demo")

            began = time.monotonic()
            await asyncio.gather(*[sit(desk) for desk in desks])
            signed_in = time.monotonic() - began
            words = {"password": "correct horse battery", "again": "correct horse battery"}
            form, origin = {"account": "maria", "code": code, **words}, {"Origin": opened["url"]}
            welcome = await http.post("/office/welcome", data=form, headers=origin)
            assert welcome.status_code == 303, welcome.text
            cookie = "; ".join(f"{name}={value}" for name, value in http.cookies.items() if "office" in name)
        boards = [asyncio.create_task(_board(opened["url"], cookie, told)) for _ in range(args.boards)]
        for desk in desks:
            await desk.do("ready")
            await asyncio.sleep(args.coming / len(desks))
        screens.clear()
        child.stdin.write(b"measure\n")
        before = resource.getrusage(resource.RUSAGE_SELF)
        await asyncio.sleep(args.minutes * 60.0)
        spent = resource.getrusage(resource.RUSAGE_SELF)
        child.stdin.write(b"report\n")
        found = json.loads(await asyncio.wait_for(child.stdout.readline(), 60.0))
        lost = [desk.agent_id for desk in desks if any(job.done() for job in desk.jobs)]
        for board in boards:
            assert not board.done(), board.exception()
            board.cancel()
        for desk in desks:
            await desk.close()
        child.stdin.write(b"end\n")
        code_of = await asyncio.wait_for(child.wait(), 60.0)
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    each = told["bytes"] / max(1, told["messages"]) / 1000.0
    own = spent.ru_utime + spent.ru_stime - before.ru_utime - before.ru_stime
    return {
        "desks": args.desks,
        "minutes": args.minutes,
        "signing in took s": round(signed_in, 1),
        "bridge to screen": _quantiles(screens),
        **found,
        "CPU of the desks' process": f"{own / args.minutes / 60.0:.2f} cores",
        "states told": dict(states),
        "boards": f"{args.boards}, {told['messages']} messages of {each:.1f} kB",
        "desks lost": len(lost),
        "exit code of the floor": code_of,
        "load after": f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} cores",
    }


def _furnish(root: Path, args: argparse.Namespace) -> tuple[str, str]:
    """The folder; returns the secret of all agents and the supervisor's one-time code."""
    from datetime import UTC, datetime, timedelta

    import argon2
    from kits.floors import fictitious_numbers, make_folder

    from dialer.runtime.live.secrets import new_secret
    from dialer.store import accounts, agents
    from dialer.store.database import open_store
    from dialer.web.accounts_secrets import new_code

    workspace, _ = make_folder(
        root, fictitious_numbers(args.people), 0, mode="predictive", rate=args.rate,
        settings='lease_seconds = 600\nlog_level = "error"\n',
    )  # fmt: skip
    with (root / "campaigns" / "demo.toml").open("a") as file:
        file.write(f"\n[simulation]\nanswer_rate = 0.3\nring_mean = {args.ring}\nleaves_talk = 0.05\n")
    secret, _ = new_secret()  # of all agents, and hashed at the least cost: 500 sign-ins at once are not the question
    hashed = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(secret)
    code, code_hash = new_code()
    now = datetime.fromtimestamp(_NOON, UTC)
    with open_store(workspace.database_url) as store, store.writing() as tx:
        for seat in range(args.desks):
            agents.add(tx, f"agent-{seat:03d}", "", now)
            agents.set_secret(tx, f"agent-{seat:03d}", hashed)
        accounts.add(tx, "maria", name="Maria", role="supervisor", clients=(), at=now)
        accounts.set_code(tx, "maria", code_hash, now + timedelta(hours=24))
    return secret, code


# ---------------------------------------------------------------------- the floor, in its own process


class _Noon:
    """The loop's clock, told from noon on."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._shift = _NOON - loop.time()
        self.ahead = _NOON - time.time()

    def now(self) -> float:
        return self._shift + self._loop.time()

    def call_at(self, when: float, callback: Any) -> Any:
        return self._loop.call_at(when - self._shift, callback)


@dataclass
class _Times:
    """What the floor's process measures of itself, ms."""

    decisions: list[float] = field(default_factory=list)
    bridges: list[float] = field(default_factory=list)
    late: list[float] = field(default_factory=list)
    commits: list[float] = field(default_factory=list)
    bridges_cpu: list[float] = field(default_factory=list)
    decisions_cpu: list[float] = field(default_factory=list)

    def clear(self) -> None:
        for each in fields(self):
            getattr(self, each.name).clear()

    def watch(self, driver: Any, pacer: Any) -> None:
        """Put a clock around the pacer's decision, and between a person's answer and the word to the carrier."""
        from dialer.engine import events as ev

        decide, handle, bridge = pacer.decide, driver.engine.handle, driver._carrier.bridge
        answered: dict[str, tuple[float, float]] = {}

        def timed_decision(floor: Any) -> Any:
            began, cpu = time.perf_counter(), time.thread_time()
            decision = decide(floor)
            self.decisions_cpu.append(1000.0 * (time.thread_time() - cpu))
            self.decisions.append(1000.0 * (time.perf_counter() - began))
            return decision

        def seen(event: Any) -> Any:
            if isinstance(event, ev.Answered):
                answered.clear()
                answered[event.call_id] = (time.perf_counter(), time.thread_time())
            return handle(event)

        def timed_bridge(call_id: str, agent_id: str) -> None:
            bridge(call_id, agent_id)
            if call_id in answered:  # else it waited for an agent: that is no matter of speed
                began, cpu = answered.pop(call_id)
                self.bridges_cpu.append(1000.0 * (time.thread_time() - cpu))
                self.bridges.append(1000.0 * (time.perf_counter() - began))

        commit = driver._commit

        def timed_commit(dials: Any) -> Any:
            began = time.perf_counter()
            after = commit(dials)
            self.commits.append(1000.0 * (time.perf_counter() - began))
            return after

        pacer.decide, driver.engine.handle, driver._carrier.bridge = timed_decision, seen, timed_bridge
        driver._commit = timed_commit

    async def sample(self) -> None:
        """How late the loop is."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + 0.02
            await asyncio.sleep(0.02)
            self.late.append(1000.0 * (loop.time() - due))


async def _floor(root: Path, profile: Path | None) -> None:
    import uvicorn
    from kits.floors import NAME

    from campaigns.workspace import Workspace
    from dialer.runtime.live.floor import LiveFloor
    from dialer.runtime.live.secrets import StoredSecrets
    from dialer.runtime.log import configure
    from dialer.simulation.house import SimulatedHouse
    from dialer.simulation.reading import read_settings
    from dialer.store.database import open_store
    from dialer.web.app import Faces, make_app

    workspace = Workspace.load(root)
    configure(workspace.settings.log_level)
    loop = asyncio.get_running_loop()
    clock, times, stopped = _Noon(loop), _Times(), asyncio.Event()
    orders = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    with open_store(workspace.database_url) as store:
        house = SimulatedHouse(clock, lambda each: read_settings(each.simulation, "demo.toml"), None)
        floor = LiveFloor(workspace, store, clock, house)
        config = uvicorn.Config(lambda *_: None, "127.0.0.1", 0, log_config=None, access_log=False, lifespan="off")
        listener = config.bind_socket()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        config.app = make_app(floor, Faces(StoredSecrets(store), "token", url))
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve([listener]))
        await floor.start(NAME)
        running = floor._running[NAME]
        times.watch(running.driver, running.session.pacer)
        looking_after = asyncio.create_task(floor.run(stopped, 20.0))
        sampling = asyncio.create_task(times.sample())
        print(json.dumps({"url": url, "ahead": clock.ahead}), flush=True)
        await orders.readline()
        coming = {
            "while they get ready, pacing decision, CPU": _quantiles(times.decisions_cpu),
            "while they get ready, commit": _quantiles(times.commits),
            "while they get ready, lateness": _quantiles(times.late),
        }
        times.clear()
        began, before = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF)
        placed = running.session.engine.pace._serial
        profiler = cProfile.Profile()
        if profile is not None:
            profiler.enable()
        await orders.readline()
        if profile is not None:
            profiler.disable()
            profiler.dump_stats(profile)
        seconds, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_SELF)
        board = floor.board(NAME)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        report = {
            "calls a second": round((running.session.engine.pace._serial - placed) / seconds, 2),
            "answer to bridge": _quantiles(times.bridges),
            "answer to bridge, CPU": _quantiles(times.bridges_cpu),
            "pacing decision": _quantiles(times.decisions),
            "pacing decision, CPU": _quantiles(times.decisions_cpu),
            "commit": _quantiles(times.commits),
            "lateness": _quantiles(times.late),
            **coming,
            "CPU of the floor": f"{cpu / seconds:.2f} cores",
            "memory of the floor": f"{_resident_mb():.0f} MB",
            "agents at the end": {state.value: count for state, count in board.agents.items()},
            "abandoned": f"{board.abandoned} of {board.served + board.abandoned}",
            "what bound the pace": board.why,
        }
        print(json.dumps(report), flush=True)
        await orders.readline()
        sampling.cancel()
        stopped.set()
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(looking_after, 30.0)
        server.should_exit = True
        await serving


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
