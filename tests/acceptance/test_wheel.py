"""What is published: a wheel with the whole package and the themes, whose program starts in an empty environment."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import pytest

import novatui
from tests.acceptance.installation import build, install, run
from tests.hygiene.source import ROOT, project_files


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel built from the unpacked source distribution, as a packager would."""
    folder = tmp_path_factory.mktemp("dist")
    build(ROOT, "sdist", folder)
    (archive,) = folder.glob("*.tar.gz")
    shutil.unpack_archive(archive, folder)
    build(folder / archive.name.removesuffix(".tar.gz"), "wheel", folder)
    (built,) = folder.glob("*.whl")
    return built


def test_wheel_holds_the_package_and_the_themes(wheel: Path) -> None:
    shipped = set(zipfile.ZipFile(wheel).namelist())
    package = {name for name in project_files() if name.startswith("novatui/")}
    themes = {f"novatui/{name}" for name in project_files() if name.startswith("themes/")}
    assert {name for name in package | themes if not Path(name).name.startswith(".")} - shipped == set()


def test_wheel_holds_nothing_else(wheel: Path) -> None:
    shipped = zipfile.ZipFile(wheel).namelist()
    own = ("novatui/", f"novatui-{novatui.__version__}.dist-info/")
    assert [name for name in shipped if not name.startswith(own) or name.endswith(".pyc")] == []


def test_installed_program_says_its_version(wheel: Path, tmp_path: Path) -> None:
    """`--version` is answered before anything is imported, so it needs no library."""
    python = install(wheel, tmp_path / "venv")
    assert novatui.__version__ in run([str(python.with_name("novatui")), "--version"], tmp_path)
