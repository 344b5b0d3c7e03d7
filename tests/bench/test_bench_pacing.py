"""The pacing benchmark runs, resumes, judges and writes its page; the example loop in the docs runs."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "scripts" / "benchmarks"))

from pacing_study import page, plots, rows, study, targets  # noqa: E402 (a script's own package)
from pacing_study.cells import Bench, Case  # noqa: E402
from pacing_study.contenders import PROGRESSIVE, product, ratio  # noqa: E402

from dialer.simulation.presets import reference  # noqa: E402


def test_the_quick_form_measures_and_writes_the_page(tmp_path):
    out = tmp_path / "figures.json"
    command = [sys.executable, ROOT / "scripts" / "benchmarks", "pacing", "--quick", "--json", out, "--docs", tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    report = json.loads(out.read_text())
    cell = report["table"]["N=10 p=0.3"]
    assert cell["progressive 1:1"]["rate"] == 0.0
    assert cell["clairvoyant"]["utilisation"] > cell["progressive 1:1"]["utilisation"] + 0.2
    assert report["decide"]["N=30"]["p99_ms"] > 0.0
    text = (tmp_path / "benchmark.md").read_text()
    assert text.strip().startswith(done.stdout.strip()[:60])
    assert "| clairvoyant |" in text
    assert "](wait.svg)" in text
    assert (tmp_path / "wait.svg").read_text().lstrip().startswith("<?xml")
    assert str(ROOT) not in text


def case(seed=1, contender=PROGRESSIVE):
    return Case(reference(3, 0.3).lasting(1, 0.1), contender, seed)


def test_finished_cases_are_not_run_again(tmp_path):
    file = tmp_path / "cells.jsonl"
    first = Bench(file, 1, quiet=True).run([case(1), case(2)])
    file.write_text(file.read_text() + '{"key": "cut sho')  # a run that was stopped
    entries = file.read_text().splitlines()
    again = Bench(file, 1, quiet=True)
    assert again.run([case(2), case(1), case(2)]) == [first[1], first[0], first[1]]
    assert file.read_text().splitlines() == entries


def test_two_processes_give_the_figures_of_one(tmp_path):
    alone = Bench(None, 1, quiet=True).run([case(1), case(2, ratio(2.0, ready_only=True))])
    both = Bench(None, 2, quiet=True).run([case(1), case(2, ratio(2.0, ready_only=True))])
    assert [{**each, "cpu": 0} for each in alone] == [{**each, "cpu": 0} for each in both]


def test_the_key_of_our_results_changes_with_our_code(monkeypatch):
    ours = case(contender=product("no levers"))
    before = ours.key
    monkeypatch.setattr("pacing_study.cells._FINGERPRINT", "other")
    assert ours.key != before
    assert case().key == case().key
    assert "other" not in case().key


@pytest.mark.parametrize(
    ("agents", "share", "days", "seeds", "hours"),
    [(5, 1.0, 10, 4, 8.0), (10, 1.0, 10, 2, 8.0), (500, 1.0, 1, 2, 1.0), (100, 0.1, 1, 1, 1.6)],
)
def test_small_floors_are_simulated_longer(agents, share, days, seeds, hours):
    size = rows.Size(1600.0 if agents < 500 else 100.0)
    floor, found = size.plan(reference(agents, 0.3), share)
    if agents == 5:
        assert (floor.days * len(found), floor.hours) == (40, 8.0)
    else:
        assert (floor.days, len(found), floor.hours) == (days, seeds, hours)


def result(**changes):
    base = {
        "utilisation": 0.5,
        "mean_wait": 20.0,
        "p95_wait": 50.0,
        "served": 100,
        "abandoned": 0,
        "true_answers": 100,
        "true_abandoned": 0,
        "worst_period": 0.0,
        "worst_running": 0.0,
        "periods": 1,
        "periods_over": 0,
        "lines": 10.0,
        "most_lines": 12,
        "placed": 400,
        "released": 0,
        "signed_in": 40.0,
        "cpu": 1.0,
        "decisions": 10,
    }
    return base | changes


def test_seeds_are_pooled_by_what_their_shares_are_of():
    both = rows.pooled(
        [
            result(utilisation=0.4, signed_in=10.0, served=97, abandoned=3, mean_wait=10.0, worst_period=0.03),
            result(utilisation=0.8, signed_in=30.0, served=291, abandoned=9, mean_wait=30.0, worst_period=0.03),
        ]
    )
    assert both["utilisation"] == pytest.approx(0.7)
    assert both["rate"] == pytest.approx(12 / 400)
    assert both["mean_wait"] == pytest.approx((97 * 10 + 291 * 30) / 388)
    assert (both["seeds"], both["periods"], both["answers"]) == (2, 2, 400)


def table_of(ours, rival=0.8):
    found = {row: {**rows.pooled([result(utilisation=ours, mean_wait=10.0)])} for row in study.OURS}
    found["VICIdial, best of 156"] = rows.pooled([result(utilisation=rival, mean_wait=22.0)])
    found["ratio of ready agents, tuned"] = rows.pooled([result(utilisation=rival)])
    return {"N=10 p=0.1": found}


def test_the_lines_to_hold_are_judged_cell_by_cell():
    lines = {each["line"]: each for each in study.holds(table_of(0.82), [(10, 0.1)])}
    plain = lines["ours, no levers: utilisation"]
    assert (plain["need"], plain["met"]) == (pytest.approx(81.0 - 0.7), True)
    levers = lines["ours, levers 1-3: utilisation"]
    assert (levers["need"], levers["met"]) == (pytest.approx(85.6 - 1.0), False)
    assert levers["distance"] == pytest.approx(82.0 - 84.6)
    wait = lines["wait with levers / best VICIdial's"]
    assert (wait["got"], wait["need"], wait["met"]) == (pytest.approx(10 / 22), targets.WAIT_SHARE, True)
    assert lines["ours at 1 %, levers 1-3: above every rival at 3 %"]["met"]
    assert all(each["met"] for line, each in lines.items() if "worst period" in line)


def test_a_period_over_the_cap_is_a_missed_line():
    found = table_of(0.9)
    found["N=10 p=0.1"]["ours, no levers"]["worst_period"] = 0.0301
    missed = [each["line"] for each in study.holds(found, [(10, 0.1)]) if not each["met"]]
    assert missed == ["ours, no levers: worst period"]


def test_periods_over_the_cap_are_counted():
    found = study.periods(Bench(None, 1, quiet=True), 3, 0.4, 2, 1, ratio(6.0, ready_only=True), hours=0.3)
    assert found["periods"] == 2
    assert found["periods_over"] == 2
    assert found["worst_period"] > 0.03
    assert "| 2 |" in page.text({"machine": {}, "periods": [found]})


def test_plots_are_the_same_for_the_same_figures(tmp_path):
    report = {
        "cells": [[10, 0.1], [30, 0.1]],
        "table": {
            f"N={n} p=0.1": {row: rows.pooled([result()]) for row in ("progressive 1:1", "ours, no levers")}
            for n in (10, 30)
        },
        "frontier": {"N=10 p=0.1": {"ours, no levers": [rows.pooled([result(abandoned=n)]) for n in range(4)]}},
        "trace": {
            "floor": "swing",
            "agents": 3,
            "answer_rate": 0.2,
            "series": {name: [[120.0 * n, 0.5, 4, 0.01, 0.2] for n in range(20)] for name in ("ours", "theirs")},
        },
    }
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        names = [name for name, _ in plots.draw(report, tmp_path / folder)]
    assert names == ["frontier-N10-p01.svg", "wait.svg", "day.svg"]
    for name in names:
        first, second = (tmp_path / folder / name for folder in ("a", "b"))
        assert first.read_bytes() == second.read_bytes()
        assert first.stat().st_size < 120_000


def test_the_example_loop_of_the_docs_runs():
    sys.path.insert(0, str(ROOT / "docs" / "pacing"))
    from example_floor import simulate

    from dialer.pacing import PacingPolicy, make_pacer

    policy = PacingPolicy(mode="predictive")
    utilisation, rate, reason = simulate(make_pacer(policy), policy, hours=0.5)
    assert 0.5 < utilisation < 1.0
    assert rate <= 0.03
    assert reason.startswith("Dialing ")
