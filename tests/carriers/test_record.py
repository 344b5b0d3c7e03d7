"""The carrier's own record is evidence: complete, flushed at once, readable after a crash."""

import os
import subprocess
import sys
import textwrap

import pytest

from dialer.carriers.simulated import CarrierRecord, Encounter, read_record
from dialer.simulation.people import People


def test_the_file_tells_the_same_as_the_memory(line, tmp_path):
    path = tmp_path / "carrier.jsonl"
    with CarrierRecord(path) as record:
        line = line(people=People(4, 0.5), record=record)
        for number in range(100):
            line.place(f"c{number}", f"+1202555{number:04}")
        line.run(10)
        for event in list(line.events):
            if type(event).__name__ == "Answered":
                line.carrier.play_message(event.call_id)
        line.run(1000)
        assert read_record(path) == list(record)
    assert len(read_record(path)) == 100


def test_a_killed_process_leaves_every_call_it_dialed(tmp_path):
    path = tmp_path / "carrier.jsonl"
    program = f"""
        import os, signal
        from pathlib import Path
        from dialer.carriers.port import PlaceRequest
        from dialer.carriers.simulated import CarrierRecord, SimulatedCarrier
        from dialer.clock import VirtualClock
        from dialer.simulation.people import People
        clock = VirtualClock(1.8e9)
        carrier = SimulatedCarrier(clock, People(1, 0.5), record=CarrierRecord(Path({str(path)!r})))
        carrier.open(lambda event: None)
        for number in range(50):
            number = f"+12025550{{number:03}}"
            carrier.place(PlaceRequest(f"c{{number[-2:]}}", number, "+12025550000", 26.0, 60.0, False))
        clock.run(1.8e9 + 10)
        os.kill(os.getpid(), signal.SIGKILL)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], check=False, env=os.environ.copy())
    assert done.returncode == -9
    calls = read_record(path)
    assert [call.call_id for call in calls] == [f"c{number:02}" for number in range(50)]
    assert any(call.answered_at is not None for call in calls)
    assert any(call.ended_at is None for call in calls)


def test_a_line_cut_short_is_ignored_and_repaired_by_the_next_run(tmp_path, line):
    path = tmp_path / "carrier.jsonl"
    path.write_text(
        '{"call_id": "c1", "number": "+1", "caller_id": "+2", "at": 1.0, "nth": 1, "result": "human"}\n'
        '{"call_id": "c1", "answ'
    )
    (call,) = read_record(path)
    assert call.answered_at is None
    with CarrierRecord(path) as record:
        line = line(Encounter("busy", ring=1.0), record=record)
        line.place("c1")
        line.run(5)
    first, second = read_record(path)  # a call id dialed again by another process is seen
    assert (first.cause, second.cause) == (None, "busy")


def test_a_broken_line_in_the_middle_is_an_error(tmp_path):
    path = tmp_path / "carrier.jsonl"
    path.write_text("{oops\n{}\n")
    with pytest.raises(ValueError, match=r"line 1 of .* is no JSON"):
        read_record(path)
