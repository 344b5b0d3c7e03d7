"""The benchmarks by name; each is a module of this folder with `summary` and `main(arguments)`."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
NOT_BENCHMARKS = {"__main__", "machine", "measure"}


def names() -> list[str]:
    """List the benchmarks that this folder holds."""
    return sorted(file.stem for file in HERE.glob("*.py") if file.stem not in NOT_BENCHMARKS)


def main() -> int:
    """Run the named benchmark, or say which there are."""
    sys.path.insert(0, str(HERE))
    if len(sys.argv) < 2 or sys.argv[1] not in names():
        print("usage: scripts/bench NAME [options]; scripts/bench NAME --help", file=sys.stderr)
        for name in names():
            print(f"  {name:<12} {importlib.import_module(name).SUMMARY}", file=sys.stderr)
        return 2
    return int(importlib.import_module(sys.argv[1]).main(sys.argv[2:]) or 0)


if __name__ == "__main__":
    sys.exit(main())
