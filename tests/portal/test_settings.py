"""The settings as a process meets them: a bad value is refused by its name, and no secret is printed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.portal.master_keys import entry

ROOT = Path(__file__).resolve().parent.parent.parent
SECRET = "hush-hush-4711-" + "x" * 40


@pytest.fixture
def good(tmp_path: Path) -> dict[str, str]:
    """Production as it should be."""
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG", "VIRTUAL_ENV"}}
    return kept | {
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "PORTAL_ENVIRONMENT": "production",
        "SECRET_KEY": SECRET,
        "ALLOWED_HOSTS": "privacy.example.com",
        "MASTER_KEYS": entry("first"),
        "DATA_DIR": str(tmp_path),
        "DATABASE_URL": "postgres://portal:hush-hush@db.internal/privacy",
        "BROKER_URL": "redis://broker.internal:6379/0",
    }


def manage(variables: dict[str, str], *words: str) -> tuple[int, str]:
    """Exit status of `manage.py` and all that it prints."""
    done = subprocess.run(
        [sys.executable, "manage.py", *words], cwd=ROOT, env=variables, capture_output=True, text=True, timeout=60
    )
    return done.returncode, done.stdout + done.stderr


def test_production_as_it_should_be_passes_every_check(good: dict[str, str]) -> None:
    status, printed = manage(good, "check", "--deploy", "--fail-level", "WARNING")
    assert status == 0, printed
    assert "no issues" in printed


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"PORTAL_ENVIRONMENT": "prod"}, "PORTAL_ENVIRONMENT is 'prod'; it must be one of: production, demo, test."),
        ({"SECRET_KEY": None}, "SECRET_KEY is not set."),
        ({"SECRET_KEY": None, "SECRET_KEY_FILE": "/nowhere/hush-hush"}, "SECRET_KEY_FILE names a file that cannot be read"),
        ({"DATABASE_URL": "mysql://portal:hush-hush@db/privacy"}, "DATABASE_URL is not a database address"),
        ({"CLAIM_SECONDS": "four minutes"}, "CLAIM_SECONDS is 'four minutes'; it must be a whole number."),
        ({"MASTER_KEYS": None}, "portal.E001"),
        ({"MASTER_KEYS": "first:hush-hush"}, "portal.E002"),
        ({"DATABASE_URL": None}, "portal.E003"),
        ({"BROKER_URL": None}, "portal.E004"),
        ({"DEBUG": "yes"}, "portal.E005"),
        ({"CLAIM_SECONDS": "100"}, "portal.E006"),
    ],
)
def test_a_bad_value_is_refused_by_name(good: dict[str, str], changes: dict[str, str | None], says: str) -> None:
    variables = {name: value for name, value in (good | changes).items() if value is not None}
    status, printed = manage(variables, "check")
    assert status == 1
    assert says in printed
    assert "hush-hush" not in printed.replace(str(ROOT), "")
    assert entry("first").partition(":")[2] not in printed


def test_what_is_not_said_is_the_strict_environment(good: dict[str, str]) -> None:
    variables = {name: value for name, value in good.items() if name not in {"PORTAL_ENVIRONMENT", "DATABASE_URL"}}
    assert "portal.E003" in manage(variables, "check")[1]


def test_a_database_without_tables_does_not_stop_the_checks(good: dict[str, str], tmp_path: Path) -> None:
    variables = good | {"PORTAL_ENVIRONMENT": "demo", "DATABASE_URL": f"sqlite:///{tmp_path / 'empty.sqlite3'}"}
    status, printed = manage(variables, "check", "--database", "default")
    assert status == 0, printed
