"""The form of the account page."""

from __future__ import annotations

import zoneinfo
from functools import cache
from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from portal.models import NoticeMail, User

# Regions of the zone database that people live in; the rest are old names of the same places.
_REGIONS = ("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")
if TYPE_CHECKING:
    _UserForm = forms.ModelForm[User]
else:
    _UserForm = forms.ModelForm
_MAIL_WORDS = {
    NoticeMail.NONE: _("Not at all: only here in the portal"),
    NoticeMail.DIGEST: _("Once a day: all of a day in one e-mail, in the morning"),
    NoticeMail.AT_ONCE: _("At once: an e-mail as soon as something happens"),
}


@cache
def zones() -> list[tuple[str, list[tuple[str, str]]]]:
    """Every zone by its region, as (region, [(name, words)])."""
    names = sorted(zoneinfo.available_timezones())
    found = [(region, [(name, _place(name)) for name in names if name.startswith(f"{region}/")]) for region in _REGIONS]
    return [("UTC", [("UTC", "UTC")]), *((region, places) for region, places in found if places)]


def _place(name: str) -> str:
    return name.partition("/")[2].replace("_", " ").replace("/", ", ")


def languages() -> list[tuple[str, Any]]:
    """Each in its own words."""
    return [("", _("As the browser asks for")), *settings.LANGUAGES]


def zone_choices() -> list[tuple[str, Any]]:
    """The browser's own, then every zone by region."""
    return [("", _("As the browser has it")), *zones()]


class AccountForm(_UserForm):
    """Language, time zone, and how notices come by e-mail."""

    language = forms.ChoiceField(required=False, label=_("Language"), choices=languages)
    time_zone = forms.ChoiceField(required=False, label=_("Time zone"), choices=zone_choices)
    notice_mail = forms.ChoiceField(label=_("Notices by e-mail"), choices=_MAIL_WORDS.items(), widget=forms.RadioSelect)

    class Meta:
        model = User
        fields = ("language", "time_zone", "notice_mail")
