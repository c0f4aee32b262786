"""System checks: what must not be so in a running portal, each with an id and what to do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register  # noqa: A004 - Django's own name
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError

from portal import crypto, runtime, steps
from portal.adobe.metering import ONCE
from portal.models import Organization, RuntimeSetting

Check = Callable[..., list[CheckMessage]]
LOOPBACK = {"localhost", "127.0.0.1", "::1"}


@register()
def encryption_keys(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Without a master key nothing personal can be kept."""
    if not settings.MASTER_KEYS:
        return [Error("No encryption key.", hint="Set MASTER_KEYS or MASTER_KEYS_FILE; see README.md.", id="portal.E001")]
    try:
        crypto.master_keys()
    except ImproperlyConfigured as error:
        return [Error(f"The encryption keys cannot be used: {error}", hint="See README.md, Settings.", id="portal.E002")]
    return []


@register()
def production_parts(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Production needs a database server, a broker server, and no debugging."""
    if settings.PORTAL_ENVIRONMENT != "production":
        return []
    found: list[CheckMessage] = []
    if settings.DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
        found.append(Error("SQLite in production.", hint="Set DATABASE_URL to a PostgreSQL address.", id="portal.E003"))
    if settings.CELERY_BROKER_URL.startswith("filesystem:"):
        found.append(Error("The filesystem broker in production.", hint="Set BROKER_URL to a Redis address.", id="portal.E004"))
    if settings.DEBUG:
        found.append(Error("DEBUG is on in production.", hint="Unset DEBUG: its pages show data.", id="portal.E005"))
    return found


@register()
def time_limits(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """A task must be dead before its claim ends, and its claim ended before anybody looks for what it sent."""
    order = [
        settings.TASK_SOFT_LIMIT_SECONDS,
        settings.TASK_HARD_LIMIT_SECONDS,
        settings.CLAIM_SECONDS,
    ]
    found: list[CheckMessage] = []
    if not order[0] < order[1] < order[2]:
        found.append(
            Error(
                "The time limits of tasks and the claim of a call are out of order.",
                hint="TASK_SOFT_LIMIT_SECONDS < TASK_HARD_LIMIT_SECONDS < CLAIM_SECONDS.",
                id="portal.E006",
            )
        )
    if settings.LOOK_AFTER_SECONDS[0] <= settings.CLAIM_SECONDS:
        found.append(Error("The first look comes before the claim ends.", hint="Raise LOOK_AFTER_SECONDS.", id="portal.E007"))
    call = ONCE.longest + settings.ADOBE_CONNECT_SECONDS + settings.ADOBE_READ_SECONDS
    if steps.SLICE_SECONDS + call >= settings.TASK_SOFT_LIMIT_SECONDS:
        found.append(
            Warning(
                "A call begun at the end of a worker's slice would meet the time limit of its task.",
                hint="Raise TASK_SOFT_LIMIT_SECONDS, or lower ADOBE_CONNECT_SECONDS or ADOBE_READ_SECONDS.",
                id="portal.W002",
            )
        )
    if sorted(settings.LOOK_AFTER_SECONDS) != settings.LOOK_AFTER_SECONDS:
        found.append(Error("The looks are not in order.", hint="LOOK_AFTER_SECONDS grows from left to right.", id="portal.E008"))
    return found


@register()
def mail(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """An e-mail must lead back to the portal, and go out at an hour that there is."""
    found: list[CheckMessage] = []
    if settings.MAIL_ENABLED and urlsplit(settings.PORTAL_ADDRESS).scheme not in {"http", "https"}:
        found.append(
            Error("E-mails could not link to the portal.", hint="Set PORTAL_ADDRESS to its https address.", id="portal.E012")
        )
    if settings.MAIL_DIGEST_HOUR > 23:
        found.append(Error("A day has no such hour.", hint="Set MAIL_DIGEST_HOUR to 0 to 23.", id="portal.E013"))
    return found


@register(Tags.database)
def organizations(app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None, **kwargs: Any) -> list[CheckMessage]:
    """Organizations without credentials, or with a simulator's address outside the demo."""
    if not databases:
        return []
    try:
        rows = list(Organization.objects.all())
    except DatabaseError:
        return []  # not migrated yet
    found: list[CheckMessage] = []
    for row in rows:
        if not row.client_id or row.client_secret_sealed is None:
            found.append(Warning(f"{row.name} has no credentials.", hint="Enter them in the admin.", id="portal.W001"))
        try:
            hosts = {urlsplit(row.gateway_url).hostname, urlsplit(row.ims_url).hostname}
        except ValueError:
            found.append(Error(f"An address of {row.name} is none.", hint="Correct it in the admin.", id="portal.E011"))
            continue
        if settings.PORTAL_ENVIRONMENT == "production" and hosts & LOOPBACK:
            found.append(
                Error(f"{row.name} points at a simulator.", hint="Use Adobe's addresses in production.", id="portal.E009")
            )
    return found


@register(Tags.database)
def runtime_settings(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None, **kwargs: Any
) -> list[CheckMessage]:
    """A setting that an administrator changed, to what this version does not take: the environment's value holds in its place."""
    if not databases:
        return []
    try:
        rows = list(RuntimeSetting.objects.filter(name__in=runtime.SETTINGS).order_by("name"))
    except DatabaseError:
        return []  # not migrated yet
    wrong = [(row.name, problem) for row in rows if (problem := runtime.SETTINGS[row.name].problem(row.value))]
    hint = "Change it in the admin, under Settings, or go back to the environment's value there."
    return [
        Warning(f"{name} was changed to a value that is not used: {problem}", hint=hint, id="portal.W003")
        for name, problem in wrong
    ]
