"""What the lists can be narrowed by, and the addresses of narrowed lists."""

# ruff: noqa: ARG002 - Django hands each of its hooks more than every one needs

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet, TextField
from django.db.models.functions import Cast
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode

from portal.admin.base import VisibleOrganizationFilter
from privacy import catalog
from privacy.models import ProductResponse

OF_ORGANIZATION = ("organization", VisibleOrganizationFilter)
OF_REQUESTS_ORGANIZATION = ("request__organization", VisibleOrganizationFilter)


def list_address(model: str, **filters: Any) -> str:
    """The address of a list of this app, filtered."""
    return f"{reverse(f'admin:privacy_{model}_changelist')}?{urlencode(filters)}"


class RegulationFilter(admin.SimpleListFilter):
    """By law; the laws are read from their table, because the rows of a list can be millions."""

    title = "regulation"
    parameter_name = "regulation"
    path = "regulation"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Every law."""
        return [(regulation.code, regulation.name) for regulation in catalog.current().laws.entries]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The rows of one law."""
        return queryset.filter(**{self.path: self.value()}) if self.value() else queryset


class RequestsRegulationFilter(RegulationFilter):
    """By the law of the request that the row belongs to."""

    path = "request__regulation"


class ProductFilter(admin.SimpleListFilter):
    """By a product that answered about the job."""

    title = "product"
    parameter_name = "product"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Every product."""
        return [(product.code, product.name) for product in catalog.current().products.entries]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The rows of one product."""
        return self.of_product(queryset, self.value() or "") if self.value() else queryset

    def of_product(self, rows: QuerySet[Any], code: str) -> QuerySet[Any]:
        """Of the jobs in `rows`, those about which the product answered."""
        return rows.filter(Exists(ProductResponse.objects.filter(job=OuterRef("pk"), product_code=code)))


class AskedProductFilter(ProductFilter):
    """By a product that the request asks."""

    def of_product(self, rows: QuerySet[Any], code: str) -> QuerySet[Any]:
        """SQLite has no lookup into a JSON list; the text of the list serves on both databases."""
        named: QuerySet[Any] = rows.annotate(products_text=Cast("products", TextField()))
        return named.filter(products_text__contains=f'"{code}"')


class AnsweredProductFilter(ProductFilter):
    """By the product that the answer comes from."""

    def of_product(self, rows: QuerySet[Any], code: str) -> QuerySet[Any]:
        """A column of its own."""
        return rows.filter(product_code=code)
