"""`python -m tests.drive`: does in a stack's environment what no page or task does.

For tests that only see a stack from outside (`Stack.drive`): to let time pass, and to read what is encrypted. Each line that it
reads is a command with its arguments, each that it writes the answer, both as JSON; it ends with the first that fails.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import django

django.setup()

from django.contrib.auth.models import Group  # noqa: E402 - models can be imported only once Django is set up
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402
from django.core.management import CommandError  # noqa: E402
from django.db import OperationalError, connections, transaction  # noqa: E402
from django.db.models import F  # noqa: E402
from django.test.utils import setup_test_environment  # noqa: E402

from portal import audit, crypto, registry  # noqa: E402
from portal.models import AccessToken, DataKey, Organization, User  # noqa: E402
from portal.permissions import ADMINISTRATOR  # noqa: E402
from privacy.models import Job, PrivacyRequest, Upload  # noqa: E402
from tests import emptying, grown  # noqa: E402
from tests.grown import Ground  # noqa: E402
from tests.pages import Browser  # noqa: E402
from tests.people import PASSWORD  # noqa: E402
from tests.seed import seed  # noqa: E402
from tests.steps import everything_due, let_pass  # noqa: E402

TRIES = 5


def wire_keys(request_number: str = "") -> list[list[str]]:
    """[wire key, action] of every job, or of one request's jobs: what Adobe must have, once each."""
    jobs = Job.objects.filter(request__number__contains=request_number, subject__isnull=False)
    return [[job.subject.wire_key or "", job.action] for job in jobs.select_related("subject__request__data_key") if job.subject]


def pass_time(hours: str) -> None:
    """Let every due time come, also of what was begun and not finished."""
    passed = timedelta(hours=float(hours))
    for _ in range(TRIES):
        # The workers lock the same rows in an order of their own, so PostgreSQL may have to end one of us.
        with suppress(OperationalError), transaction.atomic():
            let_pass(passed)
            for model in (Upload, PrivacyRequest):
                model.objects.update(next_attempt_at=F("next_attempt_at") - passed)
            return
    raise CommandError("the workers are in the way")


def all_due() -> None:
    """Every job and listing is to be looked at now."""
    everything_due()


def resume() -> None:
    """Let the queues of every organization go on, as an administrator does."""
    for organization in Organization.objects.exclude(held_at=None):
        organization.resume()
        registry.resumed(organization.pk)


def set_secret(ims_org_id: str, secret: str) -> None:
    """Give an organization its client secret."""
    organization = Organization.objects.get(ims_org_id=ims_org_id)
    organization.client_secret = secret
    organization.save(update_fields=["client_secret_sealed"])
    AccessToken.objects.all().delete()


def token() -> str | None:
    """The access token in use."""
    row = AccessToken.objects.select_related("organization__data_key").first()
    return row.value if row else None


def can_open(officer_key_sealed: str) -> bool:
    """Whether any data key that is left opens this sealed officer's key (in hex)."""
    for key in DataKey.objects.all():
        with suppress(crypto.CannotDecrypt):
            crypto.box_for(key).open("privacy.DataSubject.officer_key_sealed", bytes.fromhex(officer_key_sealed))
            return True
    return False


def keep_in_session(text: str) -> str:
    """Put a text into a new session, as often as it takes to be packed. Returns the session's key."""
    session = SessionStore()
    session["text"] = [text] * 20
    session.save()
    return str(session.session_key)


def record(action: str) -> None:
    """Write an event into the trail."""
    audit.record(action, actor=None, organization=None, obj=None)


def seed_first(address: str) -> dict[str, Any]:
    """Remember the new database, and seed it."""
    emptying.remember()
    return seed(address)


def begin_anew(address: str) -> dict[str, Any]:
    """As after the first seeding. Nothing that the processes of the stack did since is left."""
    for _ in range(TRIES):
        with suppress(OperationalError):
            emptying.begin_anew()
            return seed(address)
    raise CommandError("the workers are in the way")


def grow(count: str) -> dict[str, str]:
    """Some of everything, in every state that pages show, for `officer`, who administers as well. Gives the pages' addresses."""
    setup_test_environment()
    user = User.objects.get(username="officer")
    user.groups.add(Group.objects.get(name=ADMINISTRATOR))
    user.is_staff = True
    user.save()
    return grown.grow(Ground(Organization.objects.get(name="Acme"), user, Browser.of(user)), int(count))


def begin_empty(name: str) -> None:
    """A portal that nobody has set up: there is nobody but `name`, who may do everything."""
    for _ in range(TRIES):
        with suppress(OperationalError):
            emptying.begin_anew()
            User.objects.create_superuser(name, password=PASSWORD)
            return
    raise CommandError("the workers are in the way")


COMMANDS: dict[str, Callable[..., Any]] = {
    "seed": seed_first,
    "begin-anew": begin_anew,
    "begin-empty": begin_empty,
    "grow": grow,
    "wire-keys": wire_keys,
    "pass-time": pass_time,
    "all-due": all_due,
    "resume": resume,
    "set-secret": set_secret,
    "token": token,
    "can-open": can_open,
    "keep-in-session": keep_in_session,
    "record": record,
}


def main() -> None:
    """Until standard input ends. Between two commands it holds no connection, as a process of its own for each would."""
    for line in sys.stdin:
        name, *arguments = json.loads(line)
        answer = COMMANDS[name](*arguments)
        connections.close_all()
        sys.stdout.write(f"{json.dumps(answer)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
