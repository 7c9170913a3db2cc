"""Memory that the C library has freed but kept: given back to the system after work that took much of it."""

from __future__ import annotations


def give_back() -> None:
    """Return free heap pages to the system; takes milliseconds. Does nothing where the C library has no such call.

    What was parsed leaves holes all over the heap: libvirt's test driver kept 100 MB after reading 20,000 domains.
    """
    import ctypes  # only after such work: the first frame does not wait for it

    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
