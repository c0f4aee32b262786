"""One run: from a file to stored results, with a worker killed in the middle of a POST."""

from __future__ import annotations

import hashlib
import io
import json
import time
import zipfile
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import Path

import urllib3
from django.conf import settings
from django.db.models import F
from django.utils import timezone

from portal import audit, crypto, steps
from portal.ids import new_id
from portal.models import AuditEvent, DataKey, Organization, User, Wakeup
from portal.outbound import CallState
from portal.uploads import UPLOAD_LABEL, StoredUpload
from privacy import archive, intake
from privacy.models import DataSubject, Job, JobListing, PrivacyRequest, ResultArchive, Submission, Upload
from privacy.statuses import JOB_DONE, ArchiveStatus, JobStatus, RequestStatus, UploadStatus
from tests.bench.further import Further
from tests.bench.measure import Milestones, PeakMemory, Report, messages_in, size_of, trouble_in
from tests.bench.population import Population
from tests.stack import Stack

WORKERS = ("one", "two")
# How long Adobe takes to answer a POST: long enough to be killed in.
POST_SECONDS = 1.5
# So slow that no job moves before the run says that it has finished.
SPEED = "0.001"
# Below this size a run does not sit out the claim of the killed worker's call, but moves its times.
PATIENT_PEOPLE = 2000


def run(folder: Path, people: int, variables: Mapping[str, str]) -> int:
    """The exit status."""
    population, report = Population(people), Report()
    report.note("people", people)
    report.note("jobs", population.jobs)
    began = time.monotonic()
    with Stack(folder, simulator_options=["--speed", SPEED], **variables) as stack, PeakMemory(stack) as memory:
        main = Run(stack, population, report)
        main.everything()
        Further(stack, report, main.organization, main.officer, people=people).everything()
        report.note("peak_memory_mb", memory.megabytes())
        troubles = trouble_in(stack.logs())
    report.note_phase("everything", time.monotonic() - began)
    report.expect("no log tells of a crash, a locked database or a time limit", holds=not troubles, found=dict(troubles))
    print(report.last_line(), flush=True)
    return 1 if report.failures else 0


class Run:
    """The phases, in order."""

    def __init__(self, stack: Stack, population: Population, report: Report) -> None:
        self.stack, self.population, self.report = stack, population, report
        self.patience = 120 + population.people * 0.12
        self.longest_wait_to_send = timedelta()

    def everything(self) -> None:
        """Start the stack, do the work, look at what came of it."""
        with self.report.phase("start and seed"):
            made = self.stack.seed()
            for name in WORKERS:
                self.stack.start_worker(name, concurrency=1)
            self.stack.start_beat()
        self.organization = Organization.objects.get(pk=made["organization"]["id"])
        Organization.objects.update(max_people_per_call=self.population.people_per_call)
        self.officer = User.objects.get(pk=made["users"]["officer"])
        upload = self.receive_and_check()
        self.confirm_and_prepare(upload)
        self.submit_with_a_kill()
        self.list_without_news()
        self.follow_and_fetch()
        self.look_at_calls()
        self.look_at_ledger()
        self.look_at_rows()
        self.look_at_archives()
        self.look_at_sizes()

    # --- What happens ---

    def receive_and_check(self) -> Upload:
        """As the page does it: a small file is checked at once, a large one by a worker."""
        content = self.population.file()
        self.report.note("upload_mb", round(len(content) / 1e6, 2))
        with self.report.phase("upload received (encrypted)"):
            upload = intake.receive(
                arrived(content), organization=self.organization, user=self.officer, received_on=timezone.now().date()
            )
        with self.report.phase("upload checked"):
            if upload.size > settings.UPLOAD_INLINE_BYTES:
                steps.wake("check")
                self.stack.wait_until(lambda: _status_of(upload) not in CHECK_OPEN, self.patience, "the check")
            else:
                intake.check(upload)
        upload.refresh_from_db()
        self.report.expect("the file has no errors", holds=upload.status == UploadStatus.READY, found=upload.error_count)
        return upload

    def confirm_and_prepare(self, upload: Upload) -> None:
        """Ends when the queue is open. Adobe is slow from here on, so that a worker can be killed while it waits.

        The law was in use before and has just been listed, so that both workers are free to send.
        """
        later = timezone.now() + timedelta(hours=1)
        JobListing.objects.create(organization=self.organization, regulation="gdpr", next_list_at=later)
        self.stack.simulator.fault("slow", match={"operation": "create"}, times=1000, seconds=POST_SECONDS)
        with self.report.phase("confirmed and prepared"):
            (self.request,) = intake.confirm(upload, self.officer)
            self.stack.wait_until(self._is_prepared, self.patience, "the preparation")
        fewest = self.population.fewest_calls
        calls = Submission.objects.count()
        self.report.expect(f"prepared as the fewest calls possible, {fewest}", holds=calls == fewest, found=calls)

    def submit_with_a_kill(self) -> None:
        """Half-way, when both workers wait for Adobe's answer to a POST that Adobe has taken, one of them dies."""
        with self.report.phase("first half sent, both workers in a POST"):
            self.stack.wait_until(self._both_in_a_post, self.patience, "both workers to be in a POST", every=0.05)
        with self.report.phase("second half sent, all but the killed one"):
            self.stack.kill("one")
            self.stack.simulator.control("faults", method="DELETE")
            self.stack.start_worker("one", concurrency=1)
            self.stack.wait_until(self._all_but_one_sent, self.patience, "the other calls to be sent", every=0.25)
        (self.killed,) = Submission.objects.exclude(state=CallState.SENT).values_list("pk", flat=True)
        self.report.note("longest_wait_of_a_due_call_s", round(self.longest_wait_to_send.total_seconds(), 1))

    def list_without_news(self) -> None:
        """Adobe has begun with nothing: a listing must cost its pages, and no call for any job."""
        with self.report.phase("listed while nothing had changed"):
            self._list_now()
            self.stack.wait_until(
                JobListing.objects.filter(listed_at__isnull=False).exists, self.patience, "a listing", every=0.05
            )
        due = Job.objects.due_for_detail(timezone.now()).count() + self.stack.simulator.control("calls")["calls"]["detail"]
        self.report.expect("a listing without news asks about no job", holds=due == 0, found=due)

    def _list_now(self) -> None:
        JobListing.objects.update(next_list_at=timezone.now())
        steps.wake("list")

    def follow_and_fetch(self) -> None:
        """Adobe finishes every job; the portal finds out, and fetches every result."""
        others = Job.objects.exclude(submission=self.killed)
        rest = ResultArchive.objects.exclude(job__submission=self.killed)
        awaited = others.filter(action="access").count()
        milestones = Milestones(
            self.stack,
            {
                "all but the killed call followed": lambda: not others.exclude(status__in=JOB_DONE).exists(),
                "all but the killed call stored": lambda: _stored(rest) == awaited,
                "killed call found in Adobe's list": lambda: Submission.objects.get(pk=self.killed).state == CallState.SENT,
                "every job followed": lambda: not Job.objects.exclude(status__in=JOB_DONE).exists(),
                "every result stored": lambda: _stored(ResultArchive.objects.all()) == self.population.people,
                "request complete": lambda: _is_complete(self.request),
            },
        )
        finished = self.stack.simulator.control("finish", {})["finished"]
        self.report.expect("Adobe has every job", holds=finished == self.population.jobs, found=finished)
        self._list_now()
        if self.population.people < PATIENT_PEOPLE:
            self._hurry_the_killed_call()
        milestones.wait(self.patience * 2)
        for name, seconds in milestones.reached.items():
            self.report.note_phase(f"from Adobe's end on: {name}", seconds)

    def _is_prepared(self) -> bool:
        return not PrivacyRequest.objects.filter(status=RequestStatus.PREPARING).exists()

    def _both_in_a_post(self) -> bool:
        counts = self.stack.simulator.control("calls")
        accepted = counts["createsAccepted"]
        in_flight = accepted - sum(counts["answers"].get("create", {}).values())
        return bool(accepted >= self.population.fewest_calls // 2 and in_flight >= len(WORKERS))

    def _all_but_one_sent(self) -> bool:
        due = Submission.objects.due_to_send(timezone.now()).values_list("next_attempt_at", flat=True).first()
        if due is not None:
            self.longest_wait_to_send = max(self.longest_wait_to_send, timezone.now() - due)
        return Submission.objects.filter(state=CallState.SENT).count() == self.population.fewest_calls - 1

    def _hurry_the_killed_call(self) -> None:
        """As if the claim had run out, and then the time until the first look had passed.

        The worker may have died with a wake-up in its hands; that one counts as lost from now on.
        """
        Wakeup.objects.update(published_at=None)
        claim, wait = timedelta(seconds=settings.CLAIM_SECONDS), timedelta(seconds=settings.LOOK_AFTER_SECONDS[0])
        call = Submission.objects.filter(pk=self.killed)
        call.filter(state=CallState.SENDING).update(claimed_at=F("claimed_at") - claim)
        self.stack.wait_until(call.filter(state=CallState.UNKNOWN).exists, self.patience, "the stale call to be noticed")
        call.update(next_look_at=F("next_look_at") - wait)

    # --- What came of it ---

    def look_at_calls(self) -> None:
        """Calls to Adobe by kind."""
        counts = self.stack.simulator.control("calls")
        calls, jobs, people = counts["calls"], self.population.jobs, self.population.people
        self.report.note("adobe_calls", {kind: number for kind, number in calls.items() if number})
        self.report.note("adobe_calls_per_job", round(sum(calls.values()) / jobs, 3))
        self.report.note("details_per_job", round(calls["detail"] / jobs, 3))
        self.report.note("downloads_per_result", round((calls["content"] + calls["blob"]) / people, 3))
        self.report.note("most_calls_at_once", counts["maxInFlight"])
        fewest = self.population.fewest_calls
        self.report.expect(f"the fewest POSTs possible, {fewest}", holds=calls["create"] == fewest, found=calls["create"])
        self.report.expect(f"one detail call a job, {jobs}", holds=calls["detail"] == jobs, found=calls["detail"])
        self.report.expect("every result fetched once", holds=calls["content"] + calls["blob"] == people, found=calls)

    def look_at_ledger(self) -> None:
        """Adobe's ledger against the file, and against our rows."""
        entries = self.stack.simulator.ledger()
        got = Counter((entry["key"].rpartition("#")[0], entry["action"]) for entry in entries)
        wrong = _difference(got, self.population.expected())
        self.report.expect("the ledger is what the file asked for, each exactly once", holds=not wrong, found=wrong)
        at_adobe = {(entry["key"], entry["action"]): entry["jobId"] for entry in entries}
        subjects = DataSubject.objects.select_related("request__data_key")
        keys = {subject.pk: subject.wire_key or "" for subject in subjects}
        ours = {
            (keys[subject], action): job_id
            for subject, action, job_id in Job.objects.values_list("subject_id", "action", "adobe_job_id")
            if subject is not None
        }
        self.report.expect("every job has the id that Adobe gave it", holds=ours == at_adobe)

    def look_at_rows(self) -> None:
        """The portal's own rows."""
        statuses = Counter(Job.objects.values_list("status", flat=True))
        self.report.expect("every job is complete", holds=set(statuses) == {JobStatus.COMPLETE}, found=dict(statuses))
        doubled = Job.objects.exclude(extra_adobe_job_ids=[]).count()
        self.report.expect("no job is doubled", holds=doubled == 0, found=doubled)
        ends = AuditEvent.objects.filter(action="job.complete").count()
        self.report.expect("each job's end is told once in the trail", holds=ends == self.population.jobs, found=ends)
        with self.report.phase("audit trail verified"):
            chain = audit.verify()
        self.report.expect("the audit chain holds", holds=chain.ok, found=chain.reason)

    def look_at_archives(self) -> None:
        """Every result: opened, whole, the person's own, and byte for byte what Adobe has."""
        adobe = urllib3.PoolManager()
        wrong: Counter[str] = Counter()
        with self.report.phase("every result opened and compared"):
            rows = ResultArchive.objects.select_related("job__subject", "job__request__data_key", "request")
            for row in rows.iterator(500):
                wrong.update(self._faults_of(row, adobe))
        self.report.note("results_compared", rows.count())
        self.report.expect("every result is whole, the person's own and the same as Adobe's", holds=not wrong, found=dict(wrong))

    def _faults_of(self, row: ResultArchive, adobe: urllib3.PoolManager) -> Iterable[str]:
        content = b"".join(archive.stream(row))
        digest = hashlib.sha256(content).hexdigest()
        original = adobe.request("GET", f"{self.stack.simulator.address}/__simulator__/archives/{row.job.adobe_job_id}").json()
        if digest != row.sha256 or len(content) != row.size:
            yield "not what was stored"
        if digest != original["sha256"]:
            yield "not what Adobe has"
        with zipfile.ZipFile(io.BytesIO(content)) as zipped:
            if zipped.testzip() is not None:
                yield "damaged"
            (name,) = (name for name in zipped.namelist() if name.endswith("/analytics.json"))
            named = [identity["value"] for identity in json.loads(zipped.read(name))["userIds"]]
        subject = row.job.subject
        assert subject is not None
        subject.request = row.job.request
        if named != self.population.identities.get(subject.officer_key or ""):
            yield "another person's"

    def look_at_sizes(self) -> None:
        """Disk and messages."""
        data = Path(settings.DATA_DIR)
        database = sum(size_of(path) for path in data.glob("portal.sqlite3*"))
        self.report.note("database_mb", round(database / 1e6, 1))
        self.report.note("database_bytes_per_job", round(database / self.population.jobs))
        self.report.note("results_mb", round(size_of(data / "media") / 1e6, 1))
        self.report.note("audit_events", AuditEvent.objects.count())
        self.report.note("messages_taken", dict(messages_in(self.stack.logs())))
        self.report.note("messages_left_in_broker", sum(1 for _ in (data / "broker").iterdir()))


CHECK_OPEN = (UploadStatus.WAITING, UploadStatus.CHECKING)


def arrived(content: bytes) -> StoredUpload:
    """The file as the upload handler leaves it: encrypted under a key that is not saved yet."""
    upload_id = new_id()
    path, key = f"uploads/{upload_id}", DataKey.new("upload", upload_id)
    with crypto.write_sealed(Path(settings.MEDIA_ROOT) / path, crypto.box_for(key), UPLOAD_LABEL) as file:
        file.write(content)
    return StoredUpload(name="people.json", path=path, size=len(content), data_key=key, too_large=False, refused=False)


def _status_of(upload: Upload) -> str:
    return str(Upload.objects.values_list("status", flat=True).get(pk=upload.pk))


def _is_complete(request: PrivacyRequest) -> bool:
    return PrivacyRequest.objects.filter(pk=request.pk, status=RequestStatus.COMPLETE).exists()


def _stored(rows: object) -> int:
    return int(rows.filter(status=ArchiveStatus.STORED).count())  # type: ignore[attr-defined]


def _difference(got: Counter[tuple[str, str]], expected: Counter[tuple[str, str]]) -> dict[str, int]:
    missing, more = expected - got, got - expected
    return {name: sum(counter.values()) for name, counter in (("missing", missing), ("too many", more)) if counter}
