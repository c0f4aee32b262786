"""The dry run: every call as it would go, measured by what then really goes; nothing is sent or created by looking."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from django.conf import LazySettings

from portal.models import AuditEvent, Organization, User
from privacy import intake, submission
from privacy.dry_run import DryRun
from privacy.models import PrivacyRequest, Submission, Upload
from tests.actors import Actors, covers, nothing_changes
from tests.files import confirmed_request, payload, people
from tests.pages import Browser
from tests.steps import work
from tests.uploading import request_file, uploaded

pytestmark = pytest.mark.django_db


def address_of(upload: Upload, act: str = "") -> str:
    """Where its pages are."""
    return f"/uploads/{upload.pk}/dry-run/{act}"


def sent(browser: Browser, organization: Organization, body: dict[str, Any]) -> Upload:
    """An upload with this content."""
    return uploaded(browser, organization, json.dumps(body).encode())


def report_of(browser: Browser, upload: Upload) -> list[list[str]]:
    """The rows of the report."""
    answer: Any = browser.get(address_of(upload, "report.csv"))
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.streaming
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


def calls_of(report: list[list[str]]) -> list[list[str]]:
    """The table of calls in it."""
    start = report.index(["Call", "What", "People", "Jobs", "Identities", "Bytes"]) + 1
    return report[start : report.index([], start)]


@covers("privacy:upload-dry-run")
def test_everybody_of_the_organization_may_look(actors: Actors, organization: Organization) -> None:
    actors.open(address_of(uploaded(actors.officer, organization)))


@covers("privacy:upload-dry-run-report")
def test_everybody_of_the_organization_may_download_and_it_is_noted(actors: Actors, organization: Organization) -> None:
    address = address_of(uploaded(actors.officer, organization), "report.csv")
    for person, status in ((actors.nobody, 302), (actors.stranger, 404)):
        with nothing_changes(address):
            assert person.get(address).status_code == status
    actors.refuse_methods(address, allowed=("get",))
    for person in (actors.viewer, actors.officer):
        answer: Any = person.get(address)
        assert b"".join(answer.streaming_content)
    events = AuditEvent.objects.filter(action="upload.dry_run_downloaded")
    assert sorted(events.values_list("actor_name", flat=True)) == ["officer", "viewer"]


# --- The calls ---


def odd_people() -> list[dict[str, Any]]:
    """People whose bodies are easily measured wrongly: other alphabets, no key, many identities, one action, a number."""
    users = people(7, "access", "delete")
    users[0]["key"] = 'Zoë "the key" \\ 名前'
    del users[1]["key"]
    users[2]["userIDs"][0]["value"] = "örjan@exämple.com"
    users[3]["userIDs"] += [{"namespace": "crm", "value": f"{number:04}", "type": "custom"} for number in range(8)]
    users[4]["action"] = ["access"]
    users[5]["action"] = ["delete"]
    users[6]["userIDs"] = [{"namespaceId": 411, "value": "1", "type": "standard", "isDeletedClientSide": True}]
    return users


@pytest.mark.parametrize("access_first", [False, True])
@pytest.mark.parametrize(("most_people", "most_identities"), [(1000, 1000), (3, 1000), (1000, 10)])
def test_each_call_is_measured_as_it_then_goes(
    browser: Browser, organization: Organization, access_first: bool, most_people: int, most_identities: int
) -> None:
    organization.access_before_delete = access_first
    organization.max_people_per_call, organization.max_identities_per_call = most_people, most_identities
    organization.save()
    upload = sent(browser, organization, payload(odd_people(), priority="low", expandIds=True))
    told = sorted(DryRun.of(upload).calls(), key=lambda call: call.ordinal)
    intake.confirm(upload, upload.uploaded_by)
    work("prepare")
    went = list(Submission.objects.select_related("request__organization__data_key", "request__data_key").order_by("ordinal"))
    assert [(call.ordinal, call.people, call.jobs, call.waits) for call in told] == [
        (one.ordinal, one.people, one.expected_jobs, one.waits_for_access) for one in went
    ]
    assert [call.size for call in told] == [len(submission.outgoing(one).body) for one in went]


def test_opt_outs_are_calls_of_their_own(browser: Browser, organization: Organization) -> None:
    body = payload([*people(2, "access"), *people(3, "opt-out-of-sale", prefix="seller")], regulation="ccpa")
    calls = DryRun.of(sent(browser, organization, body)).calls()
    assert sorted((call.opt_out, call.ordinal, call.people, call.jobs) for call in calls) == [(False, 1, 2, 2), (True, 1, 3, 3)]


def test_the_page_lists_the_calls(browser: Browser, organization: Organization) -> None:
    Organization.objects.update(max_people_per_call=2)
    page = browser.page(address_of(sent(browser, organization, payload(people(5)))))
    rows = [[cell.text for cell in row.all("td")] for row in page.section("calls").one("tbody").all("tr")]
    assert [row[:5] for row in rows] == [
        [str(number), "Access and deletion", *counts]
        for number, counts in enumerate([("2", "4", "2")] * 2 + [("1", "2", "1")], 1)
    ]
    assert all(row[5].endswith(" bytes") for row in rows)
    assert page.facts()["Jobs at Adobe"] == "10"
    assert "Nothing: it can be confirmed and sent as it is." in page.section("way").text


def test_of_a_large_file_the_page_lists_the_first_calls_and_the_report_all(
    browser: Browser, organization: Organization, settings: LazySettings
) -> None:
    Organization.objects.update(max_people_per_call=1)
    settings.UPLOAD_INLINE_BYTES = 10
    upload = sent(browser, organization, payload(people(8, "access")))
    work("check")
    page = browser.page(address_of(upload))
    assert len(page.section("calls").one("tbody").all("tr")) == 5
    assert "These are the first. The report has all of them." in page.text
    assert [row[0] for row in calls_of(report_of(browser, upload))] == [str(number) for number in range(1, 9)]


# --- What stands in the way ---


def test_nothing_is_sent_or_created(browser: Browser, organization: Organization) -> None:
    upload = uploaded(browser, organization)
    with nothing_changes("the dry run"):
        browser.page(address_of(upload))
    assert not PrivacyRequest.objects.exists()


def test_people_with_open_requests_are_told_and_left_out_as_chosen(
    browser: Browser, organization: Organization, officer: User
) -> None:
    confirmed_request(organization, officer, payload(people(2, "access")))
    upload = sent(browser, organization, payload(people(5, "access")))
    words = browser.page(address_of(upload)).section("way").text
    assert "2 people have open requests already, and nobody has chosen what to do about them." in words
    browser.post(f"/uploads/{upload.pk}/duplicates/", {"do": "leave-out-all"})
    page = browser.page(address_of(upload))
    assert page.facts()["People with an open request"] == "2 left out, 0 asked for again, 0 undecided."
    assert [call.people for call in DryRun.of(Upload.objects.get(pk=upload.pk)).calls()] == [3]


def test_errors_are_what_would_be_refused(browser: Browser, organization: Organization) -> None:
    body = payload(people(2))
    body["users"][1]["action"] = ["burn"]
    upload = sent(browser, organization, body)
    page = browser.page(address_of(upload))
    assert "The file has 1 error, so it cannot be confirmed." in page.section("way").text
    assert "Row 2, person-2: “burn” is not an action that Adobe knows." in page.section("errors-title").text
    assert page.root.all("section", aria_labelledby="calls") == []
    report = report_of(browser, upload)
    assert ["In the way", "The file has 1 error, so it cannot be confirmed."] in report
    assert [row[:2] for row in report if row and row[0] == "error"] == [["error", "2"]]


def test_a_hold_is_told(browser: Browser, organization: Organization) -> None:
    upload = uploaded(browser, organization)
    organization.hold("by_hand")
    assert "Acme is on hold: calls wait until a person resumes it." in browser.page(address_of(upload)).section("way").text


def test_a_file_that_is_gone_is_told(browser: Browser, organization: Organization) -> None:
    upload = uploaded(browser, organization)
    upload.file_path.unlink()
    assert "The file of this upload is no longer here." in browser.page(address_of(upload)).section("way").text
    assert browser.get(address_of(upload, "report.csv")).status_code == 302


def test_days_are_told_where_a_limit_spreads_the_calls(browser: Browser, organization: Organization) -> None:
    Organization.objects.update(jobs_per_day=4, max_people_per_call=2)
    upload = sent(browser, organization, payload(people(6)))
    assert len(browser.page(address_of(upload)).section("when").one("tbody").all("tr")) == 3
    assert [row[2:] for row in report_of(browser, upload) if row and row[0] == "Goes on"] == [["1", "4"]] * 3


# --- The report ---


def test_the_report_names_keys_to_the_holder_of_the_file_alone(actors: Actors, organization: Organization) -> None:
    body = payload(people(2))
    body["users"][1]["action"] = ["burn"]
    upload = sent(actors.officer, organization, body)
    assert "person-2" in str(report_of(actors.officer, upload))
    assert "person-2" not in str(report_of(actors.viewer, upload))


def test_a_spreadsheet_runs_nothing_of_it(browser: Browser, organization: Organization) -> None:
    Organization.objects.update(name="=cmd()")
    assert ["Organization", "'=cmd()"] in report_of(browser, uploaded(browser, organization))


def test_an_upload_that_is_over_leads_to_its_page(browser: Browser, organization: Organization, officer: User) -> None:
    upload = uploaded(browser, organization, request_file())
    intake.discard(upload, officer)
    for act in ("", "report.csv"):
        answer = browser.get(address_of(upload, act))
        assert answer.headers["Location"] == f"/uploads/{upload.pk}/"
