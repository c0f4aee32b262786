"""Settings that change while the portal runs: without a change the environment's value, and every process soon agrees."""

from __future__ import annotations

import math
import re
import time
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portal import runtime, uploads
from portal.models import AuditEvent, Organization, RuntimeSetting, User
from portal.runtime import MEGABYTE, SETTINGS
from privacy.events import health
from tests.people import PASSWORD

ROOT = Path(__file__).resolve().parent.parent.parent
LIST = "LIST_EVERY_SECONDS"


@pytest.fixture
def root(db: None) -> User:
    """Whoever changes something."""
    return User.objects.create_superuser("root", password=PASSWORD)


@pytest.fixture(autouse=True)
def reading_as_a_process_does(settings_and_clock_of_each_test: None) -> None:
    """Tests find nothing changed and look for nothing; these do look."""
    runtime.forget()


# --- Reading ---


def test_without_a_change_the_environment_holds(db: None, settings: LazySettings) -> None:
    settings.LIST_EVERY_SECONDS, settings.UPLOAD_MAX_BYTES = 77.5, 4711
    assert (runtime.fraction(LIST), runtime.number("UPLOAD_MAX_BYTES")) == (77.5, 4711)


def test_a_change_holds_at_once_where_it_was_made(root: User, settings: LazySettings) -> None:
    settings.LIST_EVERY_SECONDS = 900.0
    assert runtime.change(LIST, 60, root)
    assert runtime.fraction(LIST) == 60
    assert runtime.reset(LIST, root)
    assert runtime.fraction(LIST) == 900


def test_another_process_notices_within_seconds(db: None, monkeypatch: pytest.MonkeyPatch, settings: LazySettings) -> None:
    settings.LIST_EVERY_SECONDS = 900.0
    assert runtime.fraction(LIST) == 900
    assert runtime._known.until <= time.monotonic() + runtime.KEPT_SECONDS
    RuntimeSetting.objects.create(name=LIST, value=60)
    assert runtime.fraction(LIST) == 900
    # As it is when these seconds are over.
    monkeypatch.setattr(runtime, "_known", replace(runtime._known, until=time.monotonic()))
    assert runtime.fraction(LIST) == 60


def test_asking_often_costs_one_query(db: None) -> None:
    with CaptureQueriesContext(connection) as queries:
        for name in list(SETTINGS) * 10:
            runtime.fraction(name)
    assert len(queries) == 1


@pytest.mark.parametrize("value", [1, 0, -5, 1e9, "60", True, [60], {"value": 60}])
def test_a_row_that_can_be_no_value_is_not_used(value: Any, db: None, settings: LazySettings) -> None:
    settings.LIST_EVERY_SECONDS = 900.0
    RuntimeSetting.objects.create(name=LIST, value=value)
    assert runtime.fraction(LIST) == 900


def test_a_row_that_nobody_knows_harms_nobody(db: None) -> None:
    RuntimeSetting.objects.create(name="OF_A_LATER_VERSION", value={"any": "thing"})
    assert runtime.fraction(LIST) == SETTINGS[LIST].of_environment


# --- Changing ---


def test_a_change_is_kept_with_who_made_it_and_audited(root: User, settings: LazySettings) -> None:
    settings.LIST_EVERY_SECONDS = 900.0
    runtime.change(LIST, 60, root)
    row = RuntimeSetting.objects.get()
    assert (row.name, row.value, row.changed_by) == (LIST, 60, root)
    event = AuditEvent.objects.get()
    assert (event.action, event.actor_id, event.object_id) == ("setting.changed", str(root.pk), LIST)
    assert event.details == {"setting": LIST, "from": 900.0, "to": 60}
    runtime.change(LIST, 120, root)
    assert AuditEvent.objects.order_by("-id")[0].details == {"setting": LIST, "from": 60, "to": 120}
    runtime.reset(LIST, root)
    event = AuditEvent.objects.order_by("-id")[0]
    assert (event.action, event.details) == ("setting.reset", {"setting": LIST, "from": 120, "to": 900.0})


def test_what_holds_already_is_no_change(root: User) -> None:
    assert not runtime.reset(LIST, root)
    runtime.change(LIST, 60, root)
    assert not runtime.change(LIST, 60, root)
    assert AuditEvent.objects.count() == 1


@pytest.mark.parametrize(("name", "value"), [(LIST, 4.9), (LIST, 86_401), (LIST, math.nan), ("MAIL_DIGEST_HOUR", 7.5)])
def test_what_can_be_no_value_is_refused(name: str, value: float, root: User) -> None:
    with pytest.raises(ValueError, match="It must be"):
        runtime.change(name, value, root)
    assert not RuntimeSetting.objects.exists()


def test_whole_things_are_kept_whole(root: User) -> None:
    runtime.change("UPLOAD_MAX_BYTES", 2.0 * MEGABYTE, root)
    assert repr(RuntimeSetting.objects.get().value) == str(2 * MEGABYTE)


# --- The table ---


def read_from_the_environment() -> dict[str, tuple[str, float]]:
    """By variable: how it is read, and its least value there."""
    source = (ROOT / "portal/settings.py").read_text()
    found = re.findall(r'env\.(number|fraction)\("([A-Z_]+)", [^\n]*?(?:least=([\d.]+))?\)\n', source)
    return {name: (reader, float(least or 0)) for reader, name, least in found}


@pytest.mark.parametrize("name", SETTINGS)
def test_each_setting_is_one_of_the_environment_and_no_more_is_taken_than_there(name: str) -> None:
    setting, (reader, least) = SETTINGS[name], read_from_the_environment()[name]
    assert setting.least >= least
    assert setting.least < setting.most
    assert setting.is_whole == (reader == "number")
    assert not setting.problem(setting.least)
    assert not setting.problem(setting.most)


def test_no_module_reads_such_a_setting_past_the_table() -> None:
    # What looks at the machine also works without a database; the check is about the environment itself.
    exempt = {"portal/settings.py", "portal/checks.py", "portal/doctor/storage.py"}
    pattern = re.compile(rf"settings\.({'|'.join(SETTINGS)})\b")
    files = [path for app in ("portal", "privacy", "hygiene") for path in (ROOT / app).rglob("*.py")]
    assert {str(path.relative_to(ROOT)) for path in files if pattern.search(path.read_text())} <= exempt


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        (LIST, 900, "15 minutes"),
        (LIST, 0.5, "0.5 seconds"),
        ("UPLOAD_MAX_BYTES", 100 * MEGABYTE, "100.0\xa0MB"),
        ("RESULT_RETENTION_DAYS", 1, "1 day"),
        ("API_CALLS_PER_MINUTE", 0, "no limit"),
        ("API_CALLS_PER_MINUTE", 1200, "1,200 calls a minute"),
        ("MAIL_DIGEST_HOUR", 7, "07:00"),
    ],
)
def test_a_value_is_said_in_words(name: str, value: float, words: str) -> None:
    assert SETTINGS[name].say(value) == words


# --- Who asks ---


def test_a_changed_pace_reaches_the_lists_of_jobs(root: User, organization: Organization) -> None:
    runtime.change(LIST, 60, root)
    assert health.list_every(organization) == 60


def test_a_changed_limit_reaches_uploads(root: User, media: Path, settings: LazySettings) -> None:
    settings.UPLOAD_MAX_BYTES = 10
    runtime.forget()
    assert uploads.store(BytesIO(b"x" * 20), name="people.json", size=20).too_large
    runtime.change("UPLOAD_MAX_BYTES", MEGABYTE, root)
    assert not uploads.store(BytesIO(b"x" * 20), name="people.json", size=20).too_large
