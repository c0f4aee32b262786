"""Words of data hygiene, for pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import template
from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils.translation import gettext as _

from hygiene.models import RecordDelete, WorkOrder
from hygiene.words import error_words, opened, service_name
from portal.outbound import CallState

register = template.Library()

CALL_TONES = {
    CallState.QUEUED: "info",
    CallState.SENDING: "info",
    CallState.SENT: "good",
    CallState.REJECTED: "bad",
    CallState.UNKNOWN: "warning",
    CallState.CANCELLED: "unknown",
}


@register.filter
def name_of(record_delete: RecordDelete) -> str:
    """What its officer called it; empty when it has no name, was shredded, or does not open any more."""
    return opened(record_delete, "name") if record_delete.data_key else ""


@register.filter
def datasets_in_words(datasets: Sequence[str]) -> str:
    """`All datasets`, the one dataset's id, or how many there are."""
    if list(datasets) == ["ALL"]:
        return _("All datasets")
    if len(datasets) == 1:
        return datasets[0]
    return _("%(number)s datasets") % {"number": intcomma(len(datasets))} if datasets else _("Not known yet")


@register.filter
def service(code: str) -> str:
    """The name of one of Adobe's services, whichever of its two spellings it came in."""
    return service_name(code)


@register.filter
def reason(word: str) -> str:
    """Why a call or a look did not succeed."""
    return error_words(word)


@register.filter
def call_tone(work_order: WorkOrder) -> str:
    """For the pill of the state of its call."""
    return CALL_TONES[CallState(work_order.state)]


@register.inclusion_tag("hygiene/_quota_bar.html")
def quota_bar(label: str, before: int, after: int, limit: int) -> dict[str, Any]:
    """What is used of a quota already and what this record delete adds, on a scale of 1000; over the limit the bar is full."""

    def width(part: int) -> int:
        return min(max(1000 * part // limit, 6), 1000) if part and limit else 0

    used = width(before)
    return {
        "label": label,
        "before": before,
        "after": after,
        "limit": limit,
        "used": used,
        "added": min(width(after - before), 1000 - used),
        "over": after > limit,
    }
