"""The rules of the house, each a function from one source file to the places that break it."""

from __future__ import annotations

import ast
import fnmatch
import re
import sys
from collections.abc import Callable

from tests.hygiene.source import Import, Source, imports

MAX_LINES = 400
BANNED_WORDS = {"manager", "managers", "helper", "helpers", "util", "utils"}
FLEET_UNFIT_WIDGETS = {"Tree", "DataTable", "OptionList", "Sparkline"}
"""Widgets with an object or a full line cache per row: fit for a dialog's few rows, never for a fleet."""

TEXTUAL_PRIVATE = {"_compositor", "_driver", "_display"}
DRAWING = {"textual", "rich", "plotext"}
FAMILIES = {"demo", "libvirt", "vsphere", "hyperv", "xcpng", "proxmox"}
VENDOR_HOMES = {
    "libvirt": "novatui/backends/libvirt",
    "libvirtmod": "novatui/backends/libvirt",
    "pyVmomi": "novatui/backends/vsphere",
    "pyVim": "novatui/backends/vsphere",
    "vmware": "novatui/backends/vsphere",
    "pypsrp": "novatui/backends/hyperv",
    "XenAPI": "novatui/backends/xcpng",
    "proxmoxer": "novatui/backends/proxmox",
    "requests": "novatui/backends/proxmox",
}
"""The one folder that may import each hypervisor library."""

CONCURRENCY = {"threading", "_thread", "subprocess", "concurrent", "multiprocessing"}
CONCURRENT_CALLS = {"to_thread", "run_in_executor", "create_subprocess_exec", "create_subprocess_shell"}
CONCURRENCY_HOMES = (
    "novatui/engine/blocking.py",
    "novatui/engine/supervisor*.py",
    "novatui/ui/output/passthrough.py",  # writing to a terminal that does not read blocks, and nothing else may
)
"""The only files of the console process that start threads or processes."""

Rule = Callable[[Source], list[str]]


def at(source: Source, line: int, what: str) -> str:
    return f"{source.path}:{line}: {what}"


def short_enough(source: Source) -> list[str]:
    lines = source.text.count("\n")
    return [at(source, lines, f"{lines} lines, at most {MAX_LINES}: split it by job")] if lines > MAX_LINES else []


def well_named(source: Source) -> list[str]:
    """No name that says nothing about the job: Manager, Helper, utils."""
    classes = [(node.lineno, node.name) for node in ast.walk(source.tree) if isinstance(node, ast.ClassDef)]
    named = [(1, part) for part in source.path.removesuffix(".py").split("/")] + classes
    return [at(source, line, f"name says no job: {name}") for line, name in named if words(name) & BANNED_WORDS]


def words(name: str) -> set[str]:
    """The words of a snake_case or CamelCase name, in lower case."""
    return {word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)}


def documented(source: Source) -> list[str]:
    empty = not source.text.strip()
    told = empty or ast.get_docstring(source.tree)
    return [] if told else [at(source, 1, "the module does not say its job in a docstring")]


def annotations_postponed(source: Source) -> list[str]:
    postponed = any(i.module == "__future__" and i.name == "annotations" for i in imports(source))
    if postponed:
        return []
    lines = [node.lineno for node in ast.walk(source.tree) if is_annotated(node)]
    return [at(source, min(lines), "annotations without `from __future__ import annotations`")] if lines else []


def is_annotated(node: ast.AST) -> bool:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return node.returns is not None
    return isinstance(node, ast.AnnAssign) or (isinstance(node, ast.arg) and node.annotation is not None)


def fleet_fit_widgets(source: Source) -> list[str]:
    """Tree, DataTable, OptionList and Sparkline only in dialogs."""
    if source.below("novatui/ui/dialogs"):
        return []
    return [
        at(source, i.line, f"{i.name} may be used in ui/dialogs only")
        for i in imports(source)
        if i.module.startswith("textual.widgets") and i.name in FLEET_UNFIT_WIDGETS
    ] + [
        at(source, node.lineno, f"{node.attr} may be used in ui/dialogs only")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Attribute)
        and node.attr in FLEET_UNFIT_WIDGETS
        and ast.unparse(node.value) in ("widgets", "textual.widgets")
    ]


def keys_from_the_catalogue(source: Source) -> list[str]:
    """No widget, screen or app lists its BINDINGS by hand."""
    if not source.below("novatui/ui"):
        return []
    return [
        at(source, node.lineno, "BINDINGS by hand: keys come from the catalogue")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Assign | ast.AnnAssign)
        and any(isinstance(t, ast.Name) and t.id == "BINDINGS" for t in targets(node))
        and isinstance(node.value, ast.List | ast.Tuple | ast.ListComp)
        and getattr(node.value, "elts", True)
    ]


def targets(node: ast.Assign | ast.AnnAssign) -> list[ast.expr]:
    return node.targets if isinstance(node, ast.Assign) else [node.target]


def textual_private_in_one_file(source: Source) -> list[str]:
    if not source.below("novatui/ui") or source.path == "novatui/ui/textual_private.py":
        return []
    touched = [
        at(source, i.line, f"private Textual import {i.module} {i.name or ''}".rstrip())
        for i in imports(source)
        if i.library == "textual" and any(part.startswith("_") for part in f"{i.module}.{i.name}".split("."))
    ]
    return touched + [
        at(source, node.lineno, f"private Textual attribute {node.attr}")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Attribute) and node.attr in TEXTUAL_PRIVATE
    ]


def drawing_libraries_at_home(source: Source) -> list[str]:
    if source.below("novatui/ui"):
        return []
    return [at(source, i.line, f"{i.library} outside ui/") for i in imports(source) if i.library in DRAWING]


def plotext_in_one_file(source: Source) -> list[str]:
    """It is slow to load and slow to draw: whatever lives is drawn on our own canvas."""
    if source.path == "novatui/ui/render/history.py":
        return []
    return [at(source, i.line, "plotext outside the history chart") for i in imports(source) if i.library == "plotext"]


def vendor_libraries_at_home(source: Source) -> list[str]:
    return [
        at(source, i.line, f"{i.library} outside {VENDOR_HOMES[i.library]}/")
        for i in imports(source)
        if i.library in VENDOR_HOMES and not source.below(VENDOR_HOMES[i.library])
    ]


def families_apart(source: Source) -> list[str]:
    """A driver knows what is beside the families (roles, registry, TLS), never another family."""
    family = re.match(r"novatui/backends/(\w+)/", source.path)
    if not family:
        return []
    return [
        at(source, i.line, f"{family[1]} imports another driver: {name}")
        for i in imports(source)
        if (name := other_family(i, family[1]))
    ]


def other_family(found: Import, own: str) -> str | None:
    parts = f"{found.module}.{found.name or ''}".split(".")
    foreign = parts[:2] == ["novatui", "backends"] and parts[2] in FAMILIES - {own}
    return parts[2] if foreign else None


def core_is_plain(source: Source) -> list[str]:
    """The model needs the standard library and msgspec, nothing else."""
    if not source.below("novatui/core"):
        return []
    allowed = sys.stdlib_module_names | {"msgspec"}
    return [
        at(source, i.line, f"core imports {i.module}")
        for i in imports(source)
        if i.library not in allowed and not i.module.startswith("novatui.core")
    ]


def concurrency_in_one_place(source: Source) -> list[str]:
    """In the console process only the supervisor and engine/blocking.py start threads or processes."""
    if not source.below("novatui/engine", "novatui/actions", "novatui/ui"):
        return []
    if any(fnmatch.fnmatch(source.path, home) for home in CONCURRENCY_HOMES):
        return []
    started = [
        at(source, i.line, f"{i.library} outside engine/blocking.py and the supervisor")
        for i in imports(source)
        if i.library in CONCURRENCY and not i.only_for_types
    ]
    return started + [
        at(source, node.lineno, f"{node.attr} outside engine/blocking.py and the supervisor")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Attribute) and node.attr in CONCURRENT_CALLS
    ]


PRODUCT_RULES: tuple[Rule, ...] = (
    short_enough,
    well_named,
    documented,
    annotations_postponed,
    fleet_fit_widgets,
    keys_from_the_catalogue,
    textual_private_in_one_file,
    drawing_libraries_at_home,
    plotext_in_one_file,
    vendor_libraries_at_home,
    families_apart,
    core_is_plain,
    concurrency_in_one_place,
)
TEST_RULES: tuple[Rule, ...] = (well_named, documented, annotations_postponed)
