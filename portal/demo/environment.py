"""Everything that makes a process a part of the demo: environment variables and key files, set before Django reads its settings.

Only the standard library may be imported here.
"""

from __future__ import annotations

import base64
import os
import secrets
import signal
import sys
import tempfile
from collections.abc import MutableMapping
from pathlib import Path
from urllib.parse import quote

BASE_DIR = Path(__file__).resolve().parents[2]
KEY_FILES = {"SECRET_KEY": "secret.key", "MASTER_KEYS": "master.key"}
# E-mails become files in this folder of the demo: its people have no mailboxes.
MAIL_FOLDER = "mail"

# What a shell may carry for some other project, and must not reach the demo.
_FOREIGN = {
    "ALLOWED_HOSTS",
    "BEHIND_TLS",
    "CSRF_TRUSTED_ORIGINS",
    "DATABASE_URL",
    "DATABASE_URL_FILE",
    "BROKER_URL_FILE",
    "DEBUG",
    "EMAIL_URL",
    "EMAIL_URL_FILE",
    "GUNICORN_CMD_ARGS",
    "MASTER_KEYS",
    "PORTAL_ADDRESS",
    "SECRET_KEY",
}
# Celery reads its own variables before any settings, the address of the broker among them.
_FOREIGN_PREFIXES = ("CELERY", "FORKED_BY_MULTIPROCESSING")

# Adobe's days pass in seconds here, so we look every few seconds; a lost call is looked for within minutes. Whoever sets one
# of these means it.
_PACE = {
    "SWEEP_EVERY_SECONDS": "1",
    "LIST_EVERY_SECONDS": "2",
    "LIST_WITH_EVENTS_EVERY_SECONDS": "10",
    "DETAIL_FIRST_SECONDS": "1",
    "FIGURES_EVERY_SECONDS": "10",
    "DETAIL_AT_LEAST_EVERY_SECONDS": "30",
    "AUDIT_SEAL_EVERY_SECONDS": "10",
    "ADOBE_CONNECT_SECONDS": "3",
    "ADOBE_READ_SECONDS": "15",
    "TASK_SOFT_LIMIT_SECONDS": "80",
    "TASK_HARD_LIMIT_SECONDS": "85",
    "CLAIM_SECONDS": "90",
    "LOOK_AFTER_SECONDS": "100,130,190",
    "TASK_LOG_LEVEL": "WARNING",
}


def demo_folder(environ: MutableMapping[str, str]) -> Path:
    """Where the demo keeps everything: DEMO_DIR, else var/demo of this project."""
    return Path(environ.get("DEMO_DIR") or BASE_DIR / "var" / "demo").resolve()


def enter(environ: MutableMapping[str, str]) -> None:
    """Turn this process, and all that it starts, into the demo. Ends the process when the folder cannot be written."""
    # Until the demo has handlers of its own, Ctrl-C ends it without a traceback.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    # What the local Adobe keeps is in clear, as it would be at Adobe.
    os.umask(0o077)
    folder = demo_folder(environ)
    try:
        make_keys(folder)
    except OSError as error:
        sys.exit(f"The demo cannot write into {folder}: {error.strerror}. Set DEMO_DIR to a folder that it may use.")
    set_variables(environ)


def make_keys(folder: Path) -> None:
    """The secret key and the master key, once. Raises OSError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_once(folder / KEY_FILES["SECRET_KEY"], secrets.token_urlsafe(50))
    write_once(folder / KEY_FILES["MASTER_KEYS"], f"demo:{base64.b64encode(secrets.token_bytes(32)).decode()}")


def set_variables(environ: MutableMapping[str, str]) -> None:
    """Leave what is meant for the demo, take away what is not, and add what is missing."""
    folder = demo_folder(environ)
    for name in [name for name in environ if name in _FOREIGN or name.startswith(_FOREIGN_PREFIXES)]:
        del environ[name]
    environ.update(
        {
            "DJANGO_SETTINGS_MODULE": "portal.settings",
            "PORTAL_ENVIRONMENT": "demo",
            "DATA_DIR": str(folder),
            "BROKER_URL": "filesystem://localhost",
            "EMAIL_URL": f"filemail:///{quote(str(folder / MAIL_FOLDER))}",
            "PYTHONUNBUFFERED": "1",
            **{f"{name}_FILE": str(folder / file) for name, file in KEY_FILES.items()},
        }
    )
    for name, value in _PACE.items():
        environ.setdefault(name, value)


def write_once(path: Path, content: str) -> None:
    """Write a file that only its owner can read (0600), unless it is there already; it appears whole or not at all."""
    if path.exists():
        return
    descriptor, part = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(content + "\n")
            file.flush()
            os.fsync(file.fileno())
        # A link never replaces what another process has written meanwhile.
        Path(path).hardlink_to(part)
    except FileExistsError:
        return
    finally:
        Path(part).unlink()
