"""The environment of a stack of real processes (tests/stack.py). Needs no Django, so that a process can put it on first."""

from __future__ import annotations

import os
from pathlib import Path

# The limits keep the order that portal/checks.py demands: soft < hard < claim < first look.
FAST = {
    "SWEEP_EVERY_SECONDS": "1",
    "LIST_EVERY_SECONDS": "2",
    "DETAIL_FIRST_SECONDS": "2",
    "FIGURES_EVERY_SECONDS": "2",
    "AUDIT_SEAL_EVERY_SECONDS": "2",
    "TASK_SOFT_LIMIT_SECONDS": "60",
    "TASK_HARD_LIMIT_SECONDS": "62",
    "CLAIM_SECONDS": "64",
    "LOOK_AFTER_SECONDS": "66,70,75",
}
# Variables of the tests' own process that would change what a stack does.
OF_OTHERS = (
    "DEBUG",
    "DATABASE_URL",
    "BROKER_URL",
    "DATA_DIR",
    "MASTER_KEYS",
    "MASTER_KEYS_FILE",
    "SECRET_KEY",
    "SECRET_KEY_FILE",
)


def stack_environment(folder: Path, **overrides: str) -> dict[str, str]:
    """All variables of a stack whose data lives in `folder`; `overrides` are variables of portal/settings.py."""
    return {
        **{name: value for name, value in os.environ.items() if name not in OF_OTHERS},
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "PORTAL_ENVIRONMENT": "test",
        "PYTHONUNBUFFERED": "1",
        "BEHIND_TLS": "no",
        "DATA_DIR": str(folder / "data"),
        "DATABASE_URL": f"sqlite:///{folder / 'data' / 'portal.sqlite3'}",
        "BROKER_URL": "filesystem://localhost",
        "SECRET_KEY": "only-for-a-stack-of-tests-" + "x" * 40,
        "MASTER_KEYS": "test:" + "dGVzdHRlc3R0ZXN0dGVzdHRlc3R0ZXN0dGVzdHRlc3Q=",
        **FAST,
        **overrides,
    }
