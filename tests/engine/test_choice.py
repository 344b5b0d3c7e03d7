"""Which leads are dialed: the next ones, or those that the pacer chooses where leads differ."""

import pytest
from floor_kit import DISPOSITIONS, ScriptedPacer, recycle

from dialer.engine import Engine, EngineConfig
from dialer.engine import commands as cmd
from dialer.engine import events as ev


class Chooser(ScriptedPacer):
    """Chooses the positions that the test says."""

    chosen: tuple[int, ...] = ()

    def choose(self, estimates):
        self.estimates = tuple(estimates)
        return self.chosen


def floor(estimates, pacer, **config):
    engine = Engine(EngineConfig(dispositions=DISPOSITIONS, **({"calls_per_second": 1000.0} | config)), pacer, recycle)
    leads = [ev.Lead(i, f"+1919555{100 + i:04d}", i, 0, known) for i, known in enumerate(estimates)]
    engine.handle(ev.LeadsOffered(0.0, tuple(leads)))
    engine.handle(ev.AgentReady(0.0, "ann"))
    return engine


def dialed(engine, pacer, at, count):
    pacer.dial = count
    return [each.lead_id for each in engine.handle(ev.Tick(at)) if isinstance(each, cmd.Dial)]


def test_the_leads_that_the_pacer_chooses_are_dialed_and_the_others_keep_their_order():
    pacer = Chooser()
    engine = floor([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7], pacer)
    pacer.chosen = (4, 1)
    assert dialed(engine, pacer, 1.0, 2) == [4, 1]
    assert pacer.estimates == (0.1, 0.2, 0.3, 0.4, 0.5, 0.6)  # three for each one to dial
    assert [lead.lead_id for lead in engine.floor.leads] == [0, 2, 3, 5, 6]


def test_the_limits_hold_whatever_is_chosen():
    pacer = Chooser()
    engine = floor([0.1] * 9, pacer, lines=2)
    pacer.chosen = (5, 4, 3)
    assert dialed(engine, pacer, 1.0, 3) == [5, 4]


def test_a_lead_without_an_estimate_waits_for_no_surer_one():
    pacer = Chooser()
    engine = floor([None, 0.9, 0.9, 0.9], pacer)
    pacer.chosen = (1,)
    assert dialed(engine, pacer, 1.0, 1) == [0]
    assert not hasattr(pacer, "estimates")


@pytest.mark.parametrize("pacer", [ScriptedPacer(), Chooser()])
def test_without_leads_nothing_is_dialed(pacer):
    assert dialed(floor([], pacer), pacer, 1.0, 3) == []


def test_a_pacer_that_does_not_choose_dials_them_as_they_come():
    pacer = ScriptedPacer()
    assert dialed(floor([0.1, 0.9, 0.5], pacer), pacer, 1.0, 2) == [0, 1]
