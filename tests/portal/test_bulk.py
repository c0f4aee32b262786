"""Many rows at once: each comes back as its own model reads it, on either database."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from portal import bulk
from portal.ids import new_id
from portal.models import Organization, User
from privacy.models import DataSubject, IdentityDigest, Job, PrivacyRequest
from privacy.statuses import JobStatus
from tests.files import confirmed_request, payload, people

pytestmark = pytest.mark.django_db

# What a text format of a database would have to escape.
AWKWARD = "a\tb\nc\\d\\N'\"é,{}\u2028"


@pytest.fixture
def request_row(organization: Organization, officer: User) -> PrivacyRequest:
    return confirmed_request(organization, officer, payload(people(1, "access")))


def subject_of(request: PrivacyRequest) -> DataSubject:
    return DataSubject.objects.get(request=request)


def test_rows_come_back_as_they_went_in(request_row: PrivacyRequest) -> None:
    subject, content = subject_of(request_row), [(bytes(range(256)), AWKWARD), (b"", ""), (b"\\x41", "email")]
    IdentityDigest.objects.all().delete()
    bulk.insert(IdentityDigest, ("digest", "namespace"), content, subject_id=subject.pk)
    rows = IdentityDigest.objects.order_by("pk")
    assert [(bytes(row.digest), row.namespace, row.subject_id) for row in rows] == [(*row, subject.pk) for row in content]


def test_fields_that_are_not_named_get_their_defaults(request_row: PrivacyRequest) -> None:
    made = new_id()
    same = {"request_id": request_row.pk, "organization_id": request_row.organization_id}
    bulk.insert(Job, ("id", "subject_id", "action"), [(made, subject_of(request_row).pk, "delete")], **same)
    written = Job.objects.get(pk=made)
    plain = Job(id=made, subject_id=written.subject_id, action="delete", **same)
    fields = [field.attname for field in Job._meta.concrete_fields]
    assert {name: getattr(written, name) for name in fields} == {name: getattr(plain, name) for name in fields}
    assert (written.status, written.extra_adobe_job_ids) == (JobStatus.WAITING, [])


def test_json_of_each_row_is_its_own(request_row: PrivacyRequest) -> None:
    values = [["access"], ["access", AWKWARD], []]
    rows = [(new_id(), position, value) for position, value in enumerate(values, start=2)]
    bulk.insert(DataSubject, ("id", "position", "actions"), rows, request_id=request_row.pk)
    assert list(DataSubject.objects.filter(position__gt=1).order_by("position").values_list("actions", flat=True)) == values


def test_a_default_that_is_made_for_each_row_must_be_named() -> None:
    with pytest.raises(ValueError, match=r"privacy\.DataSubject\.id"):
        bulk.insert(DataSubject, ("position",), [(1,)])


def test_a_rule_of_the_database_is_told_as_everywhere_and_nothing_is_written(request_row: PrivacyRequest) -> None:
    rows: list[tuple[Any, ...]] = [(new_id(), position, []) for position in (2, 3, 1)]
    with pytest.raises(IntegrityError), transaction.atomic():
        bulk.insert(DataSubject, ("id", "position", "actions"), rows, request_id=request_row.pk)
    assert DataSubject.objects.count() == 1


def test_no_rows_are_no_error() -> None:
    bulk.insert(IdentityDigest, ("subject_id", "digest", "namespace"), [])
    assert not IdentityDigest.objects.exists()


def test_rows_are_found_by_thousands_of_values(request_row: PrivacyRequest) -> None:
    subject = subject_of(request_row)
    bulk.insert(IdentityDigest, ("digest",), [(bytes([number]),) for number in range(9)], subject_id=subject.pk, namespace="")
    wanted = [*(number.to_bytes(2, "big") for number in range(256, 8000)), b"\x02", b"\x05"]
    found = IdentityDigest.objects.filter(bulk.Among("digest", wanted), subject__request=request_row).values_list(
        "digest", flat=True
    )
    assert sorted(bytes(one) for one in found) == [b"\x02", b"\x05"]


@pytest.mark.parametrize("values", [[], [b"nobody's"]])
def test_nothing_is_found_by_nothing(request_row: PrivacyRequest, values: list[bytes]) -> None:
    assert not IdentityDigest.objects.filter(bulk.Among("digest", values)).exists()
