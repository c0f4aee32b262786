"""What people fill in."""

from __future__ import annotations

import zoneinfo
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from portal.models import Organization, User
from portal.uploads import StoredUpload

OLDEST_RECEIPT_DAYS = 366


class MultipleFileInput(forms.FileInput):
    """A file input that takes several files."""

    allow_multiple_selected = True


class MultipleFileField(forms.FileField):
    """Several files; an empty one is for the checker to speak about."""

    widget = MultipleFileInput

    def clean(self, data: Any, initial: Any = None) -> list[StoredUpload]:
        """Each of the files. Raises ValidationError when there is none."""
        files = data if isinstance(data, list | tuple) else [data]
        return [super(MultipleFileField, self).clean(file, initial) for file in files or [None]]


class UploadForm(forms.Form):
    """One or several request files of one organization."""

    organization = forms.ModelChoiceField(
        queryset=Organization.objects.none(),
        empty_label=None,
        error_messages={"required": _("Choose the organization."), "invalid_choice": _("Choose one of your organizations.")},
    )
    received_on = forms.DateField(
        label=_("Received on"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
        error_messages={
            "required": _("Enter the day on which the people asked."),
            "invalid": _("Enter the day as year-month-day, such as 2026-11-24."),
        },
    )
    request_files = MultipleFileField(
        label=_("Request files"),
        allow_empty_file=True,
        widget=MultipleFileInput(attrs={"accept": ".json,application/json"}),
        error_messages={"required": _("Choose at least one file.")},
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        """Offers the organizations of `user`."""
        super().__init__(*args, **kwargs)
        organizations = Organization.objects.visible_to(user)
        choice: Any = self.fields["organization"]
        if organizations.count() > 1:
            # None is chosen beforehand: people's data must not go to the wrong organization because nobody looked.
            choice.empty_label = _("Choose the organization")
        choice.queryset = organizations
        self.fields["received_on"].initial = today_of(organizations)
        for name, field in self.fields.items():
            described = [f"help-{name}"] + ([f"error-{name}"] if self.is_bound and name in self.errors else [])
            field.widget.attrs["aria-describedby"] = " ".join(described)

    def clean(self) -> dict[str, Any] | None:
        """The day of receipt is not in the organization's future, and not long past."""
        cleaned = super().clean()
        organization, received_on = self.cleaned_data.get("organization"), self.cleaned_data.get("received_on")
        if organization and received_on and (problem := receipt_problem(organization, received_on)):
            self.add_error("received_on", problem)
        return cleaned


def receipt_problem(organization: Organization, received_on: date) -> str:
    """Why this cannot be the day on which people asked, in a sentence; empty when it can."""
    age = (today_of([organization]) - received_on).days
    if age < 0:
        return str(_("This day has not come yet. Enter the day on which the people asked."))
    if age > OLDEST_RECEIPT_DAYS:
        return str(_("This day is more than a year ago. Check the year."))
    return ""


def today_of(organizations: Sequence[Organization] | Any) -> date:
    """Today where the (first) organization is; in UTC when there is none."""
    first = next(iter(organizations), None)
    return datetime.now(zoneinfo.ZoneInfo(first.time_zone if first else "UTC")).date()


def chosen_access_first(form: QueryDict) -> bool | None:
    """Whether deletes wait for access, by a form that offered the choice (`_access_first_choice.html`); None when it did not."""
    if form.get("offers_access_first") != "yes":
        return None
    return form.get("access_first") == "yes"
