"""The members of a record delete file beside its identities, and how they go together with what the form says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from django.utils.translation import gettext as _

from hygiene.schema import (
    ACTIONS,
    ALL,
    PROFILE_ONLY,
    Finding,
    Wanted,
    dataset_ids,
    shown,
    wanted_problems,
)

KNOWN: Final = frozenset({"action", "datasetId", "displayName", "name", "description", "targetServices"})
# Adobe's answers carry these too: a file made from one is not blamed for them.
_OF_ANSWERS: Final = frozenset(
    {"workorderId", "orgId", "bundleId", "createdAt", "updatedAt", "createdBy", "status", "datasetName", "operationCount"}
)


def read_envelope(members: dict[str, Any], form: Wanted) -> tuple[Wanted, list[Finding]]:
    """What is wanted: the form's word, and the file's where the form left something empty. A contradiction is an error."""
    findings: list[Finding] = [*_about_action(members), *_about_unknown(members)]
    datasets = _datasets(members, findings)
    name = _text(members, "displayName" if "displayName" in members else "name", findings)
    description = _text(members, "description", findings)
    wanted = Wanted(
        name=_agreed("displayName", form.name.strip(), name, findings),
        description=_agreed("description", form.description.strip(), description, findings),
        datasets=form.datasets or datasets,
        profile_only=_profile_only(members, findings) or form.profile_only,
    )
    if form.datasets and datasets and set(form.datasets) != set(datasets):
        message = _("The file is for %(listed)s, and the form says %(listed_2)s.") % {
            "listed": _listed(datasets),
            "listed_2": _listed(form.datasets),
        }
        findings.append(_error("contradiction", "datasetId", message, _("Leave the form empty, or correct the file.")))
    findings += [_error("wanted", "", problem, "") for problem in wanted_problems(wanted)]
    return wanted, findings


def _error(code: str, path: str, message: str, hint: str, value: str = "") -> Finding:
    return Finding("error", code, path, None, message, hint, value)


def _about_action(members: dict[str, Any]) -> Iterator[Finding]:
    action = members.get("action", ACTIONS[0])
    if action not in ACTIONS:
        words = _("“%(shown)s” is not an action of record deletes.") % {"shown": shown(action)}
        yield _error("action", "action", words, _("Write “%(words)s”, or leave it out.") % {"words": ACTIONS[0]}, shown(action))


def _about_unknown(members: dict[str, Any]) -> Iterator[Finding]:
    for name in members:
        if name not in KNOWN | _OF_ANSWERS:
            near = next((known for known in KNOWN if known.casefold() == name.casefold()), "")
            if near:
                yield _error(
                    "spelling",
                    shown(name),
                    _("“%(shown)s” is spelled “%(near)s” at Adobe.") % {"shown": shown(name), "near": near},
                    _("Correct the spelling."),
                )
            else:
                message = _("“%(shown)s” means nothing in a record delete and is left out.") % {"shown": shown(name)}
                yield Finding("warning", "unknown-member", shown(name), None, message, "")


def _datasets(members: dict[str, Any], findings: list[Finding]) -> tuple[str, ...]:
    raw = members.get("datasetId")
    if isinstance(raw, list) and all(isinstance(part, str) for part in raw):
        raw = ",".join(raw)
    if raw is None or isinstance(raw, str):
        return dataset_ids(raw or "")
    findings.append(
        _error(
            "dataset",
            "datasetId",
            _("datasetId is not a text."),
            _('Write one id, ids parted by commas, or "%(all)s".') % {"all": ALL},
        )
    )
    return ()


def _text(members: dict[str, Any], name: str, findings: list[Finding]) -> str:
    raw = members.get(name)
    if raw is None or isinstance(raw, str):
        return (raw or "").strip()
    findings.append(_error("text", name, _("%(name)s is not a text.") % {"name": name}, _("Write it in quotes.")))
    return ""


def _agreed(name: str, form: str, file: str, findings: list[Finding]) -> str:
    if form and file and form != file:
        message = _("The file's %(name)s is “%(shown)s”, and the form says something else.") % {
            "name": name,
            "shown": shown(file),
        }
        findings.append(_error("contradiction", name, message, _("Leave the form empty, or correct the file."), shown(file)))
    return form or file


def _profile_only(members: dict[str, Any], findings: list[Finding]) -> bool:
    """Adobe takes one explicit value of `targetServices`, in any order (Data Hygiene API, profile-only deletes)."""
    raw = members.get("targetServices")
    if raw is None:
        return False
    if isinstance(raw, list) and all(isinstance(one, str) for one in raw) and set(raw) == set(PROFILE_ONLY):
        return True
    names = ", ".join(f"“{name}”" for name in PROFILE_ONLY)
    message = _("targetServices takes exactly %(names)s, which is a profile-only delete.") % {"names": names}
    findings.append(_error("target-services", "targetServices", message, _("Leave it out to delete from all services.")))
    return False


def _listed(datasets: tuple[str, ...]) -> str:
    first = ", ".join(datasets[:3])
    return first if len(datasets) <= 3 else _("%(first)s and %(number)s more") % {"first": first, "number": len(datasets) - 3}
