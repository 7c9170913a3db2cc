"""Each rule of the house notices the fault it is for, and leaves the right way alone."""

from __future__ import annotations

import pytest

from tests.hygiene import rules
from tests.hygiene.source import Source

FAULTS = [
    (rules.short_enough, "novatui/core/ids.py", "x = 1\n" * 401),
    (rules.well_named, "novatui/core/text_utils.py", ""),
    (rules.well_named, "novatui/engine/helpers/rows.py", ""),
    (rules.well_named, "novatui/engine/fleet.py", "class ConnectionManager: ..."),
    (rules.documented, "novatui/core/ids.py", "x = 1"),
    (rules.annotations_postponed, "novatui/core/ids.py", "x: int = 1"),
    (rules.annotations_postponed, "novatui/core/ids.py", "def f(x: int): ..."),
    (rules.fleet_fit_widgets, "novatui/ui/screens/fleet.py", "from textual.widgets import Label, Tree"),
    (rules.fleet_fit_widgets, "novatui/ui/screens/fleet.py", "from textual.widgets._tree import Tree"),
    (
        rules.fleet_fit_widgets,
        "novatui/ui/screens/fleet.py",
        "from textual import widgets\nwidgets.DataTable()",
    ),
    (rules.keys_from_the_catalogue, "novatui/ui/app.py", "class A:\n    BINDINGS = [('q', 'quit', 'Quit')]"),
    (
        rules.keys_from_the_catalogue,
        "novatui/ui/app.py",
        "class A:\n    BINDINGS: list = [Binding('q', 'quit')]",
    ),
    (
        rules.textual_private_in_one_file,
        "novatui/ui/app.py",
        "def f(screen):\n    screen._compositor.cull_map",
    ),
    (rules.textual_private_in_one_file, "novatui/ui/app.py", "from textual._xterm_parser import XTermParser"),
    (rules.textual_private_in_one_file, "novatui/ui/app.py", "from textual.strip import _private"),
    (rules.drawing_libraries_at_home, "novatui/engine/fleet.py", "def f():\n    import rich.text"),
    (rules.plotext_in_one_file, "novatui/ui/render/chart.py", "def f():\n    import plotext"),
    (rules.vendor_libraries_at_home, "novatui/backends/demo/session.py", "import libvirt"),
    (rules.vendor_libraries_at_home, "novatui/worker/lanes.py", "from pyVmomi import vim"),
    (
        rules.families_apart,
        "novatui/backends/demo/session.py",
        "from novatui.backends.libvirt.xml import parse",
    ),
    (rules.families_apart, "novatui/backends/demo/session.py", "from novatui.backends import libvirt"),
    (rules.core_is_plain, "novatui/core/ids.py", "import platformdirs"),
    (rules.core_is_plain, "novatui/core/ids.py", "from novatui.wire import frames"),
    (rules.concurrency_in_one_place, "novatui/engine/fleet.py", "import threading"),
    (rules.concurrency_in_one_place, "novatui/ui/app.py", "from concurrent.futures import Future"),
    (rules.concurrency_in_one_place, "novatui/actions/undo.py", "import asyncio\nasyncio.to_thread(print)"),
]

RIGHT_WAYS = [
    (rules.short_enough, "novatui/core/ids.py", "x = 1\n" * 400),
    (rules.well_named, "novatui/core/utilization.py", "class UtilityMeter: ..."),
    (rules.documented, "novatui/core/ids.py", '"""Names of objects."""'),
    (rules.annotations_postponed, "novatui/core/ids.py", "from __future__ import annotations\nx: int = 1"),
    (rules.annotations_postponed, "novatui/core/ids.py", "x = 1"),
    (rules.fleet_fit_widgets, "novatui/ui/dialogs/pick.py", "from textual.widgets import OptionList"),
    (rules.fleet_fit_widgets, "novatui/ui/rows/tree.py", "from novatui.ui.rows.node import Tree"),
    (rules.keys_from_the_catalogue, "novatui/ui/app.py", "class A:\n    BINDINGS = bindings_for('app')"),
    (rules.textual_private_in_one_file, "novatui/ui/textual_private.py", "from textual._x import y"),
    (rules.textual_private_in_one_file, "novatui/ui/app.py", "from textual.app import App"),
    (rules.drawing_libraries_at_home, "novatui/ui/app.py", "import textual"),
    (rules.plotext_in_one_file, "novatui/ui/render/history.py", "import plotext"),
    (rules.vendor_libraries_at_home, "novatui/backends/libvirt/session.py", "import libvirt"),
    (rules.families_apart, "novatui/backends/demo/session.py", "from novatui.backends.driver import Sink"),
    (
        rules.families_apart,
        "novatui/backends/demo/session.py",
        "from novatui.backends.demo.world import World",
    ),
    (rules.core_is_plain, "novatui/core/ids.py", "import re, msgspec\nfrom novatui.core.text import clean"),
    (rules.concurrency_in_one_place, "novatui/engine/supervisor_spawn.py", "import subprocess"),
    (rules.concurrency_in_one_place, "novatui/engine/blocking.py", "import threading"),
    (
        rules.concurrency_in_one_place,
        "novatui/engine/fleet.py",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import subprocess",
    ),
]


@pytest.mark.parametrize(("rule", "path", "text"), FAULTS)
def test_fault_is_noticed(rule: rules.Rule, path: str, text: str) -> None:
    (broken,) = rule(Source(path, text))
    assert broken.startswith(f"{path}:")


@pytest.mark.parametrize(("rule", "path", "text"), RIGHT_WAYS)
def test_right_way_is_left_alone(rule: rules.Rule, path: str, text: str) -> None:
    assert rule(Source(path, text)) == []


def test_every_rule_has_both_cases() -> None:
    every = set(rules.PRODUCT_RULES) | set(rules.TEST_RULES)
    assert {rule for rule, _, _ in FAULTS} == every
    assert {rule for rule, _, _ in RIGHT_WAYS} == every
