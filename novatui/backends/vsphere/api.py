"""Since which version of the vSphere API a property is told: what pyVmomi's type metadata says of it."""

from __future__ import annotations

from functools import lru_cache

from pyVmomi import VmomiSupport

NAMESPACE = "urn:vim25"

_is_child = VmomiSupport.IsChildVersion  # pyright: ignore[reportPrivateImportUsage]


@lru_cache(maxsize=1024)
def since(type_: str, path: str) -> str:
    """The library's name of the version that brought the last field of this path; empty when it does not know it."""
    try:
        known = VmomiSupport.GetWsdlType(NAMESPACE, type_)
        newest = ""
        for name in path.split("."):
            field = getattr(known, "Item", known)._GetPropertyInfo(name)
            known = field.type
            if not newest or _is_child(field.version, newest):
                newest = field.version
    except (AttributeError, KeyError):
        return ""
    return newest


def too_new(type_: str, path: str, spoken: str) -> str:
    """Why a server that is spoken to in this version does not tell the property; empty when it does."""
    brought = since(type_, path)
    if not brought or _is_child(spoken, brought):
        return ""
    return f"it is told since vSphere API {shown(brought)}, and this server speaks {shown(spoken)}"


def shown(version: str) -> str:
    """`8.0.3.0` of `vim.version.v8_0_3_0`."""
    return VmomiSupport.GetVersionNamespace(version).rpartition("/")[2]
