"""A test's end of the control channel."""

from __future__ import annotations

import http.client
import json
from typing import Any

from tests.lab.missing import LabError


class Steering:
    """Orders to a simulator; every method of it is a verb of `steered.py` (or of another part), with its arguments.

    `steering.set_power(name="web-01", state="poweredOff")`, `steering.plant(method="PowerOnVM_Task", do="fault", ...)`.
    """

    def __init__(self, port: int) -> None:
        self.port = port

    def order(self, verb: str, words: dict[str, Any]) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request("POST", f"/{verb}", json.dumps(words), {"Content-Type": "application/json"})
            answer = json.loads(connection.getresponse().read())
        finally:
            connection.close()
        if "error" in answer:
            raise LabError(f"the vCenter simulator refused {verb}: {answer['error']}")
        return answer["answer"]

    def __getattr__(self, verb: str) -> Any:
        if verb.startswith("_"):
            raise AttributeError(verb)
        return lambda **words: self.order(verb, words)
