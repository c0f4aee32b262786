"""Three kinds of JSON files can be chosen on three pages. Which one a file is, told by the names of its members."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop


class FileKind(StrEnum):
    """A kind of file, by the page that takes it."""

    REQUEST = "Uploads"
    OPT_OUT = "Opt-outs"
    RECORD_DELETE = noop("Record deletes")


_SIGNS = {
    FileKind.REQUEST: frozenset({"users"}),
    FileKind.OPT_OUT: frozenset({"optoutofsale", "entities"}),
    FileKind.RECORD_DELETE: frozenset({"identities", "namespacesidentities"}),
}
_WORDS = {
    FileKind.REQUEST: noop("This looks like a file with privacy requests of people (it has “users”)."),
    FileKind.OPT_OUT: noop("This looks like a file for Adobe's consent call (it has “optOutOfSale” or “entities”)."),
    FileKind.RECORD_DELETE: noop("This looks like a file for a record delete (it has “identities” or “namespacesIdentities”)."),
}


def kind_of(members: Collection[str]) -> FileKind | None:
    """The kind of a file with these members, in any casing; None when they are those of no kind, or of several."""
    folded = {name.casefold() for name in members}
    kinds = [kind for kind, signs in _SIGNS.items() if signs & folded]
    return kinds[0] if len(kinds) == 1 else None


def wrong_page(members: Collection[str], expected: FileKind) -> tuple[str, str] | None:
    """What it is and where it belongs, in two sentences, when a file is plainly of another kind than its page takes."""
    kind = kind_of(members)
    if kind is None or kind == expected:
        return None
    return _(_WORDS[kind]), _("Choose it on the page “%(kind)s”, which takes such files.") % {"kind": _(str(kind))}
