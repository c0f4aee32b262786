"""Many opt-outs at once: cancelled before they are sent, and exported."""

from __future__ import annotations

import pytest

from portal.models import Organization, User
from privacy.models import OptOut
from privacy.statuses import OptOutStatus
from tests.actors import Actors, covers
from tests.lists import asked, confirm, exported, only_with_the_right_to_export, told
from tests.opt_outs import confirmed, draft
from tests.pages import Browser

pytestmark = pytest.mark.django_db
ACT, EXPORT = "/opt-outs/act/", "/opt-outs/export/"


@covers("privacy:opt-out-act")
def test_only_those_with_the_right_cancel_many(actors: Actors, organization: Organization, officer: User) -> None:
    opt_out = confirmed(organization, officer)
    actors.act(ACT, {"act": "cancel", "row": str(opt_out.pk), "confirmed": "1"}, stranger=302)
    opt_out.refresh_from_db()
    assert opt_out.status == OptOutStatus.CANCELLED


def test_what_went_out_or_was_never_confirmed_stays(browser: Browser, organization: Organization, officer: User) -> None:
    waiting, never = confirmed(organization, officer), draft(organization, officer)
    page = asked(browser, ACT, "cancel", [waiting, never])
    words = told(browser, confirm(browser, page))
    assert "1 opt-out was cancelled: nothing of it was sent." in words
    assert f"1 row was left as it is ({never.number}): It can no longer be cancelled" in words
    assert OptOut.objects.filter(status=OptOutStatus.CANCELLED).get() == waiting
    assert "1 row was so already" in told(browser, confirm(browser, page))


@covers("privacy:opt-out-export")
def test_those_who_may_export_get_the_rows_that_they_see(actors: Actors, organization: Organization, officer: User) -> None:
    opt_out = confirmed(organization, officer)
    only_with_the_right_to_export(actors, EXPORT)
    (row,) = exported(actors.officer, EXPORT, "?status=sending")
    assert (row["number"], row["identities"], row["calls"], row["calls_accepted"]) == (opt_out.number, "3", "1", "0")
    assert "@" not in "".join(value for name, value in row.items() if name != "ims_organization")
