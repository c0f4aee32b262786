"""The addresses of the data hygiene pages. Nothing personal stands in one: numbers and ids only."""

from __future__ import annotations

from django.urls import path

from hygiene.views import drafts, expirations, lists, quotas, record_deletes, work_orders

app_name = "hygiene"

urlpatterns = [
    path("record-deletes/", lists.record_delete_list, name="record-delete-list"),
    path("record-deletes/act/", lists.record_delete_act, name="record-delete-act"),
    path("record-deletes/export/", lists.record_delete_export, name="record-delete-export"),
    path("record-deletes/new/", drafts.record_delete_new, name="record-delete-new"),
    path("record-deletes/template.<str:kind>", drafts.record_delete_template, name="record-delete-template"),
    path("record-deletes/<str:number>/", record_deletes.record_delete_detail, name="record-delete-detail"),
    path("record-deletes/<str:number>/progress/", record_deletes.record_delete_progress, name="record-delete-progress"),
    path("record-deletes/<str:number>/work-orders/", work_orders.work_order_list, name="work-order-list"),
    path("record-deletes/<str:number>/confirm/", drafts.record_delete_confirm, name="record-delete-confirm"),
    path("record-deletes/<str:number>/discard/", drafts.record_delete_discard, name="record-delete-discard"),
    path("record-deletes/<str:number>/cancel/", record_deletes.record_delete_cancel, name="record-delete-cancel"),
    path("record-deletes/<str:number>/shred/", record_deletes.record_delete_shred, name="record-delete-shred"),
    path("work-orders/", lists.all_work_orders, name="all-work-orders"),
    path("work-orders/act/", lists.work_order_act, name="work-order-act"),
    path("work-orders/export/", lists.work_order_export, name="work-order-export"),
    path("work-orders/<uuid:pk>/", work_orders.work_order_detail, name="work-order-detail"),
    path("work-orders/<uuid:pk>/edit/", work_orders.work_order_edit, name="work-order-edit"),
    path("work-orders/<uuid:pk>/refresh/", work_orders.work_order_refresh, name="work-order-refresh"),
    path("work-orders/<uuid:pk>/reveal/", work_orders.work_order_reveal, name="work-order-reveal"),
    path("work-orders/<uuid:pk>/decide/", work_orders.work_order_decide, name="work-order-decide"),
    path("quotas/", quotas.quota_list, name="quota-list"),
    path("quotas/<uuid:pk>/read/", quotas.quota_read, name="quota-read"),
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
