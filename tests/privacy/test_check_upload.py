"""`manage.py check_upload`: what the upload page would say, for a person or for a program, and nothing changed by it."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import LazySettings
from django.core.management import CommandError, call_command

from portal.models import Organization, User
from privacy import intake
from privacy.checking import CheckResult
from tests.conftest import IMS_ORG
from tests.files import confirmed_request, payload, people, stored_upload

pytestmark = pytest.mark.django_db

WRONG = payload(
    [
        *people(2, "access"),
        {
            "key": "DavidSmith",
            "action": ["access"],
            "userIDs": [{"namespace": "email", "value": "d@acme.com", "type": "standard"}] * 12,
        },
    ],
    regulation="dpdpa",
)
TOO_MANY = "Row 3, DavidSmith: a person can have at most 9 identities; this one has 12."
RIGHT = payload(people(3), include=["profileService"])


@pytest.fixture(autouse=True)
def media(settings: LazySettings, tmp_path: Path) -> Path:
    """A media folder of this test alone."""
    folder = tmp_path / "media"
    settings.MEDIA_ROOT = folder
    return folder


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., str]:
    """Write a file and give its path."""

    def write_file(name: str, body: Any) -> str:
        path = tmp_path / name
        path.write_bytes(body if isinstance(body, bytes) else json.dumps(body).encode())
        return str(path)

    return write_file


def run(*arguments: str) -> tuple[int, str]:
    """Exit code and what was printed."""
    out = io.StringIO()
    try:
        call_command("check_upload", *arguments, "--organization", IMS_ORG, stdout=out)
    except SystemExit as end:
        return int(end.code or 0), out.getvalue()
    return 0, out.getvalue()


def test_a_right_file_ends_with_0_and_a_summary(organization: Organization, write: Callable[..., str]) -> None:
    path = write("right.json", RIGHT)
    code, printed = run(path)
    assert code == 0
    assert printed.splitlines() == [
        f"{path}: 0 errors, 0 warnings",
        "  3 people (3 access, 3 delete)",
        "  3 identities (3 email)",
        "  6 jobs in 1 call to Adobe",
        "",
    ]


def test_a_wrong_file_ends_with_1_and_all_that_is_wrong_errors_first(
    organization: Organization, write: Callable[..., str]
) -> None:
    path = write("wrong.json", WRONG | {"extra": 1})
    code, printed = run(path)
    assert code == 1
    assert printed.splitlines() == [
        f"{path}: 2 errors, 1 warning",
        f"  error  users[2].userIDs: {TOO_MANY} Split it into two people.",
        "  error  regulation: dpdpa is not a law that Adobe knows. Did you mean dpdpa_de_usa?",
        "  warning  extra: extra is not a field that Adobe knows. It is not sent.",
        "  3 people (2 access)",
        "  2 identities (2 email)",
        "  2 jobs in 1 call to Adobe",
        "",
    ]


def test_a_file_that_cannot_be_read_as_a_request_has_errors_and_no_summary(
    organization: Organization, write: Callable[..., str]
) -> None:
    path = write("cut.json", json.dumps(RIGHT).encode()[:-9])
    code, printed = run(path)
    assert code == 1
    assert printed.splitlines() == [
        f"{path}: 1 error, 0 warnings",
        "  error  The file ends before its JSON does, in line 1. It may have been cut off; export or copy it again.",
        "",
    ]


def test_warnings_alone_end_with_0(organization: Organization, write: Callable[..., str]) -> None:
    code, printed = run(write("older.json", RIGHT | {"regulation": "cpra_usa"}))
    assert code == 0
    assert "warning  regulation: cpra_usa is an older code. cpra_ca_usa is sent in its place." in printed


def test_one_wrong_file_among_several_ends_with_1_and_all_are_told(organization: Organization, write: Callable[..., str]) -> None:
    right, wrong = write("right.json", RIGHT), write("wrong.json", WRONG)
    code, printed = run(right, wrong)
    assert code == 1
    assert [line for line in printed.splitlines() if line.startswith("/")] == [
        f"{right}: 0 errors, 0 warnings",
        f"{wrong}: 2 errors, 0 warnings",
    ]


def test_two_requests_are_said(organization: Organization, write: Callable[..., str]) -> None:
    body = payload([*people(1), *people(1, "opt-out-of-sale", prefix="seller")], include=["profileService"])
    _, printed = run(write("both.json", body))
    assert "2 people (1 access, 1 delete, 1 opt-out of sale)" in printed
    assert "3 jobs in 2 calls to Adobe" in printed
    assert "Becomes two requests: opt-outs go in calls of their own." in printed


def test_it_finds_what_the_upload_page_finds(organization: Organization, officer: User, write: Callable[..., str]) -> None:
    earlier = confirmed_request(organization, officer, RIGHT)
    for number, body in enumerate([RIGHT, WRONG]):
        _, printed = run(write(f"{number}.json", body), "--json")
        upload = stored_upload(organization, officer, json.dumps(body).encode())
        page = CheckResult.from_dict(intake.check(upload).to_dict())
        (told,) = json.loads(printed)["files"]
        assert [(each["level"], each["path"], each["message"], each["hint"]) for each in told["findings"]] == [
            (each.level, each.path, each.message, each.hint) for each in page.findings
        ]
        assert (told["error_count"], told["warning_count"]) == (page.error_count, page.warning_count)
        assert told["summary"]["people"] == page.summary.people
    _, printed = run(write("again.json", RIGHT))
    assert f"the same access is already open in {earlier.number}." in printed


def test_the_organizations_own_products_and_limits_count(organization: Organization, write: Callable[..., str]) -> None:
    Organization.objects.update(product_codes=["profileService"], max_people_per_call=2)
    assert "6 jobs in 2 calls to Adobe" in run(write("right.json", RIGHT))[1]
    code, printed = run(write("other.json", RIGHT | {"include": ["target"]}))
    assert code == 1
    assert "Your organization does not have target." in printed


def test_json_is_one_document_without_identity_values(organization: Organization, write: Callable[..., str]) -> None:
    right, wrong, cut = write("right.json", RIGHT), write("wrong.json", WRONG), write("cut.json", b'{"users": [')
    code, printed = run(right, wrong, cut, "--json")
    document = json.loads(printed)
    assert code == 1
    assert (document["organization"], document["error_count"]) == (IMS_ORG, 3)
    assert [(each["file"], each["readable"], each["error_count"]) for each in document["files"]] == [
        (right, True, 0),
        (wrong, True, 2),
        (cut, False, 1),
    ]
    assert document["files"][1]["findings"][0] == {
        "level": "error",
        "code": "identities",
        "path": "users[2].userIDs",
        "row": 3,
        "key": "DavidSmith",
        "message": TOO_MANY,
        "hint": "Split it into two people.",
    }
    assert document["files"][0]["summary"] == {
        "people": 3,
        "access_people": 3,
        "delete_people": 3,
        "opt_out_people": 0,
        "identities": 3,
        "identities_by_namespace": {"email": 3},
        "jobs": 6,
        "access_delete_calls": 1,
        "opt_out_calls": 0,
        "needs_two_requests": False,
    }
    assert document["files"][2]["summary"] is None


@pytest.mark.parametrize("mode", [[], ["--json"]])
def test_no_identity_value_is_printed(organization: Organization, write: Callable[..., str], mode: list[str]) -> None:
    body = payload([*people(2), people(1, "erase", prefix="wrong")[0]])
    body["users"][1]["userIDs"][0]["type"] = "Standard"
    _, printed = run(write("wrong.json", body), *mode)
    assert "example.com" not in printed
    assert "e…m" not in printed


def test_more_findings_than_are_kept_are_counted(organization: Organization, write: Callable[..., str]) -> None:
    _, printed = run(write("many.json", payload(people(620, "erase"))))
    assert "and 120 more, not shown" in printed


# --- What cannot be carried out ---


def refusal(*arguments: str) -> CommandError:
    """Why the command ends with 2."""
    with pytest.raises(CommandError) as caught:
        call_command("check_upload", *arguments)
    assert caught.value.returncode == 2
    return caught.value


def test_an_unknown_organization_is_a_usage_problem(organization: Organization, write: Callable[..., str]) -> None:
    error = refusal(write("right.json", RIGHT), "--organization", "NOBODY@AdobeOrg")
    assert str(error) == f"There is no organization NOBODY@AdobeOrg in this portal. It has: {IMS_ORG}."


def test_a_file_that_is_not_there_is_a_usage_problem_before_anything_is_printed(
    organization: Organization, write: Callable[..., str], tmp_path: Path
) -> None:
    missing = tmp_path / "missing.json"
    out = io.StringIO()
    with pytest.raises(CommandError) as caught:
        call_command("check_upload", write("right.json", RIGHT), str(missing), "--organization", IMS_ORG, stdout=out)
    assert caught.value.returncode == 2
    assert str(caught.value) == f"{missing} cannot be read: No such file or directory."
    assert out.getvalue() == ""


def test_a_folder_is_a_usage_problem(organization: Organization, tmp_path: Path) -> None:
    assert str(refusal(str(tmp_path), "--organization", IMS_ORG)) == f"{tmp_path} cannot be read: Is a directory."


# --- Nothing changes ---


def everything(media: Path) -> dict[str, Any]:
    """Row counts of all tables and every byte of the media folder."""
    rows: dict[str, Any] = {model._meta.label: model._default_manager.count() for model in apps.get_models()}
    return rows | {str(path): path.read_bytes() for path in media.rglob("*") if path.is_file()}


@pytest.mark.parametrize("mode", [[], ["--json"]])
def test_it_changes_nothing_in_the_database_or_on_the_disk(
    organization: Organization, officer: User, write: Callable[..., str], media: Path, mode: list[str]
) -> None:
    confirmed_request(organization, officer, RIGHT)
    stored_upload(organization, officer, json.dumps(RIGHT).encode())
    before = everything(media)
    assert any(name.startswith(str(media)) for name in before)
    run(write("right.json", RIGHT), write("wrong.json", WRONG), write("cut.json", b"{"), *mode)
    assert everything(media) == before
