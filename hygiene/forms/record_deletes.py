"""Beginning a record delete, and renaming a work order at Adobe."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from hygiene import intake
from hygiene.schema import ALL, LONGEST_DESCRIPTION, LONGEST_NAME
from portal.models import Organization, User

# What a form may hold beside its files is a megabyte (DATA_UPLOAD_MAX_MEMORY_SIZE); more identities come as a file.
MOST_TYPED = 900_000


class RecordDeleteForm(forms.Form):
    """Which identities, from a file or typed, and which datasets they are removed from."""

    organization = forms.ModelChoiceField(
        queryset=Organization.objects.none(),
        empty_label=None,
        error_messages={"required": _("Choose the organization."), "invalid_choice": _("Choose one of your organizations.")},
    )
    identity_file = forms.FileField(
        label="File",
        required=False,
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".json,.csv,application/json,text/csv"}),
    )
    namespace = forms.CharField(
        required=False, max_length=255, widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"})
    )
    identities = forms.CharField(
        required=False,
        strip=False,
        max_length=MOST_TYPED,
        widget=forms.Textarea(attrs={"rows": 6, "autocomplete": "off", "spellcheck": "false"}),
        error_messages={"max_length": _("This is more than can be typed here. Put the identities into a file.")},
    )
    scope = forms.ChoiceField(
        choices=[
            ("named", _("These datasets")),
            ("all", _("ALL datasets of the sandbox")),
            ("file", _("As the file says")),
        ],
        initial="named",
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose the datasets."), "invalid_choice": _("Choose the datasets.")},
    )
    datasets = forms.CharField(
        required=False, widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off", "spellcheck": "false"})
    )
    profile_only = forms.BooleanField(required=False)
    name = forms.CharField(required=False, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    description = forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        """Offers the organizations of `user`."""
        super().__init__(*args, **kwargs)
        organizations = Organization.objects.visible_to(user)
        choice: Any = self.fields["organization"]
        if organizations.count() > 1:
            # None is chosen beforehand: nobody's records are to be deleted at the wrong organization because nobody looked.
            choice.empty_label = _("Choose the organization")
        choice.queryset = organizations
        _describe(self)

    def clean(self) -> dict[str, Any] | None:
        """One source of identities; datasets that fit it. What only the intake knows is asked there."""
        cleaned = super().clean()
        self._check_source()
        if "scope" in self.cleaned_data:
            self._check_datasets()
        return cleaned

    @property
    def is_typed(self) -> bool:
        """Whether the identities were typed rather than chosen as a file."""
        return self.cleaned_data.get("identity_file") is None

    def wanted(self) -> intake.Wanted:
        """What was filled in beside the identities, for a form without errors."""
        given = self.cleaned_data
        return intake.Wanted(
            name=given["name"], description=given["description"], datasets=self._datasets(), profile_only=given["profile_only"]
        )

    def _datasets(self) -> tuple[str, ...]:
        scope = self.cleaned_data["scope"]
        if scope == "named":
            return intake.dataset_ids(self.cleaned_data.get("datasets", ""))
        return (ALL,) if scope == "all" else ()

    def _check_source(self) -> None:
        file, typed = self.cleaned_data.get("identity_file"), self.cleaned_data.get("identities", "").strip()
        if file is not None and typed:
            self.add_error("identities", _("Give the identities in one way: choose a file or type them, not both."))
        elif file is None and not typed:
            self.add_error("identity_file", _("Choose a file, or type the identities below."))
        elif typed and not self.cleaned_data.get("namespace"):
            self.add_error("namespace", _("Enter the namespace of the typed identities, such as email."))

    def _check_datasets(self) -> None:
        scope, left_empty = self.cleaned_data["scope"], not self._datasets()
        if scope == "file" and self.is_typed:
            self.add_error("scope", _("Typed identities come without a file: name the datasets, or choose ALL."))
        elif scope == "named" and left_empty and not self._file_may_name_datasets():
            self.add_error("datasets", _("Enter the id of at least one dataset."))
        else:
            for problem in intake.wanted_problems(self.wanted(), with_file=left_empty):
                self.add_error(None, problem)

    def _file_may_name_datasets(self) -> bool:
        """A JSON file as Adobe takes it does; a table cannot."""
        file = self.cleaned_data.get("identity_file")
        return file is not None and (file.name or "").lower().endswith(".json")


class WorkOrderNameForm(forms.Form):
    """A new name and description for a work order that Adobe has."""

    name = forms.CharField(
        max_length=LONGEST_NAME,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Enter a name.")},
    )
    description = forms.CharField(required=False, max_length=LONGEST_DESCRIPTION, widget=forms.Textarea(attrs={"rows": 4}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _describe(self)


def _describe(form: forms.Form) -> None:
    """Lead assistive technology from each field to its help and, once it is wrong, to its error."""
    for name, field in form.fields.items():
        described = [f"help-{name}"] + ([f"error-{name}"] if form.is_bound and name in form.errors else [])
        field.widget.attrs["aria-describedby"] = " ".join(described)
