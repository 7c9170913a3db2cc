"""Names of objects: what stays the same when a machine is moved, renamed or seen twice."""

from __future__ import annotations

from typing import NewType
from urllib.parse import quote, unquote

import msgspec

from novatui.core.states import Kind

Key = NewType("Key", str)
"""`kind:id` with the id percent-encoded; unique inside one connection. What travels in frames."""

_SAFE = "!$&'()*+,;=@-._~{}"


def encode_id(native: str) -> str:
    """Percent-encode a native id, so that it is printable, has no colon or slash and survives any terminal."""
    if native.isascii() and native.replace("-", "").isalnum():
        return native  # most ids are uuids or numbers
    return quote(native, safe=_SAFE, errors="surrogatepass")


def decode_id(text: str) -> str:
    """The native id again: the exact reverse of `encode_id`."""
    return unquote(text, errors="surrogatepass")


def key(kind: Kind, native: str) -> Key:
    """The key of an object of this kind with this native id."""
    return Key(f"{kind.value}:{encode_id(native)}")


def split_key(value: str) -> tuple[Kind, str]:
    """Kind and native id of a key. ValueError when it is not a key."""
    kind, colon, encoded = value.partition(":")
    if not colon or not encoded or ":" in encoded:
        raise ValueError(f"not an object key: {value!r}")
    return Kind(kind), decode_id(encoded)


class ObjectRef(msgspec.Struct, frozen=True, order=True):
    """`conn:kind:id`: one object of one connection, by the id that its product keeps for life.

    libvirt uuid, vSphere moref, Hyper-V VMId, XAPI uuid (never an OpaqueRef), Proxmox vmid without the node.
    """

    conn: str
    """Name of the connection, as configured."""
    kind: Kind
    id: str
    """The native id, not encoded."""

    def __str__(self) -> str:
        return f"{encode_id(self.conn)}:{self.key}"

    @property
    def key(self) -> Key:
        """The part that is unique inside the connection."""
        return key(self.kind, self.id)

    @classmethod
    def parse(cls, text: str) -> ObjectRef:
        """Read `conn:kind:id`. ValueError when it is not one."""
        conn, colon, rest = text.partition(":")
        if not colon or not conn:
            raise ValueError(f"not an object reference: {text!r}")
        kind, native = split_key(rest)
        return cls(decode_id(conn), kind, native)
