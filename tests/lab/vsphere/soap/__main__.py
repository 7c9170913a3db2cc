"""Serves the seeded world until SIGTERM: `python -m tests.lab.vsphere.soap --port … --certificate … --key …`."""

from __future__ import annotations

import argparse
import os
import signal
from pathlib import Path

from tests.conformance.world import load
from tests.lab.vsphere.soap import estate, served
from tests.lab.vsphere.soap.control import Control
from tests.lab.vsphere.soap.listener import Listener, serve
from tests.lab.vsphere.soap.seeded import serve_world
from tests.lab.vsphere.soap.vcenter import Settings, Vcenter


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.lab.vsphere.soap", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--control", type=int, required=True, help="port of the control channel")
    parser.add_argument("--certificate", type=Path, required=True)
    parser.add_argument("--key", type=Path, required=True)
    parser.add_argument("--pace", type=float, default=1.0, help="seconds that a second of a task takes")
    parser.add_argument("--idle", type=float, default=1800.0, help="seconds after which an idle session ends")
    parser.add_argument("--estate", action="store_true", help="one more datacenter with a cluster of three hosts")
    parser.add_argument("--machines", type=int, default=0, help="how many plain machines more it has")
    return parser.parse_args()


def main() -> None:
    """The password of all its users is in NOVATUI_LAB_PASSWORD."""
    words = arguments()
    settings = Settings(os.environ["NOVATUI_LAB_PASSWORD"], words.idle, words.pace, words.estate, words.machines)
    vc = Vcenter(settings)
    with vc.site.lock:
        serve_world(vc, load())
        if settings.estate:
            estate.build(vc)
        served.begin(vc)
    listener = Listener(vc, words.port, words.certificate, words.key)
    serve(listener, "listener")
    serve(Control(vc, listener, words.control), "control")
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    print(f"READY url=https://127.0.0.1:{words.port}/sdk control={words.control} pid={os.getpid()}", flush=True)
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    told = ", ".join(f"{name} {count}" for name, count in sorted(vc.assumed.items()))
    print(f"ASSUMED answers: {vc.assumed.total()} of {vc.site.number('call') - 1} calls; {told}", flush=True)
    os._exit(0)


if __name__ == "__main__":
    main()
