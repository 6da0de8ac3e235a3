"""The structure of the package, guarded; and the guards, shown to be able to fail."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "neuralgraph"
FORBIDDEN_NAMES = {"utils", "helpers", "common", "manager", "base"}
LINES, FUNCTION, METHODS = 400, 60, 30

CANARIES = {
    "layers": ("spec/canary.py", "import neuralgraph.session\n"),
    "qt": ("compiler/canary.py", "import PySide6\n"),
    "torch": ("graph/canary.py", "import torch\n"),
    "window": ("ui/canary.py", "import neuralgraph.compiler\n"),
    "library": ("nodes/canary.py", "import networkx\n"),
}


def lint(folder: Path) -> tuple[int, str]:
    tool = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([str(tool), "--no-cache"], cwd=folder, capture_output=True, text=True, check=False,
                          env={"PYTHONPATH": str(folder), "PATH": "/usr/bin:/bin"})  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def test_contracts_hold() -> None:
    code, said = lint(ROOT)
    assert code == 0, said


@pytest.mark.parametrize("contract", CANARIES)
def test_every_contract_can_fail(contract: str, tmp_path: Path) -> None:
    shutil.copytree(PACKAGE, tmp_path / "neuralgraph", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    place, text = CANARIES[contract]
    (tmp_path / "neuralgraph" / place).write_text(text, encoding="utf-8")
    code, said = lint(tmp_path)
    name = next(one["name"] for one in contracts() if one["id"] == contract)
    assert code == 1, said
    assert f"{name} BROKEN" in said


def contracts() -> list[dict[str, str]]:
    found = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
    assert isinstance(found, list)
    return found


def test_every_contract_has_a_canary() -> None:
    assert {one["id"] for one in contracts()} == set(CANARIES)


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        ("neuralgraph", ("torch", "PySide6", "pydantic", "networkx", "numpy")),
        ("neuralgraph.nodes", ("torch", "PySide6", "pydantic", "networkx", "numpy")),
        ("neuralgraph.graph.history", ("torch", "PySide6", "pydantic", "networkx")),
        ("neuralgraph.graph.file", ("torch", "PySide6", "networkx")),
        ("neuralgraph.validation.rules", ("torch", "PySide6")),
        ("neuralgraph.session", ("torch", "PySide6", "pydantic", "networkx")),
        ("neuralgraph.api", ("torch", "PySide6")),
        ("neuralgraph.cli", ("torch", "PySide6")),
        ("neuralgraph.ui.shell", ("torch", "numpy", "pyqtgraph", "neuralgraph.session", "neuralgraph.nodes")),
    ],
)
def test_importing_does_not_load_what_is_heavy(module: str, absent: tuple[str, ...]) -> None:
    program = f"import sys, {module}; print([one for one in {absent!r} if one in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def oversized(folder: Path) -> list[str]:
    found = []
    for path in sorted(folder.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if text.count("\n") > LINES:
            found.append(f"{path.name}: {text.count(chr(10))} lines")
        if path.stem in FORBIDDEN_NAMES:
            found.append(f"{path.name}: says nothing")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                length = (node.end_lineno or 0) - node.lineno + 1
                if length > FUNCTION:
                    found.append(f"{path.name}: {node.name} has {length} lines")
            if isinstance(node, ast.ClassDef):
                methods = sum(isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef)) for one in node.body)
                if methods > METHODS:
                    found.append(f"{path.name}: {node.name} has {methods} methods")
    return found


def test_test_files_have_names_of_their_own() -> None:
    """Two of one name in two folders cannot be collected together: their folders are no packages."""
    names = [path.name for path in Path(__file__).parent.rglob("test_*.py")]
    assert sorted(one for one in set(names) if names.count(one) > 1) == []


def test_rooms_stay_small() -> None:
    assert oversized(PACKAGE) == []


def test_the_room_guard_can_fail(tmp_path: Path) -> None:
    methods = "".join(f"    def m{number}(self): ...\n" for number in range(METHODS + 1))
    (tmp_path / "utils.py").write_text("def f():\n" + "    x = 1\n" * LINES + f"class C:\n{methods}", encoding="utf-8")
    assert [one.partition(": ")[2] for one in oversized(tmp_path)] == [
        f"{LINES + METHODS + 3} lines", "says nothing", f"f has {LINES + 1} lines", f"C has {METHODS + 1} methods",
    ]  # fmt: skip


def test_no_private_paths_in_the_project() -> None:
    words = ("/" + "work/", "/" + "root/")
    for path in (*PACKAGE.rglob("*.py"), *(ROOT / "examples").glob("*.ngraph"), ROOT / "README.md"):
        text = path.read_text(encoding="utf-8")
        assert not [word for word in words if word in text], path


WRITES = re.compile(r"""write_text\(|write_bytes\(|\.save\((str\()?path|open\([^)]*["'][wax]b?["']|os\.open\(""")
WRITERS = {"save.py", "claim.py", "crash.py"}
"""The one writer; and what is locked and appended to while the program lives: claims and crash reports."""


def writing(package: Path) -> list[str]:
    """Files that write by themselves instead of through `write_checked`."""
    found = []
    for path in sorted(package.rglob("*.py")):
        text = path.read_text(encoding="utf-8").replace("session.save(path", "")
        if path.name not in WRITERS and WRITES.search(text):
            found.append(path.name)
    return found


def test_everything_that_is_written_goes_through_one_writer(tmp_path: Path) -> None:
    assert writing(PACKAGE) == []
    (tmp_path / "stray.py").write_text("Path('x').write_text('y')\n")
    (tmp_path / "image.py").write_text("image.save(str(path))\n")
    (tmp_path / "plain.py").write_text("open('x', 'w')\n")
    assert writing(tmp_path) == ["image.py", "plain.py", "stray.py"]
