"""Reads what the PropertyCollector answers while it arrives: objects come out one by one, no reply is ever held whole.

Own handlers on expat, because pyVmomi spends about six times as much on a reply of flat properties, holds all of it,
and loses the whole of it to one enum value that it does not know. Here a word that nobody knows is just text. The
replies of WaitForUpdatesEx, RetrievePropertiesEx and ContinueRetrievePropertiesEx are those of the vSphere Web Services
API (vim25, PropertyCollector: UpdateSet, RetrieveResult).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple
from xml.parsers import expat


class Ref(NamedTuple):
    """A reference to a managed object."""

    type: str
    """`VirtualMachine`, `HostSystem` …"""
    id: str
    """What stays as long as the object is known to this server: `vm-42`."""


class Update(NamedTuple):
    """What one reading says of one object."""

    kind: str
    """`enter`, `modify` or `leave`; a plain reading says `enter`."""
    ref: Ref
    values: dict[str, Any]
    """By property path: text, numbers, truths, times, Ref, lists, or a dict by field for what has fields; None for what
    is not set any more."""
    unread: dict[str, str] = {}  # noqa: RUF012 - a NamedTuple's default; nobody changes it
    """Paths that this server did not let us read, each with the type of its fault: `NoPermission` …"""


class Fault(NamedTuple):
    """The server refused the call."""

    type: str
    """`NotAuthenticated`, `InvalidProperty` …; empty when it names none."""
    text: str
    """faultstring, as it came."""
    fields: dict[str, Any]
    """What the fault tells: `name` of a property, `privilegeId` …"""


class Broken(Exception):
    """The reply is no XML, or ended too early."""


def several(value: Any) -> list[Any]:
    """A field that may come more than once, of a value with fields: none, one or many are a list."""
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]


_WHOLE = frozenset({"int", "long", "short", "byte"})
_FRACTION = frozenset({"double", "float"})


class Reader:
    """Feed it the bytes of one reply as they come. `take` gets each object as soon as it is complete."""

    def __init__(self, take: Callable[[Update], None], *, whole: bool = False) -> None:
        """`whole`: the answer is no objects but a value, or several of them, kept in `returned`."""
        self.returned: list[Any] = []
        self._values = {"val", "detail", "returnval"} if whole else {"val", "detail"}
        self.version = ""
        """Of an update set: what the next WaitForUpdatesEx has to name."""
        self.truncated = False
        """More is waiting: ask again at once."""
        self.token = ""
        """Of a reading in pages: what ContinueRetrievePropertiesEx has to name."""
        self.fault: Fault | None = None
        self._take = take
        self._text: list[str] = []
        self._open: list[_Element] = []
        self._object: _Object | None = None
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text.append
        # No document of this protocol has entities of its own; one that has them is no reply.
        self._parser.EntityDeclHandler = _no_entities

    def feed(self, data: bytes) -> None:
        """The next bytes. Broken when they are no XML."""
        self._parse(data, last=False)

    def close(self) -> None:
        """The reply is over. Broken when it is not whole."""
        self._parse(b"", last=True)

    def _parse(self, data: bytes, *, last: bool) -> None:
        try:
            self._parser.Parse(data, last)
        except expat.ExpatError as error:
            raise Broken(f"the server's answer is no XML: {error}") from None

    # --- elements --------------------------------------------------------------------------------------------------
    # A value (`val`, or the `detail` of a fault) collects its elements on the stack `_open`; outside of a value only
    # the few names of the frame around it matter.

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._text.clear()
        if self._open or tag in self._values:
            self._open.append(_Element(tag, attributes))
        elif tag in ("objectSet", "objects"):
            self._object = _Object("enter" if tag == "objects" else "")
        elif self._object is not None:
            if tag == "obj":
                self._object.type = attributes.get("type", "")
            elif tag == "fault":
                self._open.append(_Element(tag, attributes))

    def _end(self, tag: str) -> None:
        text = "".join(self._text)
        self._text.clear()
        if self._open:
            self._close_element(text)
        elif self._object is not None:
            self._end_in_object(self._object, tag, text)
        else:
            self._end_outside(tag.rpartition(":")[2], text)

    def _close_element(self, text: str) -> None:
        element = self._open.pop()
        value = element.value(text)
        if self._open:
            self._open[-1].add(element.tag, value)
        elif element.tag == "detail":
            self._refused(value)
        elif element.tag == "returnval":
            self.returned.append(value)
        elif self._object is not None and element.tag == "fault":
            self._object.fault = _fault_type(value)
        elif self._object is not None:
            self._object.value = value

    def _end_in_object(self, being: _Object, tag: str, text: str) -> None:
        if tag == "name":
            being.name = text
        elif tag in ("changeSet", "propSet"):
            being.values[being.name] = being.value
            being.value = None
        elif tag == "op" and text in ("remove", "indirectRemove"):
            being.value = None
        elif tag == "obj":
            being.id = text
        elif tag == "kind":
            being.kind = text
        elif tag == "path":
            being.name = text
        elif tag == "missingSet":
            being.unread[being.name] = being.fault
        elif tag in ("objectSet", "objects"):
            self._object = None
            self._take(Update(being.kind, Ref(being.type, being.id), being.values, being.unread))

    def _end_outside(self, tag: str, text: str) -> None:
        if tag == "version":
            self.version = text
        elif tag == "truncated":
            self.truncated = text == "true"
        elif tag == "token":
            self.token = text
        elif tag == "faultstring":
            self.fault = Fault("", text, {})

    def _refused(self, detail: Any) -> None:
        said = self.fault.text if self.fault is not None else ""
        for name, fields in detail.items() if isinstance(detail, dict) else ():
            told = fields if isinstance(fields, dict) else {}
            kind = str(told.pop(_TYPE, "")) or name.rpartition(":")[2].removesuffix("Fault")
            self.fault = Fault(kind, said, told)
            return


class _Object:
    """One object while its elements come."""

    __slots__ = ("fault", "id", "kind", "name", "type", "unread", "value", "values")

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.type = ""
        self.id = ""
        self.name = ""
        self.value: Any = None
        self.values: dict[str, Any] = {}
        self.unread: dict[str, str] = {}
        self.fault = ""


_TYPE = "_type"
"""Field of a dict that names the type of the value where the server named it."""


class _Element:
    """One element of a value, with what lies in it."""

    __slots__ = ("attributes", "fields", "tag")

    def __init__(self, tag: str, attributes: dict[str, str]) -> None:
        self.tag = tag
        self.attributes = attributes
        self.fields: dict[str, Any] | None = None

    def add(self, tag: str, value: Any) -> None:
        """A child is complete. Children of the same name are a list; the field of an array is always one."""
        if self.fields is None:
            self.fields = {}
        if tag in self.fields:
            known = self.fields[tag]
            if isinstance(known, _Several):
                known.append(value)
            else:
                self.fields[tag] = _Several((known, value))
        else:
            self.fields[tag] = value

    def value(self, text: str) -> Any:
        kind = self._kind()
        if kind.startswith("ArrayOf"):
            return _items(self.fields or {})
        if self.fields is not None:
            if kind:
                self.fields[_TYPE] = kind
            return self.fields
        plain = self.attributes.get("type")
        if kind == "ManagedObjectReference" or (not kind and plain):
            return Ref(plain or "", text)
        return _leaf(kind, text)

    def _kind(self) -> str:
        """The local name of the type: both the attribute's prefix and the value's are the server's choice."""
        for name, value in self.attributes.items():
            if name.endswith(":type"):
                return value.rpartition(":")[2]
        return ""


def _fault_type(localized: Any) -> str:
    """LocalizedMethodFault: the fault itself lies in its field `fault`."""
    fault = localized.get("fault") if isinstance(localized, dict) else None
    return str(fault.get(_TYPE, "")) if isinstance(fault, dict) else ""


class _Several(list[Any]):
    """Children of one name; a type of its own, because one child may itself be an array."""


def _items(fields: dict[str, Any]) -> list[Any]:
    for name, value in fields.items():
        if name != _TYPE:
            return list(value) if isinstance(value, _Several) else [value]
    return []


def _leaf(kind: str, text: str) -> Any:
    """A word that does not read as its type says is kept as it came."""
    try:
        if kind in _WHOLE:
            return int(text)
        if kind == "boolean":
            return text in ("true", "1")
        if kind in _FRACTION:
            return float(text)
        if kind == "dateTime":
            moment = datetime.fromisoformat(text)
            return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    except ValueError:
        return text
    return text


def _no_entities(name: str, *_: object) -> None:
    raise Broken(f"the server's answer declares an entity ({name}): it is not read")
