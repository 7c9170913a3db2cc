"""Native calls of vSphere as lines for PowerCLI: a cmdlet where one does the same, else the method itself on a view."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from novatui.actions.vspherecalls import OWNERS, REFERENCE, TYPE, VALUE, Being, Taken, form_of, of_reference, taken
from novatui.core.operations import NativeCall

QUOTES = frozenset("'\u2018\u2019\u201a\u201b")
"""What PowerShell takes for a single quote."""


def lines(call: NativeCall) -> list[str]:
    """One line; a comment where it cannot be said."""
    found = taken(call)
    if found is None:
        return [f"# not to be said in PowerCLI: {call.verb}"]
    make = _CMDLETS.get(found.verb)
    cmdlet = make(found) if make is not None else ""
    return [cmdlet or _method(found)]


def quoted(text: str) -> str:
    """One argument, whatever is in it: PowerShell reads nothing within single quotes but a quote."""
    parts = [""]
    for char in text:
        if char.isprintable():
            parts[-1] += char * 2 if char in QUOTES else char
        else:
            parts += [f"[char]{ord(char)}", ""]
    if len(parts) == 1:
        return f"'{parts[0]}'"
    said = [f"'{part}'" if at % 2 == 0 else part for at, part in enumerate(parts)]
    return f"({' + '.join(said)})"


def _id(being: Being) -> str:
    return quoted(f"{being.type}-{being.id}")


def _vm(call: Taken) -> str:
    return f"(Get-VM -Id {_id(call.this)})"


def _of_machine(cmdlet: str) -> Callable[[Taken], str]:
    return lambda call: "" if call.args else f"{cmdlet} -VM {_vm(call)}"


def _create(call: Taken) -> str:
    args = call.args
    said = f" -Description {quoted(str(args['description']))}" if args.get("description") else ""
    flags = "".join(
        f" -{word}:{value_of(args.get(name, False))}" for word, name in (("Memory", "memory"), ("Quiesce", "quiesce"))
    )
    return f"New-Snapshot -VM {_vm(call)} -Name {quoted(str(args.get('name', '')))}{said}{flags}"


def _maintenance(call: Taken) -> str:
    if "maintenanceSpec" in call.args or call.args.get("timeout"):
        return ""
    moved = " -Evacuate" if call.args.get("evacuatePoweredOffVms") else ""
    return f"Set-VMHost -VMHost (Get-VMHost -Id {_id(call.this)}) -State Maintenance{moved}"


def _back(call: Taken) -> str:
    return "" if call.args.get("timeout") else f"Set-VMHost -VMHost (Get-VMHost -Id {_id(call.this)}) -State Connected"


_CMDLETS: dict[str, Callable[[Taken], str]] = {
    "PowerOnVM_Task": _of_machine("Start-VM"),
    "PowerOffVM_Task": _of_machine("Stop-VM"),
    "ResetVM_Task": _of_machine("Restart-VM"),
    "SuspendVM_Task": _of_machine("Suspend-VM"),
    "ShutdownGuest": _of_machine("Stop-VMGuest"),
    "RebootGuest": _of_machine("Restart-VMGuest"),
    "CreateSnapshot_Task": _create,
    "EnterMaintenanceMode_Task": _maintenance,
    "ExitMaintenanceMode_Task": _back,
    "CancelTask": lambda call: f"Stop-Task -Task (Get-Task -Id {_id(call.this)})",
}
"""An empty line: the cmdlet does not do all of it."""


def _method(call: Taken) -> str:
    """The method on a view of the object, with every parameter, so that exactly the same goes out."""
    _, order = OWNERS[call.verb]
    given = ", ".join(value_of(call.args.get(name)) for name in order)
    return f"(Get-View -Id {_id(call.this)}).{call.verb}({given})"


def value_of(value: Any) -> str:
    """A value as PowerShell writes it; data objects as VMware.Vim's types."""
    if value is None:
        return "$null"
    if isinstance(value, bool):
        return "$true" if value else "$false"
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, Being):
        return _reference(value)
    if isinstance(value, list):
        return f"@({', '.join(value_of(one) for one in cast('list[Any]', value))})"
    if isinstance(value, dict):
        return _object(form_of(value))
    return quoted(str(value))


def _object(form: dict[str, Any]) -> str:
    being = of_reference(form)
    if being is not None:
        return _reference(being)
    if VALUE in form:
        return value_of(form[VALUE])
    fields = "; ".join(
        f"{name[:1].upper()}{name[1:]} = {value_of(value)}" for name, value in form.items() if name != TYPE
    )
    kind = f"[VMware.Vim.{form[TYPE]}]" if TYPE in form else ""
    return f"{kind}@{{{fields}}}"


def _reference(being: Being) -> str:
    return f"[VMware.Vim.{REFERENCE}]@{{Type = {quoted(being.type)}; Value = {quoted(being.id)}}}"
