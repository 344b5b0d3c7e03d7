"""Campaigns that begin by themselves when their hours open."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hand_floor import HandFloor, hand_floor

from dialer.carriers.twilio.rest import NotSent
from dialer.runtime.live.floor import LiveFloor
from dialer.runtime.live.openings import Openings

#: 10:00 in London of a working day: the campaign of the kit is open around the clock there, on working days only here.
OPEN = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)


def begins_by_itself(root: Path, hours: str = '["09:00-17:00"]') -> None:
    file = root / "w" / "campaigns" / "demo.toml"
    text = file.read_text().replace('mon_fri = ["00:00-24:00"]', f"autostart = true\nmon_fri = {hours}")
    file.write_text(text.replace('sat = ["00:00-24:00"]\nsun = ["00:00-24:00"]\n', ""))


async def until(floor: LiveFloor, names: tuple[str, ...]) -> None:
    for _ in range(400):
        if floor.names == names:
            return
        await asyncio.sleep(0.02)
    pytest.fail(f"{floor.names} run, not {names}")


def test_a_campaign_is_begun_once_in_each_of_its_windows(tmp_path: Path):
    async def story() -> None:
        async with hand_floor(tmp_path, begin=False) as floor:
            openings = Openings(floor.workspace)
            assert openings.due(OPEN, ()) == []  # its file does not say so
            begins_by_itself(tmp_path)
            openings = Openings(floor.workspace)
            assert openings.due(OPEN - timedelta(hours=2), ()) == []
            assert openings.due(OPEN, ()) == ["demo"]
            assert openings.due(OPEN + timedelta(seconds=1), ()) == []  # files are not read at every beat
            openings.failed("demo", OPEN)
            assert openings.due(OPEN + timedelta(seconds=30), ()) == []
            assert openings.due(OPEN + timedelta(seconds=61), ()) == ["demo"]
            openings.begun("demo", OPEN + timedelta(seconds=61))
            assert openings.due(OPEN + timedelta(hours=3), ()) == []  # stopped by the operator: it stays so
            assert openings.due(OPEN + timedelta(hours=8), ()) == []
            assert openings.due(OPEN + timedelta(hours=23, minutes=30), ()) == ["demo"]
            again = Openings(floor.workspace)
            assert again.due(OPEN, ("demo",)) == []  # it runs, by `dialer run` say
            assert again.due(OPEN + timedelta(hours=3), ()) == []

    asyncio.run(story())


def test_a_floor_begins_what_opens_and_tries_again_when_the_carrier_cannot_be_asked(tmp_path: Path):
    async def story() -> None:
        async with hand_floor(tmp_path, begin=False) as floor:
            begins_by_itself(tmp_path, '["09:00-20:00"]')
            stopped = asyncio.Event()
            unheard = floor.door.rooms
            floor.door.rooms = lost_carrier  # type: ignore[method-assign]
            running = asyncio.create_task(floor.floor.run(stopped, 0.0))
            await asyncio.sleep(0.6)
            assert floor.floor.names == () and floor.rows("SELECT 1 FROM run") == []
            floor.door.rooms = unheard  # type: ignore[method-assign]
            await pass_time(floor, 70.0)
            await until(floor.floor, ("demo",))
            floor.floor.stop("demo", "enough")
            await until(floor.floor, ())
            await pass_time(floor, 600.0)
            await asyncio.sleep(0.6)
            assert floor.floor.names == ()
            stopped.set()
            await running
            assert floor.rows("SELECT ended_why FROM run") == [("enough",)]

    asyncio.run(story())


def lost_carrier() -> dict[str, str]:
    raise NotSent("the carrier could not be reached")


async def pass_time(floor: HandFloor, seconds: float) -> None:
    floor.clock.run(floor.clock.now() + seconds)
    await floor.settle()
