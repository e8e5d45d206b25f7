"""`python -m sheetsync`, and what a schedule runs: leading NAME=VALUE words set the environment, as `env` does where there is one."""

from __future__ import annotations

import os
import re
import sys


def main() -> None:
    """The command line. Where there is no console (pythonw), output goes nowhere instead of failing."""
    while len(sys.argv) > 1 and (found := re.fullmatch(r"(SHEETSYNC_[A-Z_]+|GOOGLE_APPLICATION_CREDENTIALS)=(.*)", sys.argv[1], re.DOTALL)):
        os.environ[found[1]] = found[2]
        del sys.argv[1]
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 - open as long as the process lives
    from sheetsync.cli import main as run

    run()


if __name__ == "__main__":
    main()
