"""Typed readers of environment variables. A bad value is refused by its name, never by a traceback from a cast.

Every secret may also come from a file: `NAME_FILE` holds the path, as container platforms mount secrets.
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

_env = environ.Env()
# The two that the portal is tested on.
DATABASE_SCHEMES = {"postgres", "postgresql", "sqlite"}


def text(name: str, default: str | None = None) -> str:
    """The value of `name`, else `default`. Raises ImproperlyConfigured when there is neither."""
    value = os.environ.get(name, default)
    if value is None:
        raise ImproperlyConfigured(f"{name} is not set. See the settings table in README.md.")
    return value


def choice(name: str, allowed: Sequence[str], default: str) -> str:
    """One word of `allowed`."""
    value = text(name, default)
    if value not in allowed:
        raise ImproperlyConfigured(f"{name} is {value!r}; it must be one of: {', '.join(allowed)}.")
    return value


def number(name: str, default: int, *, least: int = 0) -> int:
    """A whole number of at least `least`."""
    value = text(name, str(default))
    try:
        result = int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} is {value!r}; it must be a whole number.") from None
    if result < least:
        raise ImproperlyConfigured(f"{name} is {result}; it must be at least {least}.")
    return result


def fraction(name: str, default: float, *, least: float = 0.0) -> float:
    """A finite number, with or without a fraction, of at least `least`."""
    value = text(name, str(default))
    try:
        result = float(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} is {value!r}; it must be a number.") from None
    if not math.isfinite(result) or result < least:
        raise ImproperlyConfigured(f"{name} is {result}; it must be a number of at least {least}.")
    return result


def fractions(name: str, default: str) -> list[float]:
    """Finite numbers parted by commas, each larger than zero."""
    value = text(name, default)
    try:
        result = [float(part) for part in value.split(",")]
    except ValueError:
        raise ImproperlyConfigured(f"{name} is {value!r}; it must be numbers parted by commas.") from None
    if not all(math.isfinite(part) and part > 0 for part in result):
        raise ImproperlyConfigured(f"{name} is {value!r}; every number must be larger than zero and finite.")
    return result


def flag(name: str, default: bool) -> bool:
    """A yes or no: true/false, yes/no, on/off, 1/0."""
    value = text(name, "yes" if default else "no").strip().lower()
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off", ""}:
        return False
    raise ImproperlyConfigured(f"{name} is {value!r}; it must be yes or no.")


def words(name: str, default: str = "") -> list[str]:
    """Words parted by commas; blanks around them do not count."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def secret(name: str, default: str | None = None) -> str:
    """The value of `name`, or the content of the file that `name`_FILE names. Setting both is refused."""
    path = os.environ.get(f"{name}_FILE")
    if path is None:
        return text(name, default)
    if name in os.environ:
        raise ImproperlyConfigured(f"{name} and {name}_FILE are both set; keep one.")
    # The path is not shown either: a secret may have been put where its path belongs.
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ImproperlyConfigured(f"{name}_FILE names a file that cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise ImproperlyConfigured(f"{name}_FILE names a file that is not text in UTF-8.") from None


def database(name: str, default: str) -> dict[str, Any]:
    """A Django database entry from an address such as postgres://user:password@host:5432/name."""
    value = secret(name, default)
    try:
        # Looked at first: environ would print an address that it does not know, with its password, in a warning.
        if urlsplit(value).scheme in DATABASE_SCHEMES:
            return dict(_env.db_url_config(value))
    except ValueError:
        pass
    raise ImproperlyConfigured(f"{name} is not a database address (postgres://… or sqlite:///…).")


def mail_server(name: str) -> dict[str, Any]:
    """Django's settings of a mail server from an address such as smtp+tls://user:password@host:587; {} when there is none."""
    value = secret(name, "")
    if not value:
        return {}
    try:
        # Looked at first, as for a database: the address holds a password.
        if urlsplit(value).scheme in _env.EMAIL_SCHEMES:
            return dict(_env.email_url_config(value))
    except ValueError:
        pass
    raise ImproperlyConfigured(f"{name} is not the address of a mail server (smtp+tls://…, smtps://… or smtp://…).")
