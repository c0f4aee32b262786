"""Making and changing a dataset expiration. Times are read and shown in the organization's time zone."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext_lazy as _

from hygiene.expirations import Wanted, problems
from hygiene.models import DatasetExpiration
from portal.models import Organization, User

LOCAL_FORMATS = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"]
_PLAIN_TEXT = {"autocomplete": "off", "spellcheck": "false"}


class _ExpirationForm(forms.Form):
    """Name, description and time."""

    name = forms.CharField(
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Enter a name. Adobe shows it beside the dataset.")},
    )
    description = forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 3}))
    expires_at = forms.DateTimeField(
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=LOCAL_FORMATS[0]),
        input_formats=LOCAL_FORMATS,
        error_messages={
            "required": _("Enter when the dataset is to be removed."),
            "invalid": _("Enter day and time as year-month-day and hour:minute, such as 2027-01-31 18:00."),
        },
    )

    def wanted(self) -> Wanted:
        """What was filled in."""
        filled = self.cleaned_data
        return Wanted(filled.get("name", ""), filled.get("description", ""), filled["expires_at"])

    def _describe(self) -> None:
        """Lead assistive technology from each field to its help and, once it is wrong, to its error."""
        for name, field in self.fields.items():
            described = [f"help-{name}"] + ([f"error-{name}"] if self.is_bound and name in self.errors else [])
            field.widget.attrs["aria-describedby"] = " ".join(described)

    def _check(self, organization: Organization, *, dataset_id: str = "", unchanged: datetime | None = None) -> None:
        """All that is wrong at once, each at its field."""
        entered = self.cleaned_data.get("expires_at")
        if entered is None:
            return
        # What was entered is a time on the wall where the organization is.
        local = entered.replace(tzinfo=ZoneInfo(organization.time_zone))
        same = unchanged is not None and local == unchanged.replace(second=0, microsecond=0)
        self.cleaned_data["expires_at"] = unchanged if same else local
        for name, words in problems(self.wanted(), organization, dataset_id=dataset_id, unchanged=unchanged):
            if name not in self.errors:
                self.add_error(name, words)


class NewExpirationForm(_ExpirationForm):
    """Which dataset goes and when, and its id once more as a sign that it is meant."""

    organization = forms.ModelChoiceField(
        queryset=Organization.objects.none(),
        empty_label=None,
        error_messages={"required": _("Choose the organization."), "invalid_choice": _("Choose one of your organizations.")},
    )
    dataset_id = forms.CharField(
        widget=forms.TextInput(attrs=_PLAIN_TEXT),
        error_messages={"required": _("Enter the id of the dataset that is to go.")},
    )
    typed = forms.CharField(required=False, widget=forms.TextInput(attrs=_PLAIN_TEXT))

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        """Offers the organizations of `user`."""
        super().__init__(*args, **kwargs)
        organizations = Organization.objects.visible_to(user)
        choice: Any = self.fields["organization"]
        if organizations.count() > 1:
            # None is chosen beforehand: a dataset must not go at the wrong organization because nobody looked.
            choice.empty_label = _("Choose the organization")
        choice.queryset = organizations
        self._describe()

    def clean(self) -> dict[str, Any] | None:
        """The dataset's id was typed twice, and the rest fits what Adobe takes."""
        cleaned = super().clean()
        organization, dataset_id = self.cleaned_data.get("organization"), self.cleaned_data.get("dataset_id", "")
        if organization is not None:
            self._check(organization, dataset_id=dataset_id)
        if dataset_id and self.cleaned_data.get("typed") != dataset_id:
            self.add_error(
                "typed",
                _("Type the id of the dataset once more, %(dataset_id)s, to confirm that all of it is to go.")
                % {"dataset_id": dataset_id},
            )
        return cleaned


class ChangeExpirationForm(_ExpirationForm):
    """A new name, description or time."""

    def __init__(self, data: Any = None, *, expiration: DatasetExpiration) -> None:
        """Filled in with how it is."""
        zone = ZoneInfo(expiration.organization.time_zone)
        now = {
            "name": expiration.name,
            "description": expiration.description,
            "expires_at": expiration.expires_at and expiration.expires_at.astimezone(zone).replace(tzinfo=None),
        }
        super().__init__(data, initial=now)
        self._expiration = expiration
        self._describe()

    def clean(self) -> dict[str, Any] | None:
        """What fits Adobe; the time may stay as it is, however near."""
        cleaned = super().clean()
        self._check(self._expiration.organization, unchanged=self._expiration.expires_at)
        return cleaned
