"""What people fill in about a request: the answer, a new due date, a pause, who takes over."""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from portal.models import User
from privacy.deadlines import today_in
from privacy.handling import answering, assigning, moving
from privacy.handling.answering import Answer
from privacy.handling.moving import Room
from privacy.models import PrivacyRequest
from privacy.statuses import AnswerChannel, Outcome, VerifiedHow

if TYPE_CHECKING:
    _UserChoiceField = forms.ModelChoiceField[User]
else:
    _UserChoiceField = forms.ModelChoiceField

_FORMAT = "%Y-%m-%d"
_LONG = {"rows": 3, "autocomplete": "off"}


def _day(**options: Any) -> forms.DateField:
    wrong = _lazy("Enter the day as year-month-day, such as 2026-11-24.")
    errors = {"invalid": wrong, "required": _lazy("Enter the day.")}
    widget = forms.DateInput(attrs={"type": "date"}, format=_FORMAT)
    return forms.DateField(widget=widget, input_formats=[_FORMAT], error_messages=errors, **options)


def _choice(choices: type[VerifiedHow | AnswerChannel | Outcome], none: Any) -> forms.ChoiceField:
    return forms.ChoiceField(choices=[("", none), *choices.choices], required=False)


class _DescribedForm(forms.Form):
    """Each field leads assistive technology to its help and, once it is wrong, to its error."""

    def describe(self) -> None:
        """After cleaning, so that errors are known."""
        for name, field in self.fields.items():
            described = [f"help-{name}"] + ([f"error-{name}"] if self.is_bound and name in self.errors else [])
            field.widget.attrs["aria-describedby"] = " ".join(described)


class AnswerForm(_DescribedForm):
    """The whole answer. What is not known yet stays empty."""

    acknowledged_on = _day(required=False)
    verified_how = _choice(VerifiedHow, _lazy("Not verified yet"))
    verified_on = _day(required=False)
    by_agent = forms.BooleanField(required=False)
    agent = forms.CharField(required=False, max_length=1000, widget=forms.Textarea(attrs=_LONG))
    answered_on = _day(required=False)
    outcome = _choice(Outcome, _lazy("Not answered yet"))
    channel = _choice(AnswerChannel, _lazy("Choose how"))
    answered_with = forms.CharField(required=False, max_length=2000, widget=forms.Textarea(attrs=_LONG))
    legal_ground = forms.CharField(required=False, max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off"}))

    def __init__(self, *args: Any, request_row: PrivacyRequest, **kwargs: Any) -> None:
        """For one request."""
        self._request = request_row
        super().__init__(*args, **kwargs)
        for name in ("acknowledged_on", "answered_on"):
            self.fields[name].widget.attrs["min"] = request_row.received_on.isoformat()
        for name in ("acknowledged_on", "verified_on", "answered_on"):
            self.fields[name].widget.attrs["max"] = today_in(request_row.organization.time_zone).isoformat()
        self.describe()

    def clean(self) -> dict[str, Any]:
        """All that is wrong at once, each at its field."""
        data = super().clean() or self.cleaned_data
        if not self.errors:
            for name, words in answering.faults_of(self._request, self.answer()).items():
                self.add_error(name, words)
        return data

    def answer(self) -> Answer:
        """What was filled in."""
        filled: dict[str, Any] = {field.name: self.cleaned_data.get(field.name) for field in fields(Answer)}
        return Answer(**filled)


class ExtensionForm(_DescribedForm):
    """A later due date, and why."""

    until = _day()
    reason = forms.CharField(required=False, widget=forms.Textarea(attrs=_LONG | {"maxlength": moving.LONGEST_REASON}))
    told_in_time = forms.BooleanField(required=False)

    def __init__(self, *args: Any, request_row: PrivacyRequest, room: Room, **kwargs: Any) -> None:
        """For one request, whose date may be moved as far as `room` says."""
        self._request, self._room = request_row, room
        super().__init__(*args, **kwargs)
        if room.latest is not None:
            self.fields["until"].widget.attrs["max"] = room.latest.isoformat()
            self.fields["until"].initial = room.latest
        self.describe()

    def clean_until(self) -> date:
        """Within the law's limit."""
        until: date = self.cleaned_data["until"]
        fault = moving.fault_of_date(self._request, self._room, until)
        if fault:
            raise forms.ValidationError(fault)
        return until

    def clean_reason(self) -> str:
        """There must be one."""
        return _reason(self.cleaned_data["reason"])

    def clean_told_in_time(self) -> bool:
        """Asked for when the date has passed."""
        told: bool = self.cleaned_data["told_in_time"]
        if moving.is_late(self._request) and not told:
            raise forms.ValidationError(moving.words_when_late())
        return told


class PauseForm(_DescribedForm):
    """Why the clock may stand still."""

    reason = forms.CharField(required=False, widget=forms.Textarea(attrs=_LONG | {"maxlength": moving.LONGEST_REASON}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Described."""
        super().__init__(*args, **kwargs)
        self.describe()

    def clean_reason(self) -> str:
        """There must be one."""
        return _reason(self.cleaned_data["reason"])


def _reason(text: str) -> str:
    fault = moving.fault_of_reason(text)
    if fault:
        raise forms.ValidationError(fault)
    return text


class _PersonField(_UserChoiceField):
    """A colleague by name."""

    def label_from_instance(self, obj: Any) -> str:
        """The full name where there is one; whoever left is named so."""
        name: str = obj.called
        return name if obj.is_active else _("%(name)s (account switched off)") % {"name": name}


class HandOverForm(_DescribedForm):
    """Whose requests go to whom."""

    giver = _PersonField(
        queryset=User.objects.none(),
        empty_label=_lazy("Choose whose requests"),
        error_messages={"required": _lazy("Choose whose requests are given away."), "invalid_choice": _lazy("Choose again.")},
    )
    taker = _PersonField(
        queryset=User.objects.none(),
        empty_label=_lazy("Choose a colleague"),
        error_messages={"required": _lazy("Choose who takes them over."), "invalid_choice": _lazy("Choose again.")},
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        """Offers the people whom `user` may see requests of."""
        super().__init__(*args, **kwargs)
        choices: dict[str, Any] = dict(self.fields)
        choices["giver"].queryset = assigning.givers(user)
        choices["taker"].queryset = assigning.takers(user)
        self.describe()

    def clean(self) -> dict[str, Any]:
        """Two different people."""
        data = super().clean() or self.cleaned_data
        if data.get("giver") and data.get("giver") == data.get("taker"):
            self.add_error("taker", _("Choose two different people."))
        return data
