"""The lists of this app: their pages, what is done with many rows, and their exports."""

from __future__ import annotations

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.http import require_POST, require_safe

from hygiene.lists import RECORD_DELETES, WORK_ORDERS
from portal.lists import acting, exporting, showing


@require_safe
@permission_required(RECORD_DELETES.needed, raise_exception=True)
def record_delete_list(request: HttpRequest) -> HttpResponse:
    """Record deletes, newest first."""
    return showing.show(request, RECORD_DELETES)


@require_POST
@permission_required(RECORD_DELETES.needed, raise_exception=True)
def record_delete_act(request: HttpRequest) -> HttpResponse:
    """Cancel what was not sent of many."""
    return acting.act(request, RECORD_DELETES)


@require_POST
@permission_required((*RECORD_DELETES.needed, RECORD_DELETES.export_permission), raise_exception=True)
def record_delete_export(request: HttpRequest) -> HttpResponseBase:
    """Every record delete that matches, as CSV."""
    return exporting.export(request, RECORD_DELETES)


@require_safe
@permission_required(WORK_ORDERS.needed, raise_exception=True)
def all_work_orders(request: HttpRequest) -> HttpResponse:
    """Work orders across record deletes, newest first."""
    return showing.show(request, WORK_ORDERS)


@require_POST
@permission_required(WORK_ORDERS.needed, raise_exception=True)
def work_order_act(request: HttpRequest) -> HttpResponse:
    """Have Adobe asked about many work orders."""
    return acting.act(request, WORK_ORDERS)


@require_POST
@permission_required((*WORK_ORDERS.needed, WORK_ORDERS.export_permission), raise_exception=True)
def work_order_export(request: HttpRequest) -> HttpResponseBase:
    """Every work order that matches, as CSV."""
    return exporting.export(request, WORK_ORDERS)
