"""The laws and the products, as help for whoever writes or checks a request file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from portal.models import Organization
from privacy import catalog
from privacy.deadlines import Deadline
from privacy.products import Product
from privacy.regulations import Regulation
from privacy.statuses import Action


@dataclass(frozen=True)
class _Law:
    """One law, with (action, deadline or None) in the order of the table's columns."""

    law: Regulation
    deadlines: list[tuple[str, Deadline | None]]
    sources: list[str]

    @classmethod
    def of(cls, law: Regulation) -> _Law:
        rules = [(str(action.label), law.deadlines.get(action)) for action in Action]
        return cls(law, rules, list(dict.fromkeys(rule.source for _action, rule in rules if rule)))


@dataclass(frozen=True)
class _Product:
    """One product, the identities it takes in words, and which of the person's organizations have it."""

    product: Product
    identities: list[str]
    organizations: list[str]


@require_safe
@permission_required("privacy.view_law", raise_exception=True)
def law_list(request: HttpRequest) -> HttpResponse:
    """Every law with its codes and days."""
    laws = [_Law.of(law) for law in catalog.current().laws.entries]
    context = {"laws": laws, "actions": [str(action.label) for action in Action], "may_change": _may_change(request, "law")}
    return render(request, "privacy/law_list.html", context)


@require_safe
@permission_required("privacy.view_adobeproduct", raise_exception=True)
def product_list(request: HttpRequest) -> HttpResponse:
    """Every product with what it takes, gives and does."""
    organizations = list(Organization.objects.visible_to(request.user))
    products = [
        _Product(
            product,
            list(_in_words(product)),
            [organization.name for organization in organizations if product.code in organization.product_codes],
        )
        for product in catalog.current().products.entries
    ]
    context = {"products": products, "may_change": _may_change(request, "adobeproduct")}
    return render(request, "privacy/product_list.html", context)


def _in_words(product: Product) -> Iterator[str]:
    """`*/analytics` as "any namespace, type analytics"."""
    for pattern in product.namespaces:
        namespace, _slash, type_ = pattern.rpartition("/")
        named = _("any namespace") if namespace == "*" else namespace.replace("*", "{MVPD}" if "primetime" in namespace else "…")
        yield f"{named}, {_('any type') if type_ == '*' else _('type %(type)s') % {'type': type_}}"


def _may_change(request: HttpRequest, model: str) -> bool:
    return request.user.has_perm(f"privacy.change_{model}") and bool(getattr(request.user, "is_staff", False))
