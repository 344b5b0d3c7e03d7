"""The gate: `check` one call, `screen` columns of contacts, ask the `hours` of a place. One set of rules.

See `dnc.gate.evaluate` for the order of the rules and `docs/compliance/README.md` for how to read a verdict.
"""

from dnc.gate.evaluate import TIME_CODES, evaluate
from dnc.gate.facts import CampaignCap, Facts, FactsPort, MemoryFacts, Policy, clear_lists
from dnc.gate.gate import Gate
from dnc.gate.opening import Opening

__all__ = [
    "TIME_CODES",
    "CampaignCap",
    "Facts",
    "FactsPort",
    "Gate",
    "MemoryFacts",
    "Opening",
    "Policy",
    "clear_lists",
    "evaluate",
]
