"""The addresses of the data hygiene pages. Nothing personal stands in one: numbers and ids only."""

from __future__ import annotations

from django.urls import path

from hygiene.views import expirations, quotas

app_name = "hygiene"

urlpatterns = [
    path("quotas/", quotas.quota_list, name="quota-list"),
    path("quotas/read/", quotas.quota_read, name="quota-read"),
    path("expirations/", expirations.expiration_list, name="expiration-list"),
    path("expirations/new/", expirations.expiration_new, name="expiration-new"),
    path("expirations/read/", expirations.expiration_list_read, name="expiration-list-read"),
    path("expirations/<uuid:pk>/", expirations.expiration_detail, name="expiration-detail"),
    path("expirations/<uuid:pk>/progress/", expirations.expiration_progress, name="expiration-progress"),
    path("expirations/<uuid:pk>/change/", expirations.expiration_change, name="expiration-change"),
    path("expirations/<uuid:pk>/cancel/", expirations.expiration_cancel, name="expiration-cancel"),
    path("expirations/<uuid:pk>/read/", expirations.expiration_read, name="expiration-read"),
    path("expirations/<uuid:pk>/decide/", expirations.expiration_decide, name="expiration-decide"),
]
