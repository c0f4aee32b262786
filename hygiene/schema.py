"""The contract of a record delete: what an identity and the rest of a file must look like, and what is sent of them.

We read leniently where Adobe's documents differ (spellings, shapes of years), and send strictly.
Source of every shape: Data Hygiene API, record delete work orders.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils.translation import gettext as _

from hygiene.reading import Given
from portal.masking import mask

ALL = "ALL"
PROFILE_ONLY = ("identity", "profile", "ajo")
ACTION = "delete_identity"
ACTIONS = (ACTION, "delete-identity", "identity-delete")
# Identity Service's own numbers for namespaces with a name.
NAMESPACE_NAMES = {
    0: "CORE",
    4: "ECID",
    6: "Email",
    7: "Phone",
    8: "WAID",
    9: "TNTID",
    10: "AAID",
    411: "AdCloud",
    20914: "GAID",
    20915: "IDFA",
}
_KNOWN = {name.casefold() for name in NAMESPACE_NAMES.values()}
_DATASET = re.compile(r"[A-Za-z0-9_-]{1,64}")
_LONGEST_NAMESPACE = 255
_LONGEST_VALUE = 2000
_SHOWN = 60
LONGEST_NAME = 200
LONGEST_DESCRIPTION = 1000
MOST_DATASETS = 100


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong (error) or worth knowing (warning).

    `value` is the part of the file that `message` quotes, empty when it quotes none: who does not hold the file sees it masked.
    """

    level: Literal["error", "warning"]
    code: str
    path: str
    row: int | None
    message: str
    hint: str
    value: str = field(default="", repr=False)

    def to_dict(self) -> dict[str, Any]:
        """For storage and for pages."""
        return asdict(self)

    def masked(self) -> Finding:
        """For those who do not hold the file."""
        if not self.value:
            return self
        hidden = mask(self.value)
        message = self.message.replace(f"“{self.value}”", f"“{hidden}”")
        return Finding(self.level, self.code, self.path, self.row, message, self.hint, hidden)


@dataclass(frozen=True, slots=True)
class Identity:
    """One identity. A namespace is its code; a number when the file gave nothing else and Adobe's table has no name for it."""

    namespace: str | int = field(repr=False)
    value: str = field(repr=False)

    @property
    def canonical(self) -> tuple[str, str]:
        """The same for two spellings of one identity: `Email` = `email` = 6; only an e-mail address is lower-cased."""
        namespace = canonical_namespace(self.namespace)
        return namespace, self.value.lower() if namespace == "email" else self.value


@dataclass(frozen=True)
class Wanted:
    """What an officer wants of a record delete beside its identities. `datasets` are ids, or the one word ALL."""

    name: str = field(default="", repr=False)
    description: str = field(default="", repr=False)
    datasets: tuple[str, ...] = ()
    profile_only: bool = False


def canonical_namespace(namespace: str | int) -> str:
    """One name for one namespace."""
    return str(namespace).casefold()


def plain_namespace(canonical: str) -> str:
    """The name when it is one of Adobe's own, else nothing: any text may stand there, and name somebody."""
    return canonical if canonical in _KNOWN else ""


def shown(value: Any) -> str:
    """As much of something from the file as a message has room for."""
    text = value if isinstance(value, str) else str(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


# --- Identities ---


def read_identity(given: Given) -> tuple[Identity | None, list[Finding]]:
    """One identity of a file, or everything that is wrong with it; a warning stands beside an identity."""
    if given.problem:
        return None, [_entry_problem(given)]
    findings: list[Finding] = []
    namespace = _namespace(given, findings)
    value = _value(given, findings)
    if given.extra:
        message = _("%(where)s: more than two columns hold something. Only namespace and value count.") % {"where": _where(given)}
        findings.append(Finding("warning", "columns", given.path, given.row, message, ""))
    if namespace is None or value is None:
        return None, findings
    return Identity(namespace, value), findings


def _entry_problem(given: Given) -> Finding:
    words, hint = {
        "not-an-object": (_("the entry is not an object"), _("Write { … } with a namespace and a value.")),
        "ids-twice": (_("both “ids” and “IDs” stand in one entry"), _("Keep one of them; Adobe's newest spelling is “ids”.")),
        "no-ids": (_("the list “ids” is missing, or is not a list"), _('Write "ids": [ … ] beside “namespace”.')),
    }[given.problem]
    return Finding("error", given.problem, given.path, given.row, f"{given.path}: {words}.", hint)


def _where(given: Given) -> str:
    return f"Row {given.row:,}"


def _namespace(given: Given, findings: list[Finding]) -> str | int | None:
    """The code, or the number of a namespace that has no name in Adobe's table."""
    path = f"{given.path}.namespace" if not given.path.startswith("row ") else given.path
    raw = given.namespace
    if isinstance(raw, Mapping):
        raw = raw.get("code") if raw.get("code") not in (None, "") else raw.get("id")
    if isinstance(raw, int) and not isinstance(raw, bool):
        return NAMESPACE_NAMES.get(raw, raw)
    if not isinstance(raw, str) or not raw.strip():
        words = _("the namespace is missing") if raw is None or isinstance(raw, str) else _("the namespace is not a text")
        hint = _('Write its code, as in "namespace": {"code": "email"}; in CSV it is the first column.')
        findings.append(Finding("error", "namespace", path, given.row, f"{_where(given)}: {words}.", hint))
        return None
    code = raw.strip()
    if len(code) > _LONGEST_NAMESPACE or "\0" in code:
        message = _("%(where)s: “%(shown)s” is no namespace.") % {"where": _where(given), "shown": shown(code)}
        findings.append(
            Finding("error", "namespace", path, given.row, message, _("Write the code of the namespace."), shown(code))
        )
        return None
    return code


def _value(given: Given, findings: list[Finding]) -> str | None:
    raw = given.value
    if isinstance(raw, str) and raw.strip() and len(raw) <= _LONGEST_VALUE and "\0" not in raw:
        value = raw.strip()
        if value != raw:
            message = _("%(where)s: blanks around “%(shown)s” are left out.") % {"where": _where(given), "shown": shown(value)}
            findings.append(Finding("warning", "blanks", given.path, given.row, message, "", shown(value)))
        return value
    if raw is None or (isinstance(raw, str) and not raw.strip()):
        code, words, hint = "empty", _("the value is missing"), _("Fill it in, or take the row out.")
    elif isinstance(raw, str):
        code, words, hint = (
            "value",
            _("“%(shown)s” is too long for an identity, or holds a NUL") % {"shown": shown(raw)},
            _("Correct it."),
        )
    elif isinstance(raw, bool | Mapping | list):
        code, words, hint = "value", _("the value is not a text"), _("Write one text in quotes.")
    else:
        code, words, hint = (
            "unquoted",
            _("“%(shown)s” is a number") % {"shown": shown(raw)},
            _("Put it in quotes: a number may lose its first zeros."),
        )
    quoted = shown(raw) if f"“{shown(raw)}”" in words else ""
    findings.append(Finding("error", code, given.path, given.row, f"{_where(given)}: {words}.", hint, quoted))
    return None


# --- What is wanted ---


def wanted_problems(wanted: Wanted, *, with_file: bool = False) -> list[str]:
    """Sentences about what a form asks for. `with_file`: datasets may still come from a file, so they may be empty."""
    problems = []
    if not wanted.datasets and not with_file:
        problems.append(_("Choose at least one dataset, or ALL."))
    if ALL in wanted.datasets and len(wanted.datasets) > 1:
        problems.append(_("ALL cannot stand beside single datasets. Keep one or the other."))
    if not all(is_dataset(dataset) for dataset in wanted.datasets):
        problems.append(
            _("A dataset id has letters, digits, hyphens and underscores only. Copy it from Adobe's list of datasets.")
        )
    if len(wanted.datasets) > MOST_DATASETS:
        problems.append(_("At most %(most_datasets)s datasets go into one record delete.") % {"most_datasets": MOST_DATASETS})
    if wanted.profile_only and wanted.datasets and wanted.datasets != (ALL,):
        problems.append(_("A profile-only delete is for ALL datasets: Adobe takes no single dataset for it."))
    if len(wanted.name) > LONGEST_NAME:
        problems.append(_("The name is longer than %(longest_name)s characters.") % {"longest_name": LONGEST_NAME})
    if len(wanted.description) > LONGEST_DESCRIPTION:
        problems.append(
            _("The description is longer than %(longest_description)s characters.")
            % {"longest_description": intcomma(LONGEST_DESCRIPTION)}
        )
    if "\0" in wanted.name + wanted.description:
        problems.append(_("The name or the description holds a character that no database keeps."))
    return problems


def is_dataset(text: str) -> bool:
    """Whether it looks like the id of a dataset, or is ALL."""
    return _DATASET.fullmatch(text) is not None


def dataset_ids(text: str) -> tuple[str, ...]:
    """Ids parted by commas, semicolons or blanks, in order, each once; `all` in any casing is ALL."""
    parts = (part for part in re.split(r"[\s,;]+", text) if part)
    return tuple(dict.fromkeys(ALL if part.upper() == ALL else part for part in parts))


# --- What is sent ---


def namespace_on_wire(namespace: str | int) -> dict[str, Any]:
    """As Adobe takes a namespace."""
    return {"id": namespace} if isinstance(namespace, int) else {"code": namespace}


def wire_body(wanted: Wanted, display_name: str, identities: Iterable[Identity]) -> dict[str, Any]:
    """The body of `POST /workorder`, in today's shape: one list of ids a namespace, under the spelling that came first."""
    groups: dict[str, tuple[str | int, list[str]]] = {}
    for identity in identities:
        groups.setdefault(canonical_namespace(identity.namespace), (identity.namespace, []))[1].append(identity.value)
    body: dict[str, Any] = {
        "displayName": display_name,
        "description": wanted.description,
        "action": ACTION,
        "datasetId": ",".join(wanted.datasets),
        "namespacesIdentities": [
            {"namespace": namespace_on_wire(namespace), "ids": values} for namespace, values in groups.values()
        ],
    }
    return body | ({"targetServices": list(PROFILE_ONLY)} if wanted.profile_only else {})
