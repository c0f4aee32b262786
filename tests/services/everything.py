"""Drives marked values through everything that the portal does, well and badly, on a stack of real processes.

Each step ends when the portal has done with it, so that what it leaves behind is there to be searched afterwards.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from tests.marks import Marks
from tests.people import PASSWORD
from tests.services import places
from tests.services.words import Mouth
from tests.site import Page, Site, last_id
from tests.stack import Stack

JOBS = "/data/core/privacy/jobs"
THIRTY_DAYS = 30 * 24 * 3600
WAIT = 120.0
INLINE_BYTES, MOST_BYTES = 20_000, 120_000
# So that large files are small enough for a test.
VARIABLES = {"UPLOAD_INLINE_BYTES": str(INLINE_BYTES), "UPLOAD_MAX_BYTES": str(MOST_BYTES)}


@dataclass
class Everything:
    """The steps, in the order of `drive`. Adobe speaks through `mouth`; `officer` is signed in from `sign_in` on."""

    stack: Stack
    mouth: Mouth
    marks: Marks
    seeded: dict[str, Any]
    officer: Site
    others: list[Site] = field(default_factory=list)

    @property
    def sites(self) -> list[Site]:
        """Every browser that was used."""
        return [self.officer, *self.others]

    def another_site(self) -> Site:
        """A browser of somebody else."""
        self.others.append(Site(self.officer.address))
        return self.others[-1]

    def drive(self) -> None:
        """All of it."""
        self.sign_in_wrongly()
        self.sign_in()
        self.files_that_cannot_be_read()
        self.files_that_break_off()
        self.files_with_errors()
        self.what_comes_without_a_right()
        self.a_request_that_completes()
        self.refused_bodies()
        self.a_throttled_call()
        self.a_blocked_organization()
        self.refused_credentials()
        self.unknown_outcomes()
        self.results_that_cannot_be_kept()
        self.a_job_that_is_gone()
        self.failures_inside_the_portal()
        self.searches()
        self.a_shredded_request()

    # --- Signing in ---

    def sign_in_wrongly(self) -> None:
        """People type passwords, and e-mail addresses of others, into the field for the user name."""
        # Once more than is allowed, so that the lock is reached too.
        for path, tries in (("/sign-in/", 9), ("/admin/login/", 1)):
            stranger = self.another_site()
            name, password = self.marks.email(f"user name typed at {path}"), self.marks.text(f"password typed at {path}")
            for _ in range(tries):
                page = stranger.sign_in(name, password, path)
            assert page.status == (429 if tries > 1 else 200)

    def sign_in(self) -> None:
        """The officer comes in."""
        assert self.officer.sign_in("officer").status == 302

    # --- Uploads ---

    def people(self, name: str, count: int = 2, *actions: str, word: str = "", **fields: Any) -> dict[str, Any]:
        """A request file whose keys and identities are marks. `word` decides how the simulator's products answer."""
        users = [
            {
                "key": self.marks.text(f"key of {name}"),
                "action": list(actions or ("access", "delete")),
                "userIDs": [
                    {"namespace": "email", "value": f"{word}{self.marks.email(f'e-mail of {name}')}", "type": "standard"},
                    {"namespace": "loyalty", "value": f"{word}{self.marks.text(f'identity of {name}')}", "type": "custom"},
                    {"namespace": self.marks.text(f"namespace of {name}"), "value": "17", "type": "unregistered"},
                ],
            }
            for _ in range(count)
        ]
        products = ["analytics", "profileService", "audienceManager"]
        return {"users": users, "include": products, "regulation": "gdpr"} | fields

    def upload(self, name: str, content: bytes | dict[str, Any], *, file_name: str = "") -> Page:
        """Send one file, under a marked name."""
        data = content if isinstance(content, bytes) else json.dumps(content, ensure_ascii=False).encode()
        chosen = file_name or f"{self.marks.text(f'file name of {name}')}.json"
        return self.officer.upload("/uploads/new/", self.upload_fields(), [(chosen, data)])

    def upload_fields(self) -> dict[str, str]:
        """What the upload form asks for beside the files."""
        return {"organization": self.seeded["organization"]["id"], "received_on": "2026-11-02"} | {"received_on": self.today()}

    def today(self) -> str:
        """The day in the database's words; the form takes none that has not come."""
        return str(self.stack.value("SELECT CURRENT_DATE"))

    def confirmed(self, name: str, content: dict[str, Any]) -> str:
        """Upload and confirm. Returns the number of the request."""
        page = self.upload(name, content)
        assert page.status == 302, page.status
        upload = last_id(page.location)
        self.officer.get(page.location)
        confirmed = self.officer.post(f"/uploads/{upload}/confirm/", {"agree_to_two": "yes"})
        assert confirmed.status == 302
        return last_id(confirmed.location)

    def files_that_cannot_be_read(self) -> None:
        """Everything that is no request file, once small (checked in the web process) and once large (by a worker)."""
        whole = json.dumps(self.people("unreadable", 2), ensure_ascii=False)
        filler = " " * (INLINE_BYTES + 10)
        for size, blank in (("small", ""), ("large", filler)):
            broken = {
                "cut": blank + whole[: len(whole) * 2 // 3],
                "comma": blank + whole.replace('", "', '" "'),
                "not a number": blank + whole.replace('"gdpr"', "NaN"),
                "twice": blank + '{"%s": 1, "%s": 2}' % ((self.marks.text("a member's name"),) * 2),
                "trailing": blank + whole + self.marks.text("what follows"),
                "a list": blank + f"[{whole}]",
                "deep": blank + "[" * 200 + whole,
                "surrogate": blank + whole.replace("access", "\\ud800"),
            }
            for name, text in broken.items():
                self.upload(f"{name}, {size}", text.encode())
            self.upload(f"UTF-16, {size}", (blank + whole).encode("utf-16"))
        self.upload("too large", whole.encode() + b" " * MOST_BYTES)
        self.upload("strange name", whole.encode(), file_name=f"../../{self.marks.text('a path as name')}/..")
        self.stack.wait_until(lambda: not self.waiting_uploads(), WAIT, "every file to be checked")

    def waiting_uploads(self) -> int:
        """How many files are still to be checked."""
        return int(self.stack.value("SELECT count(*) FROM privacy_upload WHERE status IN ('waiting', 'checking')"))

    def files_that_break_off(self) -> None:
        """The sender hangs up in the middle."""
        content = json.dumps(self.people("broken off", 100), ensure_ascii=False).encode()
        name = f"{self.marks.text('file name of broken off')}.json"
        self.officer.upload_half("/uploads/new/", self.upload_fields(), (name, content))
        self.officer.upload_half("/uploads/new/", self.upload_fields(), (name, b'{"users": "' + content * 5))

    def files_with_errors(self) -> None:
        """Findings name keys to the person who holds the file; then the file is discarded."""
        bad = self.people("errors", 3, "erase")
        bad["users"] += self.people("warnings", 2, "access")["users"] * 2
        bad["users"][0]["userIDs"][0]["type"] = self.marks.text("a type")
        bad["users"][1]["userIDs"][0]["namespace"] = 17
        bad["users"][2]["userIDs"] = self.marks.text("identities that are no list")
        bad["regulation"] = self.marks.text("a law")
        bad["include"] = [self.marks.text("a product")]
        bad[self.marks.text("an unknown member")] = self.marks.text("its value")
        for size, content in (("small", bad), ("large", bad | {"note": "x" * INLINE_BYTES})):
            page = self.upload(f"errors, {size}", content)
            assert page.status == 302, page.status
            self.stack.wait_until(lambda: not self.waiting_uploads(), WAIT, "the file to be checked")
            self.officer.get(page.location)
            assert self.officer.post(f"{page.location}discard/").status == 302
        ready = self.upload("discarded though ready", self.people("discarded though ready"))
        assert self.officer.post(f"{ready.location}discard/").status == 302

    def what_comes_without_a_right(self) -> None:
        """Nobody signed in, a viewer, a form without its token, a mistyped address, a body that is no form."""
        content = json.dumps(self.people("without a right")).encode()
        name = f"{self.marks.text('file name without a right')}.json"
        nobody, viewer = self.another_site(), self.another_site()
        viewer.sign_in("viewer")
        for site in (nobody, viewer):
            site.upload("/uploads/new/", self.upload_fields(), [(name, content)])
        nobody.post("/sign-in/", {"username": self.marks.text("a form without its token")})
        self.officer.post("/uploads/new/", {"organization": self.marks.text("an organization"), "received_on": "never"})
        self.officer.get(f"/requests/{self.marks.ascii('a mistyped address')}/")
        self.officer.post(f"/{self.marks.ascii('an address that is not there')}/", {"note": self.marks.text("a note")})

    # --- Requests ---

    def call_state(self, number: str, ordinal: int = 1) -> tuple[str, str]:
        """(state, why it waits for a person) of one call of a request."""
        found = self.stack.rows(
            "SELECT state, person_reason FROM privacy_submission JOIN privacy_privacyrequest r ON r.id = request_id"
            " WHERE r.number = %s AND ordinal = %s",
            number,
            ordinal,
        )
        return found[0] if found else ("", "")

    def until(self, number: str, state: str, reason: str = "", *, ordinal: int = 1) -> None:
        """Wait until a call is there."""
        self.stack.wait_until(
            lambda: self.call_state(number, ordinal) == (state, reason), WAIT, f"{number}/{ordinal} to be {state} {reason}"
        )

    def note_token(self) -> None:
        """The access token in use is a value to search for, too."""
        token = self.command("token")
        if token:
            self.marks.known[f"token {token[-8:]}"] = token

    def command(self, *words: str) -> Any:
        """Run tests/drive.py."""
        return self.stack.drive(*words)

    def pass_time(self, hours: str) -> None:
        """Let every due time come; what Adobe has answered just now is written down first."""
        time.sleep(1)
        self.command("pass-time", hours)

    def request_row(self, number: str, column: str) -> Any:
        """One column of a request."""
        return self.stack.value(f"SELECT {column} FROM privacy_privacyrequest WHERE number = %s", number)  # noqa: S608

    def until_followed(self, number: str, *statuses: str) -> None:
        """Let Adobe work, look, and wait until the request is finished."""
        self.finish_at_adobe()
        self.stack.wait_until(
            lambda: self.request_row(number, "status") in (statuses or ("complete", "failed")), WAIT, f"{number} to be finished"
        )

    def finish_at_adobe(self) -> None:
        """Let Adobe's time pass, nearly to where it forgets; every job is due to be looked at."""
        self.stack.simulator.advance(THIRTY_DAYS - 3600)
        self.command("all-due")

    def results(self, number: str, status: str) -> list[str]:
        """The jobs of a request whose result is in this state."""
        rows = self.stack.rows(
            "SELECT a.job_id FROM privacy_resultarchive a JOIN privacy_privacyrequest r ON r.id = a.request_id"
            " WHERE r.number = %s AND a.status = %s",
            number,
            status,
        )
        return [str(UUID(str(job))) for (job,) in rows]

    def a_request_that_completes(self) -> None:
        """People of every kind; each page of it; a result downloaded."""
        body = self.people("completes", 2)
        body["users"] += self.people("fails in part", 1, word="analytics-error.")["users"]
        body["users"] += self.people("is found in part", 1, word="partial.")["users"]
        body["users"] += self.people("opts out", 1, "opt-out-of-sale")["users"]
        self.confirmed("completes", body)
        number = str(self.stack.value("SELECT max(number) FROM privacy_privacyrequest WHERE NOT opt_out"))
        self.until(number, "sent")
        self.note_token()
        self.until_followed(number)
        self.stack.wait_until(lambda: len(self.results(number, "stored")) >= 2, WAIT, "results to be stored")
        self.look_at(number)
        for job in self.results(number, "stored"):
            assert self.officer.get(f"/jobs/{job}/result/").content.startswith(b"PK")

    def look_at(self, number: str) -> None:
        """Open every page of a request."""
        for page in ("", "progress/", "jobs/"):
            assert self.officer.get(f"/requests/{number}/{page}").status in {200, 286}
        jobs = self.stack.rows(
            "SELECT j.id FROM privacy_job j JOIN privacy_privacyrequest r ON r.id = j.request_id WHERE r.number = %s", number
        )
        for (job,) in jobs[:4]:
            page = f"/jobs/{UUID(str(job))}/"
            assert self.officer.get(page).status == 200
            assert self.officer.post(f"{page}reveal/").status == 200
            assert self.officer.post(f"{page}refresh/").status == 302

    def refused_bodies(self) -> None:
        """Adobe quotes what it does not like, wherever its many shapes of an error have room for it."""
        words = self.marks.text("a quoting refusal")
        bodies = {
            "message": {"error_code": "400001", "message": f"users[0].key {words} is not acceptable"},
            "error": {"error": f"{words} is not acceptable"},
            "code": {"code": f"invalid value {words}", "title": words},
            "type": {"type": f"https://errors.example/{words}", "title": words, "detail": words, "status": 400},
            "nested": {"error": {"code": words, "message": words}},
            "text": words.encode(),
        }
        for body in bodies.values():
            self.mouth.answer_next("POST", JOBS, 400, body)
        for number in [self.confirmed(f"refused, {name}", self.people(f"refused, {name}")) for name in bodies]:
            self.until(number, "rejected")
            self.look_at(number)

    def a_throttled_call(self) -> None:
        """Wait, then sent."""
        words = {"error_code": "429050", "message": self.marks.text("words about throttling")}
        self.mouth.answer_next("POST", JOBS, 429, words, **{"Retry-After": "1"})
        number = self.confirmed("throttled", self.people("throttled"))
        self.stack.wait_until(lambda: self.mouth.all_given, WAIT)
        self.pass_time("1")
        self.until(number, "sent")

    def a_blocked_organization(self) -> None:
        """Held until a person resumes it."""
        words = {"error_code": self.marks.text("a code"), "message": self.marks.text("words about a right")}
        self.mouth.answer_next("POST", JOBS, 403, words)
        number = self.confirmed("blocked", self.people("blocked"))
        self.resumed()
        self.until(number, "sent")

    def refused_credentials(self) -> None:
        """IMS quotes the secret."""
        for status, body in (
            (401, {"error": "invalid_client", "error_description": self.marks.text("words of IMS")}),
            (200, {"access_token": f"bad\n{self.marks.text('half a token')}", "expires_in": "x"}),
            (500, self.marks.text("words of a broken IMS").encode()),
        ):
            self.stack.simulator.control("tokens", method="DELETE")
            for _ in range(3 if status == 500 else 1):
                self.mouth.answer_next("POST", "/ims/token", status, body)
            number = self.confirmed(f"credentials, {status}", self.people(f"credentials, {status}"))
            if status == 401:
                self.resumed()
            self.stack.wait_until(lambda: self.mouth.all_given, WAIT, "IMS to be asked")
            self.pass_time("1")
            self.until(number, "sent")

    def resumed(self) -> None:
        """Wait for the hold, look at it, and resume."""
        held = "SELECT count(*) FROM portal_organization WHERE held_at IS NOT NULL"
        self.stack.wait_until(lambda: self.stack.value(held), WAIT, "the organization to be held")
        self.officer.get("/requests/")
        self.command("resume")

    def unknown_outcomes(self) -> None:
        """Found by a look; not found by three and sent again by a person; not found and given up."""
        words = self.marks.text("words of a broken gateway")
        self.stack.simulator.fault("accept_then_cut", match={"method": "POST", "path": JOBS}, times=1)
        found = self.confirmed("unknown and found", self.people("unknown and found"))
        self.until(found, "unknown")
        self.mouth.answer_next("GET", JOBS, 500, {"message": self.marks.text("words about a list")})
        self.pass_time("1")
        self.until(found, "sent")
        decisions = {"sent again": "send_missing", "given up": "give_up"}
        for _ in decisions:
            self.mouth.answer_next("POST", JOBS, 502, words.encode())
        numbers = [self.confirmed(name, self.people(name)) for name in decisions]
        for number in numbers:
            self.until(number, "unknown")
        for looks in (1, 2, 3):
            self.pass_time("7")
            self.stack.wait_until(lambda k=looks: min(map(self.looks, numbers)) >= k, WAIT, "a look")  # type: ignore[misc]
        for number, decision in zip(numbers, decisions.values(), strict=True):
            self.until(number, "unknown", "none_found")
            self.officer.post(f"/requests/{number}/calls/1/decide/", {"decision": decision})
            self.until(number, "cancelled")
            if decision == "send_missing":
                self.until(number, "sent", ordinal=2)
        self.mouth.answer_next("POST", JOBS, 202, {"jobs": [{"jobId": "", "key": words}], "requestId": words})
        self.until(self.confirmed("unreadable", self.people("unreadable", 1, "access")), "unknown")

    def looks(self, number: str) -> int:
        """How many looks counted."""
        return int(
            self.stack.value(
                "SELECT max(looks_done) FROM privacy_submission s JOIN privacy_privacyrequest r ON r.id = s.request_id"
                " WHERE r.number = %s",
                number,
            )
        )

    def results_that_cannot_be_kept(self) -> None:
        """A damaged ZIP, one that breaks off, one with paths that lead out, an address that is not allowed."""
        number = self.confirmed("damaged", self.people("damaged", 3, "access"))
        self.until(number, "sent")
        for kind in ("truncated_zip", "cut_zip", "zip_path_tricks"):
            self.stack.simulator.fault(kind, times=1)
        self.until_followed(number)
        self.stack.wait_until(lambda: not self.stack.simulator.control("faults")["faults"][-1]["left"], WAIT, "bad results")
        self.pass_time("1")
        self.stack.wait_until(lambda: len(self.results(number, "stored")) == 3, WAIT, "good results")

    def a_job_that_is_gone(self) -> None:
        """Adobe no longer knows a job, and says so with the key; another answer is no JSON."""
        number = self.confirmed("gone", self.people("gone", 1, "access"))
        self.until(number, "sent")
        (job,) = self.stack.rows(
            "SELECT adobe_job_id FROM privacy_job j JOIN privacy_privacyrequest r ON r.id = j.request_id WHERE r.number = %s",
            number,
        )
        words = self.marks.text("words about a job")
        self.mouth.answer_next("GET", f"{JOBS}/{job[0]}", 200, f"<html>{words}".encode())
        self.mouth.answer_next("GET", f"{JOBS}/{job[0]}", 400, {"error": words})
        # A 404 is believed the second time.
        for _ in range(2):
            self.mouth.answer_next("GET", f"{JOBS}/{job[0]}", 404, {"error_code": words, "message": f"{words} is not known"})
        while self.request_row(number, "status") != "failed":
            self.command("all-due")
            self.stack.wait_until(lambda: not self.due_jobs(number), WAIT, "the job to be asked about")
        assert self.mouth.all_given

    def due_jobs(self, number: str) -> int:
        """Jobs of a request that wait to be asked about now."""
        return int(
            self.stack.value(
                "SELECT count(*) FROM privacy_job j JOIN privacy_privacyrequest r ON r.id = j.request_id"
                " WHERE r.number = %s AND j.next_poll_at <= CURRENT_TIMESTAMP",
                number,
            )
        )

    def failures_inside_the_portal(self) -> None:
        """A table is away, so that views and tasks end with an exception while they hold what is personal."""
        waiting = self.confirmed("sent in trouble", self.people("sent in trouble"))
        for table in ("privacy_job", "privacy_upload", "privacy_identitydigest", "portal_datakey"):
            with self.table_away(table):
                self.upload(f"{table} is away", self.people(f"{table} is away"))
                self.upload(f"{table} is away, large", self.people("large") | {"note": "x" * INLINE_BYTES})
                self.look_at_lists(waiting)
        self.pass_time("1")
        # A call that was being made when its worker lost the database is of unknown outcome.
        self.stack.wait_until(lambda: self.call_state(waiting)[0] in {"sent", "unknown"}, WAIT, "the trouble to be over")

    def look_at_lists(self, number: str) -> None:
        """Pages that may fail now."""
        for path in ("/", "/requests/", "/uploads/", f"/requests/{number}/", f"/requests/{number}/jobs/"):
            self.officer.get(path)

    @contextmanager
    def table_away(self, table: str) -> Iterator[None]:
        """A table under another name, while the processes run on."""
        url = self.stack.environment["DATABASE_URL"]
        places.execute(url, f"ALTER TABLE {table} RENAME TO away")
        try:
            yield
        finally:
            places.execute(url, f"ALTER TABLE away RENAME TO {table}")

    def searches(self) -> None:
        """What is typed into the search box: of somebody who is there, of nobody, too long, and while the database fails."""
        for typed in (self.marks.email("searched for"), self.marks.text("searched for")):
            found = self.officer.post("/search/", {"text": typed})
            assert found.status == 302
            self.officer.get(found.headers["Location"])
        assert self.officer.post("/search/", {"text": self.marks.text("searched for") * 100}).status == 422
        with self.table_away("privacy_identitydigest"):
            assert self.officer.post("/search/", {"text": self.marks.text("searched for")}).status == 500

    def a_shredded_request(self) -> None:
        """Nothing of it can be read any more."""
        number = self.confirmed("shredded", self.people("shredded", 2, "access"))
        self.until(number, "sent")
        self.until_followed(number)
        self.stack.wait_until(lambda: len(self.results(number, "stored")) == 2, WAIT, "results")
        job = self.results(number, "stored")[0]
        sealed = self.stack.value(
            "SELECT officer_key_sealed FROM privacy_datasubject s JOIN privacy_privacyrequest r ON r.id = s.request_id"
            " WHERE r.number = %s AND position = 1",
            number,
        ).hex()
        assert self.command("can-open", sealed)
        self.officer.post(f"/requests/{number}/shred/", {"typed": self.marks.text("typed as a number")})
        shredded = self.officer.post(f"/requests/{number}/shred/", {"typed": number})
        assert shredded.status == 302
        assert not self.command("can-open", sealed)
        assert self.request_row(number, "status") == "shredded"
        self.note_token()
        self.officer.get(f"/jobs/{job}/result/")
        self.look_at(number)


def prepared(stack: Stack, mouth: Mouth, marks: Marks) -> Everything:
    """A stack with people, organizations whose secret is a mark, two workers, beat and the site."""
    seeded = stack.seed(mouth.address)
    assert seeded["password"] == PASSWORD
    _give_secret(stack, seeded, marks)
    stack.start_worker("one")
    stack.start_worker("two")
    stack.start_beat()
    return Everything(stack, mouth, marks, seeded, Site(stack.start_web()))


def prepared_anew(before: Everything) -> Everything:
    """The same processes in a portal that is as it was after `prepared`: for another test, once nothing moves."""
    stack, mouth, marks = before.stack, before.mouth, Marks()
    seeded = stack.begin_anew(mouth.address)
    _give_secret(stack, seeded, marks)
    for name in {"one", "two"} - {*stack.names()}:
        stack.start_worker(name)
    return Everything(stack, mouth, marks, seeded, Site(stack.web_address))


def _give_secret(stack: Stack, seeded: dict[str, Any], marks: Marks) -> None:
    secret = marks.ascii("client secret")
    ims_org = seeded["organization"]["ims_org_id"]
    stack.simulator.control("organizations", {"imsOrg": ims_org, "clientId": "simulator-client", "clientSecret": secret})
    stack.drive("set-secret", ims_org, secret)
