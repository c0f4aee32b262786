"""Settings that may be changed while the portal runs: all of them on one page, changed or not."""

# ruff: noqa: ARG002 - Django hands each of its hooks more than every one needs

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import quote, unquote
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_POST

from portal import runtime
from portal.admin.base import DeclaredAdmin, acting_user
from portal.models import RuntimeSetting
from portal.runtime import SETTINGS, Setting


class SettingForm(forms.Form):
    """The value of one setting, in the unit that a person types."""

    value = forms.FloatField(
        label=_lazy("New value"),
        widget=forms.NumberInput(attrs={"step": "any", "class": "vIntegerField", "aria-describedby": "bounds"}),
    )

    def __init__(self, setting: Setting, *args: Any, **kwargs: Any) -> None:
        """Of this setting."""
        super().__init__(*args, **kwargs)
        self._setting = setting

    def clean_value(self) -> float:
        """The value in the unit that is kept, by the rules of the setting."""
        amount: float = self.cleaned_data["value"] * self._setting.unit.size
        # What is typed in megabytes need not be a whole number of them.
        value = round(amount) if self._setting.unit.size > 1 and math.isfinite(amount) else amount
        if problem := self._setting.problem(value):
            raise ValidationError(problem)
        return value


@dataclass(frozen=True)
class Line:
    """One setting as the page shows it. `row`: what an administrator changed it to."""

    setting: Setting
    row: RuntimeSetting | None

    @property
    def problem(self) -> str:
        """Why the changed value is not used; empty when it is."""
        return self.setting.problem(self.row.value) if self.row else ""

    @property
    def value(self) -> float:
        """What holds now."""
        return float(self.row.value) if self.row and not self.problem else self.setting.of_environment

    @property
    def in_words(self) -> str:
        """What holds now."""
        return self.setting.say(self.value)

    @property
    def environments(self) -> str:
        """What the environment says."""
        return self.setting.say(self.setting.of_environment)

    @property
    def bounds(self) -> str:
        """What may be typed."""
        spans = {"least": self.setting.say(self.setting.least), "most": self.setting.say(self.setting.most)}
        return _("From %(least)s to %(most)s.") % spans

    @property
    def address(self) -> str:
        """Of its page."""
        return reverse("admin:portal_runtimesetting_change", args=[quote(self.setting.name)])

    @property
    def typed(self) -> str:
        """What holds now, as it would be typed."""
        return f"{self.value / self.setting.unit.size:.10g}"


@admin.register(RuntimeSetting)
class RuntimeSettingAdmin(DeclaredAdmin):
    """Which settings there are stands in `portal.runtime`. Going back to the environment's value is a button of its own."""

    folder = "admin/portal/runtimesetting"

    def get_urls(self) -> list[URLPattern]:
        """The page of the button."""
        reset = self.admin_site.admin_view(require_POST(self.reset))
        return [path("<str:name>/reset/", reset, name="portal_runtimesetting_reset"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Every setting, with what holds now and where that comes from."""
        self.may_look(request)
        rows = {row.name: row for row in RuntimeSetting.objects.select_related("changed_by")}
        lines = [Line(setting, rows.get(name)) for name, setting in SETTINGS.items()]
        return self.page(request, "list", {"title": _("Settings"), "lines": lines})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """One setting, and its new value."""
        line = self._line(unquote(object_id))
        self.may_look(request)
        form = SettingForm(line.setting, request.POST or None, initial={"value": line.typed})
        if request.method == "POST":
            self.may_change(request)
            if form.is_valid():
                return self._change(request, line.setting, form.cleaned_data["value"])
        context = {"title": line.setting.label, "line": line, "form": form}
        return self.page(request, "change", context, status=422 if form.errors else 200)

    def reset(self, request: HttpRequest, name: str) -> HttpResponse:
        """Let the environment's value hold again."""
        line = self._line(unquote(name))
        self.may_change(request)
        told = {"setting": line.setting.label, "value": line.environments}
        if runtime.reset(line.setting.name, acting_user(request)):
            self.message_user(request, _("%(setting)s: the environment's value holds again, %(value)s.") % told)
        else:
            self.message_user(request, _("%(setting)s: the environment's value held already.") % told, messages.WARNING)
        return redirect("admin:portal_runtimesetting_changelist")

    def _change(self, request: HttpRequest, setting: Setting, value: float) -> HttpResponse:
        told = {"setting": setting.label, "value": setting.say(value)}
        if runtime.change(setting.name, value, acting_user(request)):
            self.message_user(request, _("%(setting)s is now %(value)s. Every process reads it within seconds.") % told)
        else:
            self.message_user(request, _("%(setting)s was %(value)s already.") % told, messages.WARNING)
        return redirect("admin:portal_runtimesetting_changelist")

    def _line(self, name: str) -> Line:
        setting = SETTINGS.get(name)
        if setting is None:
            raise Http404
        return Line(setting, RuntimeSetting.objects.select_related("changed_by").filter(name=name).first())
