"""The broker, and the folders."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import redis
from django.conf import settings
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from portal.celery import app
from portal.doctor.findings import Finding, ok, problem, warning

BROKER, MEDIA, STATIC = "broker", "media folder", "static files"
OLDEST_REDIS = 7
BROKER_SECONDS = 5
GIB = 1024**3
LEAST_FREE = GIB


def broker() -> Iterator[Finding]:
    """It takes messages. One that it loses is made up for by the sweep, so nothing about it is worse than that it is away."""
    try:
        with app.connection_for_write(connect_timeout=BROKER_SECONDS) as connection:
            connection.ensure_connection(max_retries=1, interval_start=0, timeout=BROKER_SECONDS)
            yield from _redis() if settings.CELERY_BROKER_URL.startswith("redis") else [ok(BROKER, "It takes messages.")]
    except (OperationalError, RedisError, OSError) as error:
        yield problem(
            BROKER,
            f"The broker does not answer ({type(error).__name__}).",
            "Check that it runs, that this machine may reach it, and the address and password in BROKER_URL.",
        )


def _redis() -> Iterator[Finding]:
    with redis.Redis.from_url(
        settings.CELERY_BROKER_URL, socket_connect_timeout=BROKER_SECONDS, socket_timeout=BROKER_SECONDS
    ) as client:
        yield from judged_redis(client.info())


def judged_redis(state: Mapping[str, Any]) -> Iterator[Finding]:
    """What Redis says of itself (its command INFO)."""
    version = str(state["redis_version"])
    if int(version.partition(".")[0]) < OLDEST_REDIS:
        yield warning(BROKER, f"Redis {version} is older than what is tested.", f"Upgrade it to {OLDEST_REDIS} or newer.")
    if state.get("maxmemory") and state.get("maxmemory_policy") != "noeviction":
        yield warning(
            BROKER,
            f"Redis may drop messages when its memory is full ({state['maxmemory_policy']}).",
            "Set maxmemory-policy noeviction. Nothing is lost without it, but a wake-up may come half a minute late.",
        )
    yield ok(BROKER, f"Redis {version} answers.")


def media() -> Iterator[Finding]:
    """Stored files can be written, and there is room for more."""
    root = Path(settings.MEDIA_ROOT)
    try:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=root) as file:
            file.write(b"doctor")
        free = shutil.disk_usage(root).free
    except OSError as error:
        yield problem(
            MEDIA,
            f"This user cannot write into {root} ({error.strerror}).",
            "Give the folder to the user that web servers and workers run as, or mount it; all machines share it.",
        )
        return
    words = f"{root} can be written to, {free / GIB:,.1f} GiB are free."
    if free < LEAST_FREE:
        yield problem(MEDIA, words, "Make room now: without it uploads are refused and results cannot be fetched.")
    elif free < 2 * settings.ARCHIVE_MAX_BYTES:
        yield warning(MEDIA, words, "Make room: two results as large as ARCHIVE_MAX_BYTES allows would not fit.")
    else:
        yield ok(MEDIA, words)


def static_files() -> Iterator[Finding]:
    """They were collected, where the web server looks for their names in a list."""
    if "Manifest" not in settings.STORAGES["staticfiles"]["BACKEND"]:
        return
    if (Path(settings.STATIC_ROOT) / "staticfiles.json").is_file():
        yield ok(STATIC, "They are collected.")
    else:
        yield problem(STATIC, "They are not collected: no page can be shown.", "Run manage.py collectstatic --no-input.")
