"""The table `[order]`: which leads are worked first, and which are left out."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, model_validator

from campaigns.order.expressions import Column, Expression, ExpressionError, column_named, parse
from campaigns.problems import Finding, Findings

__all__ = ["Order", "SortKey"]

#: Sort keys that are no columns: the list loaded last or first.
_BY_LOADING = ("newest", "oldest")

#: A column and whether it falls, or one of `_BY_LOADING`.
SortKey = tuple[Column | str, bool]


class Order(BaseModel):
    """In which order leads are worked. Callbacks that are due come before all, and no filter holds them back."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    sort: Annotated[
        tuple[str, ...],
        Field(strict=False, max_length=8, description='such as ["-priority", "-custom.balance", "newest"]'),
    ] = ()
    mix: Annotated[
        dict[
            Annotated[str, Field(min_length=1, max_length=255)],
            Annotated[float, Field(gt=0, le=1_000, strict=False)],
        ],
        Field(description='share of each list, such as { "warm.csv" = 3, "cold.csv" = 1 }'),
    ] = Field(default_factory=dict)
    filter: Annotated[str, Field(max_length=4_000, description="only leads for which this holds are called")] = ""

    _filter: Expression | None = PrivateAttr(default=None)
    _sort: tuple[SortKey, ...] = PrivateAttr(default=())

    @model_validator(mode="after")
    def _is_understood(self) -> Self:
        found = []
        if self.filter.strip():
            try:
                self._filter = parse(self.filter)
            except ExpressionError as error:
                found.append(Finding(("filter",), str(error), "correct the expression"))
        keys: list[SortKey] = []
        for index, key in enumerate(self.sort):
            name, falls = key.removeprefix("-"), key.startswith("-")
            try:
                keys.append((name, falls) if key in _BY_LOADING else (column_named(name), falls))
            except ExpressionError as error:
                what = f"{error.what}; or newest, oldest"
                found.append(Finding(("sort", index), what, "correct the key"))
        self._sort = tuple(keys)
        if found:
            raise Findings(found)
        return self

    @property
    def given(self) -> bool:
        """Whether the file asks for anything but the usual order."""
        return bool(self.sort) or bool(self.mix) or self.expression is not None

    @property
    def expression(self) -> Expression | None:
        """The filter as a tree, or None when every lead is called."""
        return self._filter

    @property
    def keys(self) -> tuple[SortKey, ...]:
        """The sort keys, read."""
        return self._sort
