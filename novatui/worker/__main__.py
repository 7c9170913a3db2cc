"""`python -m novatui.worker`: a worker on an inherited socket (`--fd N --parent PID`), or on stdin and stdout."""

from __future__ import annotations

from novatui.worker.main import main

if __name__ == "__main__":
    main()
