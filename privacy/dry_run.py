"""Everything up to the POST, as a report: which calls an upload would become, and what stands in the way. Changes nothing.

The people are read from the file as the preparation reads them, and fall into calls as they do there; bodies are measured by what
is sent, with keys of the length that ours have.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal import runtime
from privacy import catalog, intake, schema
from privacy.checking import CheckResult
from privacy.models import Upload
from privacy.preview import Preview, shown_findings, without_duplicates
from privacy.splitting import Splitter
from privacy.statuses import Action, UploadStatus

# A page reads no more of a large file than it takes to fill so many calls; the report has all of them.
FEW_CALLS: Final = 5
MANY_CALLS: Final = 50
# What ours are like: a number of a request, and 80 bits in base32 behind the officer's key.
_NUMBER: Final = "PR-0000-000000"
_SUFFIX: Final = "#" + "A" * 16
_BYTE_ORDER_MARK: Final = "\ufeff"
# A spreadsheet would run a cell that begins so.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


@dataclass
class Call:
    """One POST. `waits`: its deletes go once the results of access are safe. `size`: of the body, in bytes."""

    ordinal: int
    opt_out: bool
    waits: bool
    size: int
    people: int = 0
    jobs: int = 0
    identities: int = 0
    actions: set[str] = field(default_factory=set)

    @property
    def kind(self) -> str:
        """What it asks for, in words."""
        if self.waits:
            return _("Deletes, once the results of access are safe")
        if len(self.actions) > 1:
            return _("Access and deletion")
        return ", ".join(str(Action(action).label) for action in self.actions)


@dataclass(frozen=True)
class DryRun:
    """The report about one checked upload."""

    upload: Upload
    result: CheckResult
    chosen: intake.Tally

    @classmethod
    def of(cls, upload: Upload) -> DryRun:
        """For an upload that is ready or refused."""
        return cls(upload, CheckResult.from_dict(upload.result), intake.tally(upload))

    @cached_property
    def preview(self) -> Preview | None:
        """None when not even the law and the products can be read."""
        return Preview.of(self.upload, self.result, catalog.current()) if self.result.envelope else None

    @property
    def is_possible(self) -> bool:
        """Whether anything would go to Adobe."""
        return self.upload.status == UploadStatus.READY and self.result.envelope is not None and self.result.summary.people > 0

    @cached_property
    def is_small(self) -> bool:
        """Whether a page can list every call."""
        return self.upload.size <= runtime.number("UPLOAD_INLINE_BYTES")

    @property
    def access_first(self) -> bool:
        """Whether deletes would wait, as long as nobody chooses otherwise when confirming."""
        return self.upload.organization.access_before_delete and intake.asks_both(self.result.summary)

    @cached_property
    def first_calls(self) -> tuple[list[Call], bool]:
        """Those that the page lists, and whether there are more. Raises CannotDecrypt, FileNotFoundError."""
        most = MANY_CALLS if self.is_small else FEW_CALLS
        found = list(islice(self.calls(), most + 1)) if self.is_possible else []
        return found[:most], len(found) > most

    def calls(self) -> Iterator[Call]:
        """Every call, as its last person is placed. Raises CannotDecrypt, FileNotFoundError."""
        left_out = frozenset(self.upload.duplicates.leaving().values_list("row", flat=True))
        people = intake.people_of(self.upload)
        yield from _calls(self, (person for person in people if person.row not in left_out))

    @property
    def obstacles(self) -> list[str]:
        """Why nothing, or not all, would be sent now, in sentences."""
        return list(self._obstacles())

    def _obstacles(self) -> Iterator[str]:
        organization, result = self.upload.organization, self.result
        if result.error_count:
            words = ngettext(
                "The file has %(count)s error, so it cannot be confirmed.",
                "The file has %(count)s errors, so it cannot be confirmed.",
                result.error_count,
            )
            yield words % {"count": intcomma(result.error_count)}
        elif not result.summary.people:
            yield _("Everybody in the file is left out, so there is nothing to send.")
        if self.chosen.undecided and not result.error_count:
            words = ngettext(
                "%(count)s person has an open request already, and nobody has chosen what to do about them.",
                "%(count)s people have open requests already, and nobody has chosen what to do about them.",
                self.chosen.undecided,
            )
            yield words % {"count": intcomma(self.chosen.undecided)}
        if result.envelope and (reason := catalog.current().why_withdrawn(result.envelope.regulation, result.envelope.products)):
            yield reason
        if not self.upload.file_path.is_file():
            yield _("The file of this upload is no longer here. Discard the upload and choose the file again.")
        if organization.is_on_hold:
            yield _("%(name)s is on hold: calls wait until a person resumes it.") % {"name": organization.name}

    def findings(self, *, holds_file: bool) -> dict[str, list[schema.Finding]]:
        """Errors and warnings, as the page of the upload shows them."""
        return shown_findings(without_duplicates(self.result), holds_file=holds_file)

    # --- The report as a file ---

    def lines(self, *, holds_file: bool) -> Iterator[str]:
        """CSV, line by line. Raises CannotDecrypt, FileNotFoundError."""
        writer = csv.writer(_Echo())
        yield _BYTE_ORDER_MARK
        for row in self._rows(holds_file=holds_file):
            yield str(writer.writerow([_cell(value) for value in row]))

    def _rows(self, *, holds_file: bool) -> Iterator[list[Any]]:
        yield [_("Dry run: nothing was sent to Adobe or created")]
        yield [_("Organization"), self.upload.organization.name]
        yield [_("Received on"), self.upload.received_on.isoformat()]
        yield from self._summary_rows()
        for obstacle in self.obstacles:
            yield [_("In the way"), obstacle]
        if self.is_possible:
            yield []
            yield [_("Call"), _("What"), _("People"), _("Jobs"), _("Identities"), _("Bytes")]
            for call in self.calls():
                yield [call.ordinal, call.kind, call.people, call.jobs, call.identities, call.size]
        yield []
        row = _("Row of the table") if self.upload.is_of_table else _("Row")
        yield [_("Level"), row, _("What was found"), _("What to do")]
        for found in self.findings(holds_file=holds_file).values():
            for finding in found:
                yield [finding.level, finding.row, finding.message, finding.hint]

    def _summary_rows(self) -> Iterator[list[Any]]:
        summary, preview = self.result.summary, self.preview
        if preview is None:
            return
        yield [_("Law"), preview.regulation]
        yield [_("Products"), *[product.name for product in preview.products]]
        for line in preview.due:
            yield [_("Due"), line.action, line.people, line.due_on.isoformat() if line.due_on else "", line.source]
        yield [_("People"), summary.people]
        yield [_("Left out, because they have an open request"), self.chosen.left_out]
        yield [_("Jobs"), summary.jobs]
        yield [_("Identities"), summary.identities]
        yield [_("Requests"), preview.requests]
        yield [_("Calls to Adobe"), preview.calls]
        for day in preview.plan.days if preview.plan else []:
            yield [_("Goes on"), day.day.isoformat(), day.calls, day.jobs]


class _Echo:
    """What the CSV writer writes to: gives each line back."""

    def write(self, text: str) -> str:
        return text


def _cell(value: Any) -> Any:
    """Text that a spreadsheet would take for a formula gets an apostrophe."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


# --- How people fall into calls ---


class _Kind:
    """The calls of one kind, filled one after the other."""

    def __init__(self, run: DryRun, *, opt_out: bool, waits: bool, envelope_size: int, ordinals: Iterator[int]) -> None:
        organization = run.upload.organization
        self._splitter = Splitter(organization.max_people_per_call, organization.max_identities_per_call)
        self._kind = (opt_out, waits)
        self._envelope_size = envelope_size
        self._ordinals = ordinals
        self.filling: Call | None = None

    def place(self, person: schema.Person, actions: tuple[str, ...]) -> Call | None:
        """Put a person into the call that has room. Gives the call that is full by then."""
        # As the preparation does it for people above a limit that was lowered.
        starts = self._splitter.add(min(len(person.identities), self._splitter.max_identities))
        full = self.filling if starts else None
        if starts or self.filling is None:
            opt_out, waits = self._kind
            self.filling = Call(next(self._ordinals), opt_out, waits, self._envelope_size)
        call = self.filling
        call.size += _size_of(person, actions) + (2 if call.people else 0)
        call.people += 1
        call.jobs += len(actions)
        call.actions.update(actions)
        call.identities += len(person.identities)
        return full


def _calls(run: DryRun, people: Iterable[schema.Person]) -> Iterator[Call]:
    envelope = run.result.envelope
    if envelope is None:
        return
    size = len(schema.wire_body(envelope, run.upload.organization.ims_org_id, ()))
    kinds: dict[tuple[bool, bool], _Kind] = {}
    # Each of the two requests that a file may become counts its own calls.
    ordinals = {opt_out: iter(range(1, 10**9)) for opt_out in (False, True)}
    for person in people:
        for kind, actions in _by_call(person, access_first=run.access_first):
            filling = kinds.get(kind)
            if filling is None:
                opt_out, waits = kind
                filling = _Kind(run, opt_out=opt_out, waits=waits, envelope_size=size, ordinals=ordinals[opt_out])
                kinds[kind] = filling
            if full := filling.place(person, actions):
                yield full
    yield from (kind.filling for kind in kinds.values() if kind.filling)


def _by_call(person: schema.Person, *, access_first: bool) -> list[tuple[tuple[bool, bool], tuple[str, ...]]]:
    """((whether it opts out, whether it waits for access), actions) of each call that a person goes into."""
    if Action.OPT_OUT in person.actions:
        return [((True, False), person.actions)]
    if not access_first:
        return [((False, False), person.actions)]
    parts = [
        ((False, waits), tuple(action for action in person.actions if (action != Action.ACCESS) == waits))
        for waits in (False, True)
    ]
    return [(kind, actions) for kind, actions in parts if actions]


def _size_of(person: schema.Person, actions: tuple[str, ...]) -> int:
    key = f"{person.key or f'{_NUMBER}-{person.position}'}{_SUFFIX}"
    identities = json.dumps([identity.to_dict() for identity in person.identities], separators=(",", ":")).encode()
    return len(schema.wire_user(key, sorted(actions), identities))
