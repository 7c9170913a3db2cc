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


class Reader:
    """Feed it the bytes of one reply as they come. `take` gets each object as soon as it is complete."""

    def __init__(self, take: Callable[[Update], None], *, whole: bool = False) -> None:
        """`whole`: the answer is no objects but a value, or several of them, kept in `returned`."""
        self.returned: list[Any] = []
        self._values = frozenset({"detail", "returnval"} if whole else {"detail"})
        self.version = ""
        """Of an update set: what the next WaitForUpdatesEx has to name."""
        self.truncated = False
        """More is waiting: ask again at once."""
        self.token = ""
        """Of a reading in pages: what ContinueRetrievePropertiesEx has to name."""
        self.fault: Fault | None = None
        self._take = take
        self._open: list[_Element] = []
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._listen()
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
    # A value with fields (and the `detail` of a fault) collects its elements on the stack `_open`. Most values have
    # none: these are the ones that a large answer consists of, and they are converted without anything being made for
    # their elements. The handlers are closures because each is called millions of times.

    def _listen(self) -> None:
        text: list[str] = []
        clear, opened, starts, leaves = text.clear, self._open, _STARTS | self._values, _Leaves()
        known = leaves.known
        being: _Object | None = None
        leaf: dict[str, str] | None = None

        def start(tag: str, attributes: dict[str, str]) -> None:
            nonlocal being, leaf
            if text:
                clear()
            if leaf is not None:
                opened.append(_Element("val", leaf))
                opened.append(_Element(tag, attributes))
                leaf = None
            elif opened:
                opened.append(_Element(tag, attributes))
            elif tag == "val":
                leaf = attributes
            elif tag in starts:
                if tag == "objectSet" or tag == "objects":
                    being = _Object("enter" if tag == "objects" else "")
                elif tag != "obj":
                    opened.append(_Element(tag, attributes))
                elif being is not None:
                    being.type = attributes.get("type", "")

        def end(tag: str) -> None:
            nonlocal being, leaf
            said = ""
            if text:
                said = text[0] if len(text) == 1 else "".join(text)
                clear()
            if leaf is not None:
                if being is not None:
                    convert = known.get(leaf.get(leaves.name, ""))
                    being.value = convert(said) if convert is not None else leaves.value(leaf, said)
                leaf = None
            elif opened:
                self._close_element(being, said)
            elif being is None:
                self._end_outside(tag.rpartition(":")[2], said)
            elif tag == "name":
                being.name = said
            elif tag == "changeSet" or tag == "propSet":
                being.values[being.name] = being.value
                being.value = None
            elif tag == "objectSet" or tag == "objects":
                self._take(Update(being.kind, Ref(being.type, being.id), being.values, being.unread))
                being = None
            else:
                being.end(tag, said)

        self._parser.StartElementHandler = start
        self._parser.EndElementHandler = end
        self._parser.CharacterDataHandler = text.append

    def _close_element(self, being: _Object | None, text: str) -> None:
        element = self._open.pop()
        value = element.value(text)
        if self._open:
            self._open[-1].add(element.tag, value)
        elif element.tag == "detail":
            self._refused(value)
        elif element.tag == "returnval":
            self.returned.append(value)
        elif being is not None and element.tag == "fault":
            being.fault = _fault_type(value)
        elif being is not None:
            being.value = value

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

    def end(self, tag: str, text: str) -> None:
        """One of the less frequent elements is complete."""
        if tag == "op" and text in ("remove", "indirectRemove"):
            self.value = None
        elif tag == "obj":
            self.id = text
        elif tag == "kind":
            self.kind = text
        elif tag == "path":
            self.name = text
        elif tag == "missingSet":
            self.unread[self.name] = self.fault


_STARTS = frozenset({"objectSet", "objects", "obj", "fault"})
"""Elements whose beginning matters, beside those of values."""

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
        kind = _kind(self.attributes)
        if kind.startswith("ArrayOf"):
            return _items(self.fields or {})
        if self.fields is not None:
            if kind:
                self.fields[_TYPE] = kind
            return self.fields
        plain = self.attributes.get("type")
        if kind == "ManagedObjectReference" or (not kind and plain):
            return Ref(plain or "", text)
        return _converter(kind)(text)


def _kind(attributes: dict[str, str]) -> str:
    """The local name of the type: both the attribute's prefix and the value's are the server's choice."""
    for name, value in attributes.items():
        if name.endswith(":type"):
            return value.rpartition(":")[2]
    return ""


class _Leaves:
    """Converts values without fields; what a server writes as a type is looked at once."""

    MOST = 256
    """Types remembered: an answer has a few dozen."""

    def __init__(self) -> None:
        self.known: dict[str, Callable[[str], Any]] = {}
        """By type as it is written; references are none of them, for they hold more than their text."""
        self.name = "xsi:type"
        """What this server calls the attribute."""

    def value(self, attributes: dict[str, str], text: str) -> Any:
        """A value whose type is not known yet, that has none, or is a reference."""
        kind = _kind(attributes)
        plain = attributes.get("type")
        if kind == "ManagedObjectReference" or (not kind and plain):
            return Ref(plain or "", text)
        convert = _converter(kind)
        name = next((name for name in attributes if name.endswith(":type")), None)
        if name is not None and len(self.known) < self.MOST:
            self.name = name
            self.known[attributes[name]] = convert
        return convert(text)


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


def _converter(kind: str) -> Callable[[str], Any]:
    """What reads a text of this type."""
    if kind.startswith("ArrayOf"):
        return _nothing
    return _CONVERTERS.get(kind, str)


def _nothing(_: str) -> list[Any]:
    return []


# A word that does not read as its type says is kept as it came.


def _whole(text: str) -> Any:
    try:
        return int(text)
    except ValueError:
        return text


def _fraction(text: str) -> Any:
    try:
        return float(text)
    except ValueError:
        return text


def _truth(text: str) -> bool:
    return text == "true" or text == "1"


def _moment(text: str) -> Any:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


_CONVERTERS: dict[str, Callable[[str], Any]] = (
    dict.fromkeys(("int", "long", "short", "byte"), _whole)
    | dict.fromkeys(("double", "float"), _fraction)
    | {"boolean": _truth, "dateTime": _moment}
)


def _no_entities(name: str, *_: object) -> None:
    raise Broken(f"the server's answer declares an entity ({name}): it is not read")
