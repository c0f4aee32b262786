"""Making uploads and requests for tests, the way the portal itself keeps them."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings

from portal import crypto
from portal.ids import new_id
from portal.models import DataKey, Organization, User
from portal.uploads import UPLOAD_LABEL
from privacy import intake
from privacy.models import PrivacyRequest, Upload

RECEIVED_ON = date(2026, 11, 2)


def people(count: int, *actions: str, prefix: str = "person") -> list[dict[str, Any]]:
    """`count` people with one e-mail identity each, none like another."""
    return [
        {
            "key": f"{prefix}-{number}",
            "action": list(actions or ("access", "delete")),
            "userIDs": [{"namespace": "email", "value": f"{prefix}{number}@example.com", "type": "standard"}],
        }
        for number in range(1, count + 1)
    ]


def payload(users: list[dict[str, Any]], **fields: Any) -> dict[str, Any]:
    """A create payload for Analytics and Profile under the GDPR."""
    return {"users": users, "include": ["analytics", "profileService"], "regulation": "gdpr"} | fields


def stored_upload(organization: Organization, user: User, content: bytes) -> Upload:
    """A received upload, not checked yet."""
    upload = Upload(id=new_id(), organization=organization, uploaded_by=user, received_on=RECEIVED_ON, size=len(content), path="")
    upload.data_key = DataKey.objects.make("upload", upload.pk)
    upload.path = f"uploads/{upload.pk}"
    upload.file_name = "people.json"
    Path(settings.MEDIA_ROOT, "uploads").mkdir(parents=True, exist_ok=True)
    with crypto.write_sealed(upload.file_path, crypto.box_for(upload.data_key), UPLOAD_LABEL) as file:
        file.write(content)
    upload.save(force_insert=True)
    return upload


def confirmed_request(organization: Organization, user: User | None, body: dict[str, Any]) -> PrivacyRequest:
    """A request that was uploaded, checked and confirmed, and whose calls are queued."""
    assert user is not None, "only requests made elsewhere have nobody"
    upload = stored_upload(organization, user, json.dumps(body).encode())
    result = intake.check(upload)
    assert result.error_count == 0, result.findings
    request = intake.confirm(upload, user, agreed_to_two=True)[0]
    assert intake.prepare_next() == 1
    request.refresh_from_db()
    return request
