"""The law as data.

Dated, cited rows read from TOML into frozen values, replaceable by the user, never `if` statements.
"""

from dnc.rules.book import AUTOMATED, LIVE, Bound, Rulebook
from dnc.rules.loading import load
from dnc.rules.model import (
    AbandonmentRule,
    CalendarRule,
    CapRule,
    ConsentRule,
    IdentityRule,
    ListSource,
    RetentionRule,
    Rule,
    RulesError,
    Suspension,
    WindowRule,
)

__all__ = [
    "AUTOMATED",
    "LIVE",
    "AbandonmentRule",
    "Bound",
    "CalendarRule",
    "CapRule",
    "ConsentRule",
    "IdentityRule",
    "ListSource",
    "RetentionRule",
    "Rule",
    "Rulebook",
    "RulesError",
    "Suspension",
    "WindowRule",
    "load",
]
