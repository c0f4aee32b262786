"""What the admin pages of both apps are made of: rows that can only be looked at, and changes that are audited."""

# ruff: noqa: ARG002 - Django hands each of its hooks more than every one needs

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, cast

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import models
from django.db.models import QuerySet
from django.db.models.constants import LOOKUP_SEP
from django.forms import BaseFormSet, Form
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.functional import cached_property

from portal import audit
from portal.crypto import SealedField
from portal.models import Organization, User
from portal.paging import MOST_COUNTED, counted

if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[Any]
    _TabularInline = admin.TabularInline[Any, Any]
    _Paginator = Paginator[Any]
else:
    _ModelAdmin = admin.ModelAdmin
    _TabularInline = admin.TabularInline
    _Paginator = Paginator


def acting_user(request: HttpRequest) -> User:
    """Who asks. The admin site lets nobody in who is not signed in."""
    return cast("User", request.user)


def sealed_columns(model: type[models.Model], relations: Iterable[str] = ()) -> Iterator[str]:
    """Every encrypted column of a model and of the models that its list joins, as `defer` takes them."""
    for field in model._meta.concrete_fields:
        if isinstance(field, SealedField):
            yield field.name
    for path in relations:
        related = model
        for part in path.split(LOOKUP_SEP):
            related = cast("type[models.Model]", related._meta.get_field(part).related_model)
        yield from (f"{path}{LOOKUP_SEP}{name}" for name in sealed_columns(related))


class CappedPaginator(_Paginator):
    """Pages of a list that may be a million rows long: counting stops at 10,000, and so do the pages."""

    @cached_property
    def counted(self) -> int:
        """How many rows there are, to 10,000 and one more."""
        return counted(cast("QuerySet[Any]", self.object_list))

    @cached_property
    def count(self) -> int:
        """How many rows can be paged through."""
        return min(self.counted, MOST_COUNTED)

    @property
    def is_capped(self) -> bool:
        """Whether there are more."""
        return self.counted > MOST_COUNTED


class VisibleOrganizationFilter(admin.RelatedFieldListFilter):
    """A filter that names only the organizations that the person was given."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Key and name of each."""
        visible = Organization.objects.visible_to(acting_user(request))
        return [(str(key), name) for key, name in visible.values_list("pk", "name")]


class _NothingToDo:
    """No adding, changing or deleting; whoever has the view permission may look."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody adds these by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody changes them."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody deletes them."""
        return False


class DeclaredAdmin(_ModelAdmin):
    """What the code declares, all of it on one page of ours: a row only keeps what became of one. None is added or deleted here.

    `folder` is where its templates are.
    """

    folder = ""
    actions: Sequence[Any] | None = None
    paginator = CappedPaginator
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        """They are declared."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """And stay."""
        return False

    def may_look(self, request: HttpRequest) -> None:
        """Raises PermissionDenied."""
        if not self.has_view_permission(request):
            raise PermissionDenied

    def may_change(self, request: HttpRequest) -> None:
        """Raises PermissionDenied."""
        if not self.has_change_permission(request):
            raise PermissionDenied

    def page(self, request: HttpRequest, name: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
        """One of its pages, in the frame of the admin. What it shows may depend on `may_change`."""
        request.current_app = self.admin_site.name
        whole = self.admin_site.each_context(request) | {"opts": self.opts, "may_change": self.has_change_permission(request)}
        return TemplateResponse(request, f"{self.folder}/{name}.html", whole | context, status=status)


class ReadOnlyAdmin(_NothingToDo, _ModelAdmin):
    """Rows of one's own organizations, to look at. Encrypted columns are neither loaded nor shown.

    `organization_path` is the lookup from a row to its organization. `list_select_related` names each path in full.
    Keys grow with time (`portal.ids`), so the newest row is the one with the greatest key.

    A list may be a million rows long: it is read along its key alone, so no column sorts it anew; it is searched by whole values
    of columns that have an index, `found_only` with what else a row must be to stand in that index.
    """

    organization_path = "organization"
    found_only: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    paginator = CappedPaginator
    sortable_by: ClassVar[tuple[str, ...]] = ()
    list_select_related: ClassVar[tuple[str, ...]] = ("organization",)
    ordering: ClassVar[tuple[str, ...]] = ("-id",)
    actions: Sequence[Any] | None = None
    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER

    class Media:
        css = {"all": ("admin_portal.css",)}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """The rows this person may see; of another organization there are none."""
        rows = super().get_queryset(request).defer(*sealed_columns(self.model, self.list_select_related))
        return self.visible_rows(rows, acting_user(request))

    def visible_rows(self, rows: QuerySet[Any], user: User) -> QuerySet[Any]:
        """Of `rows`, those of the person's organizations."""
        return rows.filter(**{f"{self.organization_path}__in": Organization.objects.visible_to(user)})

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> tuple[QuerySet[Any], bool]:
        """What the first column has that has anything. Asked one after the other, for each uses its own index; one condition over
        columns of several tables uses none.
        """
        wanted = search_term.strip()
        if not wanted:
            return queryset, False
        for lookup in self.get_search_fields(request):
            # Our numbers have capital letters.
            value = wanted.upper() if "number" in lookup else wanted
            found = queryset.filter(**{lookup: value}, **self.found_only.get(lookup, {}))
            if found.exists():
                return found, False
        return queryset.none(), False


class ReadOnlyInline(_NothingToDo, _TabularInline):
    """Rows that belong to the one on the page, to look at."""

    extra = 0
    can_delete = False
    show_change_link = True
    # Rows that a shown column leads to: read with the rows, not one by one.
    joined: ClassVar[tuple[str, ...]] = ()

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """All of them: an inline, unlike a page, makes form fields also for those who may only look."""
        return self.get_fields(request, obj)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Without encrypted columns."""
        rows = super().get_queryset(request)
        if self.joined:
            rows = rows.select_related(*self.joined)
        return rows.defer(*sealed_columns(self.model, self.joined))


class AuditedAdmin(_ModelAdmin):
    """Rows that administrators add and change, and never delete: each change goes into the audit trail, names of fields only."""

    paginator = CappedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions = None

    class Media:
        css = {"all": ("admin_portal.css",)}

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What others refer to stays."""
        return False

    def construct_change_message(
        self, request: HttpRequest, form: Form, formsets: Iterable[BaseFormSet[Any]], add: bool = False
    ) -> list[dict[str, dict[str, list[str]]]]:
        """Django's own message, with the names of fields in place of their labels, which are words of a page."""
        if add:
            return [{"added": {}}]
        return [{"changed": {"fields": sorted(form.changed_data)}}] if form.changed_data else []

    def log_addition(self, request: HttpRequest, obj: models.Model, message: Any) -> LogEntry:
        """Also in the trail."""
        self._record(request, obj, "added", [])
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: models.Model, message: Any) -> LogEntry:
        """Also in the trail, unless nothing was changed."""
        fields = [name for part in message for name in part["changed"]["fields"]]
        if fields:
            self._record(request, obj, "changed", fields)
        return super().log_change(request, obj, message)

    def _record(self, request: HttpRequest, obj: models.Model, what: str, fields: Sequence[str]) -> None:
        audit.record(
            f"{self.opts.model_name}.{what}",
            actor=acting_user(request),
            organization=obj if isinstance(obj, Organization) else None,
            obj=obj,
            details={"fields": ", ".join(fields)} if fields else {},
        )
