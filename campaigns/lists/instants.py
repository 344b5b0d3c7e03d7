"""Instants of a column of text, as `campaigns.lists.cleaning.consents` reads them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

__all__ = ["instants"]


def instants(texts: pa.LargeStringArray) -> NDArray[np.datetime64]:
    """The instants (UTC, microseconds) of ISO 8601 texts; NaT for "" and whatever is none.

    Arrow reads texts with a zone, and refuses a column with any other; those are left to pandas.
    """
    given = pc.if_else(pc.equal(texts, ""), pa.scalar(None, type=texts.type), texts)
    try:
        found = given.cast(pa.timestamp("us", tz="UTC"))
    except pa.ArrowInvalid:
        read = pd.to_datetime(pd.Series(given, dtype="str"), utc=True, format="ISO8601", errors="coerce")
        return np.array(read.dt.tz_localize(None).dt.as_unit("us"), dtype="datetime64[us]")
    return np.array(found.cast(pa.timestamp("us")).to_numpy(zero_copy_only=False), dtype="datetime64[us]")
