"""Laws and products: what an administrator adds here can be uploaded, sent and followed without a release."""

# ruff: noqa: ARG002 - Django hands each of its hooks more than every one needs

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast
from django.forms import BaseFormSet, Form
from django.http import HttpRequest

from portal.admin.base import AuditedAdmin
from portal.models import Organization
from privacy.models import AdobeProduct, JobListing, Law, LawDeadline, PrivacyRequest, ProductResponse
from privacy.schema import QUALIFIERS
from privacy.shipped import LAWS, PRODUCTS

if TYPE_CHECKING:
    _LawForm = forms.ModelForm[Law]
    _DeadlineForm = forms.ModelForm[LawDeadline]
    _ProductForm = forms.ModelForm[AdobeProduct]
    _Inline = admin.TabularInline[LawDeadline, Law]
else:
    _LawForm = _DeadlineForm = _ProductForm = forms.ModelForm
    _Inline = admin.TabularInline

# No law gives more than three years; far beyond that a date could no longer be reckoned.
MOST_UNITS = 1000
_CODE = re.compile(r"[A-Za-z0-9_]{1,60}")
_LONGEST_NAME = 100


class LinesField(forms.CharField):
    """Texts, one a line; the value is a list of them."""

    widget = forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"})

    def prepare_value(self, value: Any) -> Any:
        """A stored list as lines; what was typed as it was typed."""
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        """Each once, without empty lines."""
        lines = (line.strip() for line in (super().to_python(value) or "").splitlines())
        return list(dict.fromkeys(line for line in lines if line))

    def has_changed(self, initial: Any, data: Any) -> bool:
        """By the list, not by how it was typed."""
        return bool(self.to_python(data) != (initial or []))


def _lines(label: str, help_text: str) -> Any:
    return LinesField(label=label, help_text=f"{help_text} One a line.", required=False)


def _refuse_no_codes(texts: Sequence[str]) -> None:
    """Raises ValidationError that names each line that is no code."""
    wrong = [text for text in texts if not _CODE.fullmatch(text)]
    if wrong:
        raise ValidationError([f"{text} is not a code: write letters, digits and underscores, as Adobe does." for text in wrong])


def _refuse_taken(texts: Sequence[str], taken: Mapping[str, str]) -> None:
    """Raises ValidationError for each text that another row has already. `taken`: text in small letters, and whose it is."""
    found = [(text, taken[text.casefold()]) for text in texts if text.casefold() in taken]
    if found:
        raise ValidationError([f"{text} belongs to {owner} already." for text, owner in found])


def _refuse_no_patterns(patterns: Sequence[str]) -> None:
    """Raises ValidationError that names each line that is no pattern."""
    problems = [f"{pattern}: {problem}" for pattern in patterns if (problem := _pattern_problem(pattern))]
    if problems:
        raise ValidationError(problems)


def _pattern_problem(pattern: str) -> str:
    """What is wrong with `namespace/type`; empty when nothing is."""
    namespace, slash, type_ = pattern.rpartition("/")
    if not slash or not namespace.strip():
        return "write the namespace, a slash and the type, as email/standard."
    if type_ not in (*QUALIFIERS, "*"):
        return f"the type must be one of {', '.join(QUALIFIERS)}, or * for any."
    if any(character in pattern for character in "?[]"):
        return "only * stands for something else; ? and square brackets do not."
    return ""


class LawForm(_LawForm):
    """One law, with every code that means it."""

    aliases = _lines("Older codes", "Adobe still takes them for this law: they are read, and the code above is sent.")
    misspellings = _lines(
        "Misspellings", "Written in samples or files, and refused by Adobe: they are answered with a hint to this law."
    )

    def clean(self) -> dict[str, Any]:
        """No text may mean two laws."""
        data = super().clean() or self.cleaned_data
        taken = self._taken()
        for name, texts in (
            ("code", [data.get("code", self.instance.code)]),
            ("aliases", data.get("aliases", [])),
            ("misspellings", data.get("misspellings", [])),
        ):
            try:
                _refuse_no_codes([text for text in texts if text])
                _refuse_taken([text for text in texts if text], taken)
            except ValidationError as problem:
                self.add_error(name if name in self.fields else None, problem)
        return data

    def _taken(self) -> dict[str, str]:
        others = Law.objects.exclude(pk=self.instance.pk) if not self.instance._state.adding else Law.objects.all()
        return {text.casefold(): law.code for law in others for text in (law.code, *law.aliases, *law.misspellings)}


class DeadlineForm(_DeadlineForm):
    """One number of days or months, and how far it may be moved."""

    amount = forms.IntegerField(min_value=1, max_value=MOST_UNITS)
    extension_amount = forms.IntegerField(
        label="Extension", min_value=1, max_value=MOST_UNITS, required=False, help_text="At most so much later, in numbers."
    )


class ProductForm(_ProductForm):
    """One product, with every name that means it."""

    older_codes = _lines("Older codes", "Codes that requests may still name; the code above is sent.")
    answer_names = _lines("Names in answers", "What Adobe calls the product in its answers.")
    namespaces = _lines("Identities it takes", "Patterns of namespace/type, such as email/standard; * stands for any.")

    def clean_namespaces(self) -> list[str]:
        """Patterns."""
        patterns: list[str] = self.cleaned_data["namespaces"]
        _refuse_no_patterns(patterns)
        return patterns

    def clean_answer_names(self) -> list[str]:
        """Short enough for a name."""
        names: list[str] = self.cleaned_data["answer_names"]
        if any(len(name) > _LONGEST_NAME for name in names):
            raise ValidationError(f"A name has at most {_LONGEST_NAME} characters.")
        return names

    def clean(self) -> dict[str, Any]:
        """No text may mean two products."""
        data = super().clean() or self.cleaned_data
        taken = self._taken()
        for name in ("code", "older_codes", "answer_names"):
            given = data.get(name, self.instance.code if name == "code" else [])
            texts = [given] if isinstance(given, str) else given
            try:
                if name == "older_codes":
                    _refuse_no_codes(texts)
                _refuse_taken([text for text in texts if text], taken)
            except ValidationError as problem:
                self.add_error(name if name in self.fields else None, problem)
        return data

    def _taken(self) -> dict[str, str]:
        others = (
            AdobeProduct.objects.exclude(pk=self.instance.pk) if not self.instance._state.adding else AdobeProduct.objects.all()
        )
        return {text.casefold(): row.code for row in others for text in (row.code, *row.older_codes, row.name, *row.answer_names)}


class _CatalogAdmin(AuditedAdmin):
    """Rows under Adobe's own codes. What ships or is used stays; it can be switched off."""

    list_per_page = 100
    shipped: frozenset[str] = frozenset()

    def uses(self, code: str) -> list[str]:
        """What still names this code, in words."""
        raise NotImplementedError

    def why_kept(self, obj: Any) -> str:
        """Why a row cannot be deleted; empty when it can."""
        if obj.code in self.shipped:
            return "It ships with the portal."
        uses = self.uses(obj.code)
        return f"It is used by {' and '.join(uses)}." if uses else ""

    @admin.display(description="deleting")
    def deleting(self, obj: Any) -> str:
        """Whether it can be deleted, and what to do where it cannot."""
        if obj is None or obj._state.adding:
            return "-"
        reason = self.why_kept(obj)
        return f"{reason} It cannot be deleted; switch it off above instead." if reason else "Nothing uses it: it can be deleted."

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """The code is what everything else names it by."""
        return ("deleting", *(("code",) if obj else ()))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever may change it may delete it while nothing needs it."""
        return obj is not None and self.has_change_permission(request, obj) and not self.why_kept(obj)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        """Also in the trail. Django hands a list of one row where one row is deleted."""
        for obj in queryset:
            self._record(request, obj, "deleted", [])
        return super().log_deletions(request, queryset)


class LawDeadlineInline(_Inline):
    """By when an answer is due, for each action; without a row an action has no due date."""

    model = LawDeadline
    form = DeadlineForm
    extra = 0

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A number that is wrong may go with whoever may change it."""
        return self.has_change_permission(request, obj)


@admin.register(Law)
class LawAdmin(_CatalogAdmin):
    """Laws with their deadlines."""

    form = LawForm
    inlines = (LawDeadlineInline,)
    list_display = ("code", "name", "is_offered", "older_codes", "days")
    list_filter = ("is_offered",)
    search_fields = ("code", "name")
    fields = ("code", "name", "is_offered", "aliases", "misspellings", "deleting")
    shipped = frozenset(law.code for law in LAWS)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Law]:
        """With the deadlines, which the list shows."""
        return super().get_queryset(request).prefetch_related("deadlines")

    @admin.display(description="older codes")
    def older_codes(self, law: Law) -> str:
        """In one line."""
        return ", ".join(law.aliases) or "-"

    @admin.display(description="deadlines")
    def days(self, law: Law) -> str:
        """In one line."""
        return ", ".join(f"{rule.get_action_display()} {rule.amount} {rule.unit}" for rule in law.deadlines.all()) or "-"

    def uses(self, code: str) -> list[str]:
        """Requests, and the lists of jobs that are looked at."""
        asked = (
            ("requests", PrivacyRequest.objects.filter(regulation=code)),
            ("job lists", JobListing.objects.filter(regulation=code)),
        )
        return [words for words, rows in asked if rows.exists()]

    def construct_change_message(
        self, request: HttpRequest, form: Form, formsets: Iterable[BaseFormSet[Any]], add: bool = False
    ) -> list[dict[str, dict[str, list[str]]]]:
        """A changed deadline is a change of its law."""
        parts = list(formsets or ())
        message = super().construct_change_message(request, form, parts, add)
        if add or not any(formset.has_changed() for formset in parts):
            return message
        fields = [name for part in message for name in part["changed"]["fields"]]
        return [{"changed": {"fields": [*fields, "deadlines"]}}]


@admin.register(AdobeProduct)
class AdobeProductAdmin(_CatalogAdmin):
    """Products with what they take and do."""

    form = ProductForm
    list_display = ("code", "name", "is_offered", "supports_opt_out", "identities")
    list_filter = ("is_offered", "supports_opt_out")
    search_fields = ("code", "name")
    fields = (
        "code",
        "name",
        "is_offered",
        "older_codes",
        "answer_names",
        "namespaces",
        "supports_opt_out",
        "access_returns",
        "delete_does",
        "deleting",
    )
    shipped = frozenset(product.code for product in PRODUCTS)

    @admin.display(description="identities it takes")
    def identities(self, product: AdobeProduct) -> str:
        """In one line."""
        return ", ".join(product.namespaces) or "-"

    def uses(self, code: str) -> list[str]:
        """Organizations, requests and answers."""
        requests = PrivacyRequest.objects.annotate(products_text=Cast("products", TextField()))
        organizations = Organization.objects.values_list("product_codes", flat=True)
        asked = (
            ("organizations", any(code in codes for codes in organizations)),
            ("requests", requests.filter(products_text__contains=f'"{code}"').exists()),
            ("answers of Adobe", ProductResponse.objects.filter(product_code=code).exists()),
        )
        return [words for words, found in asked if found]
