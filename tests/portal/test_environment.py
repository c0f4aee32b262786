"""Readers of environment variables: each names the variable it refuses, and none shows a secret."""

from __future__ import annotations

import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from portal import environment as env

NAME = "PORTAL_TEST_VARIABLE"
SECRET = "hush-hush-4711"
Reader = Callable[[], Any]


def text() -> str:
    return env.text(NAME)


def choice() -> str:
    return env.choice(NAME, ["demo", "test"], "demo")


def number() -> int:
    return env.number(NAME, 7, least=2)


def fraction() -> float:
    return env.fraction(NAME, 0.5, least=0.1)


def fractions() -> list[float]:
    return env.fractions(NAME, "1,2.5")


def off() -> bool:
    return env.flag(NAME, default=False)


def on() -> bool:
    return env.flag(NAME, default=True)


def words() -> list[str]:
    return env.words(NAME, "a,b")


def secret() -> str:
    return env.secret(NAME)


def database() -> dict[str, Any]:
    return env.database(NAME, "sqlite:////data/portal.sqlite3")


@pytest.mark.parametrize(
    ("read", "value", "expected"),
    [
        (text, "value", "value"),
        (text, "", ""),
        (choice, "test", "test"),
        (choice, None, "demo"),
        (number, "2", 2),
        (number, " 3 ", 3),
        (number, None, 7),
        (fraction, "0.1", 0.1),
        (fraction, "3", 3.0),
        (fraction, None, 0.5),
        (fractions, "300, 1800,0.5", [300.0, 1800.0, 0.5]),
        (fractions, None, [1.0, 2.5]),
        *((read, value, True) for read in (on, off) for value in ("1", "true", "Yes", " ON ")),
        *((read, value, False) for read in (on, off) for value in ("0", "false", "No", "OFF", "", " ")),
        (on, None, True),
        (off, None, False),
        (words, " one , two,,three ", ["one", "two", "three"]),
        (words, "", []),
        (words, None, ["a", "b"]),
        (secret, SECRET, SECRET),
    ],
)
def test_it_reads_good_values_and_defaults(
    monkeypatch: pytest.MonkeyPatch, read: Reader, value: str | None, expected: object
) -> None:
    if value is None:
        monkeypatch.delenv(NAME, raising=False)
    else:
        monkeypatch.setenv(NAME, value)
    assert read() == expected


@pytest.mark.parametrize(
    ("read", "value", "says"),
    [
        (text, None, "is not set"),
        (choice, "production", "must be one of: demo, test"),
        (choice, "", "must be one of: demo, test"),
        (number, "many", "must be a whole number"),
        (number, "2.5", "must be a whole number"),
        (number, "", "must be a whole number"),
        (number, "1", "must be at least 2"),
        (number, "-5", "must be at least 2"),
        (fraction, "many", "must be a number"),
        (fraction, "", "must be a number"),
        (fraction, "0.05", "at least 0.1"),
        (fraction, "nan", "at least 0.1"),
        (fraction, "inf", "at least 0.1"),
        (fractions, "", "numbers parted by commas"),
        (fractions, "1,,2", "numbers parted by commas"),
        (fractions, "1;2", "numbers parted by commas"),
        (fractions, "1,0", "larger than zero"),
        (fractions, "1,-2", "larger than zero"),
        (fractions, "1,nan", "larger than zero"),
        (fractions, "1,inf", "larger than zero"),
        (on, "maybe", "yes or no"),
        (off, "2", "yes or no"),
        (secret, None, "is not set"),
    ],
)
def test_it_refuses_bad_values_by_name(monkeypatch: pytest.MonkeyPatch, read: Reader, value: str | None, says: str) -> None:
    if value is None:
        monkeypatch.delenv(NAME, raising=False)
    else:
        monkeypatch.setenv(NAME, value)
    with pytest.raises(ImproperlyConfigured, match=f"^{NAME} .*{says}"):
        read()


# --- Secrets ---


@pytest.fixture
def from_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[bytes], None]:
    """Put the value into a file and name it."""

    def put(content: bytes) -> None:
        (tmp_path / "secret").write_bytes(content)
        monkeypatch.setenv(f"{NAME}_FILE", str(tmp_path / "secret"))

    return put


@pytest.mark.parametrize("content", [SECRET, f"{SECRET}\n", f"  {SECRET}\r\n"])
def test_a_secret_may_come_from_a_file(from_file: Callable[[bytes], None], content: str) -> None:
    from_file(content.encode())
    assert secret() == SECRET


def test_both_a_value_and_a_file_are_refused(monkeypatch: pytest.MonkeyPatch, from_file: Callable[[bytes], None]) -> None:
    from_file(SECRET.encode())
    monkeypatch.setenv(NAME, SECRET)
    with pytest.raises(ImproperlyConfigured, match=f"^{NAME} and {NAME}_FILE are both set") as refused:
        secret()
    assert SECRET not in shown(refused.value)


def shown(error: BaseException) -> str:
    """All that a traceback would show."""
    return "".join(traceback.format_exception(error))


def test_a_file_that_is_not_there_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    # The secret stands where its path belongs: it must not be shown either.
    monkeypatch.setenv(f"{NAME}_FILE", f"/nowhere/{SECRET}")
    with pytest.raises(ImproperlyConfigured, match=f"^{NAME}_FILE .*cannot be read: No such file") as refused:
        secret()
    assert SECRET not in shown(refused.value)


@pytest.mark.parametrize("reading", ["a folder", "a name too long"])
def test_a_file_that_cannot_be_read_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, reading: str) -> None:
    path = {"a folder": str(tmp_path), "a name too long": "x" * 5000}[reading]
    monkeypatch.setenv(f"{NAME}_FILE", path)
    with pytest.raises(ImproperlyConfigured, match=f"^{NAME}_FILE .*cannot be read"):
        secret()


def test_a_file_that_is_not_text_is_refused_by_name(from_file: Callable[[bytes], None]) -> None:
    from_file(b"\xff\xfe" + SECRET.encode("utf-16-le"))
    with pytest.raises(ImproperlyConfigured, match=f"^{NAME}_FILE .*not text") as refused:
        secret()
    assert SECRET[:4] not in shown(refused.value)


# --- Databases ---


@pytest.mark.parametrize(
    ("value", "entry"),
    [
        (None, {"ENGINE": "django.db.backends.sqlite3", "NAME": "/data/portal.sqlite3"}),
        (
            f"postgres://portal:{SECRET}@db.internal:5433/privacy",
            {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": "privacy",
                "USER": "portal",
                "PASSWORD": SECRET,
                "HOST": "db.internal",
                "PORT": 5433,
            },
        ),
        ("postgresql://portal:a%2Fb%40c@db/privacy", {"ENGINE": "django.db.backends.postgresql", "PASSWORD": "a/b@c"}),
    ],
)
def test_it_reads_database_addresses(monkeypatch: pytest.MonkeyPatch, value: str | None, entry: dict[str, object]) -> None:
    if value is not None:
        monkeypatch.setenv(NAME, value)
    assert database().items() >= entry.items()


@pytest.mark.parametrize(
    "value",
    [
        "",
        SECRET,
        f"portal:{SECRET}@db/privacy",
        f"mysql://portal:{SECRET}@db/privacy",
        f"oracle9://portal:{SECRET}@db/privacy",
        f"postgres://portal:{SECRET}@db:port/privacy",
        f"postgres://portal:{SECRET}@db:99999/privacy",
        f"postgres://portal:{SECRET}@[db/privacy]",
        f"://portal:{SECRET}@db",
    ],
)
def test_it_refuses_what_is_no_database_address_without_showing_it(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv(NAME, value)
    with warnings.catch_warnings(record=True) as warned, pytest.raises(ImproperlyConfigured, match=f"^{NAME} is not") as refused:
        database()
    assert SECRET not in shown(refused.value)
    assert warned == []


def test_a_database_address_may_come_from_a_file(from_file: Callable[[bytes], None]) -> None:
    from_file(f"postgres://portal:{SECRET}@db/privacy\n".encode())
    assert database()["PASSWORD"] == SECRET


# --- Mail servers ---


def test_it_reads_the_address_of_a_mail_server(monkeypatch: pytest.MonkeyPatch) -> None:
    assert env.mail_server(NAME) == {}
    monkeypatch.setenv(NAME, f"smtp+tls://portal:{SECRET}@mail.internal:587")
    found = env.mail_server(NAME)
    assert found["EMAIL_BACKEND"] == "django.core.mail.backends.smtp.EmailBackend"
    assert (found["EMAIL_HOST"], found["EMAIL_PORT"], found["EMAIL_USE_TLS"]) == ("mail.internal", 587, True)
    assert (found["EMAIL_HOST_USER"], found["EMAIL_HOST_PASSWORD"]) == ("portal", SECRET)


@pytest.mark.parametrize("value", [SECRET, f"https://portal:{SECRET}@mail", f"smtp://portal:{SECRET}@mail:port"])
def test_it_refuses_what_is_no_mail_server_without_showing_it(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv(NAME, value)
    with pytest.raises(ImproperlyConfigured, match=f"^{NAME} is not") as refused:
        env.mail_server(NAME)
    assert SECRET not in shown(refused.value)
