"""How long an opt-out may take at law, and how long it takes here: no time at all."""

from __future__ import annotations

from datetime import date

from dnc.calendars import add_business_days
from dnc.rules.book import Rulebook

__all__ = ["opt_out_deadline"]


def opt_out_deadline(book: Rulebook, requested: date) -> date:
    """The last lawful day (US) to honour a do-not-call request or revocation made on `requested`.

    47 CFR 64.1200(d)(3), (a)(10): "within a reasonable time from the date such request is made ... not to
    exceed ten (10) business days"; weekends and federal holidays are no business days. The product honours
    it at once.
    """
    days = next((s.honor_max_business_days for s in book.sources if s.honor_max_business_days is not None), None)
    if days is None:
        raise LookupError("No rule says how soon an opt-out must be honoured; restore dnc_sources.toml.")
    return add_business_days(requested, days, book.calendars)
