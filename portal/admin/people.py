"""People and groups. An administrator reaches no further through other people's accounts than through the own one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.admin.widgets import FilteredSelectMultiple
from django.contrib.auth import admin as stock
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.db.models import ManyToManyField, Prefetch, Q, QuerySet
from django.http import HttpRequest, HttpResponse

from portal import registry
from portal.admin.base import AuditedAdmin, acting_user
from portal.models import Organization, User

if TYPE_CHECKING:
    _Form = forms.ModelForm[User]
    _UserAdmin = stock.UserAdmin[User]
    _ChangeForm = UserChangeForm[User]
    _AddForm = AdminUserCreationForm[User]
else:
    _Form = forms.ModelForm
    _UserAdmin = stock.UserAdmin
    _ChangeForm = UserChangeForm
    _AddForm = AdminUserCreationForm


def visible_people(user: User) -> QuerySet[User]:
    """Oneself and whoever shares an organization; a superuser sees everybody. Integrations are no people."""
    people = User.objects.filter(is_integration=False)
    if user.is_superuser:
        return people
    shared = Organization.members.through.objects.filter(organization__in=Organization.objects.visible_to(user))
    return people.filter(Q(pk=user.pk) | Q(pk__in=shared.values("user_id")))


def rights_of(user: User) -> set[int]:
    """Keys of the permissions given to a person, also to one who is not active."""
    return set(Permission.objects.filter(Q(group__user=user) | Q(user=user)).values_list("pk", flat=True))


def reaches_no_further(person: User, user: User) -> bool:
    """Whether `person` has no organization and no right that `user` lacks.

    Whoever may change an account can set its password and sign in with it.
    """
    if user.is_superuser:
        return True
    elsewhere = person.organizations.exclude(pk__in=Organization.objects.visible_to(user).order_by().values("pk"))
    return not person.is_superuser and not elsewhere.exists() and rights_of(person) <= rights_of(user)


def groups_to_give(user: User) -> QuerySet[Group]:
    """The groups whose rights the person has."""
    if user.is_superuser:
        return Group.objects.all()
    return Group.objects.exclude(permissions__in=Permission.objects.exclude(pk__in=rights_of(user)))


class _WithOrganizations(_Form):
    """The organizations of a person, which the model keeps at their side. `acting` is set for each request."""

    acting: User
    organizations = forms.ModelMultipleChoiceField(
        Organization.objects.none(),
        required=False,
        widget=FilteredSelectMultiple("organizations", is_stacked=False),
        help_text="What the person reaches. What the person may do there comes from the groups.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer the organizations of whoever fills the form in."""
        super().__init__(*args, **kwargs)
        field: Any = self.fields["organizations"]
        field.queryset = Organization.objects.visible_to(self.acting)
        # A person without any organization would be out of sight of the administrator who left it so.
        field.required = not self.acting.is_superuser
        if not self.instance._state.adding:
            field.initial = list(self.instance.organizations.values_list("pk", flat=True))


class PersonForm(_WithOrganizations, _ChangeForm):
    """An account that is there."""


class NewPersonForm(_WithOrganizations, _AddForm):
    """A new account."""


@admin.register(User)
class UserAdmin(AuditedAdmin, _UserAdmin):
    """The stock pages with organizations. People are deactivated, never deleted."""

    form = PersonForm
    add_form = NewPersonForm
    list_display = ("username", "email", "first_name", "last_name", "organization_names", "is_staff", "is_active")
    add_fieldsets = (
        (None, {"classes": ("wide",), "fields": ("username", "usable_password", "password1", "password2")}),
        ("Reach", {"fields": ("organizations", "groups", "is_staff")}),
    )
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("Personal info", {"fields": ("first_name", "last_name", "email")}),
        ("Reach", {"fields": ("is_active", "is_staff", "organizations", "groups")}),
        ("Beyond groups", {"fields": ("is_superuser", "user_permissions")}),
        ("Important dates", {"fields": ("last_login", "date_joined")}),
    )
    readonly_fields = ("last_login", "date_joined")

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """Of the administrator's organizations; each person with those that both have."""
        user = acting_user(request)
        shared = Prefetch("organizations", Organization.objects.visible_to(user).only("name"), to_attr="shared_organizations")
        return visible_people(user).prefetch_related(shared)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Nobody changes an account that reaches further than the own one."""
        if not super().has_change_permission(request, obj):
            return False
        return obj is None or reaches_no_further(obj, acting_user(request))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """With what else can be done about the person."""
        person = self.get_object(request, unquote(object_id))
        links = registry.person_links(person, acting_user(request)) if person is not None else []
        return super().change_view(request, object_id, form_url, {"person_links": links} | (extra_context or {}))

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Only a superuser gives what lies beyond groups."""
        fieldsets = list(super().get_fieldsets(request, obj))
        if not acting_user(request).is_superuser:
            fieldsets = [fieldset for fieldset in fieldsets if fieldset[0] != "Beyond groups"]
        if obj is None or self.has_change_permission(request, obj):
            return fieldsets
        shown: dict[Any, str] = {"organizations": "organization_names"}
        return [
            (title, options | {"fields": [shown.get(name, name) for name in options["fields"] if name != "password"]})
            for title, options in fieldsets
        ]

    def get_form(self, request: HttpRequest, obj: User | None = None, change: bool = False, **kwargs: Any) -> Any:
        """The form, which knows who fills it in."""
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        return type(form)(form.__name__, (form,), {"acting": acting_user(request)})

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Names of organizations stand in for the form field on a page that cannot be saved."""
        return (*super().get_readonly_fields(request, obj), "organization_names")

    @admin.display(description="organizations")
    def organization_names(self, person: Any) -> str:
        """Those that both people have."""
        return ", ".join(organization.name for organization in person.shared_organizations) or "-"

    def formfield_for_manytomany(
        self, db_field: ManyToManyField[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> forms.ModelMultipleChoiceField[Any] | None:
        """Only groups whose rights the administrator has can be given."""
        if db_field.name == "groups":
            kwargs["queryset"] = groups_to_give(acting_user(request)).order_by("name")
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Give the person the organizations chosen."""
        super().save_related(request, form, formsets, change)
        form.instance.organizations.set(form.cleaned_data["organizations"])

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:  # noqa: A002
        """The new password and its line in the trail, both or neither."""
        with transaction.atomic():
            return super().user_change_password(request, id, form_url)


admin.site.unregister(Group)


@admin.register(Group)
class GroupAdmin(AuditedAdmin, stock.GroupAdmin):
    """The stock pages; changes are audited."""
