"""The names of work orders at Adobe: the officer's words, and at the end our reference, by which Adobe's list is searched."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass, field

from hygiene.models import RecordDelete, WorkOrder
from hygiene.schema import Wanted
from portal import crypto
from portal.adobe.answers import Unreadable
from portal.adobe.hygiene_answers import read_work_order

REFERENCE = re.compile(r"\s*\[PP-[A-Z2-7]{16}\]\s*\Z")


@dataclass(frozen=True)
class Naming:
    """What a work order is called, without our reference."""

    name: str = field(repr=False)
    description: str = field(repr=False)


def reference_for(record_delete: RecordDelete, ordinal: int, content_digest: bytes) -> str:
    """`[PP-<80 bits in base32>]`, of the record delete's random key, the order's place and its identities.

    Preparing again after a crash or a restore gives the same reference to the same identities, so that a look at Adobe's list
    recognises what went out before; other identities never get it.
    """
    if record_delete.data_key is None:
        raise crypto.CannotDecrypt("the personal data of this record delete was removed")
    secret = crypto.box_for(record_delete.data_key).derive(b"work-order-reference-v1")
    bits = hmac.new(secret, ordinal.to_bytes(8, "big") + content_digest, hashlib.sha256).digest()[:10]
    return f"[PP-{base64.b32encode(bits).decode()}]"


def with_reference(name: str, reference: str) -> str:
    """The displayName that is sent."""
    return f"{name} {reference}"


def without_reference(display_name: str) -> str:
    """The displayName as its officer wrote it."""
    return REFERENCE.sub("", display_name)


def wanted_of(record_delete: RecordDelete) -> Wanted:
    """What its officer asked for."""
    return Wanted(
        record_delete.name or "", record_delete.description or "", tuple(record_delete.datasets), record_delete.profile_only
    )


def first_naming(order: WorkOrder) -> Naming:
    """What a work order is called as long as nobody changed it."""
    record_delete = order.record_delete
    name = record_delete.name or f"Record delete {record_delete.number}"
    if record_delete.orders_total > 1:
        name = f"{name} ({order.ordinal} of {record_delete.orders_total})"
    return Naming(name, record_delete.description or "")


def current_naming(order: WorkOrder) -> Naming:
    """What it is called now: a change on its way, else what Adobe last said, else what it was sent with."""
    if order.edit:
        return Naming(order.edit["name"], order.edit["description"])
    if order.answer:
        try:
            answer = read_work_order(order.answer)
        except Unreadable:
            return first_naming(order)
        return Naming(without_reference(answer.display_name), answer.description)
    return first_naming(order)
