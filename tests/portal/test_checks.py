"""System checks: each is silent for good settings, and each is reached by the one setting that it is about."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.core import checks as django_checks
from django.core.checks import CheckMessage

from portal import checks
from portal.models import Organization, RuntimeSetting
from tests.conftest import make_organization
from tests.portal.master_keys import entry

POSTGRES = {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "privacy"}}


def found(**options: Any) -> list[CheckMessage]:
    """What our own checks say."""
    every = django_checks.run_checks(**options)
    return [message for message in every if str(message.id).startswith("portal.")]


def ids(messages: list[CheckMessage]) -> list[str]:
    """Their ids."""
    return sorted(str(message.id) for message in messages)


@pytest.fixture
def production(settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> LazySettings:
    """Production as it should be; the test's own database stays where it is."""
    settings.PORTAL_ENVIRONMENT = "production"
    settings.CELERY_BROKER_URL = "redis://broker:6379/0"
    settings.DEBUG = False
    monkeypatch.setattr(checks, "settings", Overlay(settings, DATABASES=POSTGRES))
    return settings


class Overlay:
    """Settings of which a few look different to the code under test; Django itself must not see them."""

    def __init__(self, beneath: LazySettings, **values: object) -> None:
        self._beneath, self._values = beneath, values

    def __getattr__(self, name: str) -> object:
        return self._values[name] if name in self._values else getattr(self._beneath, name)


def test_good_settings_are_silent() -> None:
    assert found() == []


def test_production_as_it_should_be_is_silent(production: LazySettings) -> None:
    assert found() == []


@pytest.mark.parametrize(
    ("setting", "value", "expected"),
    [
        ("MASTER_KEYS", "", "portal.E001"),
        ("MASTER_KEYS", "not a key", "portal.E002"),
        ("MASTER_KEYS", f"{entry('a')},{entry('a')}", "portal.E002"),
        ("CELERY_BROKER_URL", "filesystem://localhost", "portal.E004"),
        ("DEBUG", True, "portal.E005"),
        ("TASK_SOFT_LIMIT_SECONDS", 180, "portal.E006"),
        ("TASK_HARD_LIMIT_SECONDS", 240, "portal.E006"),
        ("TASK_HARD_LIMIT_SECONDS", 150, "portal.E006"),
        ("CLAIM_SECONDS", 180, "portal.E006"),
        ("CLAIM_SECONDS", 300, "portal.E007"),
        ("LOOK_AFTER_SECONDS", [240.0, 1800.0], "portal.E007"),
        ("LOOK_AFTER_SECONDS", [300.0, 1800.0, 600.0], "portal.E008"),
        ("ADOBE_READ_SECONDS", 130.0, "portal.W002"),
    ],
)
def test_it_finds_what_must_not_be_so(production: LazySettings, setting: str, value: object, expected: str) -> None:
    setattr(production, setting, value)
    messages = found()
    assert ids(messages) == [expected]
    assert all(message.hint for message in messages)


def test_it_finds_sqlite_in_production(production: LazySettings, monkeypatch: pytest.MonkeyPatch) -> None:
    sqlite = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "portal.sqlite3"}}
    monkeypatch.setattr(checks, "settings", Overlay(production, DATABASES=sqlite))
    assert ids(found()) == ["portal.E003"]


@pytest.mark.parametrize("environment", ["demo", "test"])
def test_what_only_production_forbids_is_fine_elsewhere(settings: LazySettings, environment: str) -> None:
    settings.PORTAL_ENVIRONMENT = environment
    settings.CELERY_BROKER_URL = "filesystem://localhost"
    settings.DEBUG = True
    assert found() == []


def test_the_message_about_a_bad_key_does_not_show_it(settings: LazySettings) -> None:
    settings.MASTER_KEYS = "hush-hush-hush"
    (message,) = found()
    assert "hush" not in f"{message.msg} {message.hint}"


def test_e_mails_need_an_address_to_lead_to(settings: LazySettings) -> None:
    settings.MAIL_ENABLED = True
    for address in ("", "portal.example.com"):
        settings.PORTAL_ADDRESS = address
        assert ids(found()) == ["portal.E012"]
    settings.PORTAL_ADDRESS = "https://portal.example.com"
    assert found() == []


def test_a_digest_needs_an_hour_that_there_is(settings: LazySettings) -> None:
    settings.MAIL_DIGEST_HOUR = 24
    assert ids(found()) == ["portal.E013"]


# --- Organizations: looked at when a database is (migrate, check --database) ---


@pytest.mark.django_db
@pytest.mark.parametrize("missing", [{"client_id": ""}, {"client_secret_sealed": None}])
def test_it_warns_of_an_organization_without_credentials(missing: dict[str, Any]) -> None:
    organization = make_organization(name="Acme")
    assert found(databases=["default"]) == []
    Organization.objects.filter(pk=organization.pk).update(**missing)
    (message,) = found(databases=["default"])
    assert (message.id, message.msg) == ("portal.W001", "Acme has no credentials.")


@pytest.mark.django_db
@pytest.mark.parametrize("field", ["gateway_url", "ims_url"])
@pytest.mark.parametrize("host", ["localhost:8900", "127.0.0.1", "[::1]:8900", "LOCALHOST"])
def test_it_refuses_the_simulator_in_production(production: LazySettings, field: str, host: str) -> None:
    organization = make_organization("https://platform.adobe.io", name="Acme")
    assert found(databases=["default"]) == []
    Organization.objects.filter(pk=organization.pk).update(**{field: f"http://{host}/"})
    (message,) = found(databases=["default"])
    assert (message.id, message.msg) == ("portal.E009", "Acme points at a simulator.")


@pytest.mark.django_db
def test_the_simulator_is_fine_outside_of_production() -> None:
    make_organization("http://127.0.0.1:8900")
    assert found(databases=["default"]) == []


@pytest.mark.django_db
def test_an_address_that_is_none_does_not_stop_the_checks(production: LazySettings) -> None:
    organization = make_organization("https://platform.adobe.io")
    Organization.objects.filter(pk=organization.pk).update(gateway_url="http://[broken")
    assert ids(found(databases=["default"])) == ["portal.E011"]


@pytest.mark.django_db
def test_it_does_not_look_at_rows_when_no_database_is_checked() -> None:
    Organization.objects.filter(pk=make_organization().pk).update(client_id="")
    assert found() == []


# --- Settings changed at run time: looked at when a database is ---


@pytest.mark.django_db
def test_it_warns_of_a_changed_setting_that_is_not_used() -> None:
    RuntimeSetting.objects.create(name="LIST_EVERY_SECONDS", value=60)
    RuntimeSetting.objects.create(name="OF_A_LATER_VERSION", value="anything")
    assert found(databases=["default"]) == []
    RuntimeSetting.objects.update(value=1)
    (message,) = found(databases=["default"])
    assert (message.id, message.msg) == (
        "portal.W003",
        "LIST_EVERY_SECONDS was changed to a value that is not used: It must be between 5 seconds and 1 day.",
    )
    assert found() == []


def test_every_id_is_reached_by_a_test_of_this_file() -> None:
    source = ast.parse(Path(checks.__file__).read_text())
    known = {
        str(keyword.value.value)
        for node in ast.walk(source)
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if keyword.arg == "id" and isinstance(keyword.value, ast.Constant)
    }
    here = Path(__file__).read_text()
    assert len(known) >= 11
    assert {name for name in known if f'"{name}"' not in here} == set()
