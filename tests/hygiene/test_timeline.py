"""What happened to a record delete, in sentences."""

from __future__ import annotations

import pytest

from hygiene import timeline
from hygiene.models import RecordDelete
from hygiene.statuses import RECORD_DELETE_OPEN, WORK_ORDER_DONE, RecordDeleteStatus, WorkOrderStatus
from hygiene.words import error_words
from portal import audit
from portal.models import Organization, User
from portal.outbound import CallState
from tests.hygiene.deletes import draft

ENDS = (RecordDeleteStatus.COMPLETE, RecordDeleteStatus.FAILED, RecordDeleteStatus.CANCELLED)
WRITTEN = [
    *(f"record_delete.{status}" for status in (*RECORD_DELETE_OPEN, *ENDS) if status != RecordDeleteStatus.PREPARING),
    *(f"work_order.{state}" for state in CallState),
    *(f"work_order.{status}" for status in WORK_ORDER_DONE if status != WorkOrderStatus.NOT_SENT),
]


@pytest.mark.parametrize("action", WRITTEN)
def test_every_state_that_is_written_down_has_a_sentence(action: str) -> None:
    assert action in timeline.VOCABULARY.sentences


@pytest.mark.django_db
def test_details_are_told_in_words(media: object, organization: Organization, officer: User) -> None:
    made: RecordDelete = draft(organization, officer)
    told: list[tuple[str, dict[str, audit.Scalar]]] = [
        ("work_order.queued", {"order": 1200, "reason": "quota"}),
        ("work_order.unknown", {"order": 1, "reason": "timeout"}),
        ("work_order.decided", {"order": 1, "decision": "send_again"}),
        ("record_delete.prepared", {"identities": 1, "work_orders": 1}),
        ("work_order.something_new", {}),
    ]
    for action, details in told:
        audit.record(action, actor=officer, organization=organization, obj=made, root_id=made.pk, details=details)
    words = [entry.words for entry in timeline.of_record_delete(made.pk)]
    assert set(words) >= {
        "Work order 1,200 goes back into the queue: the quota has no room for it now",
        "Whether Adobe took work order 1 is not known: no answer came in time",
        "Decision about work order 1: send it again",
        "Prepared: 1 identity in 1 work order",
        "Work order something new",
    }


@pytest.mark.parametrize(
    ("word", "words"),
    [
        ("look: Throttled", "Adobe asked to slow down"),
        ("server_error", "Adobe answered with an error of its own"),
        ("never_heard_of", "never heard of"),
    ],
)
def test_why_something_failed_is_told_in_words(word: str, words: str) -> None:
    assert error_words(word) == words
