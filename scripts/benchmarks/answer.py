"""From a person's answer to the decision who serves them: in the process, and through the signed webhook over HTTP.

scripts/bench answer           floors of 20, 100 and 500 agents, 500 answers each
scripts/bench answer --quick   one floor of 20 agents, 40 answers

The floor is the real one: engine, pacer, gate, ledger, journal on SQLite with commits flushed to the disk, desks, the
adapter. Only the carrier's REST API is left out: requests to it are answered by nobody, on the adapter's threads.
"In the process" is from the adapter being told of the answer to its document; that the person answered is committed
right after it. "Through the webhook" is a signed POST from a thread of the same process: the client's own time is in
it, and the waiting for commits that were under way.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

__all__ = ["SUMMARY", "main"]

SUMMARY = "from answer to bridge decision, in the process and through the signed webhook"

#: Lines to hold at the 99th percentile, ms.
HOLD = {"in the process": 5.0, "through the webhook": 50.0}
#: Noon in New York of a working day: whatever the hour is here, people may be called there.
_NOON = 1_795_539_600.0


def main(argv: list[str]) -> int:
    """Measure, print, write where asked; 1 when a line to hold is not met."""
    parser = argparse.ArgumentParser(
        prog="scripts/bench answer", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="one small floor, a few seconds")
    parser.add_argument("--agents", type=int, nargs="+", help="sizes of floors")
    parser.add_argument("--answers", type=int, help="answers on each floor")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures here")
    args = parser.parse_args(argv)
    from machine import describe

    report: dict[str, Any] = {"machine": describe("fastapi", "uvicorn", "twilio"), "floors": []}
    print("  ".join(f"{name}: {value}" for name, value in report["machine"].items()))
    missed = False
    for seats in args.agents or ([20] if args.quick else [20, 100, 500]):
        for way, hold in HOLD.items():
            seconds = _measure(seats, args.answers or (40 if args.quick else 500), way)
            row = {"agents": seats, "way": way, "answers": len(seconds), **_quantiles(seconds)}
            report["floors"].append(row)
            missed = missed or (row["p99"] > hold and not args.quick)
            print(
                f"{seats:4d} agents  {way:<20} {len(seconds):4d} answers   p50 {row['p50']:6.2f} ms   "
                f"p99 {row['p99']:6.2f} ms   (hold {hold:g} ms)"
            )
    if args.json is not None:
        args.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    return 1 if missed else 0


def _quantiles(seconds: list[float]) -> dict[str, float]:
    ordered = sorted(1000.0 * each for each in seconds)
    return {
        "p50": ordered[len(ordered) // 2],
        "p99": ordered[min(len(ordered) - 1, int(0.99 * len(ordered)))],
        "max": ordered[-1],
    }


def _measure(seats: int, answers: int, way: str) -> list[float]:
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_floor(Path(folder), seats, answers, way))


class _Noon:
    """The loop's clock, told from noon on."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._shift = _NOON - loop.time()

    def now(self) -> float:
        return self._shift + self._loop.time()

    def call_at(self, when: float, callback: Any) -> Any:
        return self._loop.call_at(when - self._shift, callback)


class _NobodyThere:
    """In the place of the carrier's REST API: every call is taken and rings, and that is all."""

    def __init__(self) -> None:
        self._ringing: list[Any] = []

    def create_call(self, **fields: Any) -> Any:
        from dialer.carriers.twilio.rest import CallState

        call = CallState(f"CA{len(self._ringing):032x}", "ringing", fields["to"], fields["from_"], 0.0)
        self._ringing.append(call)
        return call

    def list_calls(self, status: str = "", **_fields: Any) -> list[Any]:
        return list(self._ringing) if status == "ringing" else []

    def fetch_call(self, sid: str) -> Any:
        from dialer.carriers.twilio.rest import CallState

        return CallState(sid, "ringing", "", "", 0.0)

    def __getattr__(self, name: str) -> Any:
        def answered(*_args: Any, **_fields: Any) -> Any:
            return {} if name in ("rooms", "people_in") else []

        return answered


async def _floor(root: Path, seats: int, answers: int, way: str) -> list[float]:
    """Open a floor of `seats` ready agents and measure `answers` answers; s."""
    import requests
    import uvicorn
    from kits.floors import AGENTS_CALLER_ID, NAME, fictitious_numbers, make_folder
    from twilio.request_validator import RequestValidator

    from dialer.carriers.emulator import ACCOUNT_SID, AUTH_TOKEN
    from dialer.carriers.twilio import TwilioAccount, webhooks
    from dialer.carriers.twilio.settings import read_settings
    from dialer.runtime.live.carriers import TwilioHouse
    from dialer.runtime.live.floor import LiveFloor
    from dialer.runtime.live.return_calls import ReturnCalls
    from dialer.runtime.live.secrets import StoredSecrets
    from dialer.runtime.live.strangers import Strangers
    from dialer.store.database import open_store
    from dialer.voice import PromptLibrary
    from dialer.web.app import Faces, make_app
    from dialer.web.carrier import carrier_router

    public = "https://dialer.example"
    numbers = [each for each in fictitious_numbers(12_000) if each.startswith("+1")][: 2 * answers + 2 * seats]
    table = {
        "account_sid": ACCOUNT_SID,
        "public_url": public,
        "agents_caller_id": AGENTS_CALLER_ID,
        "calls_per_second": 1000.0,
    }
    words = "".join(f"{name} = {json.dumps(value)}\n" for name, value in table.items())
    workspace, _ = make_folder(
        root / "w", numbers, 0, mode="progressive", rate=1000.0,
        settings=f'lease_seconds = 600\nlog_level = "error"\ncarrier = "twilio"\n\n[twilio]\n{words}',
    )  # fmt: skip
    from dialer.runtime.log import configure

    configure(workspace.settings.log_level)
    clock = _Noon(asyncio.get_running_loop())
    account = TwilioAccount(read_settings(table, {"DIALER_TWILIO_AUTH_TOKEN": AUTH_TOKEN}), clock, _NobodyThere())  # type: ignore[arg-type]
    with open_store(workspace.database_url) as store:
        house = TwilioHouse(account, workspace)
        house.legs = None  # the agents' legs are there
        floor = LiveFloor(workspace, store, clock, house)
        library = PromptLibrary(workspace.root / workspace.settings.prompts)
        more = carrier_router(
            account,
            Strangers(workspace, store, library, account.addresses),
            ReturnCalls(workspace, store, library, account.addresses),
        )
        app = make_app(floor, Faces(StoredSecrets(store), "token", public, None, None, (more,)))
        server = uvicorn.Server(uvicorn.Config(app, "127.0.0.1", 0, log_config=None, access_log=False, lifespan="off"))
        serving = asyncio.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        await floor.start(NAME)
        for seat in range(seats):
            agent_id = f"agent-{seat:03d}"
            account.legs.joined(account.legs.begin(agent_id), f"CA{agent_id}", f"CF{agent_id}")
            floor.desks.sign_in(agent_id, NAME, "none")
            floor.desks.ready(agent_id)
        validator = RequestValidator(AUTH_TOKEN)
        found: list[float] = []
        with requests.Session() as http:

            async def answered(call_id: str, form: dict[str, str]) -> str:
                if way != "through the webhook":
                    began = time.perf_counter()
                    document = await webhooks.answer(account, call_id, form)
                    found.append(time.perf_counter() - began)
                    return document or ""
                path = f"/carrier/twilio/answer/{call_id}"
                headers = {"X-Twilio-Signature": validator.compute_signature(public + path, form)}
                return await asyncio.to_thread(posted, path, form, headers)

            def posted(path: str, form: dict[str, str], headers: dict[str, str]) -> str:
                began = time.perf_counter()
                reply = http.post(f"http://127.0.0.1:{port}{path}", data=form, headers=headers, timeout=30.0)
                found.append(time.perf_counter() - began)
                return str(reply.text)

            gc.collect()
            while len(found) < answers:
                call = next((each for each in account.calls.values() if each.sid and not each.asked), None)
                for desk in floor.desks.desks.values():
                    desk.heard_at = clock.now()
                if call is None:
                    await asyncio.sleep(0.005)
                    continue
                form = {"AccountSid": ACCOUNT_SID, "CallSid": call.sid, "CallStatus": "in-progress"}
                document = await answered(call.call_id, form)
                assert f">agent-{call.agent_id}-" in document, document
                _talk(account, floor, call, webhooks)
                await asyncio.sleep(0)
        await floor.run(_set(), 0.0)
        account.calls.clear()
        account.legs._legs.clear()
        await house.close()
        server.should_exit = True
        await serving
    return found


def _set() -> asyncio.Event:
    told = asyncio.Event()
    told.set()
    return told


def _talk(account: Any, floor: Any, call: Any, webhooks: Any) -> None:
    """The person is joined, talks not at all, and leaves; the agent is ready for the next."""
    leg = account.legs.parked(call.agent_id)
    join = {"StatusCallbackEvent": "participant-join", "ParticipantLabel": call.call_id, "CallSid": call.sid}
    webhooks.room_reported(account, call.agent_id, leg.leg_id, join)
    webhooks.status_reported(account, call.call_id, {"CallStatus": "completed"})
    floor.desks.dispose(call.agent_id, call.call_id, "NO")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
