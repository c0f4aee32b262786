"""The audit trail: written once, hashed in one form for ever, and every change of what is sealed is found."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from io import StringIO
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, models, transaction

from portal import audit, logs
from portal.models import AppendOnly, AppendOnlyModel, AuditEvent, AuditLeaf, AuditSeal, Organization, User
from tests.people import make_user

AT = datetime(2026, 11, 24, 8, 6, 5, 4321, UTC)


def record(action: str = "test.done", **details: Any) -> AuditEvent:
    """One event that nobody did."""
    return audit.record(action, actor=None, organization=None, obj=None, details=details)


def event(**fields: Any) -> AuditEvent:
    """An event that is not saved."""
    return AuditEvent(**({"id": UUID("01890a5d-ac96-774b-bcce-b302099a8057"), "at": AT, "action": "call.sent"} | fields))


# --- Canonical bytes ---


def test_the_canonical_bytes_never_change() -> None:
    full = event(
        actor_id="7",
        actor_name="Zoë",
        organization_id="o",
        object_type="privacy.Submission",
        object_id="s",
        root_id="r",
        correlation_id="c",
        details={"people": 3, "call": 1, "reason": 'a "b" \\ ü', "share": 0.5, "known": None, "ok": True},
    )
    assert (
        audit.canonical_bytes(full)
        == (
            '{"action":"call.sent","actor_id":"7","actor_name":"Zoë","at":"2026-11-24T08:06:05.004321+00:00",'
            '"correlation_id":"c","details":{"call":1,"known":null,"ok":true,"people":3,"reason":"a \\"b\\" \\\\ ü","share":0.5},'
            '"id":"01890a5d-ac96-774b-bcce-b302099a8057","object_id":"s","object_type":"privacy.Submission",'
            '"organization_id":"o","root_id":"r","v":1}'
        ).encode()
    )
    assert audit.leaf_hash(full).hex() == hashlib.sha256(b"\x00" + audit.canonical_bytes(full)).hexdigest()


def test_the_canonical_bytes_are_of_the_moment_and_not_of_its_time_zone() -> None:
    elsewhere = AT.astimezone(timezone(timedelta(hours=5, minutes=30)))
    assert audit.canonical_bytes(event(at=elsewhere)) == audit.canonical_bytes(event())
    whole_second = audit.canonical_bytes(event(at=AT.replace(microsecond=0)))
    assert b'"at":"2026-11-24T08:06:05.000000+00:00"' in whole_second


@pytest.mark.parametrize("name", [field.name for field in AuditEvent._meta.fields])
def test_every_column_of_an_event_is_part_of_its_bytes(name: str) -> None:
    other: dict[str, Any] = {"id": uuid4(), "at": AT + timedelta(microseconds=1), "details": {"a": 1}}
    changed = event(**{name: other.get(name, "other")})
    assert audit.canonical_bytes(changed) != audit.canonical_bytes(event())


@pytest.mark.django_db
def test_an_event_has_the_same_bytes_before_and_after_the_database() -> None:
    made = record(share=0.1, big=2**53, negative=-1, text="Zoë\n\u2028", none=None, yes=True)
    assert audit.canonical_bytes(AuditEvent.objects.get(pk=made.pk)) == audit.canonical_bytes(made)


def test_the_root_is_over_the_leaves_in_order_and_tells_leaves_from_nodes() -> None:
    def node(left: bytes, right: bytes) -> bytes:
        return hashlib.sha256(b"\x01" + left + right).digest()

    a, b, c, d, e = (hashlib.sha256(bytes([number])).digest() for number in range(5))
    assert audit.merkle_root([]) == hashlib.sha256(b"").digest()
    assert audit.merkle_root([a]) == a
    assert audit.merkle_root([a, b, c]) == node(node(a, b), c)
    assert audit.merkle_root([a, b, c, d, e]) == node(node(node(a, b), node(c, d)), e)
    assert audit.merkle_root([b, a]) != audit.merkle_root([a, b])


# --- Writing ---


@pytest.mark.django_db
def test_an_event_keeps_text_copies_of_who_and_what(organization: Organization) -> None:
    officer = make_user("zoë", "Officer", organization)
    root = uuid4()
    logs.start_correlation("story-12345")
    made = audit.record(
        "organization.held", actor=officer, organization=organization, obj=organization, root_id=root, details={"reason": "limit"}
    )
    kept = AuditEvent.objects.get(pk=made.pk)
    assert (kept.actor_id, kept.actor_name) == (str(officer.pk), "zoë")
    assert kept.organization_id == kept.object_id == str(organization.pk)
    assert (kept.object_type, kept.root_id) == ("portal.Organization", str(root))
    assert (kept.correlation_id, kept.details) == ("story-12345", {"reason": "limit"})


@pytest.mark.django_db
def test_an_event_goes_with_the_transaction_of_what_it_tells() -> None:
    with pytest.raises(RuntimeError), transaction.atomic():  # noqa: PT012 - the block is the transaction
        record()
        raise RuntimeError
    assert not AuditEvent.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "value",
    [["a"], {"a": 1}, b"raw", AT, uuid4(), {1}, User(username="jane"), float("nan"), float("inf")],
    ids=lambda value: type(value).__name__,
)
def test_details_that_are_not_plain_are_refused_and_not_shown(value: object) -> None:
    with pytest.raises(TypeError, match="audit detail what is not") as refused:
        record(what=value)
    assert "jane" not in str(refused.value)
    assert not AuditEvent.objects.exists()


@pytest.mark.django_db
def test_text_that_a_database_cannot_keep_loses_no_event_and_stops_no_sealer() -> None:
    made = record(reason="a\ud800b\0c\udfff")
    assert AuditEvent.objects.get(pk=made.pk).details == {"reason": "a\ufffdb\ufffdc\ufffd"}
    assert audit.seal() is not None


@pytest.mark.django_db
def test_many_events_are_written_with_one_statement(django_assert_num_queries: Callable[[int], Any]) -> None:
    with django_assert_num_queries(1):
        audit.record_many([audit.AuditRecord(f"test.{number}") for number in range(50)])
    assert set(AuditEvent.objects.values_list("action", flat=True)) == {f"test.{number}" for number in range(50)}


# --- Append only ---


@pytest.fixture
def sealed_event(db: None) -> AuditEvent:
    """One event under one seal."""
    made = record()
    audit.seal()
    return made


@pytest.mark.parametrize("model", [AuditEvent, AuditSeal, AuditLeaf])
def test_evidence_cannot_be_changed_or_deleted_through_the_application(
    sealed_event: AuditEvent, model: type[AppendOnlyModel]
) -> None:
    row = model.objects.get()
    name = model._meta.fields[-1].name
    attempts: list[Callable[[], object]] = [
        row.save,
        lambda: row.save(update_fields=[name]),
        row.delete,
        lambda: model.objects.update(**{name: getattr(row, name)}),
        lambda: model.objects.filter(pk=row.pk).update(**{name: getattr(row, name)}),
        lambda: model.objects.bulk_update([row], [name]),
        lambda: model.objects.update_or_create(pk=row.pk, defaults={name: getattr(row, name)}),
        model.objects.all().delete,
        model.objects.filter(pk=row.pk).delete,
    ]
    for attempt in attempts:
        with pytest.raises(AppendOnly), transaction.atomic():
            attempt()
    assert model.objects.count() == 1
    assert audit.verify().ok


def test_an_event_cannot_be_written_over_by_one_with_its_id(sealed_event: AuditEvent) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        event(id=sealed_event.pk).save()
    assert audit.verify().ok


# --- Seals ---


@pytest.mark.django_db
def test_nothing_to_seal_makes_no_seal() -> None:
    assert audit.seal() is None
    assert audit.verify() == audit.AuditReport(ok=True, seals=0, events=0, unsealed=0)


@pytest.fixture
def chain(db: None) -> list[list[AuditEvent]]:
    """Three seals over three events each, by seal; and one event that is not sealed yet."""
    events = []
    for number in range(3):
        events.append([record(number=number, place=place) for place in range(3)])
        audit.seal()
    record()
    return events


def test_each_seal_names_the_one_before_and_takes_what_was_open(chain: list[list[AuditEvent]]) -> None:
    seals = list(AuditSeal.objects.order_by("sequence"))
    assert [(one.sequence, one.event_count) for one in seals] == [(1, 3), (2, 3), (3, 3)]
    assert bytes(seals[0].previous_hash) == audit.GENESIS
    assert [bytes(one.previous_hash) for one in seals[1:]] == [bytes(one.hash) for one in seals[:-1]]
    for one, events in zip(seals, chain, strict=True):
        assert set(one.leaves.values_list("event_id", flat=True)) == {event.pk for event in events}
    report = audit.verify()
    assert (report.ok, report.seals, report.events, report.unsealed) == (True, 3, 9, 1)
    assert report.head == bytes(seals[-1].hash).hex()


@pytest.mark.django_db
def test_it_seals_at_most_as_many_as_asked_and_oldest_first() -> None:
    events = audit.record_many([audit.AuditRecord("test.done") for _ in range(5)])
    counts = []
    while made := audit.seal(limit=2):
        counts.append(made.event_count)
    assert counts == [2, 2, 1]
    in_order = AuditLeaf.objects.order_by("seal_id", "position").values_list("event_id", flat=True)
    assert list(in_order) == sorted(event.pk for event in events)
    assert audit.verify().ok


@pytest.mark.django_db
def test_an_event_that_was_committed_late_goes_under_a_later_seal() -> None:
    record()
    audit.seal()
    late = event(at=AT)
    late.save()
    assert audit.seal() is not None
    assert AuditLeaf.objects.get(event_id=late.pk).seal_id == 2
    assert audit.verify().ok


def test_an_event_is_sealed_once(sealed_event: AuditEvent) -> None:
    second = AuditSeal.objects.create(sequence=2, sealed_at=AT, event_count=1, merkle_root=b"", previous_hash=b"", hash=b"")
    with pytest.raises(IntegrityError), transaction.atomic():
        AuditLeaf.objects.create(event_id=sealed_event.pk, seal=second, position=0, leaf_hash=b"")


@pytest.mark.django_db
def test_of_two_sealers_at_once_one_gives_way_and_one_chain_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    events = [record(number=number) for number in range(3)]
    plain_root = audit.merkle_root

    def root_while_another_seals(leaves: list[bytes]) -> bytes:
        monkeypatch.setattr(audit, "merkle_root", plain_root)
        assert audit.seal() is not None
        return plain_root(leaves)

    monkeypatch.setattr(audit, "merkle_root", root_while_another_seals)
    assert audit.seal() is None
    # On one connection the one that gives way takes the other's savepoint with it; what counts is that no half is left.
    assert (AuditSeal.objects.count(), AuditLeaf.objects.count()) == (0, 0)
    assert audit.seal() is not None
    report = audit.verify()
    assert (report.ok, report.seals, report.events) == (True, 1, len(events))


# --- Verification: each test changes rows around the application, as somebody with the database could ---


def around(model: type[models.Model]) -> models.QuerySet[Any]:
    """Rows without the application's refusal to change them."""
    return models.QuerySet(model)


def remove(rows: models.QuerySet[Any]) -> None:
    """Delete without looking at what hangs on the rows."""
    rows._raw_delete(rows.db)


def found() -> tuple[bool, int | None, str]:
    """What the verification says."""
    report = audit.verify()
    return report.ok, report.first_broken, report.reason


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("action", "call.rejected"),
        ("actor_name", "somebody else"),
        ("details", {"number": 1, "place": 2}),
        ("at", AT),
        ("root_id", "other"),
    ],
)
def test_a_changed_event_is_found(chain: list[list[AuditEvent]], column: str, value: object) -> None:
    changed = chain[1][0]
    around(AuditEvent).filter(pk=changed.pk).update(**{column: value})
    assert found() == (False, 2, f"event {changed.pk} was changed")


def test_a_deleted_event_is_found(chain: list[list[AuditEvent]]) -> None:
    remove(around(AuditEvent).filter(pk=chain[1][2].pk))
    assert found() == (False, 2, f"event {chain[1][2].pk} is gone")


def test_an_event_deleted_together_with_its_leaf_is_found(chain: list[list[AuditEvent]]) -> None:
    remove(around(AuditEvent).filter(pk=chain[2][2].pk))
    remove(around(AuditLeaf).filter(pk=chain[2][2].pk))
    assert found() == (False, 3, "it does not hold as many events as it says")


def test_a_changed_event_with_its_leaf_made_to_fit_is_found(chain: list[list[AuditEvent]]) -> None:
    around(AuditEvent).filter(pk=chain[0][1].pk).update(action="other")
    fitting = audit.leaf_hash(AuditEvent.objects.get(pk=chain[0][1].pk))
    around(AuditLeaf).filter(pk=chain[0][1].pk).update(leaf_hash=fitting)
    assert found() == (False, 1, "its root does not match its leaves")


def test_reordered_leaves_are_found(chain: list[list[AuditEvent]]) -> None:
    first, second = around(AuditLeaf).filter(seal=2).order_by("position")[:2]
    around(AuditLeaf).filter(pk=first.pk).update(position=9)
    around(AuditLeaf).filter(pk=second.pk).update(position=0)
    around(AuditLeaf).filter(pk=first.pk).update(position=1)
    assert found() == (False, 2, "its root does not match its leaves")


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("sealed_at", AT, "it was changed"),
        ("hash", b"x" * 32, "it was changed"),
        ("previous_hash", b"x" * 32, "it does not follow the seal before it"),
        ("merkle_root", b"x" * 32, "its root does not match its leaves"),
        ("event_count", 2, "it does not hold as many events as it says"),
        ("sequence", 9, "a seal before it is missing"),
    ],
)
def test_a_changed_seal_is_found(chain: list[list[AuditEvent]], column: str, value: object, reason: str) -> None:
    if column == "sequence":
        # Its leaves go with it, as a careful hand would see to.
        around(AuditSeal).filter(pk=2).update(sequence=9)
        around(AuditLeaf).filter(seal=2).update(seal=9)
        assert found() == (False, 3, reason)
        return
    around(AuditSeal).filter(pk=2).update(**{column: value})
    assert found() == (False, 2, reason)


def test_a_seal_made_to_fit_breaks_the_next_one(chain: list[list[AuditEvent]]) -> None:
    """Changing one event and everything up to its own seal still does not fit the seal after it."""
    around(AuditEvent).filter(pk=chain[1][0].pk).update(action="other")
    around(AuditLeaf).filter(pk=chain[1][0].pk).update(leaf_hash=audit.leaf_hash(AuditEvent.objects.get(pk=chain[1][0].pk)))
    seal = AuditSeal.objects.get(pk=2)
    root = audit.merkle_root([bytes(leaf.leaf_hash) for leaf in seal.leaves.order_by("position")])
    fitting = audit.seal_hash(2, seal.sealed_at, seal.event_count, root, bytes(seal.previous_hash))
    around(AuditSeal).filter(pk=2).update(merkle_root=root, hash=fitting)
    assert found() == (False, 3, "it does not follow the seal before it")


@pytest.mark.parametrize(("gone", "first_broken"), [(1, 2), (2, 3)])
def test_a_seal_missing_before_another_is_found(chain: list[list[AuditEvent]], gone: int, first_broken: int) -> None:
    remove(around(AuditLeaf).filter(seal=gone))
    remove(around(AuditSeal).filter(pk=gone))
    assert found() == (False, first_broken, "a seal before it is missing")


def test_a_newest_seal_that_left_its_leaves_behind_is_found(chain: list[list[AuditEvent]]) -> None:
    remove(around(AuditSeal).filter(pk=3))
    assert found() == (False, 3, "its leaves are there and it is gone")
    # The database itself holds leaves to their seal when the transaction ends.
    remove(around(AuditLeaf).filter(seal=3))


def test_a_newest_seal_cut_off_with_its_leaves_shows_in_the_head(chain: list[list[AuditEvent]]) -> None:
    noted = audit.verify().head
    remove(around(AuditLeaf).filter(seal=3))
    remove(around(AuditSeal).filter(pk=3))
    report = audit.verify()
    assert (report.ok, report.seals, report.unsealed) == (True, 2, 4)
    assert report.head != noted
    audit.seal()
    assert audit.verify().head != noted


def test_what_is_not_sealed_yet_is_no_evidence_and_breaks_nothing(chain: list[list[AuditEvent]]) -> None:
    remove(around(AuditEvent).exclude(pk__in=[event.pk for events in chain for event in events]))
    assert found() == (True, None, "")


# --- The command ---


def run(*words: str) -> str:
    """What `manage.py audit` prints."""
    out = StringIO()
    call_command("audit", *words, stdout=out)
    return out.getvalue()


def test_the_command_seals_and_verifies(chain: list[list[AuditEvent]]) -> None:
    assert run("verify").startswith("3 seals over 9 events hold; 1 events are not sealed yet\n")
    assert run("seal") == "sealed 1 events as seal 4\n"
    assert run("seal") == "nothing to seal\n"
    printed = run("verify")
    assert printed.startswith("4 seals over 10 events hold; 0 events are not sealed yet\n")
    assert f"newest seal: 4 {bytes(AuditSeal.objects.get(pk=4).hash).hex()}" in printed


def test_the_command_exits_with_1_and_names_the_first_broken_seal(chain: list[list[AuditEvent]]) -> None:
    around(AuditEvent).filter(pk=chain[1][0].pk).update(action="other")
    with pytest.raises(CommandError, match=f"^seal 2 does not hold: event {chain[1][0].pk} was changed$") as failed:
        run("verify")
    assert failed.value.returncode == 1


@pytest.mark.parametrize("words", [[], ["repair"]])
def test_the_command_takes_two_words_only(words: list[str]) -> None:
    with pytest.raises(CommandError):
        run(*words)
