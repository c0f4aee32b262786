"""What the resources of both apps share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.db.models import Max
from django_filters import FilterSet, UUIDFilter
from rest_framework import serializers

from portal.api.answers import Answer
from portal.api.filters import MomentFilter
from portal.api.problems import Fault, Problem
from portal.models import AuditEvent


@contextmanager
def conflict_on(*refusals: type[Exception]) -> Iterator[None]:
    """What cannot be done as things stand is a 409 with the words of the page."""
    try:
        yield
    except refusals as refusal:
        raise Problem(HTTPStatus.CONFLICT, "not-possible", str(refusal)) from None


def unreadable(words: str) -> Problem:
    """400: the body as a whole is not what it should be."""
    return Problem(HTTPStatus.BAD_REQUEST, "unreadable", words, [Fault("", None, "unreadable", words)])


def last_event(root_id: UUID) -> datetime | None:
    """When something last happened to a request or the like, as the trail has it."""
    found: dict[str, Any] = AuditEvent.objects.filter(root_id=str(root_id)).aggregate(at=Max("at"))
    at: datetime | None = found["at"]
    return at


def latest(*times: datetime | None) -> datetime | None:
    """The latest of those that are known."""
    return max((time for time in times if time is not None), default=None)


class FindingAnswer(Answer):
    """One thing that is wrong (error) or worth knowing (warning)."""

    level = serializers.CharField(read_only=True)
    code = serializers.CharField(read_only=True)
    path = serializers.CharField(read_only=True, help_text="In the file; empty in a table.")
    row = serializers.IntegerField(read_only=True, allow_null=True, help_text="1-based place in the file, or row of the table.")
    key = serializers.CharField(read_only=True, default=None, allow_null=True, help_text="For the sender of the file only.")
    message = serializers.CharField(read_only=True)
    hint = serializers.CharField(read_only=True)


class NamespaceLineAnswer(Answer):
    """Identities of one namespace."""

    namespace = serializers.CharField(read_only=True)
    count = serializers.IntegerField(read_only=True)
    examples = serializers.ListField(child=serializers.CharField(), read_only=True, help_text="Masked.")


class CreatedFilters(FilterSet):
    """By organization and by time of making."""

    organization = UUIDFilter(field_name="organization_id")
    created_after = MomentFilter(field_name="created_at", lookup_expr="gte")
    created_before = MomentFilter(field_name="created_at", lookup_expr="lt")
