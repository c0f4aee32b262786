"""Habits held by tests: who may import whom, clean lock files, no forgotten migration, no page without a permission test."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest
from django.http import HttpResponse
from django.urls import URLPattern, URLResolver, get_resolver, include
from django.urls import path as route

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


# --- Every page has a permission test ---

# Pages without one, each with its reason.
WITHOUT_PERMISSION_TEST = {
    "favicon": "leads to a drawing that is the same for everybody, signed in or not",
}
# Django's own admin asks each ModelAdmin for its permissions; tests/portal/test_admin.py and tests/privacy/test_admin.py hold it.
WITHOUT_PERMISSION_TEST_NAMESPACES = {"admin"}


def named_pages(patterns: Iterable[URLPattern | URLResolver], namespace: str = "") -> Iterator[str]:
    """The name of every page, with its namespaces; a page without a name under its route, so that it cannot hide."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from named_pages(pattern.url_patterns, f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace)
        else:
            yield f"{namespace}{pattern.name}" if pattern.name else f"{namespace}<no name: {pattern.pattern}>"


def covered_pages(source: str) -> set[str]:
    """The pages that tests of a module say to cover with `@covers(...)`. It must be the decorator of a test, with plain names.

    Read from the source, so that it holds under any selection of tests and any number of processes.
    """
    tree = ast.parse(source)
    tests = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]
    decorators = [each for test in tests for each in test.decorator_list if is_covers(each)]
    every = [node for node in ast.walk(tree) if is_covers(node)]
    assert len(every) == len(decorators), "covers(...) is for tests only"
    names = [arg for call in decorators if isinstance(call, ast.Call) for arg in call.args]
    assert all(isinstance(name, ast.Constant) and isinstance(name.value, str) for name in names), "covers(...) takes plain names"
    return {str(name.value) for name in names if isinstance(name, ast.Constant)}


def is_covers(node: ast.AST) -> bool:
    """Whether a node is a call of `covers`."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "covers"


def without_test(pages: Iterable[str], covered: set[str]) -> list[str]:
    """Pages that neither a test covers nor a reason exempts."""
    return sorted(
        page
        for page in pages
        if page not in covered | set(WITHOUT_PERMISSION_TEST) and page.split(":")[0] not in WITHOUT_PERMISSION_TEST_NAMESPACES
    )


@cache
def all_covered_pages() -> set[str]:
    """What the tests of this repository say to cover."""
    files = (ROOT / "tests").rglob("test_*.py")
    return {page for file in files if file.name != "test_habits.py" for page in covered_pages(file.read_text())}


def test_every_page_has_a_permission_test() -> None:
    assert without_test(named_pages(get_resolver().url_patterns), all_covered_pages()) == []


def test_no_permission_test_or_exemption_is_for_a_page_that_is_gone() -> None:
    pages = set(named_pages(get_resolver().url_patterns))
    assert all_covered_pages() | set(WITHOUT_PERMISSION_TEST) <= pages
    assert {page.split(":")[0] for page in pages if ":" in page} >= WITHOUT_PERMISSION_TEST_NAMESPACES
    assert not all_covered_pages() & set(WITHOUT_PERMISSION_TEST)


def test_a_page_that_no_test_covers_is_found_however_deep_it_stands() -> None:
    def view(_: object) -> HttpResponse:
        return HttpResponse()

    inner = [route("known/", view, name="known"), route("forgotten/", view, name="forgotten"), route("nameless/<int:pk>/", view)]
    outer = include(([route("b/", include((inner, "inner")))], "outer"))
    patterns: list[URLPattern | URLResolver] = [route("a/", outer), route("top/", view, name="top")]
    pages = list(named_pages(patterns))
    assert pages == ["outer:inner:known", "outer:inner:forgotten", "outer:inner:<no name: nameless/<int:pk>/>", "top"]
    covered = covered_pages('@covers("outer:inner:known", "top")\ndef test_it() -> None: ...\n')
    assert without_test(pages, covered) == ["outer:inner:<no name: nameless/<int:pk>/>", "outer:inner:forgotten"]


def test_pages_are_covered_by_tests_alone() -> None:
    assert covered_pages("def test_it() -> None: ...") == set()
    for source in (
        '@covers("home")\ndef helper() -> None: ...',
        'covers("home")',
        "@covers(NAME)\ndef test_it() -> None: ...",
        '@covers(f"{1}")\ndef test_it() -> None: ...',
        "@covers(*NAMES)\ndef test_it() -> None: ...",
    ):
        with pytest.raises(AssertionError):
            covered_pages(source)


def test_every_setting_stands_in_the_table_of_the_readme() -> None:
    read = set(re.findall(r'env\.\w+\("([A-Z_]+)"', (ROOT / "portal/settings.py").read_text()))
    assert "DATABASE_URL" in read
    table = [line for line in (ROOT / "README.md").read_text().splitlines() if line.startswith("| `")]
    assert {name for name in read if not any(f"`{name}`" in line for line in table)} == set()


def test_every_command_stands_in_the_readme() -> None:
    # What `make demo` runs, and what it needs for that, stands under "Two commands".
    named = {path.stem for path in ROOT.glob("*/management/commands/[a-z]*.py")} - {"demo"}
    readme = (ROOT / "README.md").read_text()
    assert {name for name in named if f"manage.py {name}" not in readme} == set()
