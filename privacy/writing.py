"""Writing the people, jobs and calls of one request, in batches under a lease, and the keys that its people have at Adobe."""

from __future__ import annotations

import base64
import hmac
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db import transaction

from portal import bulk, clock, crypto
from portal.ids import new_id
from portal.models import DataKey
from portal.outbound import CallState, unknown_fields
from privacy import catalog, schema
from privacy.models import DataSubject, IdentityDigest, Job, PrivacyRequest, Submission
from privacy.splitting import Splitter
from privacy.statuses import Action, Origin, RequestStatus

ROWS_A_STATEMENT = 500
# A check or preparation says every few seconds that it lives; after this long without a word another worker starts over.
LEASE_SECONDS = 120.0


# The columns of a person that hold personal data.
_SEALED = ("officer_key_sealed", "officer_key_digest", "wire_key_sealed", "wire_key_digest", "identities_sealed")


class LeaseLost(Exception):
    """Another worker has taken this request over, or somebody cancelled it."""


# --- Keys and digests ---


class WireKeys:
    """The keys that the people of one request have at Adobe: `<the officer's key>#<80 bits in base32>`.

    The bits come from the request's random data key, so preparing again after a crash or a restore gives the same keys, and a
    look at Adobe's list recognises what went out before.
    """

    def __init__(self, number: str, data_key: DataKey) -> None:
        """Raises CannotDecrypt."""
        self._secret = crypto.box_for(data_key).derive(b"wire-key-v1")
        self._number = number

    def key_for(self, position: int, officer_key: str | None) -> str:
        """The key of the person at this place."""
        bits = hmac.digest(self._secret, position.to_bytes(8, "big"), "sha256")[:10]
        return f"{officer_key or f'{self._number}-{position}'}#{base64.b32encode(bits).decode()}"


def wire_digest(index: crypto.BlindIndex, wire_key: str) -> bytes:
    """The digest by which a listed job is matched to its person."""
    return index.digest("wire-key", "", wire_key)


def digests_of(index: crypto.BlindIndex, person: schema.Person) -> Iterator[tuple[bytes, str]]:
    """The digest and the canonical namespace of each identity of a person."""
    for namespace, value in person.names():
        yield identity_digest(index, namespace, value), namespace


def identity_digest(index: crypto.BlindIndex, namespace: str, value: str) -> bytes:
    """The digest of one identity in its canonical form."""
    return index.digest("identity", namespace, value)


def officer_key_digest(index: crypto.BlindIndex, officer_key: str | None) -> bytes | None:
    """The digest by which the search box finds the officer's own key; None where there is none."""
    return index.digest("officer-key", "", officer_key) if officer_key else None


def value_digest(index: crypto.BlindIndex, value: str) -> bytes:
    """The digest by which a value is found whatever its namespace."""
    return index.digest("identity-value", "", value)


def rows_of_digests(index: crypto.BlindIndex, person: schema.Person) -> Iterator[tuple[bytes, str, bytes | None]]:
    """`digest`, `namespace` and `value_digest` of each identity of a person, as IdentityDigest keeps them."""
    for namespace, value in person.names():
        known = schema.known_namespace(namespace)
        # Of Adobe's own namespaces the search tries every one: a second digest would be of no use.
        yield identity_digest(index, namespace, value), known, None if known else value_digest(index, value)


# --- People that are stored already ---


def person_of(subject: DataSubject, actions: Iterable[str]) -> schema.Person:
    """The person as the schema knows one."""
    return schema.Person(
        row=subject.position,
        key=subject.officer_key,
        actions=tuple(actions),
        identities=tuple(schema.Identity.from_dict(identity) for identity in subject.identities),
    )


def people_again(request: PrivacyRequest) -> Iterator[schema.Person]:
    """The people of a resubmission, in order: who they are from the first request, what is asked from this one.

    Each keeps the place that it has there. Raises CannotDecrypt when the first request's personal data was removed.
    """
    first = request.resubmission_of
    if first is None or first.data_key is None:
        raise crypto.CannotDecrypt("the request that was to be sent again is gone, or its personal data was removed")
    chosen = dict(request.subjects.order_by("position").values_list("position", "actions"))
    positions = list(chosen)
    for start in range(0, len(positions), ROWS_A_STATEMENT):
        part = positions[start : start + ROWS_A_STATEMENT]
        subjects = DataSubject.objects.filter(request=first, position__in=part).order_by("position")
        for subject in subjects:
            subject.request = first
            yield person_of(subject, chosen[subject.position])


# --- Writing ---


@dataclass
class Writer:
    """Writes one request in batches, each its own short transaction that proves the lease first."""

    request: PrivacyRequest
    lease: uuid.UUID
    people: int = 0
    jobs: int = 0
    submissions: list[Submission] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Raises CannotDecrypt."""
        organization = self.request.organization
        self._index = crypto.blind_index_for(organization)
        data_key = self.request.data_key
        if data_key is None:
            raise crypto.CannotDecrypt("the personal data of this request was removed")
        self._wire_keys = WireKeys(self.request.number, data_key)
        self._seal_officer_key = DataSubject.officer_key.sealer(DataSubject, data_key)
        self._seal_wire_key = DataSubject.wire_key.sealer(DataSubject, data_key)
        self._seal_identities = DataSubject.identities.sealer(DataSubject, data_key)
        self._due: dict[str, date | None] = {}
        # The calls that are being filled: one kind for all, or access and deletes apart when the deletes wait.
        limits = (organization.max_people_per_call, organization.max_identities_per_call)
        kinds = (False, True) if self.request.access_first else (False,)
        self._calls = {waits: _Calls(self.request, Splitter(*limits), self.submissions, waits=waits) for waits in kinds}

    def start_over(self) -> None:
        """Nothing of a request in preparation was sent, so what an earlier try has written can go.

        Only under the lease: another worker may have prepared and sent the request since this one was given it.
        """
        with transaction.atomic():
            self._prove_lease(people_prepared=0)
            self.request.jobs.all().delete()
            self.request.submissions.all().delete()
            if self._is_chosen:
                IdentityDigest.objects.filter(subject__request=self.request).delete()
            else:
                self.request.subjects.all().delete()

    @property
    def _is_chosen(self) -> bool:
        """Whether the people were chosen before: then their rows are there, and are filled in."""
        return self.request.origin == Origin.RESUBMISSION

    def write(self, batch: Sequence[schema.Person]) -> None:
        """Write up to a batch of people with their digests, jobs and calls."""
        ids = self._ids_of(batch)
        subjects, digests, jobs, touched = [], [], [], {}
        for person in batch:
            subject_id = ids[person.position]
            subjects.append((subject_id, person.position, list(person.actions), *self._sealed(person)))
            digests += [(subject_id, *row) for row in rows_of_digests(self._index, person)]
            for waits, actions in self._by_call(person):
                submission = self._calls[waits].room_for(person)
                jobs += [(new_id(), subject_id, submission.pk, action) for action in actions]
                submission.people += 1
                submission.expected_jobs += len(actions)
                submission.has_deletes |= any(action != Action.ACCESS for action in actions)
                touched[submission.pk] = submission
                self._note_due(actions)
        self.people += len(batch)
        self.jobs += len(jobs)
        with transaction.atomic():
            self._prove_lease(people_prepared=self.people)
            for submission in touched.values():
                submission.save()
            self._save_subjects(subjects)
            bulk.insert(IdentityDigest, ("subject_id", "digest", "namespace", "value_digest"), digests)
            same = {"request_id": self.request.pk, "organization_id": self.request.organization_id}
            bulk.insert(Job, ("id", "subject_id", "submission_id", "action"), jobs, **same)

    def finish(self) -> None:
        """Open the queue: from this UPDATE on, the calls may be sent."""
        self._prove_lease(
            status=RequestStatus.SENDING,
            people=self.people,
            people_prepared=self.people,
            jobs_total=self.jobs,
            due_on=self.due_on,
            lease=None,
        )

    def _prove_lease(self, **fields: object) -> None:
        alive_until = clock.now() + timedelta(seconds=LEASE_SECONDS)
        held = PrivacyRequest.objects.filter(pk=self.request.pk, lease=self.lease, status=RequestStatus.PREPARING).update(
            next_attempt_at=alive_until, **fields
        )
        if not held:
            raise LeaseLost(self.request.number)

    def _by_call(self, person: schema.Person) -> list[tuple[bool, tuple[str, ...]]]:
        """Which actions of a person go together, as (whether they wait for access, actions)."""
        if not self.request.access_first:
            return [(False, person.actions)]
        parts = ((waits, tuple(each for each in person.actions if (each != Action.ACCESS) == waits)) for waits in (False, True))
        return [(waits, actions) for waits, actions in parts if actions]

    def _ids_of(self, batch: Sequence[schema.Person]) -> dict[int, uuid.UUID]:
        """The id of each person by place: new ones, unless the people were chosen before."""
        positions = [person.position for person in batch]
        if not self._is_chosen:
            return {position: new_id() for position in positions}
        return dict(self.request.subjects.filter(position__in=positions).values_list("position", "pk"))

    def _sealed(self, person: schema.Person) -> tuple[bytes | None, ...]:
        """In the order of _SEALED."""
        wire_key = self._wire_keys.key_for(person.position, person.key)
        identities = [identity.to_dict() for identity in person.identities]
        return (
            self._seal_officer_key(person.key),
            officer_key_digest(self._index, person.key),
            self._seal_wire_key(wire_key),
            wire_digest(self._index, wire_key),
            self._seal_identities(identities),
        )

    def _save_subjects(self, subjects: list[tuple[Any, ...]]) -> None:
        fields = ("id", "position", "actions", *_SEALED)
        if not self._is_chosen:
            bulk.insert(DataSubject, fields, subjects, request_id=self.request.pk)
            return
        rows = [DataSubject(request_id=self.request.pk, **dict(zip(fields, values, strict=True))) for values in subjects]
        # One statement; every row is there, so none is inserted. An UPDATE with a case for each row takes far longer.
        DataSubject.objects.bulk_create(
            rows, batch_size=ROWS_A_STATEMENT, update_conflicts=True, unique_fields=["id"], update_fields=_SEALED
        )

    def _note_due(self, actions: Iterable[str]) -> None:
        for action in actions:
            if action not in self._due:
                self._due[action] = catalog.due_on(self.request.regulation, action, self.request.received_on)

    @property
    def due_on(self) -> date | None:
        """The first of the days by which an action is to be answered; None when no law names one."""
        return min((day for day in self._due.values() if day is not None), default=None)


class _Calls:
    """The calls of one kind, in the order in which they are filled. Each new one joins the request's list of all calls."""

    def __init__(self, request: PrivacyRequest, splitter: Splitter, every: list[Submission], *, waits: bool) -> None:
        self._request = request
        self._splitter = splitter
        self._every = every
        self._waits = waits
        self._current: Submission | None = None

    def room_for(self, person: schema.Person) -> Submission:
        """The call that this person goes into."""
        # The limit may have been lowered since the file was checked: who is above it now gets a call of their own.
        starts = self._splitter.add(min(len(person.identities), self._splitter.max_identities))
        if starts or self._current is None:
            self._current = self._new()
            self._every.append(self._current)
        return self._current

    def _new(self) -> Submission:
        call = Submission(
            request=self._request,
            ordinal=len(self._every) + 1,
            people=0,
            expected_jobs=0,
            has_deletes=False,
            waits_for_access=self._waits,
            next_attempt_at=clock.read(),
        )
        if self._request.restored:
            call.state = CallState.UNKNOWN
            for name, value in unknown_fields("restored_from_backup").items():
                setattr(call, name, value)
            call.first_sent_at = self._request.created_at
        return call
