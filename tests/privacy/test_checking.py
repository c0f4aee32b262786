"""Checking a whole file: every finding at once, a true summary, and a memory that does not grow with the file."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest

from privacy import checking
from privacy.checking import CheckResult, OpenMatch
from privacy.schema import Finding, OrganizationRules, Person
from privacy.shipped import PRODUCTS
from tests.catalogs import SHIPPED
from tests.files import payload, people

RULES = OrganizationRules("0123456789ABCDEF01234567@AdobeOrg", frozenset(product.code for product in PRODUCTS))
ROOT = Path(__file__).resolve().parents[2]


def check(body: Any, find_open: Callable[[Sequence[Person]], Iterable[OpenMatch]] = lambda _: (), **limits: Any) -> CheckResult:
    """The check of a file with this body (JSON, or bytes as they are)."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return checking.check_file(lambda: io.BytesIO(content), RULES, SHIPPED, find_open=find_open, **limits)


def person(
    key: str | None, *identities: tuple[str, str], action: Sequence[str] = ("access",), type_: str = "standard"
) -> dict[str, Any]:
    """An entry of `users` with these (namespace, value) pairs."""
    entry = {
        "action": list(action),
        "userIDs": [{"namespace": namespace, "value": value, "type": type_} for namespace, value in identities],
    }
    return entry if key is None else {"key": key} | entry


ANN, BOB = ("email", "ann@acme.com"), ("email", "bob@acme.com")
ECID = ("ECID", "443636576799758681021090721276")


def said(result: CheckResult) -> list[tuple[str, str, str, int | None]]:
    """Level, code, path and row of each finding."""
    return [(finding.level, finding.code, finding.path, finding.row) for finding in result.findings]


# --- Everything at once ---


def test_a_right_file_has_no_findings() -> None:
    result = check(payload(people(3), include=["profileService", "identity"]))
    assert result.findings == ()
    assert (result.error_count, result.warning_count, result.readable) == (0, 0, True)


def test_it_finds_everything_that_is_wrong_at_once() -> None:
    body = {
        "users": [
            person("a", ANN),
            person("a", BOB),
            person("b", ANN, action=["erase"]),
            person("c", *[ANN] * 10),
            person("d", BOB, action=["opt-out-of-sale", "delete"]),
            person("e", ("", "x")),
            person("f", ANN),
        ],
        "include": ["target", "nope"],
        "regulation": "ql25",
    }
    rules = OrganizationRules(RULES.ims_org_id, frozenset({"analytics"}))
    result = checking.check_file(lambda: io.BytesIO(json.dumps(body).encode()), rules, SHIPPED)
    assert said(result) == [
        ("error", "action", "users[2].action[0]", 3),
        ("error", "identities", "users[3].userIDs", 4),
        ("error", "mixed-actions", "users[4].action", 5),
        ("error", "empty", "users[5].userIDs[0].namespace", 6),
        ("error", "regulation", "regulation", None),
        ("error", "not-provisioned", "include[0]", None),
        ("error", "product", "include[1]", None),
        ("error", "duplicate-key", "users[1].key", 2),
        ("error", "duplicate-person", "users[6]", 7),
    ]
    assert (result.error_count, result.warning_count, result.envelope) == (9, 0, None)


@pytest.mark.parametrize(
    ("users", "message", "hint"),
    [
        (..., "users is missing.", "Add the list of people."),
        ([], "users is empty.", "Name at least one person."),
        ({"key": "a"}, "users must be a list.", "Put the people in square brackets."),
        ("a", "users must be a list.", "Put the people in square brackets."),
    ],
)
def test_a_file_without_people_is_refused(users: Any, message: str, hint: str) -> None:
    body = {"include": ["profileService"], "regulation": "gdpr"} | ({} if users is ... else {"users": users})
    (finding,) = check(body).findings
    assert (finding.level, finding.path, finding.message, finding.hint) == ("error", "users", message, hint)


def test_a_file_that_cannot_be_read_has_one_finding_whatever_stands_before() -> None:
    body = json.dumps(payload([person("a", ANN, action=["erase"])] * 600)).encode()[:-5]
    result = check(body)
    assert [(finding.code, finding.path, finding.row) for finding in result.findings] == [("truncated", "", None)]
    assert (result.error_count, result.counts_by_code, result.readable, result.envelope) == (1, {"truncated": 1}, False, None)


def test_the_first_500_findings_are_kept_and_all_are_counted() -> None:
    result = check(payload([person(f"k{number}", ("", f"v{number}")) for number in range(700)]))
    assert len(result.findings) == 500
    assert (result.error_count, result.counts_by_code) == (700, {"empty": 700})
    assert result.findings[499].row == 500


def test_a_result_survives_storage() -> None:
    result = check(
        payload([*people(2), person("x", ANN, action=["opt-out-of-sale"])], include=["cjm"], analyticsDeleteMethod="purge")
    )
    assert result.findings
    assert CheckResult.from_dict(json.loads(json.dumps(result.to_dict()))) == result


# --- Duplicates ---


def test_a_key_stands_once() -> None:
    (finding,) = check(payload([person("a", ANN), person("b", ECID), person("a", BOB)], include=["profileService"])).findings
    assert finding == Finding(
        "error",
        "duplicate-key",
        "users[2].key",
        3,
        "a",
        "Row 3, a: row 1 has the same key.",
        "Give every person a key of their own.",
    )


def test_a_key_of_a_person_with_errors_counts_too() -> None:
    result = check(payload([person("a", ("", "x")), person("a", BOB)], include=["profileService"]))
    assert [finding.code for finding in result.findings] == ["empty", "duplicate-key"]


def test_keys_that_differ_in_case_are_two() -> None:
    assert check(payload([person("a", ANN), person("A", BOB)], include=["profileService"])).error_count == 0


def test_people_without_a_key_are_no_duplicates_of_each_other() -> None:
    assert check(payload([person(None, ANN), person(None, BOB)], include=["profileService"])).error_count == 0


@pytest.mark.parametrize(
    "again",
    [
        person("b", ANN, ECID, action=["access", "delete"]),
        person("b", ECID, ANN, action=["delete", "access"]),
        person("b", ECID, ("Email", "Ann@ACME.com"), action=["access", "delete"]),
        person(None, ECID, ANN, action=["access", "delete"]),
    ],
)
def test_the_same_person_twice_is_found_in_any_order_and_casing(again: dict[str, Any]) -> None:
    body = payload([person("a", ANN, ECID, action=["access", "delete"]), again], include=["profileService"])
    (finding,) = check(body).findings
    assert (finding.code, finding.path, finding.hint) == ("duplicate-person", "users[1]", "Remove one of the two.")
    assert finding.message.endswith(": row 1 has the same identities and actions.")


@pytest.mark.parametrize(
    "other",
    [
        person("b", ANN, ECID, action=["opt-out-of-sale"]),
        person("b", ANN),
        person("b", ANN, ("ECID", ECID[1] + "0")),
        person("b", ANN, ("loyalty", ECID[1])),
    ],
)
def test_other_people_are_no_duplicates(other: dict[str, Any]) -> None:
    assert check(payload([person("a", ANN, ECID), other], include=["profileService"])).error_count == 0


def test_the_case_of_other_values_counts() -> None:
    body = payload([person("a", ("loyalty", "AB")), person("b", ("loyalty", "ab"))], include=["profileService"])
    assert check(body).error_count == 0


# --- Opt-outs ---


def test_opt_outs_of_other_people_become_a_second_request() -> None:
    result = check(payload([person("a", ANN), person("b", BOB, action=["opt-out-of-sale"])], include=["profileService"]))
    assert result.error_count == 0
    assert result.summary.needs_two_requests
    assert (result.summary.access_delete_calls, result.summary.opt_out_calls) == (1, 1)


def test_opt_outs_alone_are_one_request() -> None:
    summary = check(payload([person("a", ANN, action=["opt-out-of-sale"])], include=["profileService"])).summary
    assert (summary.has_opt_out, summary.has_access_or_delete, summary.needs_two_requests) == (True, False, False)


# --- Warnings ---


def warnings(body: Any, **options: Any) -> list[Finding]:
    """The findings of a file that must not have errors."""
    result = check(body, **options)
    assert (result.error_count, result.warning_count) == (0, len(result.findings)), result.findings
    return list(result.findings)


def test_the_same_action_that_is_already_open_is_a_warning_once_a_person() -> None:
    def find_open(asked: Sequence[Person]) -> Iterable[OpenMatch]:
        # Found by each of two identities.
        return [OpenMatch(one.row, one.key, "access", "PR-2026-000123") for one in asked if one.key == "b" for _ in range(2)]

    (finding,) = warnings(payload([person("a", ANN), person("b", BOB, ECID)], include=["profileService"]), find_open=find_open)
    assert finding == Finding(
        "warning",
        "already-open",
        "users[1]",
        2,
        "b",
        "Row 2, b: the same access is already open in PR-2026-000123.",
        "Leave this person out, or confirm to ask Adobe twice.",
    )


def test_open_people_are_looked_up_in_batches_and_none_is_left_out() -> None:
    asked: list[int] = []

    def find_open(batch: Sequence[Person]) -> Iterable[OpenMatch]:
        assert len(batch) <= checking.LOOK_UP_BATCH
        asked.extend(one.row for one in batch)
        return []

    check(payload(people(1_203), include=["profileService"]), find_open=find_open)
    assert asked == list(range(1, 1_204))


def test_a_journey_optimizer_delete_without_companions_is_a_warning() -> None:
    (finding,) = warnings(payload(people(1, "delete"), include=["cjm", "profileService"]))
    assert (finding.code, finding.path) == ("cjm-alone", "include")
    assert finding.message == "A delete in Journey Optimizer stays in processing for ever without its companions."
    assert finding.hint == "Add aepDataLake, identity."


@pytest.mark.parametrize(
    ("action", "include"),
    [
        ("access", ["cjm"]),
        ("delete", ["cjm", "profileService", "AdobeCloudPlatform", "identity"]),
        ("delete", ["profileService"]),
    ],
)
def test_journey_optimizer_is_not_warned_about_without_need(action: str, include: list[str]) -> None:
    assert warnings(payload(people(1, action), include=include)) == []


def test_a_namespace_that_no_product_takes_is_a_warning() -> None:
    body = payload([person("a", ECID), person("b", ANN), person("c", BOB)], include=["analytics", "target"])
    (finding,) = warnings(body)
    assert (finding.code, finding.path, finding.row, finding.key) == ("namespace", "users[1].userIDs", 2, None)
    assert finding.message == "None of the products takes email identities of type standard (2, first in row 2)."
    assert finding.hint == "Adobe will answer that it does not know them. Check the namespace and its type."


def test_an_older_law_code_is_a_warning() -> None:
    (finding,) = warnings(payload(people(1), include=["profileService"], regulation="cpra_usa"))
    assert (finding.code, finding.message) == ("legacy-regulation", "cpra_usa is an older code.")


def test_a_product_without_opt_out_is_a_warning_when_somebody_opts_out() -> None:
    body = payload(people(1, "opt-out-of-sale"), include=["profileService", "marketo"])
    (finding,) = warnings(body)
    assert (finding.code, finding.message) == ("no-opt-out", "Marketo Engage does not take part in opt-out of sale.")
    assert warnings(payload(people(1, "access"), include=["profileService", "marketo"])) == []


# --- Summary ---


def test_the_summary_counts_what_is_asked_for() -> None:
    body = payload(
        [
            person("a", ANN, ECID, action=["access", "delete"]),
            person("b", ("Email", "bob@acme.com"), action=["delete"]),
            person("c", ("email", "cy@acme.com"), action=["opt-out-of-sale"]),
        ],
        include=["profileService"],
    )
    summary = check(body).summary
    assert (summary.people, summary.access_people, summary.delete_people, summary.opt_out_people) == (3, 1, 2, 1)
    assert (summary.jobs, summary.identities) == (4, 4)
    assert summary.identities_by_namespace == {"email": 3, "ecid": 1}
    assert summary.masked_examples == {"email": ["a…n@a…m", "b…b@a…m", "…@a…m"], "ecid": ["44…76"]}


def test_calls_are_counted_by_the_organizations_limits() -> None:
    summary = check(payload(people(10), include=["profileService"]), max_people_per_call=4).summary
    assert summary.access_delete_calls == 3


def test_an_organization_that_takes_fewer_identities_a_call_refuses_larger_people() -> None:
    result = check(payload([person("a", *[ANN] * 6)], include=["profileService"]), max_identities_per_call=5)
    assert [finding.message for finding in result.findings] == [
        "Row 1, a: a person can have at most 5 identities; this one has 6."
    ]


def test_namespaces_without_end_are_counted_together() -> None:
    result = check(payload([person(f"k{n}", (f"namespace-{n}", "v")) for n in range(1_000)], include=["analytics"]))
    assert len(result.summary.identities_by_namespace) == checking.NAMESPACE_LIMIT + 1
    assert result.summary.identities_by_namespace[checking.OTHER_NAMESPACES] == 1_000 - checking.NAMESPACE_LIMIT
    assert result.warning_count == checking.NAMESPACE_LIMIT


# --- Reading a checked file again ---


def test_the_people_of_a_checked_file_are_read_again() -> None:
    content = json.dumps(payload(people(3, "access"))).encode()
    read = list(checking.read_people(lambda: io.BytesIO(content)))
    assert [(one.row, one.key, one.actions) for one in read] == [(n, f"person-{n}", ("access",)) for n in (1, 2, 3)]


def test_a_file_that_does_not_hold_what_was_checked_is_refused_without_its_words() -> None:
    content = json.dumps(payload([person("a", ANN), person("secret", ("", "ann@acme.com"))])).encode()
    with pytest.raises(ValueError, match=r"\Arow 2 of a checked file has errors: empty\Z"):
        list(checking.read_people(lambda: io.BytesIO(content)))


# --- Size ---

LARGE = """
import json, os, re, sys
from pathlib import Path
import django
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()  # Findings are in somebody's language.
from privacy.checking import check_file
from privacy.schema import OrganizationRules
from tests.catalogs import SHIPPED

PEOPLE = 100_000

class Endless:
    # A request file of 100,000 people that stands nowhere: it is made while it is read.
    def __init__(self):
        self._parts = self._made()
        self._rest = b""
    def _made(self):
        yield b'{"regulation": "gdpr", "include": ["profileService"], "users": ['
        for row in range(1, PEOPLE + 1):
            name = {99_999: 17, 100_000: 18}.get(row, row)
            key = "k5" if row == 70_000 else f"k{row}"
            ids = [{"namespace": "email", "value": f"person{name}@example.com", "type": "standard"},
                   {"namespace": "ECID", "value": f"{name:038}", "type": "standard"},
                   {"namespace": "loyalty", "value": f"L{name}", "type": "custom"}]
            yield (b"," if row > 1 else b"") + json.dumps({"key": key, "action": ["access", "delete"], "userIDs": ids}).encode()
        yield b"]}"
    def read(self, size):
        while len(self._rest) < size and (part := next(self._parts, None)):
            self._rest += part
        given, self._rest = self._rest[:size], self._rest[size:]
        return given

result = check_file(Endless, OrganizationRules("ORG@AdobeOrg", frozenset({"profileService"})), SHIPPED)
print(json.dumps({
    # Not ru_maxrss: that begins with the size of the process that started this one.
    "rss_kb": int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]),
    "people": result.summary.people,
    "calls": result.summary.access_delete_calls,
    "found": [finding.message for finding in result.findings],
}))
"""


def test_a_hundred_thousand_people_are_checked_in_little_memory_and_their_duplicates_found() -> None:
    done = subprocess.run([sys.executable, "-c", LARGE], cwd=ROOT, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["found"] == [
        "Row 70,000, k5: row 5 has the same key.",
        "Row 99,999, k99999: row 17 has the same identities and actions.",
        "Row 100,000, k100000: row 18 has the same identities and actions.",
    ]
    assert (told["people"], told["calls"]) == (100_000, 301)
    assert told["rss_kb"] < 300 * 1024


@pytest.mark.parametrize(
    ("body", "page"),
    [
        ({"optOutOfSale": True, "entities": [{"nameSpace": "email", "values": ["a@example.com"]}]}, "“Opt-outs”"),
        ({"datasetId": "ALL", "identities": [{"namespace": {"code": "email"}, "id": "a@example.com"}]}, "“Record deletes”"),
    ],
)
def test_a_file_of_another_page_is_sent_there_in_one_finding(body: dict[str, Any], page: str) -> None:
    result = check(body)
    assert said(result) == [("error", "other-kind", "", None)]
    assert page in result.findings[0].hint
