"""Faults that a test plants: by method and count, each one a rule; the listener asks here before and after a call."""

from __future__ import annotations

import fnmatch
import threading
from dataclasses import dataclass, field
from typing import Any

from pyVmomi.VmomiSupport import GuessWsdlType

KINDS = frozenset({"fault", "delay", "drop", "lose", "hang", "replace", "break", "status"})


@dataclass
class Rule:
    """What happens to calls of a method.

    `fault`: the SOAP fault `name` with `text` and `fields`. `delay`: it is answered `seconds` later. `drop`: the
    connection is closed before it is carried out; `lose`: after. `hang`: it is never answered, nor carried out.
    `replace`: `old` is `new` in the reply's text, as an unknown enum value would stand there. `break`: half of the
    reply, well within an element. `status`: this HTTP status, with a page of words.
    """

    method: str
    """A wire name with wildcards; of REST `GET /api/session`."""
    do: str
    count: int = -1
    """How often yet; -1: for ever."""
    skip: int = 0
    """How many calls pass before."""
    name: str = ""
    text: str = ""
    fields: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    old: str = ""
    new: str = ""
    status: int = 503
    this: str = ""
    """Only calls on this object."""
    struck: int = 0

    def fault(self) -> Any:
        """The fault to raise."""
        return GuessWsdlType(self.name)(msg=self.text or f"planted {self.name}", **self.fields)


class Rules:
    """The rules in force; the first that fits strikes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.planted: list[Rule] = []
        self.released = threading.Event()
        """Set when rules are cleared: who hangs is dropped then."""

    def plant(self, **words: Any) -> None:
        rule = Rule(**words)
        if rule.do not in KINDS:
            raise ValueError(f"{rule.do} is none of {', '.join(sorted(KINDS))}")
        if rule.do == "fault":
            rule.fault()
        with self._lock:
            self.planted.append(rule)

    def clear(self) -> None:
        with self._lock:
            self.planted.clear()
            self.released.set()
            self.released = threading.Event()

    def strike(self, method: str, this: str) -> Rule | None:
        """The rule for this call, which is used up by it."""
        with self._lock:
            for rule in self.planted:
                if rule.count and fnmatch.fnmatchcase(method, rule.method) and rule.this in ("", this):
                    if rule.skip > 0:
                        rule.skip -= 1
                        continue
                    rule.count -= 1 if rule.count > 0 else 0
                    rule.struck += 1
                    return rule
        return None
