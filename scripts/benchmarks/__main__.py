"""The benchmarks by name; each is a module of this folder with `summary` and `main(arguments)`."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
NOT_BENCHMARKS = {"__main__", "machine", "measure"}
CALLED = {"do_not_call": "dnc"}  # a module called dnc would hide the product's package


def benchmarks() -> dict[str, str]:
    """Map the name of each benchmark that this folder holds to its module."""
    modules = {file.stem for file in HERE.glob("*.py")} - NOT_BENCHMARKS
    return dict(sorted((CALLED.get(module, module), module) for module in modules))


def main() -> int:
    """Run the named benchmark, or say which there are."""
    sys.path.insert(0, str(HERE))
    known = benchmarks()
    if len(sys.argv) < 2 or sys.argv[1] not in known:
        print("usage: scripts/bench NAME [options]; scripts/bench NAME --help", file=sys.stderr)
        for name, module in known.items():
            print(f"  {name:<12} {importlib.import_module(module).SUMMARY}", file=sys.stderr)
        return 2
    return int(importlib.import_module(known[sys.argv[1]]).main(sys.argv[2:]) or 0)


if __name__ == "__main__":
    sys.exit(main())
