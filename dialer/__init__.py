"""An outbound predictive dialer: never an unlawful call, never a lost fact, never an idle agent."""

__version__ = "0.1.0"
