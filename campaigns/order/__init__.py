"""In which order leads are worked, and which of them are left out: expressions over leads, and sort keys."""

from campaigns.order.evaluate import Facts, holds
from campaigns.order.expressions import (
    COLUMNS,
    And,
    Column,
    Compare,
    Expression,
    ExpressionError,
    Missing,
    Not,
    Or,
    column_named,
    parse,
)

__all__ = [
    "COLUMNS",
    "And",
    "Column",
    "Compare",
    "Expression",
    "ExpressionError",
    "Facts",
    "Missing",
    "Not",
    "Or",
    "column_named",
    "holds",
    "parse",
]
