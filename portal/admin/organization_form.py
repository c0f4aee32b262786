"""The form of an organization: everything an administrator may set, checked before Adobe ever sees it."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.conf import settings
from django.contrib.admin.widgets import AdminTextInputWidget
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.text import capfirst

from portal import registry
from portal.adobe.addresses import AddressError, parse_address
from portal.models import Organization

if TYPE_CHECKING:
    _ModelForm = forms.ModelForm[Organization]
else:
    _ModelForm = forms.ModelForm

MOST_PER_CALL = 1000  # Privacy Service API, create a privacy job
MOST_PER_WORK_ORDER = 100_000  # Data Hygiene API, create a record delete work order
LONGEST_RECALL_MINUTES = 7 * 24 * 60
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"(?:{_LABEL}\.)*{_LABEL}(?::[1-9][0-9]{{0,4}})?")
_SCOPE = re.compile(r"[!#-+\--\[\]-~]+")  # RFC 6749, section 3.3, without the comma that parts them here


class HostsField(forms.CharField):
    """Hosts, one a line, as "host" or "host:port"; the value is a list of them in small letters."""

    widget = forms.Textarea(attrs={"rows": 4, "class": "vLargeTextField"})

    def prepare_value(self, value: Any) -> Any:
        """A stored list as lines; what was typed as it was typed."""
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        """Raises ValidationError that names each wrong line."""
        lines = enumerate((super().to_python(value) or "").splitlines(), start=1)
        hosts = {number: line.strip().lower() for number, line in lines if line.strip()}
        wrong = [number for number, host in hosts.items() if _HOST.fullmatch(host) is None]
        if wrong:
            raise ValidationError(
                [f"Line {number} is not a host: write it without https:// and path, as files.example.com." for number in wrong]
            )
        return list(dict.fromkeys(hosts.values()))

    def has_changed(self, initial: Any, data: Any) -> bool:
        """By the list of hosts, not by how it was typed."""
        try:
            return bool(self.to_python(data) != (initial or []))
        except ValidationError:
            return True


def bare_address(text: str) -> str:
    """The address without a slash at its end. Raises ValidationError for what is more than scheme, host and port."""
    try:
        address = parse_address(text)
    except AddressError:
        raise ValidationError("Enter an http or https address without a user name: https://host.name.") from None
    if address.target not in {"", "/"} or "#" in text or "?" in text:
        raise ValidationError("Enter the address without a path: https://host.name.")
    if address.scheme != "https" and settings.PORTAL_ENVIRONMENT == "production":
        raise ValidationError(
            "In production the address must begin with https://, because the client secret or a token goes there."
        )
    return text.strip().rstrip("/")


def time_zones() -> list[tuple[str, str]]:
    """Every zone that this machine knows, by name."""
    return [(name, name) for name in sorted(zoneinfo.available_timezones() - {"localtime", "Factory"})]


def product_choices(stored: Iterable[str]) -> list[tuple[str, str]]:
    """The products that the apps know, and whatever else the organization has already."""
    known = registry.product_choices()
    codes = {code for code, _ in known}
    return [*known, *((code, code) for code in stored if code not in codes)]


def _like_model(name: str, field: type[forms.Field], **options: Any) -> Any:
    """A form field with the words and the default of the model's field."""
    column = cast("models.Field[Any, Any]", Organization._meta.get_field(name))
    words: dict[str, Any] = {"label": capfirst(column.verbose_name), "help_text": column.help_text}
    return field(**(words | {"initial": column.get_default(), "required": not column.blank} | options))


class OrganizationForm(_ModelForm):
    """One organization. The client secret is only ever written: an empty field keeps the stored one."""

    client_secret = forms.CharField(
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "class": "vTextField"}),
        help_text="Kept encrypted and never shown again.",
    )
    gateway_url = _like_model("gateway_url", forms.URLField, assume_scheme="https", widget=AdminTextInputWidget)
    ims_url = _like_model("ims_url", forms.URLField, assume_scheme="https", widget=AdminTextInputWidget)
    download_hosts = _like_model("download_hosts", HostsField)
    product_codes = _like_model(
        "product_codes",
        forms.MultipleChoiceField,
        widget=forms.CheckboxSelectMultiple,
        help_text="What the organization is provisioned for at Adobe.",
    )
    time_zone = _like_model("time_zone", forms.ChoiceField, choices=time_zones)
    max_people_per_call = _like_model("max_people_per_call", forms.IntegerField, min_value=1, max_value=MOST_PER_CALL)
    max_identities_per_call = _like_model("max_identities_per_call", forms.IntegerField, min_value=1, max_value=MOST_PER_CALL)
    recall_minutes = _like_model("recall_minutes", forms.IntegerField, min_value=0, max_value=LONGEST_RECALL_MINUTES)
    max_identities_per_work_order = _like_model(
        "max_identities_per_work_order", forms.IntegerField, min_value=1, max_value=MOST_PER_WORK_ORDER
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """A new organization needs its secret; a stored product that nobody knows any more can still be ticked."""
        super().__init__(*args, **kwargs)
        secret = self.fields["client_secret"]
        secret.required = self.instance.client_secret_sealed is None
        if not secret.required:
            secret.help_text = "Kept encrypted and never shown again. Leave it empty to keep the stored one."
        products = cast("forms.MultipleChoiceField", self.fields["product_codes"])
        products.choices = product_choices(self.instance.product_codes)

    def clean(self) -> dict[str, Any] | None:
        """Where calls went that are not finished must stay known, or they would be looked for elsewhere, and sent again."""
        cleaned = super().clean()
        for name in self.changed_data if not self.instance._state.adding else ():
            if reason := registry.why_setting_stays(name, self.instance.pk):
                self.add_error(name, reason)
        return cleaned

    def clean_gateway_url(self) -> str:
        """Scheme, host and port."""
        return bare_address(self.cleaned_data["gateway_url"])

    def clean_ims_url(self) -> str:
        """Scheme, host and port."""
        return bare_address(self.cleaned_data["ims_url"])

    def clean_scopes(self) -> str:
        """Parted by commas, each once."""
        scopes = list(dict.fromkeys(re.split(r"[\s,]+", self.cleaned_data["scopes"].strip(" ,"))))
        if not all(_SCOPE.fullmatch(scope) for scope in scopes):
            raise ValidationError("Copy the scopes from the Developer Console: words parted by commas.")
        return ",".join(scopes)
