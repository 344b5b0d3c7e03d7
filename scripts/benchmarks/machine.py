"""Names the machine beside its figures: a speed without its machine says nothing."""

from __future__ import annotations

import os
import platform
import resource
from importlib import metadata
from pathlib import Path

__all__ = ["describe", "peak_memory_mb"]


def describe(*packages: str) -> dict[str, str]:
    """Give processor, cores, memory, Python, and the versions of `packages`."""
    return {
        "processor": _processor(),
        "cores": str(len(os.sched_getaffinity(0))),
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB",
        "load before": f"{os.getloadavg()[0]:.1f}",
        "python": platform.python_version(),
        **{name: metadata.version(name) for name in packages},
    }


def peak_memory_mb(children: bool = True) -> float:
    """Give the peak resident memory of this process and its largest child, MB (10^6 bytes)."""
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss if children else 0
    return (own + child) * 1024 / 1e6


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
