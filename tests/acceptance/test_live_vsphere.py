"""The suite for real vCenters runs, here against our own: what is handed to people has been tried."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("pyVmomi", reason="pyvmomi is not installed")

from tests.lab.fixtures import or_skip
from tests.lab.vsphere.soap.running import SoapServer

ROOT = Path(__file__).resolve().parents[2]
SUITE = (sys.executable, "-m", "pytest", "-n0", "-p", "no:cacheprovider", "tests/live/test_vsphere.py")

pytestmark = pytest.mark.timeout(300)


def test_the_suite_passes_and_changes_nothing() -> None:
    with or_skip(lambda: SoapServer(estate=True)) as server:
        there = {
            "NOVATUI_LIVE_VSPHERE_URL": f"vsphere://{server.user}@localhost:{server.port}",
            "NOVATUI_LIVE_VSPHERE_PASSWORD": server.password,
            "NOVATUI_LIVE_VSPHERE_TLS": f"ca:{server.authority.root.certificate}",
        }
        run = subprocess.run(SUITE, cwd=ROOT, env=os.environ | there, capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stdout + run.stderr
        assert "skipped" not in run.stdout.lower(), run.stdout
        made = {call["method"] for call in server.steering.calls(changes=True)}
        assert made <= {"SearchDatastoreSubFolders_Task"}, "a task, and it only looks for files"


def test_it_is_skipped_with_a_reason_where_no_server_is_named() -> None:
    without = {name: value for name, value in os.environ.items() if not name.startswith("NOVATUI_LIVE_")}
    run = subprocess.run(SUITE, cwd=ROOT, env=without, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "NOVATUI_LIVE_VSPHERE_URL names no vCenter or ESXi host" in run.stdout
