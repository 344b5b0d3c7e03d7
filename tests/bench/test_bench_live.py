"""What the live studies conclude: the books are held against each other, and a broken promise shows in the table."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from dialer.carriers.emulator import CallBook
from dialer.carriers.emulator.books import Heard

BENCHMARKS = Path(__file__).parents[2] / "scripts" / "benchmarks"
PERSON, AGENT = "+12125550142", "+12025550150"


def module(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"bench_{name}", BENCHMARKS / f"{name}.py")
    assert spec is not None and spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def book(**seen: object) -> CallBook:
    return CallBook("CA1", to=PERSON, direction="outbound-api", **seen)  # type: ignore[arg-type]


def row(**changes: object) -> dict[str, object]:
    return {"call_id": "r-1", "carrier_ref": "CA1", "state": "ended", "result": "human", **changes}


SERVED = {
    "answered_at": 10.0, "ended_at": 20.0, "result": "human", "heard": [Heard("voices", (AGENT,), 10.2, 20.0)],
}  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "books", "wrong"),
    [
        ([row()], [book(**SERVED)], []),
        ([row(state="ringing", result=None)], [book()], ["still ringing"]),
        ([row()], [], ["unknown to the carrier"]),
        ([], [book()], ["no attempt of the dialer"]),
        ([row(result="abandoned")], [book(**SERVED)], ["booked as abandoned"]),
        ([row(result="busy")], [book(answered_at=10.0, ended_at=11.0)], ["the carrier saw it answered"]),
        ([row(result="abandoned")], [book(ended_at=11.0)], ["nobody answered"]),
    ],
)
def test_where_the_books_of_dialer_and_carrier_disagree_it_is_said(rows, books, wrong):
    found = list(module("live")._disagreements(rows, books))
    assert len(found) == len(wrong)
    assert all(part in line for part, line in zip(wrong, found, strict=True))


def test_who_waited_longer_than_the_law_allows_is_named():
    late = [Heard("silence", "", 10.0, 13.0), Heard("voices", (AGENT,), 13.0, 20.0)]
    left_waiting = module("live")._left_waiting
    assert list(left_waiting([book(**SERVED)])) == []
    assert list(left_waiting([book(**{**SERVED, "heard": late})])) == [f"{PERSON} waited 3.00 s"]
    assert list(left_waiting([book(**{**SERVED, "ended_at": 11.0, "heard": []})])) == []  # left by themselves


def test_the_table_counts_the_floors_in_which_a_promise_was_broken():
    floors = [
        {
            "fault": "kill -9",
            "happened": {"calls": 9, "in flight at the kill": 2},
            "wrong": {"a_b": [], "c": ["row 7"]},
        },
        {
            "fault": "kill -9",
            "happened": {"calls": 8, "in flight at the kill": 3},
            "wrong": {"a_b": [], "c": ["x", "y"]},
        },
        {"fault": "429", "happened": {"calls": 12, "strikes": 1}, "wrong": {"a_b": [], "c": []}},
    ]
    lines = module("survival")._table(floors)
    assert [line.split() for line in lines[1:4]] == [
        ["fault", "floors", "calls", "hits", "a", "b"],
        ["429", "1", "12", "1", "-", "-"],
        ["kill", "-9", "2", "17", "5", "-", "2"],
    ]
    assert lines[5:7] == ["   a  a b", "   b  c"]


def test_a_story_that_could_not_be_told_is_no_kept_promise(monkeypatch: pytest.MonkeyPatch):
    def fails(folder: Path, seed: int) -> dict[str, list[str]]:
        raise AssertionError(f"no floor for {seed}")

    monkeypatch.setitem(sys.modules, "stories", SimpleNamespace(kill_story=fails, fault_story=fails))
    monkeypatch.setattr(sys, "path", list(sys.path))
    told = module("survival")._told(("kill -9", 5))
    assert (told["fault"], told["seed"]) == ("kill -9", 5)
    assert "no floor for 5" in told["wrong"]["the_story_was_told"][0]
