"""Settings for tests and for mypy: the real settings, with the few variables that have no safe default."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

os.environ.setdefault("PORTAL_ENVIRONMENT", "test")
os.environ.setdefault("SECRET_KEY", "only-for-tests-" + "x" * 40)
if "DATA_DIR" not in os.environ:
    os.environ["DATA_DIR"] = tempfile.mkdtemp(prefix="portal-test-")
    atexit.register(shutil.rmtree, os.environ["DATA_DIR"], ignore_errors=True)
# A worker of pytest-xdist has a database of its own, so it has files of its own too.
_worker = os.environ.get("PYTEST_XDIST_WORKER", "")
if _worker and Path(os.environ["DATA_DIR"]).name != _worker:
    os.environ["DATA_DIR"] = str(Path(os.environ["DATA_DIR"], _worker))
os.environ.setdefault("MASTER_KEYS", "test:" + "dGVzdHRlc3R0ZXN0dGVzdHRlc3R0ZXN0dGVzdHRlc3Q=")

from portal.settings import *  # noqa: E402, F403 - the variables come first

# Argon2 is slow on purpose; tests sign in hundreds of times.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# WhiteNoise warns of a folder that is not there, and a warning fails a test.
STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # noqa: F405

# Each test client looks for every static file there is before its first page; nobody asks these clients for one.
WHITENOISE_USE_FINDERS = False
