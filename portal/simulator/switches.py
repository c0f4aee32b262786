"""The places where Adobe's own documents disagree, each as a switch with a default.

A switch is set with `--switch name=value` or `POST /__simulator__/switches {"name": "value"}`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


class SwitchError(ValueError):
    """An unknown switch or a value that it does not take; the text says which values it takes."""


@dataclass(frozen=True)
class Switch:
    """One contradiction. It takes one of `values`, a whole number when `number`, anything when `free`."""

    default: str
    meaning: str
    values: tuple[str, ...] = ()
    number: bool = False
    free: bool = False

    def accepts(self, value: str) -> bool:
        return self.free or value in self.values or (self.number and value.isascii() and value.isdigit())

    def expected(self) -> str:
        kinds = ["a whole number"] if self.number else ["any text"] if self.free else []
        return " | ".join([*self.values, *kinds])


SWITCHES: dict[str, Switch] = {
    "create_shape": Switch(
        "modern",
        "body of a create answer: jobs+requestId, jobs+requestStatus (2019), or jobDetails (OpenAPI schema)",
        ("modern", "brief", "jobDetails"),
    ),
    "download_key": Switch("downloadUrl", "spelling of the download key", ("downloadUrl", "downloadURL")),
    "download_presence": Switch(
        "access", "complete access jobs only, or every complete job carries a download key", ("access", "complete")
    ),
    "download_url": Switch(
        "gateway", "download address: the gateway's /content, or an Azure blob as in 2019", ("gateway", "azure")
    ),
    "azure_base": Switch("", "scheme://host:port of Azure addresses; empty = the host that was called", free=True),
    "retention_days": Switch("60", "days after completion that the result file can be fetched (60 or 30)", number=True),
    "job_retention_days": Switch("30", "days after completion that a job can be read or listed", number=True),
    "list_size": Switch("100/1000", "default/maximum page size of three eras", ("100/1000", "1/100", "25/100")),
    "first_page": Switch(
        "0",
        "number of the first page; with 1, page 0 answers like page 1; 1-strict refuses page 0",
        ("0", "1", "1-strict"),
    ),
    "look_back": Switch("45", "days that fromDate and filterDate may lie in the past (45 or 60)", number=True),
    "default_days": Switch("7", "days that a list without dates covers (7, or 30 in 2019)", number=True),
    "list_status": Switch("spec", "whether a list takes status=submitted (OpenAPI) or not (docs)", ("spec", "docs")),
    "list_date": Switch("created", "the date that list filters look at", ("created", "modified")),
    "list_order": Switch("newest", "undocumented order of a list", ("newest", "oldest")),
    "alias_listing": Switch(
        "as_sent",
        "a job sent under a legacy code is listed under that code, under the new code only, or under both",
        ("as_sent", "canonical", "both"),
    ),
    "cap_1000": Switch("users", "what the limit of 1,000 a request counts", ("users", "ids")),
    "jobs_per_product": Switch("no", "one job for each product, as the OpenAPI text claims", ("no", "yes")),
    "regulation_required": Switch("yes", "whether a create body needs a regulation", ("yes", "no")),
    "spec_only_codes": Switch("reject", "the OpenAPI-only codes dpdpa and ql25", ("reject", "accept")),
    "legacy_codes": Switch("accept", "the codes without a state, such as cpra_usa", ("accept", "reject")),
    "opt_out_in_jobs": Switch("accept", "opt-out-of-sale as an action of a job", ("accept", "reject")),
    "expand_spelling": Switch("any", "accepted spelling of expandIds", ("any", "expandIds", "expandIDs")),
    "expand_type": Switch("any", "accepted type of expandIds", ("any", "boolean", "text")),
    "ims_org_namespace": Switch("any", "accepted spelling of imsOrgID", ("any", "imsOrgID", "imsOrgId", "imsOrg")),
    "custom_ids": Switch(
        "any",
        "qualifier that Profile and Identity take for custom identities; the other one gives 6053-200",
        ("any", "custom", "unregistered"),
    ),
    "missing_token": Switch("403", "HTTP status when the token is missing", ("403", "401")),
    "permission_failure": Switch(
        "gateway", "missing permission: HTTP 403, or HTTP 400 with code 1010-400", ("gateway", "privacy")
    ),
    "error_style": Switch(
        "gateway",
        "shape of Privacy Service's own errors (undocumented): error_code, code, errorCode or problem JSON",
        ("gateway", "code", "errorCode", "problem"),
    ),
    "gdpr_alias": Switch("off", "whether the deprecated base /data/privacy/gdpr/ works", ("off", "on")),
    "expires_in": Switch("s", "unit of expires_in", ("s", "ms")),
    "token_seconds": Switch("86399", "life of a token", number=True),
    "ims_error_status": Switch("401", "HTTP status of IMS errors", ("401", "400")),
    "retry_count": Switch(
        "0", "retryCount of a product that has answered, or none to leave the field out", ("none",), number=True
    ),
    "status_style": Switch("words", "status as a word or as the number of 2019", ("words", "numeric")),
    "fresh_product": Switch("bare", "a fresh product has a status only, or a message too", ("bare", "message")),
    "consent_endpoint": Switch("present", "whether /consent exists, or opt-outs are jobs only", ("present", "absent")),
    "ids_spelling": Switch("any", "accepted spelling of the list in namespacesIdentities", ("any", "ids", "IDs")),
    "update_key": Switch("any", "key of a work order's new name in a PUT", ("any", "name", "displayName")),
    "request_action": Switch(
        "any", "accepted action of a work order: delete_identity, delete-identity, or both", ("any", "underscore", "hyphen")
    ),
    "workorder_id": Switch("DI", "id of a work order: DI- and a UUID, or a bare UUID as in 2022", ("DI", "bare")),
    "workorder_shape": Switch("modern", "fields of a work order: today's, or those of 2022", ("modern", "brief")),
    "workorder_limit": Switch("25", "page size of a work-order list that names none (25 or 50)", ("25", "50")),
    "workorder_next": Switch(
        "kept", "whether a list has a next link after its end, as samples have it, or not", ("kept", "dropped")
    ),
    "hygiene_errors": Switch(
        "documented",
        "shape of Data Hygiene's 400: error_code for /workorder and problem JSON for /ttl, or one of them for both",
        ("documented", "gateway", "problem"),
    ),
    "hygiene_licence": Switch(
        "rtcdp", "licence of the organizations: with CJA only, the data lake is all there is", ("rtcdp", "cja")
    ),
    "quota_enforced": Switch("yes", "whether a work order over the quota is refused", ("yes", "no")),
    "quota_names": Switch(
        "current",
        "names in /quota: today's, with the field updates of 2024, or the oldest",
        ("current", "field_updates", "oldest"),
    ),
    "queue_days": Switch("14", "days that a work order waits at most before it is handed over (14 or 15)", number=True),
    "ttl_id": Switch("dashed", "id of an expiration: SD- and a UUID, or SD and 32 digits", ("dashed", "bare")),
    "ttl_cancel": Switch("body", "answer of a cancelled expiration: 200 with it, or 204", ("body", "empty")),
    "ttl_not_pending": Switch("404", "HTTP status for an expiration that can no longer be changed", ("404", "400")),
    "ttl_list": Switch("results", "envelope of the list of expirations", ("results", "ttlDetails")),
    "ttl_upsert": Switch(
        "none", "PUT on a dataset makes or changes its expiration, or POST does, as in older releases", ("none", "put", "post")
    ),
    "ttl_required": Switch(
        "neither",
        "what /ttl must be told: a new expiry in each PUT (docs), a displayName in each POST (OpenAPI), or neither",
        ("neither", "docs", "spec"),
    ),
    "ttl_done_word": Switch("completed", "status of an expiration that is over", ("completed", "executed")),
    "hard_delete_days": Switch("15", "days from an expiration's instant until all traces are gone (15 or 7)", number=True),
    "date_style": Switch("us", "MM/DD/YYYY hh:mm AM GMT, or ISO as the OpenAPI says", ("us", "iso")),
}


class Switches:
    """The values in force. Raises SwitchError on an unknown name or value."""

    def __init__(self, given: Mapping[str, str] | None = None) -> None:
        self._start = {name: switch.default for name, switch in SWITCHES.items()}
        for name, value in (given or {}).items():
            self._start[name] = checked(name, value)
        self._values = dict(self._start)

    def __getitem__(self, name: str) -> str:
        return self._values[name]

    def number(self, name: str) -> int:
        return int(self._values[name])

    def update(self, changes: Mapping[str, str]) -> None:
        """All of the changes or none of them."""
        self._values.update({name: checked(name, value) for name, value in changes.items()})

    def reset(self) -> None:
        self._values = dict(self._start)

    def as_dict(self) -> dict[str, str]:
        return dict(self._values)


def described() -> str:
    """All switches for a person at a command line: name, default, what it takes, what it is about."""
    return "\n".join(
        f"{name}={switch.default}\n    {switch.meaning}\n    takes: {switch.expected()}" for name, switch in SWITCHES.items()
    )


def checked(name: str, value: str) -> str:
    switch = SWITCHES.get(name)
    if switch is None:
        raise SwitchError(f"unknown switch {name!r}; known: {', '.join(SWITCHES)}")
    if not switch.accepts(value):
        raise SwitchError(f"switch {name} does not take {value!r}; it takes {switch.expected()}")
    return value


def parse_assignment(text: str) -> tuple[str, str]:
    """`name=value` as written on a command line."""
    name, separator, value = text.partition("=")
    if not separator:
        raise SwitchError(f"{text!r} is not name=value")
    return name, checked(name, value)
