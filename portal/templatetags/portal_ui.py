"""The parts that every page is made of; each has one template fragment."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from django import template
from django.contrib.humanize.templatetags.humanize import intcomma
from django.template.defaultfilters import date as format_date
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

register = template.Library()

ICONS = {"good": "check", "bad": "cross", "warning": "warning", "info": "moving", "unknown": "dot"}

_TO_THE_MINUTE = "j M Y, H:i"


@register.inclusion_tag("portal/_pill.html")
def pill(words: str, tone: str) -> dict[str, str]:
    """A status: a word and an icon first, a colour second."""
    return {"words": words, "tone": tone, "icon": ICONS.get(tone, "dot")}


@register.inclusion_tag("portal/_icon.html")
def icon(name: str) -> dict[str, str]:
    """A drawing that stands beside words and says nothing that they do not say."""
    return {"name": name}


@register.inclusion_tag("portal/_bar.html")
def bar(done: int, failed: int, total: int, label: str, *, unit: str = "") -> dict[str, Any]:
    """A progress bar with its words. Widths are on a scale of 1000; a part that is not empty can be seen."""

    def width(part: int) -> int:
        return max(1000 * part // total, 6) if part and total else 0

    bad = width(failed)
    good = min(width(done - failed), 1000 - bad)
    return {"label": label, "done": done, "failed": failed, "total": total, "good": good, "bad": bad, "unit": unit or _("done")}


@register.simple_tag
def moment(value: datetime | None, empty: str = "") -> SafeString | str:
    """A time where the person is, with UTC on hover. Without a chosen zone the browser puts its own in place of the portal's."""
    if value is None:
        return empty or _("not yet")
    local, utc = timezone.localtime(value), value.astimezone(UTC)
    words, zone = format_date(local, _TO_THE_MINUTE), local.tzname() or "UTC"
    in_utc = f"{format_date(utc, _TO_THE_MINUTE)} UTC"
    return format_html('<time datetime="{}" title="{}">{} {}</time>', value.isoformat(), in_utc, words, zone)


@register.simple_tag
def day(value: date | None, empty: str = "") -> SafeString | str:
    """A date without a time."""
    if value is None:
        return empty or _("none")
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), format_date(value, "j M Y"))


@register.simple_tag
def days_left(value: date | None, today: date | None = None) -> str:
    """`in 11 days`, `today`, `3 days ago`; empty without a date."""
    if value is None:
        return ""
    left = (value - (today or timezone.localdate())).days
    if left == 0:
        return _("today")
    number = intcomma(abs(left))
    if left > 0:
        return ngettext("in %(number)s day", "in %(number)s days", left) % {"number": number}
    return ngettext("%(number)s day ago", "%(number)s days ago", -left) % {"number": number}


@register.filter
def due_tone(value: date | None) -> str:
    """How pressing a due date is: bad when over, warning within a week."""
    if value is None:
        return "unknown"
    left = (value - timezone.localdate()).days
    if left < 0:
        return "bad"
    return "warning" if left <= 7 else "info"


@register.simple_tag(takes_context=True)
def same_page_with(context: dict[str, Any], **changes: Any) -> str:
    """The query string of this page with some parameters changed (empty: removed), back on its first page."""
    query = context["request"].GET.copy()
    for name in ("after", "before"):
        query.pop(name, None)
    for name, value in changes.items():
        if value in (None, ""):
            query.pop(name, None)
        else:
            query[name] = str(value)
    return f"?{query.urlencode()}" if query else "?"
