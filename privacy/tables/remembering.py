"""What the columns of a table were is remembered by its header: the guess for the organization's next table that has the same.

Kept are a blind digest of the header and what a person chose, nothing that stands in the rows. What everybody asks for is chosen
anew each time: a deletion cannot be undone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from portal import clock, crypto
from portal.models import Organization
from privacy.models import RememberedMapping, TableImport
from privacy.tables import words
from privacy.tables.mapping import Column, Mapping

# Since the last table with that header.
KEPT_DAYS: Final = 400


class Remembered(NamedTuple):
    """What was chosen last, and when."""

    mapping: Mapping
    chosen_at: datetime


def remember(table: TableImport, mapping: Mapping) -> None:
    """Keep what was chosen for a table, in the caller's transaction. A table without a header is like no other."""
    organization = table.organization
    digest = _digest(organization, table.head["columns"])
    if digest is None:
        return
    seal = RememberedMapping.mapping.sealer(RememberedMapping, organization.data_key)
    kept = seal(replace(mapping, actions=(), leave_out_bad=False).to_dict())
    fields = {"mapping_sealed": kept, "table": table, "chosen_at": clock.read()}
    RememberedMapping.objects.update_or_create(organization=organization, header_digest=digest, defaults=fields)


def recall(organization: Organization, columns: Sequence[str]) -> Remembered | None:
    """What was chosen last for a table with these names in its header."""
    for names, added in _as_known(columns):
        digest = _digest(organization, names)
        rows = RememberedMapping.objects.filter(organization=organization, header_digest=digest)
        found = rows.first() if digest else None
        if found is not None:
            found.organization = organization
            mapping = Mapping.from_dict(found.mapping)
            return Remembered(replace(mapping, columns=mapping.columns + added), found.chosen_at)
    return None


def forget_old() -> None:
    """Headers that nobody has used for a long time."""
    RememberedMapping.objects.filter(chosen_at__lt=clock.read() - timedelta(days=KEPT_DAYS)).delete()


def forget_of(table: TableImport) -> None:
    """What no later table has confirmed, in the caller's transaction."""
    RememberedMapping.objects.filter(table=table).delete()


def _as_known(columns: Sequence[str]) -> Iterator[tuple[Sequence[str], tuple[Column, ...]]]:
    """The header as it is; a file of bad rows that comes back corrected has that of its table, and one column more."""
    yield columns, ()
    if len(columns) > 1 and columns[-1] in _reasons():
        yield columns[:-1], (Column(),)


def _reasons() -> Iterator[str]:
    """What that column is called in the language of whoever had the table read."""
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            yield _("Reason")


def _digest(organization: Organization, columns: Sequence[str]) -> bytes | None:
    """Names of columns may name somebody in an odd file. None: no column has a name."""
    names = [words.folded(name) for name in columns]
    return crypto.blind_index_for(organization).digest("table-header", "", json.dumps(names)) if any(names) else None
