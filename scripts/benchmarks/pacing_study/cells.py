"""Cases, run over processes and filed in a JSON Lines file, so that a long study goes on where it was stopped."""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dialer.pacing
from dialer.simulation.floor import FloorRun
from dialer.simulation.scenario import Scenario
from pacing_study.contenders import Contender

__all__ = ["Bench", "Case", "Result"]

#: To be raised when the simulated world changes, which makes all filed results void.
WORLD = 1

Result = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """One contender on one floor with one seed."""

    scenario: Scenario
    contender: Contender
    seed: int

    @property
    def key(self) -> str:
        """Under which the result is filed."""
        floor = self.scenario
        code = f" #{_pacing_code()}" if self.contender.ours else ""
        return f"w{WORLD} {floor.name} {floor.days}x{floor.hours:g}h seed={self.seed} | {self.contender.name}{code}"

    @property
    def weight(self) -> float:
        """How long it takes, roughly: calls to place, and the pacer's own work."""
        agent_hours = self.scenario.agents * self.scenario.days * self.scenario.hours
        return agent_hours / max(self.scenario.settings.answer_rate, 0.02) * (2.0 if self.contender.ours else 1.0)

    def run(self) -> Result:
        """Run it."""
        began = time.process_time()
        scenario = self.scenario.with_levers(self.contender.levers).seeded(self.seed)
        figures = FloorRun(scenario, self.contender.policy, self.contender.make).run()
        return {**figures.to_dict(), "cpu": round(time.process_time() - began, 2)}


class Bench:
    """Runs cases over processes; knows those that were run before.

    Args:
        file: where results are filed, one line each; None keeps them for this run only.
        processes: how many at once.
        quiet: no line on standard error for each finished case.
    """

    def __init__(self, file: Path | None, processes: int = 2, *, quiet: bool = False) -> None:
        self._file = file
        self._processes = processes
        self._quiet = quiet
        self._known: dict[str, Result] = {}
        if file is not None and file.exists():
            for line in file.read_text(encoding="utf-8").splitlines():
                try:
                    entry = json.loads(line)
                except ValueError:
                    continue  # the last line of a run that was stopped
                self._known[entry["key"]] = entry["result"]

    def run(self, cases: Iterable[Case]) -> list[Result]:
        """Give the results of all cases, in their order; those that are not known yet are run, the longest first."""
        wanted = list(cases)
        once = {case.key: case for case in wanted if case.key not in self._known}
        missing = sorted(once.values(), key=lambda case: -case.weight)
        if len(missing) < 2 or self._processes < 2:
            for case in missing:
                self._enter(case, case.run())
        else:
            with ProcessPoolExecutor(self._processes, initializer=os.nice, initargs=(5,)) as pool:
                under_way = {pool.submit(case.run): case for case in missing}
                for done in as_completed(under_way):
                    self._enter(under_way[done], done.result())
        return [self._known[case.key] for case in wanted]

    def _enter(self, case: Case, result: Result) -> None:
        self._known[case.key] = result
        if self._file is not None:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with self._file.open("a", encoding="utf-8") as out:
                out.write(json.dumps({"key": case.key, "result": result}) + "\n")
        if not self._quiet:
            used, rate = 100 * result["utilisation"], 100 * result["rate"]
            print(f"{result['cpu']:7.1f} s  {used:5.1f} %  {rate:5.2f} %  {case.key}", file=sys.stderr, flush=True)


def _pacing_code() -> str:
    """A fingerprint of the product's pacing code."""
    global _FINGERPRINT  # noqa: PLW0603 (read once a process)
    if _FINGERPRINT is None:
        digest = hashlib.blake2b(digest_size=4)
        for file in sorted(Path(dialer.pacing.__file__).parent.glob("*.py")):
            digest.update(file.read_bytes())
        _FINGERPRINT = digest.hexdigest()
    return _FINGERPRINT


_FINGERPRINT: str | None = None
