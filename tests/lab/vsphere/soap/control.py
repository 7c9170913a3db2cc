"""The control channel: plain HTTP with JSON on another loopback port, through which a test steers the simulator.

`POST /verb` with an object of arguments answers an object; an error is status 400 with its words.
"""

from __future__ import annotations

import http.server
import json
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.lab.vsphere.soap.listener import Listener
from tests.lab.vsphere.soap.vcenter import Vcenter

Steered = Callable[..., Any]
VERBS: dict[str, Steered] = {}


def steers(handler: Steered) -> Steered:
    """Register a function for the verb of its name: `(vc, **arguments)`, called with the lock held."""
    VERBS[handler.__name__] = handler
    return handler


class Control(http.server.ThreadingHTTPServer):
    """Serves the verbs, and those of the listener itself."""

    daemon_threads = True

    def __init__(self, vc: Vcenter, listener: Listener, port: int) -> None:
        self.vc = vc
        self.listener = listener
        super().__init__(("127.0.0.1", port), Order)

    def carry_out(self, verb: str, words: dict[str, Any]) -> Any:
        """Do it; what it answers."""
        match verb:
            case "present":
                self.listener.present_from(words["connection"], Path(words["certificate"]), Path(words["key"]))
            case "present_again":
                self.listener.present_again()
            case "break_connections":
                return self.listener.break_connections()
            case "plant":
                self.vc.rules.plant(**words)
            case "clear":
                self.vc.rules.clear()
            case _:
                with self.vc.site.lock:
                    return VERBS[verb](self.vc, **words)
        return None


class Order(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Control  # type: ignore[assignment]

    def log_message(self, format: str, *args: Any) -> None:
        """Silent: a test knows what it sent."""

    def do_POST(self) -> None:
        words = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
        try:
            status, told = 200, {"answer": self.server.carry_out(self.path.strip("/"), words)}
        except Exception as error:  # noqa: BLE001 - every error of a test's order is told to the test
            traceback.print_exc()
            status, told = 400, {"error": f"{type(error).__name__}: {error}"}
        body = json.dumps(told, default=str).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
