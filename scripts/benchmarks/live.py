"""A live floor on this machine: the simulated Twilio, `dialer serve`, scripted agents, in real time.

scripts/bench live                 10 minutes at 5 calls/s with 20 agents
scripts/bench live --minutes 0.5   a short look

Both run as processes of their own, over real HTTP. A new campaign dials one line per agent until so many people were
served that one abandonment more would stay under the cap; 20 agents place about one call a second then, because a phone
rings for some 20 s. The minutes are counted from where this opening is over. Afterwards the carrier's books are held
against the dialer's, the opening's too: every call, every result, and for every person who stayed, how soon an agent's
voice or the message was there. The times of `/answer` are those the carrier measured, from its request to the last byte
of the reply. "What bound the pace" is the end of the board's sentence, looked at every second.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

__all__ = ["SUMMARY", "main"]

SUMMARY = "a live floor in real time: /answer p50/p99, and whether the books of carrier and dialer agree"

#: The law's 2 s to an agent or the message; what a callback and a join take lies between the two clocks, s.
_WITHIN, _SLACK = 2.0, 0.5


def main(argv: list[str]) -> int:
    """Run the floor, print, write where asked; 1 when the books disagree or somebody waited too long."""
    parser = argparse.ArgumentParser(
        prog="scripts/bench live", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--minutes", type=float, default=10.0, help="how long calls are placed, from the end of the opening"
    )
    parser.add_argument("--longest-opening", type=float, default=6.0, metavar="MINUTES", help="given up after so long")
    parser.add_argument("--agents", type=int, default=20)
    parser.add_argument("--calls-per-second", type=float, default=5.0)
    parser.add_argument("--answer-rate", type=float, default=0.3)
    parser.add_argument("--talk", type=float, default=2.0, help="how long agents talk, s")
    parser.add_argument("--mode", default="ratio", help="ratio, predictive or progressive")
    parser.add_argument("--lines-per-agent", type=float, default=10.0, help="in ratio mode")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures here")
    args = parser.parse_args(argv)
    from machine import describe

    with tempfile.TemporaryDirectory() as folder:
        report = asyncio.run(_run(Path(folder), args))
    report = {"machine": describe("fastapi", "uvicorn", "twilio"), **report}
    print("  ".join(f"{name}: {value}" for name, value in report["machine"].items()))
    for name, value in report.items():
        if name not in ("machine", "wrong"):
            print(f"{name:<36} {value}")
    for line in report["wrong"][:20]:
        print(f"WRONG: {line}")
    if args.json is not None:
        args.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    return 1 if report["wrong"] else 0


async def _run(root: Path, args: argparse.Namespace) -> dict[str, Any]:
    import httpx
    from kits.floors import AGENTS_CALLER_ID, CALLER_IDS, NAME, fictitious_numbers, make_folder
    from kits.scripted_agents import ScriptedAgent

    from dialer.carriers.emulator import ACCOUNT_SID, AUTH_TOKEN, read_books

    carrier_port, port = _free_port(), _free_port()
    phones = [f"+12025550{100 + seat:03d}" for seat in range(args.agents)]
    settings = (
        f'carrier = "twilio"\nlease_seconds = 30\n\n[twilio]\naccount_sid = "{ACCOUNT_SID}"\n'
        f'public_url = "http://127.0.0.1:{port}"\nbase_url = "http://127.0.0.1:{carrier_port}"\n'
        f'calls_per_second = {args.calls_per_second}\nagents_caller_id = "{AGENTS_CALLER_ID}"\n'
    )
    wanted = round((args.minutes + 2.0) * 60.0 * args.calls_per_second)
    workspace, secrets = make_folder(
        root / "w", fictitious_numbers(max(2 * wanted, 1500)), args.agents,
        mode=args.mode, rate=args.calls_per_second, settings=settings, lines=args.lines_per_agent,
    )  # fmt: skip
    books_file = root / "books.jsonl"
    environment = {**os.environ, "DIALER_TWILIO_AUTH_TOKEN": AUTH_TOKEN}
    simulate = ["carrier", "simulate", "--port", str(carrier_port), "--books", str(books_file)]
    simulate += ["--answer-rate", str(args.answer_rate), "--country", "+1", "--country", "+44"]
    simulate += [word for each in (*CALLER_IDS, AGENTS_CALLER_ID) for word in ("--number", each)]
    simulate += [word for each in phones for word in ("--agent-phone", each)]
    serve = ["--dir", str(workspace.root), "serve", NAME, "--port", str(port), "--patience", "90"]
    with (
        _process(simulate, root / "carrier.out", environment) as carrier,
        _process(serve, root / "serve.out", environment) as floor,
    ):
        await _until(lambda: f"{NAME} is running" in (root / "serve.out").read_text(), floor, root / "serve.out")
        seats = [
            ScriptedAgent(
                name,
                secret,
                f"http://127.0.0.1:{port}",
                phone=phone,
                campaign=NAME,
                talk=args.talk,
                code=lambda _: "NO",
            )
            for (name, secret), phone in zip(secrets.items(), phones, strict=True)
        ]
        tasks = [asyncio.create_task(each.work(asyncio.Event())) for each in seats]
        opening, steady = Counter[str](), Counter[str]()
        began = time.monotonic()
        await _watch(workspace.root, floor, opening, args.longest_opening, until_open=True)
        opened, opened_at = time.monotonic() - began, time.time()
        await _watch(workspace.root, floor, steady, args.minutes)
        closed_at = time.time()
        floor.send_signal(signal.SIGTERM)
        await asyncio.gather(*tasks)
        code = await asyncio.to_thread(floor.wait, 120.0)
        asked = httpx.get(
            f"http://127.0.0.1:{carrier_port}/control/callbacks", auth=(ACCOUNT_SID, AUTH_TOKEN), timeout=60.0
        ).json()
        carrier.send_signal(signal.SIGTERM)
        await asyncio.to_thread(carrier.wait, 30.0)
    books = read_books(books_file)
    rows = _attempts(workspace.root / "dialer.db")
    people = [each for each in books if each.direction == "outbound-api" and each.to not in phones]
    return {
        "agents": args.agents,
        "exit code of serve": code,
        "minutes of opening at 1:1": round(opened / 60.0, 2),
        "minutes": round((closed_at - opened_at) / 60.0, 2),
        "calls placed": len(rows),
        "calls per second, after the opening": round(
            sum(opened_at <= _seconds(row["placed_at"]) < closed_at for row in rows) / (closed_at - opened_at), 2
        ),
        "what bound the pace": dict(steady.most_common(4)),
        "results": dict(Counter(row["result"] for row in rows)),
        **_waits(people),
        **_answer_times(asked),
        "wrong": [*_disagreements(rows, people), *_left_waiting(people)],
    }


async def _watch(
    root: Path, floor: subprocess.Popen[bytes], why: Counter[str], minutes: float, until_open: bool = False
) -> None:
    """Look at the board every second for so long, or until the opening is over; count what bound the pace."""
    import httpx
    from kits.floors import NAME

    from dialer.runtime.live.floor_file import find_floor

    found = find_floor(root)
    assert found is not None
    end = time.monotonic() + minutes * 60.0
    async with httpx.AsyncClient(
        base_url=found.url, headers={"Authorization": f"Bearer {found.token}"}, timeout=30.0
    ) as http:
        while time.monotonic() < end:
            await asyncio.sleep(1.0)
            assert floor.poll() is None, (root.parent / "serve.out").read_text()
            board = (await http.get(f"/control/campaigns/{NAME}")).json()
            bound = board["why"].rstrip(".").rpartition("; ")[2]
            why[bound] += 1
            if until_open and board["served"] and not bound.startswith("1:1"):
                return


def _seconds(instant: str) -> float:
    """Seconds since the epoch of an instant as the database has it, in UTC."""
    return datetime.fromisoformat(instant).replace(tzinfo=UTC).timestamp()


def _answer_times(asked: Iterable[dict[str, Any]]) -> dict[str, Any]:
    spent = sorted(
        1000.0 * each["seconds"] for each in asked if "/answer/" in each["url"] and each.get("seconds") is not None
    )
    if not spent:
        return {"/answer": "none measured"}
    at = lambda share: round(spent[min(len(spent) - 1, int(share * len(spent)))], 1)  # noqa: E731
    return {"/answer requests": len(spent), "/answer p50 ms": at(0.5), "/answer p99 ms": at(0.99)}


def _waits(people: list[Any]) -> dict[str, Any]:
    voice = sorted(each.seconds_to_voice for each in people if each.seconds_to_voice is not None)
    humans = [each for each in people if each.result == "human"]
    return {
        "live answers": len(humans),
        "heard an agent": len(voice),
        "heard the message": sum(each.heard_any("message") for each in humans),
        "to an agent's voice p50 / p99 s": "-" if not voice else (
            f"{voice[len(voice) // 2]:.2f} / {voice[min(len(voice) - 1, int(0.99 * len(voice)))]:.2f}"
        ),
    }  # fmt: skip


def _disagreements(rows: list[dict[str, Any]], people: list[Any]) -> Iterator[str]:
    """Where the dialer's record is not the carrier's."""
    by_ref = {each.call: each for each in people}
    for row in rows:
        book = by_ref.pop(row["carrier_ref"], None)
        if row["state"] != "ended":
            yield f"{row['call_id']} is still {row['state']}"
        elif book is None and row["carrier_ref"] is not None:
            yield f"{row['call_id']} is unknown to the carrier"
        elif book is not None:
            served = any(name != book.to for name in book.spoke_with)
            if (row["result"] == "human") != served:
                yield f"{row['call_id']} is booked as {row['result']}; the carrier heard {book.spoke_with}"
            if row["result"] in ("busy", "no_answer", "invalid", "cancelled") and book.answered_at is not None:
                yield f"{row['call_id']} is booked as {row['result']}; the carrier saw it answered"
            if row["result"] in ("abandoned", "hung_up_first") and book.answered_at is None:
                yield f"{row['call_id']} is booked as {row['result']}; nobody answered"
    yield from (f"the carrier's {sid} to {book.to} is no attempt of the dialer" for sid, book in by_ref.items())


def _left_waiting(people: list[Any]) -> Iterator[str]:
    for book in people:
        if book.result != "human" or book.ended_at is None:
            continue
        heard = [each for each in (book.seconds_to_voice, book.seconds_to_prompt) if each is not None]
        if book.ended_at - book.answered_at > _WITHIN + _SLACK and (not heard or min(heard) > _WITHIN + _SLACK):
            yield f"{book.to} waited {min(heard, default=float('inf')):.2f} s"


def _attempts(database: Path) -> list[dict[str, Any]]:
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    connection.row_factory = sqlite3.Row
    try:
        return [dict(row) for row in connection.execute("SELECT * FROM attempt")]
    finally:
        connection.close()


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def _process(words: list[str], out: Path, environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    start = "import sys; from dialer.cli import main; sys.argv[0] = 'dialer'; main()"
    with out.open("wb") as file:
        process = subprocess.Popen([sys.executable, "-c", start, *words], stdout=file, stderr=file, env=environment)
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()


async def _until(wanted: Any, process: subprocess.Popen[bytes], out: Path) -> None:
    end = time.monotonic() + 90.0
    while not wanted():
        assert process.poll() is None and time.monotonic() < end, out.read_text()
        await asyncio.sleep(0.1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
