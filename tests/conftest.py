"""What most tests stand on: a local Adobe as a separate process, organizations that point at it, three kinds of people."""

from __future__ import annotations

import gc
import json
import math
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.utils import translation
from hypothesis import HealthCheck
from hypothesis import settings as property_settings
from pytest_django import DjangoDbBlocker
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling
from xdist.workermanage import WorkerController

from portal import catalogues, clock, connections, runtime
from portal.adobe.transport import Transport
from portal.models import Organization, User
from privacy import catalog
from privacy.events import receiving
from privacy.shipped import PRODUCTS
from tests import emptying, migrated
from tests.actors import Actors
from tests.pages import Browser
from tests.people import make_user

IMS_ORG = "0123456789ABCDEF01234567@AdobeOrg"
OTHER_IMS_ORG = "89ABCDEF0123456701234567@AdobeOrg"


def pytest_configure(config: pytest.Config) -> None:
    """A test that is run without make reads the translations as they stand now."""
    catalogues.compile_stale()
    migrated.share(config)
    # How fast a machine makes examples, or runs one, says nothing about the code.
    property_settings.register_profile("portal", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    property_settings.load_profile("portal")


class _ByFile(LoadFileScheduling):
    """A file at a time to each process; the files of the tests in a browser go to one together, because they share a stack.

    That one of them has a stack of its own, and takes as long as half of the others.
    """

    def _split_scope(self, nodeid: str) -> str:
        together, alone = "tests/browser/", "tests/browser/test_looks.py"
        shares = nodeid.startswith(together) and not nodeid.startswith(alone)
        return together if shares else super()._split_scope(nodeid)

    def _assign_work_unit(self, node: WorkerController) -> None:
        """From the front of the queue, where the slow files are; one process takes the others, from the end.

        A slow file waits much, so that two of them leave a third process a whole core.
        """
        if len(self.nodes) > 2 and node is self.nodes[-1]:
            self.workqueue.move_to_end(next(reversed(self.workqueue)), last=False)
        super()._assign_work_unit(node)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadFileScheduling | None:
    """How `--dist loadfile` hands the tests out."""
    return _ByFile(config, log) if config.getoption("dist") == "loadfile" else None


# What starts whole stacks or browsers: begun last, one such file would keep one process busy long after the others are done.
SLOW = ("tests/services/", "tests/browser/", "tests/bench/", "tests/faults/", "tests/portal/test_demo.py", "tests/test_stack.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The slow files go first."""
    items.sort(key=lambda item: not item.nodeid.startswith(SLOW))


def pytest_collection_finish() -> None:
    """What was loaded stays for ever: looking through it for garbage, again and again, takes time of every test."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def copied_database() -> Iterator[pytest.MonkeyPatch]:
    """Until it is undone, Django's new databases are copies of one that was migrated."""
    with pytest.MonkeyPatch.context() as patch:
        migrated.in_place_of_django(patch)
        yield patch


@pytest.fixture(scope="session")
def django_db_setup(
    copied_database: pytest.MonkeyPatch, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """pytest-django's new database, which is emptied in our way after tests that commit."""
    copied_database.undo()
    with pytest.MonkeyPatch.context() as patch:
        with django_db_blocker.unblock():
            emptying.instead_of_django(patch)
        yield


@pytest.fixture(scope="session", autouse=True)
def no_long_pauses() -> Iterator[None]:
    """A call that Adobe did not answer is tried again at once: how long a process waits in between changes no outcome."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(connections, "Transport", partial(Transport, pauses=(0.01, 0.01)))
        yield


@pytest.fixture(autouse=True)
def catalog_of_each_test() -> Iterator[None]:
    """What a test changes in tables that a process keeps in memory is rolled back behind its back."""
    yield
    catalog.forget()
    receiving.forget_recipients()


@pytest.fixture(autouse=True)
def settings_and_clock_of_each_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process looks for settings changed at run time every few seconds, and at the database's clock every minute.

    A test finds no setting and asks for none, and a clock that was read stays good: no count of statements depends on the minute.
    """
    monkeypatch.setattr(runtime, "_known", runtime._Known({}, math.inf))
    monkeypatch.setattr(clock, "ASK_EVERY_SECONDS", math.inf)


@pytest.fixture(autouse=True)
def language_of_each_test() -> Iterator[None]:
    """A request leaves the language that it was answered in to its thread, which the next test would go on in."""
    yield
    translation.deactivate()


class Simulator:
    """A running local Adobe and its control endpoints."""

    def __init__(self, address: str) -> None:
        self.address = address

    def control(self, path: str, body: dict[str, Any] | None = None, method: str = "") -> Any:
        """Call a control endpoint and read its JSON."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"{self.address}/__simulator__/{path}",
            data=data,
            method=method or ("GET" if body is None else "POST"),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=120) as answer:
            raw = answer.read()
        return json.loads(raw) if raw else None

    def ledger(self) -> list[dict[str, Any]]:
        """Every job that it ever accepted."""
        return list(self.control("ledger")["entries"])

    def fault(self, kind: str, **options: Any) -> None:
        """Inject a fault."""
        self.control("faults", {"kind": kind, **options})

    def advance(self, seconds: float) -> None:
        """Let Adobe's time pass."""
        self.control("advance", {"seconds": seconds})

    def reset(self) -> None:
        """Forget jobs, faults and the clock."""
        self.control("reset", {})


@pytest.fixture(scope="session")
def simulator_process() -> Iterator[Simulator]:
    """One simulator for the whole run of a test process."""
    process = subprocess.Popen(
        [sys.executable, "-m", "portal.simulator", "--port", "0", "--speed", "1"], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    yield Simulator("http://" + line.rsplit("http://", 1)[1].strip())
    process.terminate()
    process.wait(timeout=10)
    process.stdout.close()


@pytest.fixture
def simulator(simulator_process: Simulator) -> Simulator:
    """The simulator, empty."""
    simulator_process.reset()
    return simulator_process


def make_organization(address: str = "http://127.0.0.1:9", ims_org_id: str = IMS_ORG, **fields: Any) -> Organization:
    """An organization with the simulator's credentials. Its calls go as fast as they can, unless a test is about their rate."""
    fields.setdefault("calls_per_minute", 0)
    organization = Organization(
        name=fields.pop("name", "Acme"),
        ims_org_id=ims_org_id,
        client_id="simulator-client",
        gateway_url=address,
        ims_url=address,
        product_codes=[product.code for product in PRODUCTS],
        **fields,
    )
    organization.ensure_data_key()
    organization.client_secret = "simulator-secret"
    organization.save()
    return organization


@pytest.fixture
def organization(request: pytest.FixtureRequest) -> Organization:
    """Acme; it points at the simulator when the test uses one."""
    request.getfixturevalue("transactional_db" if "transactional_db" in request.fixturenames else "db")
    if "simulator" in request.fixturenames:
        return make_organization(request.getfixturevalue("simulator").address)
    return make_organization()


@pytest.fixture
def officer(organization: Organization) -> User:
    """May do everything with Acme's requests."""
    return make_user("officer", "Officer", organization)


@pytest.fixture
def viewer(organization: Organization) -> User:
    """May look at Acme's requests."""
    return make_user("viewer", "Viewer", organization)


@pytest.fixture
def colleague(organization: Organization) -> User:
    """An officer of another organization: a stranger to Acme."""
    return make_user("colleague", "Officer", make_organization(ims_org_id=OTHER_IMS_ORG, name="Other"))


@pytest.fixture
def media(settings: LazySettings, tmp_path: Path) -> Path:
    """A folder of stored files that is this test's own, so that each file in it can be accounted for."""
    settings.MEDIA_ROOT = tmp_path / "media"
    # Where the static files would have been collected to; its middleware warns when there is no such folder.
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    return tmp_path / "media"


@pytest.fixture
def actors(media: Path, officer: User, viewer: User, colleague: User) -> Actors:
    """An officer and a viewer of Acme, a stranger, and nobody."""
    return Actors(officer, viewer, colleague)


@pytest.fixture
def browser(media: Path, officer: User) -> Browser:
    """The officer's browser."""
    return Browser.of(officer)
