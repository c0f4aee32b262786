"""`manage.py rotate_master_key`."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from portal import crypto, rotation


class Command(BaseCommand):
    """Wraps every data key by the newest master key. May be interrupted, and run again, at any time."""

    help = (
        "Wraps every data key by the newest key of MASTER_KEYS, and says which older keys are not needed any more. "
        "Exits 1 when data keys cannot be opened with any listed key."
    )

    def handle(self, *_: Any, **__: Any) -> None:
        """Rotate, and say what was done and what may be done next."""
        rewrapped, unreadable = 0, 0
        for batch in rotation.rotate():
            rewrapped += batch.rewrapped
            unreadable += len(batch.unreadable)
            for _key_id, reason in batch.unreadable:
                self.stderr.write(f"not rewrapped: {reason}")
            self.stdout.write(f"{rewrapped} data keys rewrapped so far")
        newest, *older = crypto.master_keys()
        self.stdout.write(f"{rewrapped} data keys rewrapped under master key {newest.id}")
        self._say_what_is_left(newest.id, {key.id for key in older})
        if unreadable:
            raise CommandError(f"{unreadable} data keys could not be rewrapped; each is named above.")

    def _say_what_is_left(self, newest: str, older: set[str]) -> None:
        for master, count in rotation.left_under().items():
            if master == newest:
                continue
            if master not in older:
                next_step = "which is not in MASTER_KEYS: put it back and run this again"
            elif count:
                next_step = "so it must stay in MASTER_KEYS; run this again when every process has the newest key first"
            else:
                next_step = (
                    "so it can be removed from MASTER_KEYS once every process has the newest key first; "
                    "keep it apart for as long as a backup from before is kept"
                )
            self.stdout.write(f"{count} data keys are left under master key {master}, {next_step}")
