"""Checks shared by the values of pacing: each names the field and the value it got.

The functions raise `ValueError` and return nothing; a value that exists has passed them.
"""

from __future__ import annotations

from collections.abc import Collection

__all__ = ["require_count", "require_finite", "require_name", "require_one_of", "require_within"]

_INFINITY = float("inf")


def require_finite(field: str, value: float) -> None:
    """Refuse a `value` that is not a finite number.

    Raises:
        ValueError: naming the field and the value it got.
    """
    if type(value) is float or type(value) is int:
        if -_INFINITY < value < _INFINITY:
            return
    elif isinstance(value, int | float) and not isinstance(value, bool) and -_INFINITY < value < _INFINITY:
        return  # a numpy scalar, say
    raise ValueError(f"{field} must be a finite number, got {value!r}")


def require_within(field: str, value: float, low: float, high: float) -> None:
    """Refuse a `value` outside [low, high].

    Raises:
        ValueError: naming the field, the range and the value it got.
    """
    require_finite(field, value)
    if not low <= value <= high:
        raise ValueError(f"{field} must be between {low:g} and {high:g}, got {value!r}")


def require_count(field: str, value: int) -> None:
    """Refuse a `value` that is not a whole number of at least 0.

    Raises:
        ValueError: naming the field and the value it got.
    """
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError(f"{field} must be a whole number of at least 0, got {value!r}")


def require_name(field: str, value: str) -> None:
    """Refuse an empty name or one that is not text.

    Raises:
        ValueError: naming the field and the value it got.
    """
    if not isinstance(value, str) or not value:
        raise ValueError(f"{field} must be a non-empty string, got {value!r}")


def require_one_of(field: str, value: str, allowed: Collection[str]) -> None:
    """Refuse a `value` that is not one of the `allowed` words.

    Raises:
        ValueError: naming the field, the allowed words and the value it got.
    """
    if value not in allowed:
        raise ValueError(f"{field} must be one of {', '.join(sorted(allowed))}; got {value!r}")
