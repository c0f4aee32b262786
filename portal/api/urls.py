"""Addresses of the API. They have no slash at their end: a redirect to one that has would lose the body of a POST."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from portal import registry
from portal.api import docs, organizations, webhooks

app_name = "api"

_V1: list[URLPattern | URLResolver] = [
    path("organizations", organizations.OrganizationList.as_view(), name="organization-list"),
    path("organizations/<uuid:pk>", organizations.OrganizationDetail.as_view(), name="organization-detail"),
    path("webhooks", webhooks.WebhookList.as_view(), name="webhook-list"),
    path("webhooks/<uuid:pk>", webhooks.WebhookDetail.as_view(), name="webhook-detail"),
    path("webhook-deliveries", webhooks.DeliveryList.as_view(), name="delivery-list"),
    path("webhook-deliveries/<uuid:pk>/replay", webhooks.DeliveryReplay.as_view(), name="delivery-replay"),
    *(path("", include(module)) for module in registry.api_routes()),
]

urlpatterns = [
    path("docs/", docs.Docs.as_view(), name="docs"),
    path("schema", docs.Schema.as_view(), name="schema"),
    path("v1/", include(_V1)),
]
