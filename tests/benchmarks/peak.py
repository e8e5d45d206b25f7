"""The most memory that a process has used, as the system counts it."""

from __future__ import annotations

import re
import sys
from pathlib import Path


def peak() -> float:
    """Megabytes of this process alone. On Linux ru_maxrss would count what the process that started it had used."""
    status = Path("/proc/self/status")
    if status.exists() and (found := re.search(r"VmHWM:\s+(\d+) kB", status.read_text())):
        return int(found[1]) / 1024
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024**2 if sys.platform == "darwin" else 1024)
