"""Filters that lists of both apps share."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from portal.lists.declaring import Choice, Filter, Rows, Viewer

_IMS_ORG: Final = re.compile("[0-9A-Za-z]{10,40}@AdobeOrg")


def choices_of(pairs: Iterable[tuple[str, Any]]) -> list[Choice]:
    """Choices of a TextChoices, or of anything like it."""
    return [Choice(value, words) for value, words in pairs]


def organization(field: str = "organization") -> Filter:
    """By IMS organization, for people of several."""

    def narrow(rows: Rows, value: str, viewer: Viewer) -> Rows:
        return rows.filter(**{f"{field}__in": [one.pk for one in viewer.organizations if one.ims_org_id == value]})

    def choices(viewer: Viewer) -> list[Choice]:
        return [Choice(one.ims_org_id, one.name) for one in viewer.organizations]

    # One that the person was not given narrows to nothing: a link to it must not show the rows of another.
    def also(value: str, _viewer: Viewer) -> str:
        return _("another organization") if _IMS_ORG.fullmatch(value) else ""

    return Filter("organization", _lazy("Organization"), narrow, choices, also, from_choices=2)


def chosen_by(name: str, label: Any, field: str, pairs: Sequence[tuple[str, Any]], **more: Any) -> Filter:
    """By the value of one field."""

    def narrow(rows: Rows, value: str, _viewer: Viewer) -> Rows:
        return rows.filter(**{field: value})

    return Filter(name, label, narrow, lambda _viewer: choices_of(pairs), **more)
