"""The libvirt C library, loaded once per process: silent, with its event loop in a daemon thread of its own.

Everything of this driver that calls libvirt takes the module from here. Without the library the import fails with
ModuleNotFoundError, which `backends.registry` turns into the install hint.
"""

from __future__ import annotations

import os
import threading
import time

_LOG_VARIABLE = "LIBVIRT_LOG_OUTPUTS"


def _import_silently() -> None:
    """Import libvirt with its C log sent nowhere, unless somebody has said where it should go.

    Else it writes warnings on stderr, whatever the error handler. The variable is read once, at import; it is taken
    back so that no daemon or command started later inherits it.
    """
    said = _LOG_VARIABLE in os.environ
    os.environ.setdefault(_LOG_VARIABLE, "1:file:/dev/null")
    try:
        import libvirt  # noqa: F401
    finally:
        if not said:
            del os.environ[_LOG_VARIABLE]


_import_silently()
import libvirt  # noqa: E402

libvirt.registerErrorHandler(lambda _context, _error: None, None)

__all__ = ["NOWAIT", "libvirt", "start_event_loop", "version_text"]

NOWAIT: int = libvirt.VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT
"""For every bulk statistic: without it one domain with a hung monitor makes the whole list wait for 30 s."""

_PAUSE_S = 0.1

_starting = threading.Lock()
_loop: threading.Thread | None = None


def start_event_loop() -> None:
    """Start the process's one event loop. Must come before the first open: connections join it when they are made."""
    global _loop
    with _starting:
        if _loop is None:
            libvirt.virEventRegisterDefaultImpl()
            _loop = threading.Thread(target=_run_events, name="libvirt-events", daemon=True)
            _loop.start()


def _run_events() -> None:
    while True:
        try:
            libvirt.virEventRunDefaultImpl()
        except libvirt.libvirtError:
            time.sleep(_PAUSE_S)  # without this thread no connection of the process is kept alive: it goes on


def version_text(number: int) -> str:
    """`9.0.0` of 9000000: libvirt counts major × 1,000,000 + minor × 1,000 + release."""
    return f"{number // 1_000_000}.{number // 1_000 % 1_000}.{number % 1_000}"
