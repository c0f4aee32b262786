"""Who of a file has an open request of the same action already: looked up batch by batch, and kept for an officer to choose."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from portal import bulk, crypto
from portal.ids import new_id
from portal.masking import mask
from portal.models import Organization
from privacy import checking, schema
from privacy.models import Duplicate, IdentityDigest, Upload
from privacy.statuses import JOB_OPEN
from privacy.writing import digests_of


def find_open(organization: Organization, people: Sequence[schema.Person]) -> Iterator[checking.OpenMatch]:
    """Which of these people already have an open job of the same action: found by identity digest, in one query a batch."""
    index = crypto.blind_index_for(organization)
    by_digest: dict[bytes, list[schema.Person]] = {}
    for person in people:
        for digest, _ in digests_of(index, person):
            by_digest.setdefault(digest, []).append(person)
    matches = (
        IdentityDigest.objects.filter(
            bulk.Among("digest", by_digest),
            subject__request__organization=organization,
            subject__jobs__status__in=JOB_OPEN,
        )
        .values_list("digest", "subject__jobs__action", "subject__request__number")
        .distinct()
    )
    for found, action, number in matches:
        for person in by_digest[bytes(found)]:
            if action in person.actions:
                yield checking.OpenMatch(row=person.row, key=person.key, action=action, request_number=number)


class OpenPeople:
    """Looks people up for one check, and keeps who was found.

    For an upload that is stored already each batch is written at once; of a small file that is checked while it is received
    they are held back until `keep`.
    """

    def __init__(self, organization: Organization, upload: Upload | None = None) -> None:
        self._organization = organization
        self._upload = upload
        self._waiting: list[tuple[int, dict[str, Any]]] = []
        if upload is not None:
            # Of an earlier try that came to no end.
            Duplicate.objects.filter(upload=upload).delete()

    def find(self, people: Sequence[schema.Person]) -> set[checking.OpenMatch]:
        """Those of a batch, each person in it as often as they were found."""
        matches = set(find_open(self._organization, people))
        by_row: dict[int, set[tuple[str, str]]] = defaultdict(set)
        for match in matches:
            by_row[match.row].add((match.action, match.request_number))
        self._waiting += [(person.row, _found(person, by_row[person.row])) for person in people if person.row in by_row]
        if self._upload is not None:
            self.keep(self._upload)
        return matches

    def keep(self, upload: Upload) -> None:
        """Write those held back."""
        if upload.data_key is None or not self._waiting:
            return
        seal = Duplicate.found.sealer(Duplicate, upload.data_key)
        rows = ((new_id(), row, seal(found)) for row, found in self._waiting)
        bulk.insert(Duplicate, ("id", "row", "found_sealed"), rows, upload_id=upload.pk)
        self._waiting = []


def _found(person: schema.Person, matches: set[tuple[str, str]]) -> dict[str, Any]:
    identities = [f"{schema.shown(one.namespace)} {mask(one.value)}" for one in person.identities]
    return {"key": person.key, "identities": identities, "open": sorted(matches)}
