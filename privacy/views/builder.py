"""Making a request: the ways to do it, and the builder, which makes one on screen."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portal.forms_only import form_stands_on
from portal.models import Organization, User
from portal.paging import Keyset
from privacy import building
from privacy.building import Content, Stamp
from privacy.building.page import FormPage
from privacy.models import Draft, Upload

LIST: Keyset[Draft] = Keyset("created_at")
# So many drafts stand on the first page.
FEW = 5


# --- The ways ---


@require_safe
@permission_required("privacy.view_upload", raise_exception=True)
def make(request: HttpRequest) -> HttpResponse:
    """Every way to make a request, and what was begun. Who may only look is told so, and led to the uploads."""
    return _show_ways(request)


def _show_ways(request: HttpRequest, problem: str = "") -> HttpResponse:
    drafts = _rows(request)
    context = {
        "organizations": list(Organization.objects.visible_to(request.user)),
        "drafts": _told(drafts.order_by("-saved_at", "-id")[:FEW]),
        "further_drafts": max(drafts.count() - FEW, 0),
        "uploads_waiting": Upload.objects.visible_to(request.user).still_open().count(),
        "problem": problem,
    }
    return render(request, "privacy/make.html", context, status=HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK)


@require_safe
@permission_required("privacy.add_upload", raise_exception=True)
def draft_list(request: HttpRequest) -> HttpResponse:
    """The person's own drafts, the newest first."""
    page = LIST.page(_rows(request), request.GET)
    return render(request, "privacy/builder_list.html", {"page": page, "drafts": _told(page.rows)})


def _rows(request: HttpRequest) -> Any:
    return Draft.objects.visible_to(request.user).select_related("organization", "data_key", "upload")


def _told(drafts: Iterable[Draft]) -> list[tuple[Draft, Content]]:
    return [(draft, Content.from_dict(draft.content)) for draft in drafts]


# --- Begin, discard ---


@form_stands_on("privacy:make")
@require_POST
@permission_required("privacy.add_upload", raise_exception=True)
def draft_new(request: HttpRequest) -> HttpResponse:
    """Begin a draft for one of the person's organizations."""
    organizations = list(Organization.objects.visible_to(request.user))
    chosen = request.POST.get("organization", "")
    found = [one for one in organizations if str(one.pk) == chosen or (len(organizations) == 1 and not chosen)]
    if not found:
        return _show_ways(request, _("Choose the organization whose data the people ask about."))
    draft = building.start(found[0], cast("User", request.user))
    return redirect("privacy:draft-detail", draft.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("privacy.add_upload", raise_exception=True)
def draft_discard(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Ask, then remove the draft."""
    draft = _get(request, pk)
    if request.method != "POST":
        return render(request, "privacy/builder_discard.html", {"draft": draft, "content": Content.from_dict(draft.content)})
    building.discard(draft, cast("User", request.user))
    messages.success(request, _("The draft was discarded: everything that was typed in it is removed."))
    return redirect("privacy:make")


# --- Build ---


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("privacy.add_upload", raise_exception=True)
def draft_detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The form; its buttons save it, add and remove rows, or go on to the preview."""
    draft = _get(request, pk)
    if request.method != "POST":
        content = Content.from_dict(draft.content)
        return _show(request, FormPage(draft, content, building.check(content, draft.organization, as_typed=True)))
    content, wanted = _typed(request.POST), request.POST.get("do", "")
    place = _apply(content, wanted)
    try:
        draft = building.save(draft, content, _stamp(request.POST))
    except Draft.DoesNotExist:
        raise Http404 from None
    except building.Stale as stale:
        return _show(request, FormPage(stale.draft, content), HTTPStatus.CONFLICT, is_stale=True)
    if wanted == "check":
        return _to_preview(request, draft)
    if wanted == "save":
        messages.success(request, _("The draft is saved."))
    return redirect(f"{reverse('privacy:draft-detail', args=[draft.pk])}{place}")


def _to_preview(request: HttpRequest, draft: Draft) -> HttpResponse:
    try:
        upload = building.to_upload(draft, cast("User", request.user))
    except Draft.DoesNotExist:
        raise Http404 from None
    except building.Faulty as faulty:
        content = Content.from_dict(draft.content)
        content.drop_blanks()
        return _show(request, FormPage(draft, content, faulty.found, is_checked=True), HTTPStatus.UNPROCESSABLE_ENTITY)
    return redirect("privacy:upload-detail", upload.pk)


@require_POST
@permission_required("privacy.add_upload", raise_exception=True)
def draft_save(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Save as the person types; answers with what the page shows beside the fields."""
    draft, content = _get(request, pk), _typed(request.POST)
    stamp = _stamp(request.POST)
    try:
        draft = building.save(draft, content, stamp)
    except Draft.DoesNotExist:
        raise Http404 from None
    except building.Stale as stale:
        context = {"form": FormPage(stale.draft, content), "is_stale": True}
        return render(request, "privacy/_builder_saved.html", context, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    form = FormPage(draft, content, building.check(content, draft.organization, as_typed=True), page=stamp.page)
    return render(request, "privacy/_builder_saved.html", {"form": form, "beside": True})


def _show(request: HttpRequest, form: FormPage, status: HTTPStatus = HTTPStatus.OK, *, is_stale: bool = False) -> HttpResponse:
    return render(request, "privacy/builder.html", {"form": form, "is_stale": is_stale}, status=status)


def _get(request: HttpRequest, pk: UUID) -> Draft:
    visible = Draft.objects.visible_to(request.user).select_related("organization__data_key", "data_key", "upload")
    draft: Draft = get_object_or_404(visible, pk=pk)
    return draft


def _typed(form: QueryDict) -> Content:
    """Numbered without gaps, as the page numbers it."""
    content = Content.from_form(form)
    content.number()
    return content


def _stamp(form: QueryDict) -> Stamp:
    return Stamp(_number(form.get("version")), form.get("page", "")[:64], _number(form.get("edit")))


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else 0


# --- The buttons of the form, which work without scripts ---


def _apply(content: Content, wanted: str) -> str:
    """Do what a button says, such as `remove-identity:2:1`. Gives where on the page to go on, as an anchor."""
    name, _colon, rest = wanted.partition(":")
    numbers = [_number(part) for part in rest.split(":")]
    return _BUTTONS.get(name, _nothing)(content, numbers)


def _nothing(_content: Content, _numbers: list[int]) -> str:
    return ""


def _add_person(content: Content, _numbers: list[int]) -> str:
    person = content.add_person()
    return f"#person-{person.at}" if person else "#people"


def _add_identity(content: Content, numbers: list[int]) -> str:
    content.add_identity(numbers[0])
    return f"#person-{numbers[0]}"


def _remove_person(content: Content, numbers: list[int]) -> str:
    content.remove_person(numbers[0])
    return "#people"


def _remove_identity(content: Content, numbers: list[int]) -> str:
    if len(numbers) == 2:
        content.remove_identity(numbers[0], numbers[1])
    return f"#person-{numbers[0]}"


_BUTTONS: dict[str, Callable[[Content, list[int]], str]] = {
    "add-person": _add_person,
    "add-identity": _add_identity,
    "remove-person": _remove_person,
    "remove-identity": _remove_identity,
}
