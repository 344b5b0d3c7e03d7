"""`python -m dnc.vectors FILE.jsonl`: what failed, and how many passed."""

from __future__ import annotations

import sys
from pathlib import Path

from dnc.vectors import run_vectors

__all__ = ["main"]


def main(arguments: list[str]) -> int:
    """Print what failed and how many passed; 1 when one failed."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m dnc.vectors FILE.jsonl\n")
        return 2
    results = run_vectors(Path(arguments[0]))
    failed = [r for r in results if not r.passed]
    for r in failed:
        sys.stdout.write(f"{r.id}: expected {r.expected} {r.reason}, got {r.got} {','.join(r.reasons)}\n")
    sys.stdout.write(f"{len(results) - len(failed)} of {len(results)} vectors passed\n")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
