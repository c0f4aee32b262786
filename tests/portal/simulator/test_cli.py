"""The command line: options, the start, the end, and what it says when it cannot start."""

from __future__ import annotations

import datetime
import ipaddress
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from portal.simulator.cli import main
from portal.simulator.switches import SWITCHES
from tests.conftest import Simulator
from tests.portal.simulator.wire import DAY, Adobe, address_in, command, identity, person, running

ROOT = Path(__file__).resolve().parents[3]
MANAGE = [sys.executable, "manage.py", "adobe_simulator"]
MODULE = [sys.executable, "-m", "portal.simulator"]
ENVIRONMENT = os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings"}
OPTIONS = (
    "--host", "--port", "--speed", "--latency", "--seed", "--switch", "--list-switches", "--organization", "--tls-cert",
    "--tls-key", "--state",
)  # fmt: skip
SECOND = {"imsOrg": "FEDCBA987654321001234567@AdobeOrg", "clientId": "second-client", "clientSecret": "second-secret"}


def run(program: list[str], *options: str) -> subprocess.CompletedProcess[str]:
    """Runs to the end, which must come by itself."""
    return subprocess.run([*program, *options], cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, timeout=60)


@contextmanager
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.mark.parametrize("program", [MODULE, MANAGE], ids=["module", "command"])
def test_the_help_names_every_option(program: list[str]) -> None:
    done = run(program, "--help")
    assert done.returncode == 0
    for option in OPTIONS:
        assert option in done.stdout
    text = " ".join(done.stdout.split())
    assert "local Adobe Privacy Service" in text
    assert "0123456789ABCDEF01234567@AdobeOrg with client id simulator-client and secret simulator-secret" in text


def test_it_lists_every_switch_with_what_it_takes() -> None:
    done = run(MODULE, "--list-switches")
    assert done.returncode == 0
    for name, switch in SWITCHES.items():
        assert f"{name}={switch.default}\n    {switch.meaning}\n    takes: {switch.expected()}\n" in done.stdout


@pytest.mark.parametrize("program", [MODULE, MANAGE], ids=["module", "command"])
def test_a_port_in_use_ends_it_with_2_and_a_sentence(program: list[str]) -> None:
    with taken_port() as port:
        done = run(program, "--port", str(port))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (f"adobe simulator: port {port} of 127.0.0.1 is in use; choose another one with --port\n")


def test_a_port_in_use_leaves_the_state_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "state.jsonl"
    path.write_text('{"advance":1}\n{"half')
    with taken_port() as port:
        assert run(MODULE, "--port", str(port), "--state", str(path)).returncode == 2
    assert path.read_text() == '{"advance":1}\n{"half'


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--port", "seven"), "argument --port: 'seven' is not a port"),
        (("--port", "65536"), "argument --port: '65536' is not a port"),
        (("--speed", "0"), "argument --speed: the speed must be greater than 0"),
        (("--speed", "inf"), "argument --speed: 'inf' is not a number of at least 0"),
        (("--latency", "-1"), "argument --latency: '-1' is not a number of at least 0"),
        (("--switch", "create_shape"), "argument --switch: 'create_shape' is not name=value"),
        (("--switch", "create_shape=old"), "switch create_shape does not take 'old'; it takes modern | brief | jobDetails"),
        (("--switch", "nonsense=1"), "argument --switch: unknown switch 'nonsense'; known: create_shape"),
        (("--organization", "{"), "argument --organization: "),
        (("--organization", "{}"), "argument --organization: imsOrg must be a text"),
        (("--organization", json.dumps(SECOND | {"products": ["photoshop"]})), "unknown product or permission: photoshop"),
        (("--organization", json.dumps(SECOND | {"clientId": "simulator-client"})), "client id simulator-client belongs to"),
        (("--tls-cert", "no-such-file.pem"), "adobe simulator: cannot start: "),
        (("--host", "no.such.host.invalid"), "adobe simulator: cannot start: "),
    ],
)
def test_a_wrong_option_ends_it_with_2_and_a_sentence(
    capsys: pytest.CaptureFixture[str], options: tuple[str, str], words: str
) -> None:
    try:
        status: int | str | None = main(["--port", "0", *options])
    except SystemExit as end:
        status = end.code
    said = capsys.readouterr()
    assert (status, said.out) == (2, "")
    assert words in said.err.splitlines()[-1]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("program", [command()[:3], MANAGE], ids=["module", "command"])
def test_it_says_where_it_is_and_ends_when_told(program: list[str], number: signal.Signals) -> None:
    process = subprocess.Popen(
        [*program, "--port", "0"], cwd=ROOT, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout is not None
        adobe = Adobe(address_in(process.stdout.readline()))
        assert adobe.listing().status == 200
        process.send_signal(number)
        rest, errors = process.communicate(timeout=10)
    assert (process.returncode, rest, errors) == (0, "", "")


def test_slow_calls_do_not_hold_up_the_end() -> None:
    with running("--latency", "60") as simulator, pytest.raises(Exception, match="timed out"):
        Adobe(simulator.address, timeout=0.2).ims()


@pytest.fixture(scope="module")
def second() -> Iterator[Simulator]:
    """Started with another organization, switches, speed and seed."""
    organization = SECOND | {"products": ["analytics"], "permissions": ["Privacy Read Permission", "Privacy Write Permission"]}
    with running(
        "--organization", json.dumps(organization),
        "--switch", "create_shape=brief", "--switch", "look_back=60",
        "--speed", "1000000000", "--seed", "another",
    ) as simulator:  # fmt: skip
        yield simulator


def test_another_organization_may_be_known_from_the_start(second: Simulator) -> None:
    caller = Adobe(second.address, SECOND["clientId"], SECOND["clientSecret"], SECOND["imsOrg"])
    second.control("reset", {})
    (job_id,) = caller.create(person(ids=[identity()]))
    second.advance(0.01)
    job = caller.job(job_id)
    assert [entry["productStatusResponse"]["responseMsgCode"] for entry in job["productResponses"]] == [
        "PRVCY-6000-200",
        "PRVCY-6051-200",
    ]
    assert caller.content(job_id).status == 403
    assert Adobe(second.address).listing().status == 200


def test_switches_and_speed_of_the_command_line_outlive_a_reset(second: Simulator) -> None:
    second.control("switches", {"create_shape": "modern"})
    second.control("settings", {"speed": 1})
    second.reset()
    assert second.control("switches") == {name: switch.default for name, switch in SWITCHES.items()} | {
        "create_shape": "brief",
        "look_back": "60",
    }
    adobe = Adobe(second.address)
    (job_id,) = adobe.create(person())
    second.advance(0.01)
    assert adobe.job(job_id)["status"] == "complete"


def processed(simulator: Simulator) -> list[str]:
    """How long each product of the first job takes, as far as a date shows it."""
    simulator.reset()
    simulator.control("settings", {"speed": 1})
    adobe = Adobe(simulator.address)
    (job_id,) = adobe.create(person(), include=["analytics", "campaign", "identity", "target", "CRS"])
    statuses: list[str] = []
    for _ in range(20):
        simulator.advance(DAY)
        statuses += [entry["productStatusResponse"]["status"] for entry in adobe.job(job_id)["productResponses"]]
    return statuses


def test_the_seed_decides_how_long_products_take(simulator: Simulator, second: Simulator) -> None:
    first = processed(simulator)
    assert processed(simulator) == first
    assert processed(second) != first


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of 127.0.0.1 and its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "local Adobe")])
    now = datetime.datetime.now(datetime.UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "adobe.pem"
    path.write_bytes(
        signed.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return path


def test_with_a_certificate_it_speaks_https(certificate: Path) -> None:
    with running("--tls-cert", str(certificate)) as simulator:
        assert simulator.address.startswith("https://127.0.0.1:")
        trust = ssl.create_default_context(cafile=str(certificate))
        address = f"{simulator.address}/__simulator__/health"
        with urllib.request.urlopen(address, timeout=10, context=trust) as answer:
            assert json.loads(answer.read())["status"] == "ok"


def test_it_listens_on_ipv6_too() -> None:
    with running("--host", "::1") as simulator:
        assert simulator.address.startswith("http://[::1]:")
        assert Adobe(simulator.address).ims().status == 200
