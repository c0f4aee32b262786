"""Addresses of this app below /api/v1/."""

from __future__ import annotations

from django.urls import path

from hygiene.api import expirations, quotas, record_deletes, work_orders

urlpatterns = [
    path("record-deletes", record_deletes.RecordDeleteList.as_view(), name="record-delete-list"),
    path("record-deletes/<str:number>", record_deletes.RecordDeleteDetail.as_view(), name="record-delete-detail"),
    path("record-deletes/<str:number>/confirm", record_deletes.RecordDeleteConfirm.as_view(), name="record-delete-confirm"),
    path("record-deletes/<str:number>/cancel", record_deletes.RecordDeleteCancel.as_view(), name="record-delete-cancel"),
    path("record-deletes/<str:number>/shred", record_deletes.RecordDeleteShred.as_view(), name="record-delete-shred"),
    path("work-orders", work_orders.WorkOrderList.as_view(), name="work-order-list"),
    path("work-orders/<uuid:pk>", work_orders.WorkOrderDetail.as_view(), name="work-order-detail"),
    path("work-orders/<uuid:pk>/rename", work_orders.WorkOrderRename.as_view(), name="work-order-rename"),
    path("work-orders/<uuid:pk>/refresh", work_orders.WorkOrderRefresh.as_view(), name="work-order-refresh"),
    path("work-orders/<uuid:pk>/reveal", work_orders.WorkOrderReveal.as_view(), name="work-order-reveal"),
    path("work-orders/<uuid:pk>/decide", work_orders.WorkOrderDecide.as_view(), name="work-order-decide"),
    path("quotas", quotas.QuotaList.as_view(), name="quota-list"),
    path("quotas/refresh", quotas.QuotaRefresh.as_view(), name="quota-refresh"),
    path("expirations", expirations.ExpirationList.as_view(), name="expiration-list"),
    path("expirations/refresh", expirations.ExpirationListRefresh.as_view(), name="expiration-list-refresh"),
    path("expirations/<uuid:pk>", expirations.ExpirationDetail.as_view(), name="expiration-detail"),
    path("expirations/<uuid:pk>/cancel", expirations.ExpirationCancel.as_view(), name="expiration-cancel"),
    path("expirations/<uuid:pk>/decide", expirations.ExpirationDecide.as_view(), name="expiration-decide"),
    path("expirations/<uuid:pk>/refresh", expirations.ExpirationRefresh.as_view(), name="expiration-refresh"),
]
