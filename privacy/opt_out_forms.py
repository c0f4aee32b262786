"""What people fill in for an opt-out through the consent endpoint."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from privacy.consent.entities import LABELS
from privacy.forms import UploadForm


class OptOutForm(UploadForm):
    """Identities to opt out: typed, one a line, or in a file. One of the two."""

    request_files = None  # type: ignore[assignment]  # Django's way to leave out a field of the parent
    namespace = forms.ChoiceField(
        label="Namespace",
        choices=lambda: [(name, f"{_(words)} ({name})") for name, words in LABELS.items()],
        required=False,
        error_messages={"invalid_choice": _("Choose one of Adobe's standard namespaces.")},
    )
    identities = forms.CharField(
        label=_("Identities, one a line"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 6, "autocomplete": "off", "spellcheck": "false", "autocapitalize": "off"}),
    )
    opt_out_file = forms.FileField(
        label="File",
        required=False,
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".json,.csv,.txt,application/json,text/csv"}),
    )

    def clean(self) -> dict[str, Any] | None:
        """Identities come from one place, so that none is sent because nobody saw it."""
        cleaned = super().clean()
        typed, file = (self.cleaned_data.get("identities") or "").strip(), self.cleaned_data.get("opt_out_file")
        if typed and file:
            self.add_error("opt_out_file", _("Identities are typed and a file is chosen as well. Take one of them away."))
        elif not typed and not file and not self.errors.keys() & {"identities", "opt_out_file"}:
            self.add_error("identities", _("Type at least one identity, or choose a file."))
        elif typed and not self.cleaned_data.get("namespace") and "namespace" not in self.errors:
            self.add_error("namespace", _("Choose the namespace of the identities."))
        return cleaned
