"""Data objects as text and back: VMware's own JSON form in a plan, pyVmomi's objects on the wire.

The form is that of the Virtual Infrastructure JSON API: fields by their own names, `_typeName` for the type of a data
object, `ManagedObjectReference` with `type` and `value`, and a value of any type in a box: `_typeName` and `_value`.
What type a field has is told by pyVmomi's metadata, so that a wrong field or value is found before anything is sent.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from pyVmomi import VmomiSupport
from pyVmomi.Version import IsChildVersion

from novatui.backends.vsphere.fields import TYPE
from novatui.backends.vsphere.updates import Ref, several
from novatui.core.errors import InvalidInput, NotSupported

NAMESPACE = "urn:vim25"
NAME = "_typeName"
BOXED = "_value"
REFERENCE = "ManagedObjectReference"

Form = Mapping[str, Any]
"""A data object in the JSON form."""

_WHOLE: dict[type, tuple[int, int]] = {
    VmomiSupport.byte: (-(2**7), 2**7 - 1),
    VmomiSupport.short: (-(2**15), 2**15 - 1),
    int: (-(2**31), 2**31 - 1),
    VmomiSupport.long: (-(2**63), 2**63 - 1),
}
"""Ranges of xsd:byte, short, int and long."""

_DYNAMIC = frozenset({"dynamicType", "dynamicProperty"})
"""Fields of every data object that no server fills (vmodl.DynamicData)."""


# --- forms ------------------------------------------------------------------------------------------------------------


def data(type_name: str, **fields: Any) -> dict[str, Any]:
    """The form of a data object; fields that are None are left out."""
    return {NAME: type_name} | {name: value for name, value in fields.items() if value is not None}


def reference(ref: Ref) -> dict[str, Any]:
    """The form of a reference inside a data object."""
    return {NAME: REFERENCE, "type": ref.type, "value": ref.id}


def boxed(value: str | bool | int) -> dict[str, Any]:
    """The form of a value whose field may hold any type, as that of an OptionValue."""
    name = "boolean" if isinstance(value, bool) else "int" if isinstance(value, int) else "string"
    return {NAME: name, BOXED: value}


def written(form: Any) -> str:
    """One line of JSON, as it stands in a plan."""
    return msgspec.json.encode(form).decode()


def read(text: str) -> Any:
    """The form of that JSON. InvalidInput when it is none."""
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        raise InvalidInput(f"a data object of the call is no JSON: {error}", subject="json") from None


# --- forms to pyVmomi -------------------------------------------------------------------------------------------------


def made(form: Any, wanted: Any, version: str, where: str = "") -> Any:
    """The value of this type as pyVmomi wants it. InvalidInput names the field that does not fit; NotSupported one that
    this version of the API does not know yet, which pyVmomi would leave out without a word."""
    if isinstance(wanted, type) and issubclass(wanted, VmomiSupport.ManagedObject):
        return _managed(form, where)
    if wanted is object:
        return _unboxed(form, version, where)
    if issubclass(wanted, VmomiSupport.DataObject):
        return _data_object(form, wanted, version, where)
    if issubclass(wanted, VmomiSupport.Array):
        if not isinstance(form, list):
            raise _unfit(where, "a list")
        return wanted([made(one, _item(wanted), version, f"{where}[{at}]") for at, one in enumerate(form)])
    return _plain(form, wanted, where)


def type_named(name: str, where: str = "") -> Any:
    """The type of this name in the vSphere API. InvalidInput when there is none."""
    for namespace in (NAMESPACE, VmomiSupport.XMLNS_XSD):
        try:
            return VmomiSupport.GetWsdlType(namespace, name)
        except KeyError:
            continue
    raise InvalidInput(f"vSphere has no type {name}", subject=where or NAME)


def _data_object(form: Any, wanted: Any, version: str, where: str) -> Any:
    if not isinstance(form, dict):
        raise _unfit(where, "a data object")
    given = type_named(str(form[NAME]), where) if NAME in form else wanted
    if not issubclass(given, wanted):
        raise _unfit(where, VmomiSupport.GetWsdlName(wanted))
    found = given()
    for name, value in form.items():
        if name == NAME:
            continue
        at = f"{where}.{name}" if where else name
        setattr(found, name, made(value, _field(given, name, version, at), version, at))
    return found


def _field(owner: Any, name: str, version: str, where: str) -> Any:
    try:
        info = owner._GetPropertyInfo(name)
    except AttributeError:
        raise InvalidInput(f"{VmomiSupport.GetWsdlName(owner)} has no field {name}", subject=where) from None
    if not IsChildVersion(version, info.version):
        raise NotSupported(
            f"this server's version of the API has no {name} in {VmomiSupport.GetWsdlName(owner)}", subject=where
        )
    return info.type


def _managed(form: Any, where: str) -> Any:
    """A reference, which keeps its own type where it names one."""
    if not isinstance(form, dict) or not isinstance(form.get("value"), str) or not isinstance(form.get("type"), str):
        raise _unfit(where, f"a {REFERENCE} with type and value")
    return managed(Ref(form["type"], form["value"]), where)


def managed(ref: Ref, where: str = "") -> Any:
    """pyVmomi's object of a reference, without a connection."""
    found = type_named(ref.type, where)
    if not issubclass(found, VmomiSupport.ManagedObject):
        raise _unfit(where, "a reference to a managed object")
    return found(ref.id)


def _unboxed(form: Any, version: str, where: str) -> Any:
    """A value of any type: its box says which."""
    if not isinstance(form, dict) or NAME not in form:
        raise _unfit(where, f"a value with its type: {NAME} and {BOXED}")
    if form[NAME] == REFERENCE:
        return _managed(form, where)
    wanted = type_named(str(form[NAME]), where)
    return made(form.get(BOXED, form), wanted, version, where)


def _plain(form: Any, wanted: Any, where: str) -> Any:
    """A scalar, an enumeration, a time or bytes."""
    if wanted in _WHOLE:
        least, most = _WHOLE[wanted]
        if isinstance(form, bool) or not isinstance(form, int) or not least <= form <= most:
            raise _unfit(where, f"a whole number from {least} to {most}")
        return wanted(form)
    if wanted is bool:
        if not isinstance(form, bool):
            raise _unfit(where, "true or false")
        return form
    if issubclass(wanted, float):
        if isinstance(form, bool) or not isinstance(form, int | float):
            raise _unfit(where, "a number")
        return wanted(form)
    if not isinstance(form, str):
        raise _unfit(where, "text")
    return _from_text(form, wanted, where)


def _from_text(form: str, wanted: Any, where: str) -> Any:
    if issubclass(wanted, VmomiSupport.Enum):
        known: list[str] = getattr(wanted, "values", [])
        if form not in known:
            raise _unfit(where, f"one of {', '.join(known)}")
        return wanted(form)
    try:
        if wanted is datetime:
            return datetime.fromisoformat(form)
        if issubclass(wanted, VmomiSupport.binary):
            return wanted(base64.b64decode(form, validate=True))
    except (ValueError, binascii.Error):
        raise _unfit(where, "a time" if wanted is datetime else "base64") from None
    if issubclass(wanted, str):
        return wanted(form)
    raise InvalidInput(f"{where}: a value of {wanted.__name__} cannot be sent", subject=where)


def _item(array: Any) -> Any:
    """Type of an array's elements."""
    return array.Item


def _unfit(where: str, wanted: str) -> InvalidInput:
    return InvalidInput(f"{where or 'the argument'} has to be {wanted}", subject=where)


# --- what our own reader read, to forms -------------------------------------------------------------------------------


def form_of(told: Any, type_name: str = "") -> dict[str, Any]:
    """A data object that our own reader read (`asking`), as a form that can be sent back, changed.

    `type_name`: its type where the server named none. Fields that pyVmomi does not know are left out: in a change they
    then stay as they are. InvalidInput when the type is not known.
    """
    if not isinstance(told, dict):
        raise InvalidInput("the server told no such data object", subject=type_name)
    kind = type_named(str(told.get(TYPE) or type_name))
    found: dict[str, Any] = {NAME: VmomiSupport.GetWsdlName(kind)}
    for name, value in told.items():
        if name == TYPE or name in _DYNAMIC or value is None:
            continue
        try:
            wanted = kind._GetPropertyInfo(name).type
        except AttributeError:
            continue
        found[name] = _form(value, wanted)
    return found


def _form(value: Any, wanted: Any) -> Any:
    if issubclass(wanted, VmomiSupport.Array):
        return [_form(one, _item(wanted)) for one in _items(value)]
    if isinstance(value, Ref):
        return reference(value)
    if isinstance(value, dict) and issubclass(wanted, VmomiSupport.DataObject):
        return form_of(value, VmomiSupport.GetWsdlName(wanted))
    if isinstance(value, datetime):
        return value.isoformat()
    if wanted is object:
        return boxed(value) if isinstance(value, str | bool | int) else value
    return _scalar(value, wanted)


def _items(value: Any) -> list[Any]:
    """Elements of an array: one alone stands for itself, and so does a Ref, which is a tuple."""
    return [value] if isinstance(value, dict | Ref) else several(value)


def _scalar(value: Any, wanted: Any) -> Any:
    """Within a value with fields the reader leaves leaves as text."""
    if not isinstance(value, str):
        return value
    if wanted is bool:
        return value in ("true", "1")
    if wanted in _WHOLE:
        return int(value)
    return float(value) if issubclass(wanted, float) else value
