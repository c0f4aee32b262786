"""Adobe's Data Hygiene API, as the rest of the portal sees it: record delete work orders and quotas of one sandbox."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from urllib.parse import quote, urlencode

from portal.adobe.answers import Unreadable
from portal.adobe.credentials import Credentials
from portal.adobe.errors import BadAnswer, NotFound, OutcomeUnknown
from portal.adobe.gateway import Gateway
from portal.adobe.hygiene_answers import (
    QuotaAnswer,
    WorkOrderAnswer,
    WorkOrderPage,
    read_quotas,
    read_work_order,
    read_work_order_page,
)
from portal.adobe.metering import FREE, PAGE, Meter
from portal.adobe.refusals import refused_get, refused_job, refused_post
from portal.adobe.tokens import TokenStore
from portal.adobe.transport import Answer, Call, Transport

WORK_ORDERS = "/data/core/hygiene/workorder"
QUOTAS = "/data/core/hygiene/quota"
# Adobe takes 1 to 100 (Data Hygiene API, list work orders).
PAGE_SIZE = 100


class DataHygiene:
    """One organization's access to the Data Hygiene API. Thread-safe when its token store is.

    Every method may also raise OrganizationBlocked, Throttled and NotSent.
    """

    def __init__(
        self,
        credentials: Credentials,
        tokens: TokenStore,
        transport: Transport,
        *,
        sandbox: str,
        clock: Callable[[], float] = time.time,
        meter: Meter = FREE,
    ) -> None:
        self._gateway = Gateway(credentials, tokens, transport, clock, meter)
        self._sandbox = {"x-sandbox-name": sandbox}

    def create_work_order(self, body: bytes, *, still_held: Callable[[], bool]) -> WorkOrderAnswer:
        """POST /workorder, once. `still_held` is asked immediately before the first byte leaves.

        Raises Rejected, Unauthorized, ClaimLost, OutcomeUnknown.
        """
        answer = self._gateway.once("POST", WORK_ORDERS, WORK_ORDERS, still_held, body=body, headers=self._sandbox)
        if not 200 <= answer.status < 300:
            raise refused_post(answer)
        return _taken(answer)

    def work_orders(self, *, page: int, size: int = PAGE_SIZE, display_name: str | None = None) -> WorkOrderPage:
        """GET /workorder, newest first, pages counted from 0; those whose name is or contains `display_name` when given.

        Raises Rejected, BadAnswer.
        """
        query: dict[str, str | int] = {"page": page, "limit": size, "orderBy": "-createdAt"}
        if display_name is not None:
            query["displayName"] = display_name
        address = self._gateway.address(f"{WORK_ORDERS}?{urlencode(query)}")
        answer = self._gateway.get(Call("GET", address, WORK_ORDERS, self._sandbox), PAGE)
        if answer.status != 200:
            raise refused_get(answer)
        try:
            return read_work_order_page(answer.body)
        except Unreadable:
            raise _unreadable(answer) from None

    def work_order(self, work_order_id: str) -> WorkOrderAnswer:
        """GET /workorder/{id}. Raises NotFound, Rejected, BadAnswer."""
        address = self._gateway.address(_path(work_order_id))
        answer = self._gateway.get(Call("GET", address, f"{WORK_ORDERS}/{{id}}", self._sandbox))
        if answer.status != 200:
            raise refused_job(answer)
        return _about(work_order_id, answer)

    def rename_work_order(
        self, work_order_id: str, *, field: str, name: str, description: str, still_held: Callable[[], bool]
    ) -> WorkOrderAnswer:
        """PUT /workorder/{id}: a new name, sent as `field` (Adobe's pages disagree: `name` or `displayName`), and description.

        It does no harm twice. Raises NotFound, Rejected, Unauthorized, ClaimLost, OutcomeUnknown, BadAnswer.
        """
        body = json.dumps({field: name, "description": description}).encode()
        route = f"{WORK_ORDERS}/{{id}}"
        answer = self._gateway.once("PUT", _path(work_order_id), route, still_held, body=body, headers=self._sandbox)
        if answer.status == 404:
            raise refused_job(answer)
        if not 200 <= answer.status < 300:
            raise refused_post(answer)
        return _about(work_order_id, answer)

    def quotas(self) -> tuple[QuotaAnswer, ...]:
        """GET /quota. Raises Rejected, BadAnswer."""
        headers = self._sandbox | {"Content-Type": "application/json"}
        answer = self._gateway.get(Call("GET", self._gateway.address(QUOTAS), QUOTAS, headers))
        if answer.status != 200:
            raise refused_get(answer)
        try:
            return read_quotas(answer.body)
        except Unreadable:
            raise _unreadable(answer) from None


def _path(work_order_id: str) -> str:
    # Work order ids come from Adobe and are opaque; these would name another resource.
    if work_order_id.strip() in {"", ".", ".."}:
        raise NotFound(code="no_work_order_id")
    return f"{WORK_ORDERS}/{quote(work_order_id, safe='')}"


def _taken(answer: Answer) -> WorkOrderAnswer:
    try:
        return read_work_order(answer.body)
    except Unreadable:
        raise OutcomeUnknown("unreadable", http_status=answer.status, raw=answer.body) from None


def _about(work_order_id: str, answer: Answer) -> WorkOrderAnswer:
    try:
        order = read_work_order(answer.body)
    except Unreadable:
        raise _unreadable(answer) from None
    if order.work_order_id.lower() != work_order_id.lower():
        # One work order must never be taken for another.
        raise _unreadable(answer)
    return order


def _unreadable(answer: Answer) -> BadAnswer:
    return BadAnswer(code="unreadable", http_status=answer.status, raw=answer.body)
