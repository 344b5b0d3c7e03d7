"""Structured logs: plain key=value lines on standard error; telephone numbers are masked."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

__all__ = ["configure", "mask_numbers"]

_NUMBER = re.compile(r"(?<![\w.])\+?\d[\d ().-]{5,}\d(?![\w.])")


def mask_numbers(text: str) -> str:
    """Leave only the last two digits of anything that looks like a telephone number.

    >>> mask_numbers("call to +19195550101 refused")
    'call to ********01 refused'
    """

    def _mask(found: re.Match[str]) -> str:
        digits = re.sub(r"\D", "", found[0])
        return found[0] if len(digits) < 7 else "********" + digits[-2:]

    return _NUMBER.sub(_mask, text)


def _mask_event(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key, value in event.items():
        if isinstance(value, str) and key not in ("timestamp", "level"):
            event[key] = mask_numbers(value)
    return event


def configure(level: str = "info") -> None:
    """Set the process's log up; `level` is debug, info, warning or error."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            _mask_event,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "event"], drop_missing=True),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
