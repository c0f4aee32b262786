"""What runs by itself: when it ran last, when it will run next, and a button that lets it run now."""

# ruff: noqa: ARG002 - Django hands each of its hooks more than every one needs

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.translation import gettext as _

from portal import audit, periodic
from portal.admin.base import DeclaredAdmin, acting_user
from portal.models import StepRun
from portal.periodic import Task


@admin.register(StepRun)
class StepRunAdmin(DeclaredAdmin):
    """Which tasks there are stands in the code; a row only says how the last passes of one went."""

    folder = "admin/portal/steprun"

    def get_urls(self) -> list[URLPattern]:
        """The page of the button."""
        run = self.admin_site.admin_view(self.run)
        return [path("<str:name>/run/", run, name="portal_steprun_run"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """All of them."""
        self.may_look(request)
        return self.page(request, "list", {"title": _("Periodic tasks"), "tasks": periodic.tasks()})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """There is nothing to change in one: the list shows all of it."""
        self.may_look(request)
        return redirect("admin:portal_steprun_changelist")

    def run(self, request: HttpRequest, name: str) -> HttpResponse:
        """Ask first where a person should know something; then let it run now."""
        self.may_change(request)
        task = periodic.find(name)
        if task is None:
            raise Http404
        if request.method != "POST":
            return self.page(request, "run", {"title": _("Run now: %(task)s") % {"task": task.label}, "task": task})
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
