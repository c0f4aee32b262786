"""The demo from the first check to the last line."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection

from portal import registry
from portal.demo import environment, integration, parts, people, places
from portal.demo.interrupts import Interrupted, Interrupts
from portal.demo.log import DemoLog
from portal.demo.processes import DemoFailed, Supervisor
from portal.models import Wakeup

# A product takes minutes to 21 days, and 29 days at the very longest. To look at: 21 days become a minute; once: 9 seconds.
SHOW_SPEED = 30_000.0
ONCE_SPEED = 200_000.0
LONGEST_ADOBE_SECONDS = 29 * 86_400.0
# What our own side may take on a slow machine between one change and the next.
SLACK_SECONDS = 20.0
STOPPING = "\nStopping. Once more stops at once."


@dataclass(frozen=True)
class Options:
    """What was asked for. `files` are for `once`; none of them means the sample."""

    port: int
    adobe_port: int
    speed: float
    once: bool
    files: Sequence[Path]

    @property
    def address(self) -> str:
        """Of the portal."""
        return f"http://{parts.HOST}:{self.port}"

    @property
    def adobe_address(self) -> str:
        """Of the local Adobe."""
        return f"http://{parts.HOST}:{self.adobe_port}"

    @property
    def patience_seconds(self) -> float:
        """After this long without any change, nothing will change any more."""
        return LONGEST_ADOBE_SECONDS / self.speed + SLACK_SECONDS


def run(options: Options) -> int:
    """Run the demo until it is stopped, or once. Gives the exit status: 2 when it could not start."""
    with Interrupts() as interrupts:
        try:
            places.check_ports(options.port, options.adobe_port)
            check_files(options)
            with places.only_user_of(settings.DATA_DIR) as lock:
                return _run(options, interrupts, lock)
        except DemoFailed as failure:
            say(str(failure), to_errors=True)
            return failure.exit_status
        except Interrupted as interrupted:
            say("Stopped.", to_errors=True)
            return interrupted.exit_status


def check_files(options: Options) -> None:
    """Raises DemoFailed for files that cannot be read, or that nobody would look at."""
    if options.files and not options.once:
        raise DemoFailed(
            'Files are for one run to the end: make demo ARGS="--once FILE". Here, upload them.', places.CANNOT_START
        )
    missing = [str(path) for path in options.files if not path.is_file()]
    if missing:
        raise DemoFailed(f"There is no such file: {', '.join(missing)}.", places.CANNOT_START)


def _run(options: Options, interrupts: Interrupts, lock: int) -> int:
    folder: Path = settings.DATA_DIR
    say(f"Privacy portal demo. All that it keeps is in {shown(folder)}.")
    say("Preparing the database and the static files …")
    sign_ins = prepare(options)
    samples = [sample for story in registry.demos() for sample in story.write_samples(folder / "samples")]
    log = DemoLog(folder / "demo.log")
    with (
        contextlib.closing(log),
        Supervisor(log, interrupts, folder=settings.BASE_DIR, held=[lock]) as supervisor,
    ):
        try:
            say("Starting the local Adobe, the web server, a worker and the clock …")
            inform_children(options)
            supervisor.start(parts.adobe(options.adobe_port, speed=options.speed, state=folder / "adobe.jsonl"))
            supervisor.start(parts.web(options.port), parts.worker(), parts.beat())
            if options.once:
                return run_once(options, supervisor)
            for story in registry.demos():
                if story.connect is not None:
                    story.connect(options.address, options.adobe_address)
            introduce(options, sign_ins, samples, log)
            return serve(options, supervisor)
        except Interrupted:
            say(STOPPING)
            raise


def inform_children(options: Options) -> None:
    """All that is started from now on takes the local Adobe's signatures for Adobe's, and knows what e-mails link to."""
    os.environ["ADOBE_EVENT_KEYS_URL"] = options.adobe_address
    os.environ["ADOBE_EVENT_VALIDATION_URLS"] = f"{options.adobe_address}/csm/registrations/validate"
    os.environ["PORTAL_ADDRESS"] = options.address


def prepare(options: Options) -> list[people.SignIn]:
    """Bring the database, the static files and the accounts up to date."""
    call_command("migrate", interactive=False, verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    codes = [code for code, _ in registry.product_choices()]
    sign_ins = people.set_up(options.adobe_address, codes, settings.DATA_DIR / "passwords.json")
    # A demo that was killed may have marked a message that it never sent; none of its processes lives any more.
    Wakeup.objects.update(published_at=None)
    connection.close()
    return sign_ins


def run_once(options: Options, supervisor: Supervisor) -> int:
    """Carry the files through to the end. The worst exit status of all stories."""
    samples = settings.DATA_DIR / "samples"
    return max(
        (
            story.run_once(options.files, samples, people.OFFICER_NAME, supervisor.check, options.patience_seconds)
            for story in registry.demos()
            if story.run_once is not None
        ),
        default=0,
    )


def serve(options: Options, supervisor: Supervisor) -> int:
    """Say that all is ready, and look after the children until somebody stops the demo, which is how it ends well."""
    say(f"ready: {options.address}")
    try:
        supervisor.wait()
    except Interrupted:
        say(STOPPING)
    return 0


def introduce(options: Options, sign_ins: Sequence[people.SignIn], samples: Sequence[tuple[str, str]], log: DemoLog) -> None:
    """Who can sign in, what can be uploaded, and where to look."""
    say("\nSign in as:")
    for sign_in in sign_ins:
        password = sign_in.password or "(was changed)"
        say(f"  {sign_in.account.name:<10} {password:<15} {sign_in.account.words}")
    say(f"\nFiles to upload, in {shown(settings.DATA_DIR / 'samples')}:")
    for name, words in samples:
        say(f"  {name:<26} {words}")
    say("\nFor programs, a token of the demo's own organization, and how it is used:")
    for line in integration.introduction(options.address, settings.DATA_DIR / "api-token"):
        say(f"  {line}")
    connection.close()
    say("")
    say(f"\nAdministration    {options.address}/admin/")
    say(f"Local Adobe       {options.adobe_address}, {options.speed:,.0f} times faster than the real one")
    say(f"E-mails           {shown(settings.DATA_DIR / environment.MAIL_FOLDER)}, in files; none is sent")
    say(f"Log of all parts  {shown(log.path)}")
    say("Stop              Ctrl-C; what it holds stays. make demo-reset forgets it.\n")


def shown(path: Path) -> str:
    """A path as one would type it from the project's folder."""
    return str(path.relative_to(settings.BASE_DIR) if path.is_relative_to(settings.BASE_DIR) else path)


def say(line: str, *, to_errors: bool = False) -> None:
    """Print a line at once. A terminal that is gone stops nobody from cleaning up."""
    with contextlib.suppress(OSError):
        print(line, file=sys.stderr if to_errors else sys.stdout, flush=True)
