# SPDX-License-Identifier: Apache-2.0
"""The rules of the house: layers, light start, headers, size of files, what is shipped."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tomllib
from importlib import resources
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HEAVY = ("av", "cv2", "numba", "scipy", "matplotlib", "skimage", "blend2d", "numpy", "rich", "scenedetect")
FOLDERS = ("mtor_transcode", "samples", "benchmarks", "tests", "plugins")
SOURCES = sorted(
    path
    for folder in FOLDERS
    for path in (ROOT / folder).rglob("*.py")
    if not {"build", ".venv"} & set(path.relative_to(ROOT).parts)
)
SPDX = "# SPDX-License-Identifier: Apache-2.0"


def _named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _imported_by(*arguments: str) -> set[str]:
    """Top-level names of the modules that a fresh interpreter has loaded after ``arguments``."""
    code = (
        "import sys, atexit; loaded = lambda: ' '.join(name for name in sys.modules if '.' not in name); "
        "atexit.register(lambda: sys.stderr.write('LOADED ' + loaded())); " + " ".join(arguments)
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "LOADED " in done.stderr, done.stderr
    return set(done.stderr.split("LOADED ")[1].split())


def test_layers_import_only_downward() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    if not linter.exists():
        pytest.skip("import-linter is not installed (make test installs it)")
    done = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_folder_of_the_package_is_a_layer() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    layers = settings["tool"]["importlinter"]["contracts"][0]["layers"]
    named = {layer.split(".")[1] for layer in layers}
    package = ROOT / "mtor_transcode"
    folders = {path.parent.name for path in package.glob("*/__init__.py")}
    modules = {path.stem for path in package.glob("*.py")} - {"__init__", "__main__"}
    assert folders | modules <= named


@pytest.mark.parametrize("arguments", [["--help"], ["transcode", "--help"], ["--version"]])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    loaded = _imported_by(
        f"sys.argv = ['mtor', *{arguments!r}];", "from mtor_transcode.cli import main; main()"
    )
    assert "typer" in loaded
    assert not loaded & set(HEAVY)


def test_the_package_itself_imports_nothing_heavy() -> None:
    loaded = _imported_by("import mtor_transcode")
    assert "mtor_transcode" in loaded
    assert not loaded & {*HEAVY, "typer", "msgspec"}


def test_sources_say_their_licence_and_purpose() -> None:
    for path in SOURCES:
        text = path.read_text()
        assert text.startswith(SPDX + "\n"), path
        empty_package = path.name == "__init__.py" and text.strip() == SPDX
        assert empty_package or ast.get_docstring(ast.parse(text)), f"{path} has no docstring"


def test_sources_are_short() -> None:
    lengths = {_named(path): len(path.read_text().splitlines()) for path in SOURCES}
    most = {name: 500 if name.startswith("tests/") else 400 for name in lengths}
    assert not {name: length for name, length in lengths.items() if length >= most[name]}


def test_the_library_never_prints_or_exits() -> None:
    forbidden = {"print", "exit", "quit", "sys.exit", "os._exit"}
    library = [
        path for path in SOURCES if _named(path).startswith("mtor_transcode/") and "cli" not in path.parts
    ]
    for path in library:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                assert ast.unparse(node.func) not in forbidden, f"{path}:{node.lineno}"


def test_the_package_ships_its_types() -> None:
    assert (resources.files("mtor_transcode") / "py.typed").is_file()
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert "py.typed" in settings["tool"]["setuptools"]["package-data"]["mtor_transcode"]


def test_constraints_pin_every_dependency_and_name_no_host() -> None:
    text = (ROOT / "constraints.txt").read_text()
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.!+_-]+", line) for line in lines)
    pinned = {_canonical(line.split("==")[0]) for line in lines}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"].values()
    asked = [*project["dependencies"], *(name for extra in extras for name in extra)]
    assert {_canonical(re.split(r"[<>=!~\[ ;]", name)[0]) for name in asked} <= pinned


def test_every_dependency_is_used() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    modules = {
        "opencv-python-headless": "cv2",
        "blend2d-python": "blend2d",
        "scenedetect-headless": "scenedetect",
        "scikit-image": "skimage",
    }
    imported = {
        name.split(".")[0]
        for path in SOURCES
        if _named(path).startswith("mtor_transcode/")
        for node in ast.walk(ast.parse(path.read_text()))
        for name in _imports(node)
    }
    for asked in project["dependencies"]:
        name = _canonical(re.split(r"[<>=!~\[ ;]", asked)[0])
        assert modules.get(name, name.replace("-", "_")) in imported, f"{name} is asked for in vain"


def test_committed_text_names_no_registry_and_no_machine_path() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    forbidden = re.compile(r"pypi\.org|pythonhosted|registry\.npmjs|/work/main|/opt/pypi|" + r"/root/")
    for name in listed.stdout.splitlines():
        path = ROOT / name
        if path == Path(__file__) or not path.is_file() or path.suffix in {".mp4", ".mtor", ".png"}:
            continue
        found = forbidden.search(path.read_text(errors="replace"))
        assert found is None, f"{name} names {found[0]}"


def test_docs_name_every_folder() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text()
    for folder in sorted((ROOT / "mtor_transcode").glob("*/__init__.py")):
        assert f"`{folder.parent.name}/`" in text


def test_the_ci_script_runs() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert "make" in script.read_text()


def _imports(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module] if isinstance(node, ast.ImportFrom) and node.module else []


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
