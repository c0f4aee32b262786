"""Tokens of integrations: made with their scopes, shown once, revoked."""

# ruff: noqa: ARG002 - Django hands each of its hooks more than every one needs

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.views.decorators.http import require_POST

from portal import tokens
from portal.admin.base import AuditedAdmin, acting_user, sealed_columns
from portal.admin.people import rights_of
from portal.models import ApiToken, Organization, Scope, User

if TYPE_CHECKING:
    _Form = forms.ModelForm[ApiToken]
else:
    _Form = forms.ModelForm

LIFETIMES = (("30", "30 days"), ("90", "90 days"), ("365", "a year"), ("", "until it is revoked"))


class TokenForm(_Form):
    """A new token. `acting` is set for each request: nobody gives more than they have."""

    acting: User
    scopes = forms.MultipleChoiceField(
        widget=forms.CheckboxSelectMultiple,
        choices=Scope.choices,
        help_text="What the system may do. Identities in clear and results are scopes of their own.",
    )
    lifetime = forms.ChoiceField(choices=LIFETIMES, initial="90", required=False, label="Valid for")

    class Meta:
        model = ApiToken
        fields = ("name", "organization")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer the organizations and the scopes of whoever fills the form in."""
        super().__init__(*args, **kwargs)
        organization: Any = self.fields["organization"]
        organization.queryset = Organization.objects.visible_to(self.acting)
        scopes: Any = self.fields["scopes"]
        scopes.choices = [(value, words) for value, words in Scope.choices if may_give(self.acting, value)]

    @property
    def chosen_lifetime(self) -> timedelta | None:
        """None: until it is revoked."""
        days = self.cleaned_data["lifetime"]
        return timedelta(days=int(days)) if days else None


def may_give(user: User, scope: str) -> bool:
    """Whether a person has every right that the scope stands for."""
    return user.is_superuser or set(tokens.rights_of([scope]).values_list("pk", flat=True)) <= rights_of(user)


class StateFilter(admin.SimpleListFilter):
    """Tokens that are taken, and the others."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Three choices."""
        return [("valid", "Valid"), ("expired", "Expired"), ("revoked", "Revoked")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> QuerySet[ApiToken]:
        """As `state_of` says."""
        now = timezone.now()
        match self.value():
            case "valid":
                return queryset.filter(revoked_at=None).exclude(expiry__lte=now)
            case "expired":
                return queryset.filter(revoked_at=None, expiry__lte=now)
            case "revoked":
                return queryset.exclude(revoked_at=None)
        return queryset


@admin.register(ApiToken)
class ApiTokenAdmin(AuditedAdmin):
    """A token cannot be changed: make a new one and revoke the old. Its text is nowhere but in the answer that made it."""

    form = TokenForm
    list_display = ("name", "organization", "scope_words", "state_of", "created", "expiry", "last_used_at", "made_by")
    list_filter = (StateFilter,)
    list_select_related = ("organization", "made_by")
    search_fields = ("name",)
    ordering = ("-created",)
    fieldsets = ((None, {"fields": ("name", "organization", "scopes", "lifetime")}),)
    shown = (
        "name",
        "organization",
        "scope_words",
        "state_of",
        "actor",
        "made_by",
        "created",
        "expiry",
        "last_used_at",
        "revoked_at",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiToken]:
        """Of the administrator's organizations."""
        rows: QuerySet[ApiToken] = super().get_queryset(request)
        visible = Organization.objects.visible_to(acting_user(request))
        return rows.filter(organization__in=visible).defer(*sealed_columns(ApiToken, ("organization",)))

    def get_fieldsets(self, request: HttpRequest, obj: ApiToken | None = None) -> Any:
        """One that is there can be looked at."""
        return ((None, {"fields": self.shown}),) if obj else self.fieldsets

    def get_readonly_fields(self, request: HttpRequest, obj: ApiToken | None = None) -> Any:
        """All of one that is there."""
        return self.shown if obj else ()

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """The form of whoever fills it in."""
        if obj is not None:
            return super().get_form(request, obj, change=change, form=forms.ModelForm, **kwargs)
        return type("TokenForm", (TokenForm,), {"acting": acting_user(request)})

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Revoking is a button of its own."""
        return False

    def get_urls(self) -> list[URLPattern]:
        """The page of the button."""
        revoke = self.admin_site.admin_view(require_POST(self.revoke))
        return [path("<str:digest>/revoke/", revoke, name="portal_apitoken_revoke"), *super().get_urls()]

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> ApiToken:
        """Made at once: its row and its service user belong together."""
        chosen = form.cleaned_data
        token, text = tokens.make(
            name=chosen["name"],
            organization=chosen["organization"],
            scopes=chosen["scopes"],
            lifetime=form.chosen_lifetime,
            user=acting_user(request),
        )
        form.save_m2m = lambda: None
        vars(request)["made_token"] = text
        return token

    def save_model(self, request: HttpRequest, obj: ApiToken, form: Any, change: bool) -> None:
        """It is saved already."""

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """In Django's own log; the trail has it from `tokens.make`."""
        return super(AuditedAdmin, self).log_addition(request, obj, message)

    def response_add(self, request: HttpRequest, obj: ApiToken, post_url_continue: str | None = None) -> HttpResponse:
        """The token, in the answer itself: a message would put it into the session or a cookie."""
        context = self.admin_site.each_context(request) | {
            "title": f"Token of {obj.name}",
            "opts": self.opts,
            "token": obj,
            "text": vars(request).pop("made_token"),
            "address": request.build_absolute_uri("/api/v1/requests"),
        }
        return TemplateResponse(request, "admin/portal/apitoken/made.html", context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """With the button for whoever may press it."""
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), "may_revoke": _may_revoke(request)})

    def revoke(self, request: HttpRequest, digest: str) -> HttpResponse:
        """The token is taken no more."""
        token = get_object_or_404(self.get_queryset(request).select_related("user"), pk=digest)
        if not _may_revoke(request):
            raise PermissionDenied
        with transaction.atomic():
            revoked = tokens.revoke(token, acting_user(request))
        if revoked:
            self.message_user(request, f"The token of {token.name} is revoked: it is not taken any more.")
        else:
            self.message_user(request, f"The token of {token.name} was revoked already.", messages.WARNING)
        return redirect("admin:portal_apitoken_change", token.pk)

    @admin.display(description="scopes")
    def scope_words(self, token: ApiToken) -> str:
        """By name."""
        return ", ".join(token.scopes)

    @admin.display(description="state")
    def state_of(self, token: ApiToken) -> str:
        """Whether it is taken."""
        if token.revoked_at is not None:
            return "Revoked"
        return "Valid" if token.is_live else "Expired"

    @admin.display(description="in the audit trail")
    def actor(self, token: ApiToken) -> str:
        """Under which name it acts."""
        return token.user.get_username()


def _may_revoke(request: HttpRequest) -> bool:
    return acting_user(request).has_perm("portal.change_apitoken")
