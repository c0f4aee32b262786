"""The page on which a person chooses language, time zone and e-mails, and has a calendar of due dates."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import PasswordChangeView
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse, reverse_lazy
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from portal import audit, clock, runtime, steps
from portal.account.forms import AccountForm
from portal.calendar import feeds
from portal.models import CalendarFeed, Notice, User
from portal.notices.telling import STEP, mail_due_at


@require_http_methods(["GET", "HEAD", "POST"])
def account(request: HttpRequest) -> HttpResponse:
    """Show what is chosen, or keep what was."""
    form = AccountForm(request.POST or None, instance=_person(request))
    if request.method != "POST" or not form.is_valid():
        return _show(request, form, status=422 if form.is_bound else 200)
    with transaction.atomic():
        person = form.save()
        if "notice_mail" in form.changed_data or "time_zone" in form.changed_data:
            _plan_mail(person)
    if person.language:
        translation.activate(person.language)
    messages.success(request, _("Your choices are kept."))
    return redirect("account")


def _plan_mail(person: User) -> None:
    """What was told and not mailed yet comes as it is wanted now."""
    due = mail_due_at(person, clock.read())
    Notice.objects.filter(user=person, mail_due_at__isnull=False).update(mail_due_at=due)
    steps.wake(STEP)


@require_POST
def calendar_renew(request: HttpRequest) -> HttpResponse:
    """A new address, shown on this one page: only a digest of it is kept. The one before works no more."""
    person = _person(request)
    with transaction.atomic():
        token = feeds.renew(person)
        audit.record("calendar.renewed", actor=person, organization=None, obj=person)
    address = request.build_absolute_uri(reverse("calendar", args=[token]))
    return _show(request, AccountForm(instance=person), calendar_address=address)


@require_POST
def calendar_off(request: HttpRequest) -> HttpResponse:
    """The address works no more."""
    person = _person(request)
    with transaction.atomic():
        if feeds.switch_off(person):
            audit.record("calendar.off", actor=person, organization=None, obj=person)
    messages.success(request, _("The calendar is switched off: its address works no more."))
    return redirect("account")


class ChangePassword(PasswordChangeView):
    """The old password, and the new one twice. Other sessions of the person end."""

    template_name = "portal/account_password.html"
    success_url = reverse_lazy("account")

    def form_valid(self, form: Any) -> HttpResponse:
        """Keep it, and note in the trail that it was changed."""
        with transaction.atomic():
            answer = super().form_valid(form)
            person = _person(self.request)
            audit.record("user.password_changed", actor=person, organization=None, obj=person)
        messages.success(self.request, _("Your password is changed."))
        return answer


def _person(request: HttpRequest) -> User:
    """A row of its own: what a form has changed and not kept must not show in the page header."""
    return User.objects.get(pk=cast("User", request.user).pk)


def _show(request: HttpRequest, form: AccountForm, *, status: int = 200, calendar_address: str = "") -> HttpResponse:
    context = {
        "form": form,
        "feed": CalendarFeed.objects.filter(user=request.user.pk).first(),
        "calendar_address": calendar_address,
        "mail_enabled": settings.MAIL_ENABLED,
        "digest_hour": datetime(2000, 1, 1, runtime.number("MAIL_DIGEST_HOUR")),  # noqa: DTZ001 - an hour of any day
        "may_see_requests": any(source.may_see(request.user) for source in feeds.sources()),
    }
    return render(request, "portal/account.html", context, status=status)
