"""What a campaign did: figures with their formulas, tables, plots and one page to read.

Records go in, one frozen `Report` comes out, and every face (terminal, JSON, CSV, HTML) reads that same
report, so that no two of them can disagree:

    records (frames) -> build_report -> Report -> print_report | to_json | to_csv | to_html

Nothing here reads a clock, a database or the network. Importing the package is cheap: pandas, jinja2 and
matplotlib load when a name that needs them is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__all__ = [
    "CampaignMeta",
    "DayRecords",
    "InvalidRecords",
    "Kpi",
    "LedgerCheck",
    "LegalCap",
    "Report",
    "build_report",
    "example_records",
    "from_json",
    "hours_to_csv",
    "legal_caps",
    "print_report",
    "to_csv",
    "to_html",
    "to_json",
]

_HOMES = {
    "CampaignMeta": "records",
    "DayRecords": "records",
    "InvalidRecords": "records",
    "LedgerCheck": "records",
    "LegalCap": "legal",
    "legal_caps": "legal",
    "Kpi": "values",
    "Report": "build",
    "build_report": "build",
    "example_records": "example",
    "print_report": "terminal",
    "to_json": "export",
    "from_json": "export",
    "to_csv": "export",
    "hours_to_csv": "export",
    "to_html": "html",
}


def __getattr__(name: str) -> Any:
    """Load a public name from its module on first use."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    """The public names, loaded or not."""
    return sorted(__all__)
