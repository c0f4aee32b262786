"""What runs by itself: when it ran last, when it will run next, and a button that lets it run now."""

# ruff: noqa: ARG002 - Django hands each of its hooks more than every one needs

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _

from portal import audit, periodic
from portal.admin.base import CappedPaginator, acting_user
from portal.models import StepRun
from portal.periodic import Task

if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[StepRun]
else:
    _ModelAdmin = admin.ModelAdmin


@admin.register(StepRun)
class StepRunAdmin(_ModelAdmin):
    """Which tasks there are stands in the code; a row only says how the last passes of one went."""

    actions = None
    paginator = CappedPaginator
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody adds these by hand."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nor deletes them."""
        return False

    def get_urls(self) -> list[URLPattern]:
        """The page of the button."""
        run = self.admin_site.admin_view(self.run)
        return [path("<str:name>/run/", run, name="portal_steprun_run"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """All of them."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        context = {"title": _("Periodic tasks"), "tasks": periodic.tasks(), "may_run": self.has_change_permission(request)}
        return self._page(request, "list", context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """There is nothing to change in one: the list shows all of it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return redirect("admin:portal_steprun_changelist")

    def run(self, request: HttpRequest, name: str) -> HttpResponse:
        """Ask first where a person should know something; then let it run now."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        task = periodic.find(name)
        if task is None:
            raise Http404
        if request.method != "POST":
            return self._page(request, "run", {"title": _("Run now: %(task)s") % {"task": task.label}, "task": task})
        return self._begin(request, task)

    def _begin(self, request: HttpRequest, task: Task) -> HttpResponse:
        audit.record("task.run_now", actor=acting_user(request), organization=None, obj=task.last, details={"task": task.name})
        told = {"task": task.label}
        if task.begin():
            words = _("%(task)s: a worker takes it up within seconds. Load this page again to see how it went.")
            self.message_user(request, words % told)
        else:
            words = _("%(task)s did not begin: the message broker cannot be reached. It runs by itself when that is back.")
            self.message_user(request, words % told, messages.ERROR)
        return redirect("admin:portal_steprun_changelist")

    def _page(self, request: HttpRequest, name: str, context: dict[str, Any]) -> HttpResponse:
        request.current_app = self.admin_site.name
        whole = self.admin_site.each_context(request) | {"opts": self.opts} | context
        return TemplateResponse(request, f"admin/portal/steprun/{name}.html", whole)
