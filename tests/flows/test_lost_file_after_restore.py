"""Of a request that a restore put back into preparation nobody may be told that nothing was sent."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from portal import crypto
from portal.models import Organization, User
from privacy import intake, restoring
from privacy.models import PrivacyRequest
from privacy.statuses import RequestStatus
from tests.files import payload, people, stored_upload
from tests.pages import Browser

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_page_says_that_it_may_be_out(
    transactional_db: None, media: Path, organization: Organization, officer: User, browser: Browser
) -> None:
    upload = stored_upload(organization, officer, json.dumps(payload(people(2))).encode())
    intake.check(upload)
    request = intake.confirm(upload, officer)[0]
    restoring.after_restore()
    crypto.discard(upload.file_path)
    assert intake.prepare_next() == 1
    request = PrivacyRequest.objects.get()
    assert request.status == RequestStatus.FAILED
    text = browser.page(f"/requests/{request.number}/").text
    assert "Nothing was sent" not in text
    assert "compare with Adobe's job list" in text
