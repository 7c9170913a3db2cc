"""Command line of the fault proxy.

python -m tests.lab.faultproxy --listen tcp:127.0.0.1:0 --to unix:/run/x.sock [--control PATH]     runs until stdin ends
python -m tests.lab.faultproxy --control PATH hang --direction down --after 100                    switches a fault
python -m tests.lab.faultproxy --control PATH counters
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import sys
import tempfile
from pathlib import Path

from tests.lab.faultproxy.client import ask
from tests.lab.faultproxy.faults import DIRECTIONS, KINDS
from tests.lab.faultproxy.proxy import Proxy, parse_address, serve


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="faultproxy", description="A proxy whose faults are switched while it runs.")
    parser.add_argument("command", nargs="?", choices=[*KINDS, "counters"], help="what to switch on, or counters")
    parser.add_argument("--listen", help="tcp:HOST:PORT (port 0: any), unix:PATH, or unix: for a path of its own")
    parser.add_argument("--to", help="where the connections go")
    parser.add_argument("--control", type=Path, help="path of the control socket")
    parser.add_argument("--direction", choices=[*DIRECTIONS, "both"], default="both")
    parser.add_argument("--after", type=int, default=0, help="bytes each connection passes first")
    parser.add_argument("--size", type=int, default=1, help="bytes of one drip")
    parser.add_argument("--interval", type=float, default=0.05, help="seconds between two drips")
    parser.add_argument("--insert", action="store_true", help="garbage comes before the bytes, not in their place")
    parser.add_argument("--seed", type=int, default=0, help="of the garbage")
    given = parser.parse_args()
    if given.listen and not given.to:
        parser.error("--listen needs --to")
    if not given.listen and not (given.command and given.control):
        parser.error("give --listen and --to to run a proxy, or --control and a command to switch one")
    return given


def run(given: argparse.Namespace) -> None:
    """Be the proxy. Sockets that got no path live in a folder that is removed in the end."""
    folder = Path(tempfile.mkdtemp(prefix="ntl-proxy-"))
    folder.chmod(0o755)
    listen = f"unix:{folder}/listen" if given.listen == "unix:" else given.listen
    proxy = Proxy(parse_address(listen), parse_address(given.to))
    try:
        asyncio.run(serve(proxy, given.control or folder / "control"))
    except KeyboardInterrupt:
        pass
    finally:
        shutil.rmtree(folder)


def switch(given: argparse.Namespace) -> dict[str, object]:
    """Tell a running proxy what to do; returns its counters."""
    if given.command == "counters":
        return ask(given.control, {})
    fault = {
        "kind": given.command,
        "after": given.after,
        "size": given.size,
        "interval_s": given.interval,
        "insert": given.insert,
        "seed": given.seed,
    }
    return ask(given.control, {"set": fault, "direction": given.direction})


if __name__ == "__main__":
    chosen = arguments()
    if chosen.listen:
        run(chosen)
    else:
        answer = switch(chosen)
        print(json.dumps(answer))
        sys.exit("error" in answer)
