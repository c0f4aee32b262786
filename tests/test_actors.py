"""What permission tests rest on: that a change is seen."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.db import transaction

from portal.models import Organization
from tests.actors import nothing_changes


@pytest.mark.django_db
def test_a_change_of_a_row_or_a_file_is_seen(organization: Organization, media: Path) -> None:
    with pytest.raises(AssertionError, match="renaming changed something"), nothing_changes("renaming"):
        Organization.objects.update(name="Other")
    media.mkdir()
    with pytest.raises(AssertionError, match="writing changed a file"), nothing_changes("writing"):
        (media / "left").touch()


@pytest.mark.django_db
def test_what_is_written_as_it_was_or_rolled_back_is_no_change(organization: Organization, media: Path) -> None:
    with nothing_changes("writing"):
        Organization.objects.update(name=organization.name)
        with transaction.atomic():
            Organization.objects.update(name="Other")
            transaction.set_rollback(True)
