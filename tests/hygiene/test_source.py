"""The project's files keep the rules of the house."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.hygiene.rules import PRODUCT_RULES, TEST_RULES, Rule
from tests.hygiene.source import ROOT, project_files, sources

STANDARD_FOLDERS = {
    "bin",
    "dev",
    "etc",
    "home",
    "lib",
    "media",
    "mnt",
    "opt",
    "proc",
    "run",
    "srv",
    "sys",
    "usr",
    "var",
}
NOT_WRITTEN_BY_HAND = {"uv.lock"}
SELF = "tests/hygiene/test_source.py"


@pytest.mark.parametrize("rule", PRODUCT_RULES, ids=lambda rule: rule.__name__)
def test_product_keeps_rule(rule: Rule) -> None:
    files = sources("novatui")
    assert files
    assert [broken for source in files for broken in rule(source)] == []


@pytest.mark.parametrize("rule", TEST_RULES, ids=lambda rule: rule.__name__)
def test_tests_and_scripts_keep_rule(rule: Rule) -> None:
    files = sources("tests", ".ci")
    assert files
    assert [broken for source in files for broken in rule(source)] == []


def test_no_path_of_a_machine() -> None:
    """No file names a folder of the machine it was written on: this checkout's, a home, a scratch file."""
    top = ROOT.parts[1] if len(ROOT.parts) > 2 else ""
    here = [] if top in STANDARD_FOLDERS | {"", "tmp"} else [re.escape(f"/{top}/")]
    pattern = re.compile("|".join([*here, re.escape(f"{ROOT.parent}/"), r"/root/", r"/tmp/[A-Za-z]"]))
    assert lines_with(pattern) == []


def test_no_package_host() -> None:
    """Where packages come from is the business of the machine's configuration and of uv.lock."""
    assert lines_with(re.compile(r"pypi\.org|pythonhosted\.org|registry\.npmjs|deb\.debian\.org")) == []


def test_nothing_left_for_later() -> None:
    assert lines_with(re.compile(r"\b(TODO|FIXME)\b")) == []


def lines_with(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{name}:{number}: {line.strip()}"
        for name in project_files()
        if name not in NOT_WRITTEN_BY_HAND and name != SELF
        for number, line in enumerate(text_of(ROOT / name).splitlines(), 1)
        if pattern.search(line)
    ]


def text_of(file: Path) -> str:
    """The text of a file; empty for one that is not text."""
    try:
        return file.read_text()
    except UnicodeDecodeError:
        return ""
