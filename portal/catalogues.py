"""The catalogues of the pages' words under each app's `locale/`: `python -m portal.catalogues update` or `compile`.

Babel reads the marked words from Python and templates, so that nothing but Python packages is needed. An app's words are those of
its own folder and of `templates/<app>/`; what belongs to no other app is portal's. `.po` files are kept, `.mo` files are made.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
LANGUAGES = ("sv", "nl")
KEYWORDS = DEFAULT_KEYWORDS | {
    "gettext_lazy": None,
    "gettext_noop": None,
    "noop": None,
    "_lazy": None,
    "_both": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
# The local Adobe speaks English, as Adobe does; so does what only its operators and the tests read.
NOT_FOR_PEOPLE = ("portal/simulator/",)
WIDTH = 128


def apps() -> list[str]:
    """Every app that has words of its own."""
    return sorted(path.parent.name for path in ROOT.glob("*/locale"))


def sources(app: str) -> Iterator[Path]:
    """The files that an app's words stand in."""
    for path in sorted((ROOT / app).rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        if "/migrations/" not in name and not name.startswith(NOT_FOR_PEOPLE):
            yield path
    for path in sorted((ROOT / "templates").rglob("*")):
        if path.is_file() and _owner(path) == app:
            yield path


def _owner(template: Path) -> str:
    """Whose template it is: the app that its folder is named after."""
    folders = template.relative_to(ROOT / "templates").parts[:-1]
    return next((app for app in apps() if app in folders), "portal")


def extracted(app: str) -> Catalog:
    """Every marked text of an app, with the files it stands in."""
    catalogue = Catalog()
    for path in sources(app):
        name = path.relative_to(ROOT).as_posix()
        for _, message, comments, context in extract("python", BytesIO(_as_python(path)), KEYWORDS, ["Translators:"]):
            catalogue.add(message, locations=[(name, 0)], auto_comments=comments, context=context)
    return catalogue


def _as_python(path: Path) -> bytes:
    """A source as Python: a template's marked texts become calls, and all else of it blanks.

    Lines lose their indentation, which means something to Python only.
    """
    text = path.read_text()
    if path.suffix == ".py":
        return text.encode()
    return "\n".join(line.lstrip() for line in templatize(text, origin=path.name).split("\n")).encode()


def catalogue_path(app: str, language: str) -> Path:
    """Where an app's words in a language are kept."""
    return ROOT / app / "locale" / language / "LC_MESSAGES" / "django.po"


def kept(app: str, language: str) -> Catalog:
    """What is translated; an empty catalogue when there is none yet."""
    path = catalogue_path(app, language)
    if not path.exists():
        return Catalog(
            locale=language, header_comment=f"# The words of {app}, in {language}.", project="Privacy Portal", fuzzy=False
        )
    with path.open("rb") as file:
        return read_po(file, locale=language)


def update() -> None:
    """Bring new texts into every catalogue, and drop what is said nowhere any more. What is translated stays."""
    for app in apps():
        found = extracted(app)
        for language in LANGUAGES:
            catalogue = kept(app, language)
            # The time of the last run says nothing, and would differ in each commit.
            found.creation_date = catalogue.creation_date
            catalogue.update(found, no_fuzzy_matching=True, update_creation_date=False)
            write(catalogue, catalogue_path(app, language))


def write(catalogue: Catalog, path: Path) -> None:
    """Keep a catalogue, in an order that does not depend on the machine."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalogue, width=WIDTH, sort_by_file=True, ignore_obsolete=True, include_lineno=False)


def compile_stale() -> None:
    """Make the `.mo` file of every catalogue whose `.po` file is newer. Several processes may do so at once."""
    for app in apps():
        for language in LANGUAGES:
            source = catalogue_path(app, language)
            target = source.with_suffix(".mo")
            if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
                continue
            part = target.with_suffix(f".{os.getpid()}.part")
            with part.open("wb") as file:
                write_mo(file, kept(app, language))
            part.replace(target)


def main(arguments: list[str]) -> int:
    """The two commands."""
    if arguments == ["update"]:
        update()
    elif arguments != ["compile"]:
        print("python -m portal.catalogues update | compile", file=sys.stderr)
        return 2
    compile_stale()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
