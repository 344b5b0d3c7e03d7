"""The real clock: monotonic, and never behind the law's."""

from __future__ import annotations

import asyncio
import time

import pytest

from dialer.runtime import clock as clock_module
from dialer.runtime.clock import LoopClock


def on_a_loop(test):
    """Run a coroutine function that takes a `LoopClock`."""

    async def go():
        return await test(LoopClock(asyncio.get_running_loop()))

    return asyncio.run(go())


def test_it_tells_the_time_of_day_and_never_runs_back():
    async def test(clock):
        assert abs(clock.now() - time.time()) < 0.1
        told = [clock.now() for _ in range(1000)]
        assert told == sorted(told)
        assert not clock.set_back()

    on_a_loop(test)


def test_callbacks_come_in_order_past_ones_at_once_and_cancelled_ones_never():
    async def test(clock):
        came = []
        now = clock.now()
        clock.call_at(now + 0.04, lambda: came.append("later"))
        clock.call_at(now + 0.02, lambda: came.append("sooner"))
        clock.call_at(now - 60.0, lambda: came.append("past"))
        clock.call_at(now + 0.01, lambda: came.append("never")).cancel()
        await asyncio.sleep(0.08)
        assert came == ["past", "sooner", "later"]

    on_a_loop(test)


def test_after_the_machine_slept_the_hour_is_the_walls(monkeypatch):
    async def test(clock):
        before = clock.now()
        asleep = time.time
        monkeypatch.setattr(clock_module.time, "time", lambda: asleep() + 3 * 3600.0)
        assert clock.now() - before == pytest.approx(3 * 3600.0, abs=1.0)
        came = []
        clock.call_at(clock.now() + 0.01, lambda: came.append("timer"))
        await asyncio.sleep(0.04)
        assert came == ["timer"] and not clock.set_back()

    on_a_loop(test)


def test_a_clock_that_was_set_back_is_noticed_and_time_does_not_run_back(monkeypatch):
    async def test(clock):
        before = clock.now()
        right = time.time
        monkeypatch.setattr(clock_module.time, "time", lambda: right() - 3 * 3600.0)
        assert clock.now() >= before
        assert clock.set_back()

    on_a_loop(test)
