"""Every text of a page is marked, stands in each catalogue, and is translated there with the same places to fill in."""

from __future__ import annotations

import gettext
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from io import BytesIO

import pytest
from babel.messages.catalog import Message
from babel.messages.mofile import write_mo
from django.conf import settings

from portal import catalogues
from portal.models import User
from tests.actors import Actors
from tests.pages import Browser

ROOT = catalogues.ROOT
BOTH = pytest.mark.parametrize(("app", "language"), [(app, one) for app in catalogues.apps() for one in catalogues.LANGUAGES])
# `%(name)s`, `%s`, `{name:person|people}` (its nouns are translated), `<strong>`, `<code>`.
PLACES = re.compile(r"%\(\w+\)s|%s|\{\w+|</?[a-z]+>")

# --- Catalogues ---

# Read once: no test changes them.
extracted, kept_in = cache(catalogues.extracted), cache(catalogues.kept)


def ids_of(message: Message) -> list[str]:
    """The text, or its singular and its plural."""
    return [message.id] if isinstance(message.id, str) else list(message.id or ())


def texts_of(message: Message | None) -> list[str]:
    """The translation, in as many numbers as the text has."""
    if message is None:
        return []
    return [message.string] if isinstance(message.string, str) else list(message.string or ())


def test_each_language_of_the_settings_but_english_has_a_catalogue() -> None:
    assert {code for code, _ in settings.LANGUAGES} == {"en", *catalogues.LANGUAGES}
    assert catalogues.apps() == ["hygiene", "portal", "privacy"]


@BOTH
def test_every_marked_text_is_translated(app: str, language: str) -> None:
    kept = kept_in(app, language)
    missing = [
        ids_of(message)[0]
        for message in extracted(app)
        if message.id and not all(texts_of(kept.get(ids_of(message)[0], message.context)) or [""])
    ]
    assert missing == [], "`make messages` brings new texts into the catalogues, to be translated there"


@BOTH
def test_nothing_stands_in_a_catalogue_that_is_said_nowhere(app: str, language: str) -> None:
    said = {(ids_of(message)[0], message.context) for message in extracted(app)}
    assert {(ids_of(message)[0], message.context) for message in kept_in(app, language)} <= said


@BOTH
def test_a_translation_has_the_same_places_as_the_text(app: str, language: str) -> None:
    wrong = []
    for message in kept_in(app, language):
        for text, translated in zip(ids_of(message), texts_of(message), strict=False):
            if message.id and translated and Counter(PLACES.findall(text)) != Counter(PLACES.findall(translated)):
                wrong.append((text, translated))
    assert wrong == []


@BOTH
def test_a_catalogue_compiles_to_what_python_reads(app: str, language: str) -> None:
    kept, compiled = kept_in(app, language), BytesIO()
    write_mo(compiled, kept)
    compiled.seek(0)
    read = gettext.GNUTranslations(compiled)
    message = next(one for one in kept if isinstance(one.id, str) and one.id and one.string and not one.context)
    assert read.gettext(str(message.id)) == message.string != message.id


# --- Templates ---

MARKED = re.compile(r"\{%\s*(blocktranslate|comment)\b.*?\{%\s*end\1\s*%\}", re.DOTALL)
CODE = re.compile(r"<(pre|svg|script|style|code|kbd|var)\b.*?</\1>", re.DOTALL)
TEMPLATE = re.compile(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}", re.DOTALL)
TAG = re.compile(r"<[^>]*>")
SPOKEN = re.compile(r"\b(?:aria-label|title|placeholder|alt|data-label|data-busy|data-announce)=\"([^\"]*)\"")
ENTITY = re.compile(r"&\w+;")
# Names, and what is written alike in every language.
ALLOWED = {"Privacy Portal", "API", "optOutOfSale false", "JSON", "CSV", "HTTP", "Real-Time", "XLSX", "ms", "UTC"}


def unmarked(source: str) -> Iterator[str]:
    """Texts of a template that a person would see in English whatever their language is."""
    bare = TEMPLATE.sub("\x00", CODE.sub("\x00", MARKED.sub("\x00", source)))
    for text in [
        *TAG.sub("\x00", bare).split("\x00"),
        *(part for spoken in SPOKEN.findall(bare) for part in spoken.split("\x00")),
    ]:
        words = ENTITY.sub(" ", text).strip(" \n·:;,.()/“”…-+%")
        if re.search(r"[A-Za-z]{2}", words) and words not in ALLOWED:
            yield words


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("<p>Forgotten</p>", ["Forgotten"]),
        ('<p>{% translate "Marked" %}</p>', []),
        ("{% blocktranslate count n=1 %}One{% plural %}{{ n }}{% endblocktranslate %} is not", ["is not"]),
        ('<a href="/x/" aria-label="Forgotten too">{{ name }}</a>', ["Forgotten too"]),
        ('<a aria-label="{% translate "Marked" %}"><code>id</code></a>', []),
        ("{% if a > b %}Yes{% endif %}", ["Yes"]),
    ],
)
def test_a_text_that_is_not_marked_is_found(source: str, found: list[str]) -> None:
    assert list(unmarked(source)) == found


def test_every_text_of_every_template_is_marked() -> None:
    found = {
        path.relative_to(ROOT).as_posix(): texts
        for path in sorted((ROOT / "templates").rglob("*.html"))
        if (texts := list(unmarked(path.read_text())))
    }
    assert found == {}


# --- What is answered in which language ---


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("wanted", "language", "words"),
    [("sv", "sv", "Logga in"), ("nl-BE,nl;q=0.9", "nl", "Inloggen"), ("en-GB", "en", "Sign in"), ("fi", "en", "Sign in")],
)
def test_a_page_speaks_the_language_that_the_browser_asks_for(wanted: str, language: str, words: str) -> None:
    answer = Browser().get("/sign-in/", headers={"Accept-Language": wanted})
    assert answer.headers["Content-Language"] == language
    assert f'<html lang="{language}">' in answer.content.decode()
    assert words in answer.content.decode()


@pytest.mark.django_db
def test_the_api_speaks_english_to_everybody(actors: Actors, officer: User) -> None:
    officer.language = "sv"
    officer.save()
    answer = actors.officer.get("/api/v1/requests?limit=many", headers={"Accept-Language": "sv"})
    assert (answer.status_code, answer.headers["Content-Language"]) == (400, "en")
    assert "heltal" not in answer.content.decode()
    assert "A whole number" in answer.content.decode()
