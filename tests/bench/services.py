"""PostgreSQL and Redis for a bench, and the environment that points Django at them. Needs no Django to be imported."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import django

from tests import servers
from tests.stack_environment import stack_environment


@contextmanager
def django_on_services(**variables: str) -> Iterator[tuple[Path, Path]]:
    """Start both, put the environment on and set Django up. Gives a folder for the bench's files and PostgreSQL's own.

    `variables` are those of portal/settings.py.
    """
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as name, servers.running() as real:
        environment = real.environment | {"LOG_LEVEL": "WARNING", "TASK_LOG_LEVEL": "WARNING"} | variables
        os.environ.update(stack_environment(Path(name), **environment))
        django.setup()
        yield Path(name), Path(real.folder) / "postgres"
