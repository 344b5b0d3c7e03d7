"""What people use today, behind the same port as the product's pacer, to be measured beside it.

Every policy is written from its documented behaviour, which its module states; none is product code.
"""

from dialer.simulation.baselines.clairvoyant import Clairvoyant, Fate, Oracle
from dialer.simulation.baselines.issabel import Issabel
from dialer.simulation.baselines.port import Baseline
from dialer.simulation.baselines.simple import FixedRatio, Progressive
from dialer.simulation.baselines.vicidial import DEFAULTS, Tuning, Vicidial, tunings

__all__ = [
    "DEFAULTS",
    "Baseline",
    "Clairvoyant",
    "Fate",
    "FixedRatio",
    "Issabel",
    "Oracle",
    "Progressive",
    "Tuning",
    "Vicidial",
    "tunings",
]
