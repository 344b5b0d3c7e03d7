"""The simulated carrier: the embedded default, and the far end of every simulation and test.

`SimulatedCarrier` implements the carrier port over any clock. Whom it reaches is a `FarEnd` (see
`dialer.simulation.people`), what goes wrong is `Faults`, what it saw is its `CarrierRecord`.
"""

from dialer.carriers.simulated.carrier import SimulatedCarrier
from dialer.carriers.simulated.distributions import (
    Clipped,
    Constant,
    Distribution,
    Exponential,
    Lognormal,
    Pareto,
    Shifted,
    Uniform,
    sample,
)
from dialer.carriers.simulated.draws import Draws, Stream
from dialer.carriers.simulated.encounter import Encounter, FarEnd, FarEndResult
from dialer.carriers.simulated.faults import NO_FAULTS, Faults
from dialer.carriers.simulated.record import CallRecord, CarrierRecord, read_record

__all__ = [
    "NO_FAULTS",
    "CallRecord",
    "CarrierRecord",
    "Clipped",
    "Constant",
    "Distribution",
    "Draws",
    "Encounter",
    "Exponential",
    "FarEnd",
    "FarEndResult",
    "Faults",
    "Lognormal",
    "Pareto",
    "Shifted",
    "SimulatedCarrier",
    "Stream",
    "Uniform",
    "read_record",
    "sample",
]
