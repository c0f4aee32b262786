"""The way out."""

from __future__ import annotations

import pytest

from portal.models import AuditEvent
from tests.actors import Actors, covers

pytestmark = pytest.mark.django_db
ADDRESS = "/sign-out/"


@covers("sign-out")
def test_everybody_may_leave_and_nobody_is_led_to_sign_in(actors: Actors) -> None:
    assert actors.nobody.post(ADDRESS).headers["Location"] == "/sign-in/?next=/"
    for person in (actors.officer, actors.viewer, actors.stranger):
        assert person.post(ADDRESS).headers["Location"] == "/sign-in/"
        assert person.get("/requests/").status_code == 302


def test_a_link_signs_nobody_out(actors: Actors) -> None:
    actors.refuse_methods(ADDRESS, allowed=("post",))
    assert actors.officer.get("/requests/").status_code == 200


def test_leaving_stands_in_the_trail(actors: Actors) -> None:
    actors.officer.post(ADDRESS)
    event = AuditEvent.objects.latest("at")
    assert (event.action, event.actor_name) == ("user.signed_out", "officer")


def test_it_ends_this_session_and_no_other(actors: Actors) -> None:
    actors.officer.post(ADDRESS)
    assert actors.viewer.get("/requests/").status_code == 200
