"""What Prometheus reads: one registry for the process, named as the field names things."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from dialer.engine import AgentState, CallState
from dialer.runtime.live.floor import LiveFloor

__all__ = ["ANSWER_SECONDS", "FORGED", "REGISTRY", "FloorCollector"]

REGISTRY = CollectorRegistry()
ANSWER_SECONDS = Histogram(
    "dialer_answer_seconds",
    "From the carrier's request for an answered call to our reply",
    buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 0.8, 1.5),
    registry=REGISTRY,
)
FORGED = Counter("dialer_forged_callbacks", "Callbacks whose signature was not ours", registry=REGISTRY)


class FloorCollector(Collector):
    """Derives every figure from the floor's records at the moment of the scrape; nothing is counted twice."""

    def __init__(self, floor: LiveFloor) -> None:
        self._floor = floor

    def collect(self) -> Iterable[Metric]:
        """Yield the figures of every running campaign."""
        agents = GaugeMetricFamily("dialer_agents", "Agents by state", labels=["campaign", "state"])
        calls = GaugeMetricFamily("dialer_calls", "Live calls by state", labels=["campaign", "state"])
        waiting = GaugeMetricFamily("dialer_people_waiting", "Live people without an agent", labels=["campaign"])
        dials = GaugeMetricFamily("dialer_dials_per_minute", "Calls placed in the last minute", labels=["campaign"])
        served = GaugeMetricFamily("dialer_answers_served", "Live answers served this period", labels=["campaign"])
        lost = GaugeMetricFamily("dialer_answers_abandoned", "Live answers abandoned this period", labels=["campaign"])
        cap = GaugeMetricFamily("dialer_abandonment_cap", "Lawful share of abandoned answers", labels=["campaign"])
        for name in self._floor.names:
            board = self._floor.board(name)
            for state in AgentState:
                agents.add_metric([name, state.value], board.agents.get(state, 0))
            for call_state in CallState:
                if call_state is not CallState.ENDED:
                    calls.add_metric([name, call_state.value], board.calls.get(call_state, 0))
            waiting.add_metric([name], board.waiting)
            dials.add_metric([name], board.dials_last_minute)
            served.add_metric([name], board.served)
            lost.add_metric([name], board.abandoned)
            cap.add_metric([name], board.max_abandonment_rate)
        return (agents, calls, waiting, dials, served, lost, cap)
