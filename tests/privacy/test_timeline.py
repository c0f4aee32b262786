"""What happened, in plain words."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest

from portal import audit, logs
from portal.ids import new_id
from portal.models import AuditEvent, Organization, User
from portal.outbound import PersonReason
from portal.timeline import MOST_ENTRIES
from privacy import reconciling, shredding, timeline
from privacy.consent import story
from privacy.models import PrivacyRequest
from privacy.statuses import ArchiveStatus, JobStatus, RequestStatus
from tests.files import confirmed_request, payload, people

ROOT = Path(__file__).resolve().parents[2]


def told(action: str, **details: Any) -> str:
    """The sentence for one event."""
    (entry,) = timeline.told([AuditEvent(action=action, details=details)])
    return entry.words


@pytest.mark.parametrize(
    ("action", "details", "words"),
    [
        ("upload.checked", {"errors": 1, "warnings": 2}, "The file was checked: 1 error, 2 warnings"),
        ("request.prepared", {"people": 1, "jobs": 2400, "calls": 1}, "Prepared: 1 person, 2,400 jobs, 1 call to Adobe"),
        ("request.failed", {"failed": 2, "jobs": 1200}, "Finished with errors: 2 of 1,200 jobs failed"),
        ("call.sent", {"call": 2, "people": 1000}, "Call 2 with 1,000 people was taken by Adobe"),
        ("call.unknown", {"call": 1, "reason": "timeout"}, "Whether Adobe took call 1 is not known: no answer came in time"),
        ("call.queued", {"call": 3, "reason": "throttled"}, "Call 3 goes back into the queue: Adobe asked to slow down"),
        ("call.decided", {"call": 1, "decision": "give_up"}, "Decision about call 1: not send it"),
        ("result.failed", {"reason": "not_found"}, "The result could not be fetched: Adobe no longer has it"),
        # A reason that has no words yet, and an event from a version to come.
        ("call.unknown", {"call": 1, "reason": "odd_word"}, "Whether Adobe took call 1 is not known: odd word"),
        ("call.thawed_again", {}, "Call thawed again"),
    ],
)
def test_each_event_is_a_sentence(action: str, details: dict[str, Any], words: str) -> None:
    assert told(action, **details) == words


def test_an_older_event_without_its_details_is_a_sentence_all_the_same() -> None:
    assert told("request.prepared") == "Prepared: some people, some jobs, some calls to Adobe"


def test_details_cannot_reach_into_the_sentence() -> None:
    assert (
        told("call.unknown", call="{0.__class__}", reason="{call}")
        == "Whether Adobe took call {0.__class__} is not known: {call}"
    )


def actions_in(*folders: str) -> set[str]:
    """Every action that is written down with `record` or `AuditRecord` as a plain text."""
    found = set()
    for path in (path for folder in folders for path in (ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            names = {"record", "record_job", "AuditRecord", "_record"}
            if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in names:
                found |= {arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)}
    return {action for action in found if "." in action}


def test_every_event_of_a_request_has_a_sentence_of_its_own() -> None:
    made = actions_in("privacy/intake.py", "privacy") | {
        *(f"request.{status}" for status in RequestStatus if status != RequestStatus.PREPARING),
        *(f"job.{status}" for status in (JobStatus.COMPLETE, JobStatus.ERROR, JobStatus.GONE)),
        *(f"result.{status}" for status in (ArchiveStatus.FAILED, ArchiveStatus.EXPIRED, ArchiveStatus.STORED)),
        *(f"call.{state}" for state in ("queued", "sent", "rejected", "unknown")),
    }
    assert {"upload.received", "request.confirmed", "job.revealed", "result.downloaded"} <= made
    # What happens to opt-outs through the consent endpoint is told on their own pages.
    told_of = set(timeline._SENTENCES) | set(story._WORDS.sentences)
    # Drafts, tables and lists have no page that tells what happened to them.
    elsewhere = ("draft.", "table.", "list.", "report.")
    assert sorted(action for action in made - told_of if not action.startswith(elsewhere)) == []


def test_every_reason_for_a_person_has_words() -> None:
    for reason in PersonReason:
        assert told("call.unknown", call=1, reason=reason.value).endswith(str(reason.label))


def test_every_decision_has_words() -> None:
    for decision in ("look_again", "send_missing", "give_up", "acknowledge_doubled"):
        assert hasattr(reconciling, decision)
        assert "_" not in told("call.decided", call=1, decision=decision)


# --- Which events stand where ---


@pytest.fixture
def request_row(organization: Organization, officer: User) -> PrivacyRequest:
    """A prepared request."""
    return confirmed_request(organization, officer, payload(people(1)))


@pytest.mark.django_db
def test_a_request_tells_of_itself_and_of_the_upload_it_came_from(request_row: PrivacyRequest) -> None:
    entries = timeline.of_request(request_row.pk, request_row.upload_id)
    assert [(entry.words, entry.who) for entry in entries] == [
        ("Prepared: 1 person, 2 jobs, 1 call to Adobe", ""),
        ("Confirmed", "officer"),
        ("The file was checked: 0 errors, 0 warnings", ""),
    ]


@pytest.mark.django_db
def test_a_request_does_not_tell_of_each_of_its_jobs(request_row: PrivacyRequest, officer: User) -> None:
    job = request_row.jobs.all()[0]
    for action in ("job.revealed", "result.downloaded"):
        audit.record(action, actor=officer, organization=job.organization, obj=job, root_id=request_row.pk)
    assert len(timeline.of_request(request_row.pk, request_row.upload_id)) == 3
    assert [entry.words for entry in timeline.of_job(request_row.pk, [job.pk])] == [
        "The result was downloaded",
        "The identities were shown unmasked",
    ]
    assert timeline.of_job(request_row.pk, [request_row.jobs.all()[1].pk]) == []


@pytest.mark.django_db
def test_an_upload_tells_of_itself_alone(request_row: PrivacyRequest) -> None:
    assert request_row.upload_id is not None
    assert [entry.words for entry in timeline.of_upload(request_row.upload_id)] == ["The file was checked: 0 errors, 0 warnings"]
    assert timeline.of_upload(new_id()) == []


@pytest.mark.django_db
def test_only_the_newest_hundred_are_told(organization: Organization) -> None:
    root = new_id()
    logs.start_correlation()
    for number in range(MOST_ENTRIES + 5):
        audit.record(
            "call.sent", actor=None, organization=organization, obj=None, root_id=root, details={"call": number, "people": 1}
        )
    entries = timeline.of_request(root, None)
    assert len(entries) == MOST_ENTRIES
    assert entries[0].words == "Call 104 with 1 person was taken by Adobe"


@pytest.mark.django_db
def test_it_tells_the_same_after_the_personal_data_is_gone(request_row: PrivacyRequest, officer: User) -> None:
    before = timeline.of_request(request_row.pk, request_row.upload_id)
    request_row.submissions.update(state="cancelled")
    request_row.jobs.update(status="not_sent")
    shredding.shred(request_row, officer)
    assert timeline.of_request(request_row.pk, request_row.upload_id)[1:] == before
