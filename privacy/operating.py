"""What the operator's commands share: whose work it is, the bars they draw, and waiting until rows have moved on.

The commands work the steps off in their own process, beside any workers: claims and leases keep the two from doing one thing
twice, so a command helps where workers run and does the whole work where none does.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from django.core.management.base import CommandError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from portal.models import Organization, User

USAGE_PROBLEM = 2
PAUSE_SECONDS = 0.2


def organization_of(ims_org_id: str) -> Organization:
    """The organization an operator names. Raises CommandError (exit code 2)."""
    found = Organization.objects.select_related("data_key").filter(ims_org_id=ims_org_id).first()
    if found is None:
        known = ", ".join(Organization.objects.values_list("ims_org_id", flat=True)) or "none yet"
        raise CommandError(f"There is no organization {ims_org_id} in this portal. It has: {known}.", returncode=USAGE_PROBLEM)
    return found


def organizations_of(ims_org_id: str | None) -> list[Organization]:
    """The one that is named, or every one. Raises CommandError when there is none, or it is on hold."""
    chosen = [organization_of(ims_org_id)] if ims_org_id else list(Organization.objects.select_related("data_key"))
    if not chosen:
        raise CommandError("This portal has no organization yet.", returncode=USAGE_PROBLEM)
    if ims_org_id and chosen[0].is_on_hold:
        raise CommandError(f"{chosen[0].name} is on hold: {chosen[0].hold_reason_words}", returncode=USAGE_PROBLEM)
    return [organization for organization in chosen if not organization.is_on_hold]


def user_who_may(user_name: str, organization: Organization, *permissions: str) -> User:
    """The person in whose name it is done. Raises CommandError when they may not."""
    user = User.objects.filter(username=user_name, is_active=True).first()
    if user is None or not Organization.objects.visible_to(user).filter(pk=organization.pk).exists():
        raise CommandError(f"There is no active user {user_name} of {organization.name}.", returncode=USAGE_PROBLEM)
    missing = [permission for permission in permissions if not user.has_perm(permission)]
    if missing:
        raise CommandError(f"{user_name} may not do that: {', '.join(missing)} is missing.", returncode=USAGE_PROBLEM)
    return user


class Bars:
    """Progress bars on standard error, so that standard output stays a program's; plain lines where nobody watches."""

    def __init__(self) -> None:
        console = Console(file=sys.stderr)
        self._progress = Progress(
            TextColumn("{task.description}", markup=False), BarColumn(bar_width=40), MofNCompleteColumn(), console=console
        )

    def __enter__(self) -> Bars:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def add(self, words: str, total: int) -> Callable[[int], None]:
        """A new bar; the answer moves it to a place of `total`."""
        task = self._progress.add_task(words, total=total or None)

        def move(done: int) -> None:
            self._progress.update(task, completed=done)

        return move


def work_until(is_over: Callable[[], bool], work: Callable[[], int], *, patience_seconds: float) -> bool:
    """Call `work` until it is over. False when neither this process nor another has anything to do for that long."""
    idle_since = time.monotonic()
    while not is_over():
        if work():
            idle_since = time.monotonic()
        elif time.monotonic() - idle_since > patience_seconds:
            return False
        else:
            time.sleep(PAUSE_SECONDS)
    return True
