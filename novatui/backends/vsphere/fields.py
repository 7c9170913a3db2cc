"""Looks into values with fields, as our own reader leaves them: dicts, lists and text, nothing of which is promised."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from novatui.backends.vsphere.updates import Ref, several
from novatui.core.text import clean, clean_lines

TYPE = "_type"
"""Field that names the type of a value where the server named it."""

HIDDEN = "(not shown)"


def at(tree: Any, path: str) -> Any:
    """What lies at this path of field names, the value itself without one; None when one of them is missing."""
    for name in path.split(".") if path else ():
        tree = tree.get(name) if isinstance(tree, dict) else None
    return tree


def type_of(tree: Any) -> str:
    """Type of a value with fields; empty when the server named none."""
    return words(tree, TYPE)


def words(tree: Any, path: str = "") -> str:
    """Text at this path; empty when there is none."""
    found = at(tree, path)
    return clean(str(found)) if isinstance(found, str | int | float) else ""


def lines(tree: Any, path: str = "") -> str:
    """Text of several lines at this path; empty when there is none."""
    found = at(tree, path)
    return clean_lines(found) if isinstance(found, str) else ""


def number(tree: Any, path: str) -> int | None:
    """A whole number at this path."""
    found = at(tree, path)
    if isinstance(found, bool) or not isinstance(found, str | int):
        return None
    try:
        return int(found)
    except ValueError:
        return None


def truth(tree: Any, path: str = "") -> bool | None:
    """Yes or no at this path."""
    found = at(tree, path)
    if isinstance(found, bool):
        return found
    return {"true": True, "1": True, "false": False, "0": False}.get(str(found).lower())


def yes_no(tree: Any, path: str = "") -> str:
    """The same for people; empty when it is not told."""
    found = truth(tree, path)
    return "" if found is None else "yes" if found else "no"


def times(tree: Any, path: str, factor: int) -> int | None:
    """A whole number at this path in another unit: kibibytes times 1024 …"""
    found = number(tree, path)
    return None if found is None else found * factor


def moment(tree: Any, path: str) -> float | None:
    """Epoch seconds at this path. Within a value with fields times are text."""
    found = at(tree, path)
    if isinstance(found, str):
        try:
            found = datetime.fromisoformat(found)
        except ValueError:
            return None
    return found.timestamp() if isinstance(found, datetime) else None


def each(tree: Any, path: str = "") -> list[dict[str, Any]]:
    """Values with fields at this path, however many there are."""
    return [one for one in several(at(tree, path)) if isinstance(one, dict)]


def listed(tree: Any, path: str) -> list[str]:
    """Texts at this path, however many there are."""
    return [clean(str(one)) for one in several(at(tree, path)) if isinstance(one, str | int) and one != ""]


def refs(tree: Any, path: str) -> list[Ref]:
    """References at this path. One alone is a Ref, which is itself a tuple."""
    found = at(tree, path)
    return [found] if isinstance(found, Ref) else [one for one in several(found) if isinstance(one, Ref)]


def native(values: Any) -> str:
    """All of it as JSON in the server's own names, types as `_typeName`; what may be a secret is left out."""
    return msgspec.json.format(msgspec.json.encode(_shown(values))).decode()


def _shown(value: Any) -> Any:
    if isinstance(value, Ref):
        return {"type": value.type, "value": value.id}
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, list):
        return [_shown(one) for one in value]
    if not isinstance(value, dict):
        return value
    told = {"_typeName": value[TYPE]} if TYPE in value else {}
    told |= {name: _shown(one) for name, one in value.items() if name != TYPE}
    if _secret(value):
        told["value"] = HIDDEN
    return told


def _secret(option: dict[str, Any]) -> bool:
    """An OptionValue may hold the password of a screen, or what a guest is given to begin with."""
    name = str(option.get("key", "")).lower()
    return "value" in option and ("password" in name or "passphrase" in name or name.startswith("guestinfo."))
