"""SOAP texts: a request into a method and its arguments, a value or a fault into a reply, by pyVmomi's type
metadata."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from io import StringIO
from typing import Any
from xml.parsers.expat import ExpatError, ParserCreate

from pyVmomi import vmodl
from pyVmomi.SoapAdapter import (
    NS_SEP,
    SOAP_END,
    SOAP_NSMAP,
    SOAP_START,
    XMLNS_SOAPENV,
    SoapDeserializer,
    SoapSerializer,
)
from pyVmomi.VmomiSupport import (
    F_OPTIONAL,
    DataObject,
    GetVersionFromVersionUri,
    GetWsdlMethod,
    GetWsdlNamespace,
    ManagedObject,
    Object,
)

NEWEST = "vim.version.v8_0_3_0"
"""The version that is served to who names none in SOAPAction."""

XML_HEADER = '<?xml version="1.0" encoding="UTF-8"?>\n'
FETCH = Object(
    name="Fetch",
    wsdlName="Fetch",
    version="vmodl.version.version0",
    flags=0,
    privId=None,
    type=ManagedObject,
    result=object,
    params=(Object(name="prop", type=str, version="vmodl.version.version0", flags=0),),
)
"""How a client reads one property without a PropertyCollector; it is in no published method list."""

REFERENCES = re.compile(r'( xsi:type="(?:\w+:)?(?:ArrayOf)?|</?)ManagedObject("|>| )')
SECURITY = re.compile(rb"<(\w+:)?Security[ >].*?</(\w+:)?Security>", re.DOTALL)


class NotSoap(Exception):
    """The body is not a request that we can read; the text says why."""


@dataclass(frozen=True)
class Request:
    """One call as it came."""

    method: Any
    """pyVmomi's description of the method."""
    this: ManagedObject
    given: Any
    """Arguments as attributes, under their wire names; absent is None or empty."""
    version: str
    security: bytes
    """The WS-Security header, raw; empty when there is none."""

    @property
    def name(self) -> str:
        return self.method.wsdlName


class _Reader:
    """Expat handlers that find the method in the body and leave the rest to pyVmomi."""

    def __init__(self) -> None:
        self.namespaces: dict[str | None, list[str]] = {}
        self.method: Any = None
        self.values = SoapDeserializer()
        self.parser = ParserCreate(namespace_separator=NS_SEP)
        self.parser.buffer_text = True
        self.parser.StartNamespaceDeclHandler = self._namespace
        self.parser.EndNamespaceDeclHandler = self._namespace_ends
        self.parser.StartElementHandler = self._element
        self._in_body = False

    def _namespace(self, prefix: str | None, uri: str) -> None:
        self.namespaces.setdefault(prefix, []).append(uri)

    def _namespace_ends(self, prefix: str | None) -> None:
        self.namespaces[prefix].pop()

    def _element(self, tag: str, attributes: dict[str, str]) -> None:
        namespace, _, name = tag.rpartition(NS_SEP)
        if not self._in_body:
            self._in_body = tag == f"{XMLNS_SOAPENV}{NS_SEP}Body"
        elif self.method is None:
            self.method = method_named(namespace, name)
            self.values.Deserialize(self.parser, _arguments_of(name, namespace), False, self.namespaces)
            self.values.StartElementHandler(tag, attributes)


@functools.cache
def method_named(namespace: str, name: str) -> Any:
    """pyVmomi's description of a method; NotSoap where it knows none."""
    if name == "Fetch":
        return FETCH
    try:
        return GetWsdlMethod(namespace, name).info
    except KeyError:
        raise NotSoap(f"Unable to resolve WSDL method name {name} in {namespace}") from None


@functools.cache
def _arguments_of(name: str, namespace: str) -> type:
    """A data type with the arguments of a method as its properties."""
    method = method_named(namespace, name)
    this = Object(name="_this", type=ManagedObject, version=method.version, flags=0)
    properties = [this, *method.params]
    body = {
        "_propList": properties,
        "_propInfo": {each.name: each for each in properties},
        "_wsdlName": name,
        "_version": method.version,
    }
    return type(f"{name}Arguments", (DataObject,), body)


def parse(body: bytes, action: str = "") -> Request:
    """Read a request; NotSoap where it cannot be understood."""
    reader = _Reader()
    try:
        reader.parser.Parse(body, True)
    except (ExpatError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise NotSoap(f"XML document is not valid: {error}") from error
    given = reader.values.GetResult()
    if reader.method is None or given is None or given._this is None:
        raise NotSoap("no method in the body")
    found = SECURITY.search(body)
    return Request(reader.method, given._this, given, _version_of(action), found.group() if found else b"")


def _version_of(action: str) -> str:
    """`urn:vim25/8.0.3.0` as pyVmomi's version; the newest that we serve where nobody says."""
    try:
        return GetVersionFromVersionUri(action.strip('"'))
    except KeyError:
        return NEWEST


class Writer(SoapSerializer):
    """A serializer that leaves out what our world has no value for, also where the product always has one."""

    def __init__(self, out: StringIO, version: str, namespace: str) -> None:
        super().__init__(out, version, {**SOAP_NSMAP, namespace: ""})
        self.outermostAttrs = ""

    def _Serialize(self, val: Any, info: Any, defNS: str) -> None:
        if val is None or (isinstance(val, list) and not val and info.type is not object):
            return
        super()._Serialize(val, info, defNS)


def element(name: str, value: Any, version: str, kind: Any = object, namespace: str = "urn:vim25") -> str:
    """A value as an element; `object`: with its type named, as a property's value is.

    pyVmomi names a reference by its Python class; on the wire of the product it is a ManagedObjectReference.
    """
    out = StringIO()
    info = Object(name=name, type=kind, version=version, flags=F_OPTIONAL)
    Writer(out, version, namespace).Serialize(value, info)
    return REFERENCES.sub(r"\1ManagedObjectReference\2", out.getvalue())


def reply(request: Request, value: Any) -> str:
    """The answer to a call; `Raw` text goes out as it is."""
    namespace = GetWsdlNamespace(request.version if request.method is FETCH else request.method.version)
    returned = "" if value is None else value.text if isinstance(value, Raw) else _returned(request, value, namespace)
    name = f"{request.name}Response"
    return f'{XML_HEADER}{SOAP_START}<{name} xmlns="{namespace}">{returned}</{name}>{SOAP_END}'


def _returned(request: Request, value: Any, namespace: str) -> str:
    kind = request.method.result
    wanted = kind(value) if isinstance(value, list) and issubclass(kind, list) else value
    return element("returnval", wanted, request.version, kind, namespace)


@dataclass(frozen=True)
class Raw:
    """A reply's inside that is written already."""

    text: str


def fault_reply(fault: vmodl.MethodFault, version: str) -> str:
    """A SOAP fault with the product's own fault in its detail."""
    kind = type(fault)._wsdlName
    out = StringIO()
    namespace = GetWsdlNamespace(type(fault)._version)
    bare = Object(name=f"{kind}Fault", type=object, version=version, flags=F_OPTIONAL)
    words = escaped(fault.msg or f"{kind}: a fault of the simulator")
    message, fault.msg = fault.msg, None
    Writer(out, version, namespace).SerializeFaultDetail(fault, bare)
    fault.msg = message
    detail = out.getvalue().replace(f"<{kind}Fault", f'<{kind}Fault xmlns="{namespace}"', 1)
    return (
        f"{XML_HEADER}{SOAP_START}<soapenv:Fault><faultcode>ServerFaultCode</faultcode><faultstring>{words}</faultstring>"
        f"<detail>{detail}</detail></soapenv:Fault>{SOAP_END}"
    )


def escaped(text: str) -> str:
    """Text inside an element."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
