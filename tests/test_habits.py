"""Habits that are held by tests: who may import whom, clean lock files, no forgotten migration."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FORBIDDEN = {
    "portal": {"privacy", "hygiene"},
    "privacy": {"hygiene"},
    "hygiene": {"privacy"},
    "portal/simulator": {"privacy", "hygiene", "django"},
    "portal/adobe": {"privacy", "hygiene", "django"},
}
# Settings and URLs are where the parts are put together.
EXEMPT = {"portal/settings.py", "portal/urls.py"}


def imported(path: Path) -> set[str]:
    """The full names of all modules that a file imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return names


@pytest.mark.parametrize("package", FORBIDDEN)
def test_it_imports_only_what_its_room_may_touch(package: str) -> None:
    files = [path for path in (ROOT / package).rglob("*.py") if str(path.relative_to(ROOT)) not in EXEMPT]
    assert files or package == "hygiene"
    found = {
        (str(path.relative_to(ROOT)), name)
        for path in files
        for name in imported(path)
        if name.split(".")[0] in FORBIDDEN[package]
    }
    assert found == set()


def test_the_simulator_imports_nothing_of_ours() -> None:
    for path in (ROOT / "portal/simulator").rglob("*.py"):
        ours = {name for name in imported(path) if name.startswith("portal") and not name.startswith("portal.simulator")}
        assert ours == set(), path


def test_lock_files_name_no_address() -> None:
    for path in ROOT.glob("requirements*.txt"):
        assert "://" not in path.read_text()
        assert "--hash=sha256:" in path.read_text()


def test_no_migration_is_missing() -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "makemigrations", "--check", "--dry-run"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
