"""The state file: what a restart still knows."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from portal.simulator.cli import main
from tests.conftest import Simulator
from tests.portal.simulator.wire import CONSENT, DAY, Adobe, Body, command, identity, now, person, register, running


def known(simulator: Simulator, adobe: Adobe) -> dict[str, Any]:
    """All that a caller can see."""
    ledger = simulator.ledger()
    return {
        "ledger": ledger,
        "jobs": [adobe.detail(entry["jobId"]).said for entry in ledger],
        "list": adobe.listing().json,
        "organizations": simulator.control("organizations"),
    }


def without_addresses(seen: dict[str, Any]) -> dict[str, Any]:
    """The port of a restart is another one."""
    for _, job in seen["jobs"]:
        if "downloadUrl" in job:
            job["downloadUrl"] = job["downloadUrl"].partition("/data/")[2]
    return seen


def refused_start(path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """What a simulator says that does not start."""
    assert main(["--port", "0", "--state", str(path)]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    return said.err


def stuck(key: str) -> Body:
    return person(key=key, ids=[identity("stuck@example.com")])


def test_a_restart_keeps_everything(tmp_path: Path) -> None:
    """Two restarts: another speed, seed and switch do not rewrite what was accepted."""
    path = tmp_path / "state.jsonl"
    with running("--state", str(path)) as simulator:
        adobe = Adobe(simulator.address)
        done, fresh = adobe.create(person("access", "delete", key="a#1"))
        odd = adobe.create(
            person(key="\ud800", ids=[identity("error@x")]), regulation="gdpr", include=["primetimeAuthentication"]
        )
        simulator.advance(DAY / 24)
        adobe.create(stuck("stuck"))
        (forgotten,) = adobe.create(person(key=None))
        simulator.control(f"jobs/{forgotten}", method="DELETE")
        simulator.control("finish", {"jobIds": [done, *odd]})
        second = register(simulator, "second", permissions=["Privacy Write Permission"])
        second.create(person(key="theirs"))
        simulator.control("tokens", method="DELETE")
        revoked, token = adobe.token, adobe.ims().json["access_token"]
        adobe = Adobe(simulator.address, _token=token)
        archive = simulator.control(f"archives/{done}")
        before = without_addresses(known(simulator, adobe))
        assert [status for status, _ in before["jobs"]] == [200, 200, 200, 200, 404, 404]
        assert (before["jobs"][0][1]["status"], before["jobs"][1][1]["status"]) == ("complete", "processing")
        time_before = now(simulator)

    with running("--state", str(path), "--speed", "1000000", "--seed", "another") as simulator:
        adobe = Adobe(simulator.address, _token=token)
        assert without_addresses(known(simulator, adobe)) == before
        assert now(simulator) >= time_before
        assert simulator.control(f"archives/{done}") == archive
        assert Adobe(simulator.address, _token=revoked).listing().status == 401
        second = Adobe(simulator.address, second.client_id, second.client_secret, second.ims_org)
        assert second.ims().status == 200
        adobe.create(person(key="after"))
        entries = simulator.ledger()
        assert [(entry["n"], entry["call"]) for entry in entries[-2:]] == [(6, 5), (7, 6)]

    with running("--state", str(path)) as simulator:
        adobe = Adobe(simulator.address, _token=token)
        assert simulator.ledger() == entries
        assert adobe.job(fresh)["jobId"] == fresh
        simulator.reset()
    with running("--state", str(path)) as simulator:
        assert simulator.ledger() == []


def hygiene_known(simulator: Simulator, adobe: Adobe, orders: list[Body]) -> dict[str, Any]:
    """All that a caller can see of opt-outs and Data Hygiene."""
    return {
        "ledgers": [simulator.control(f"ledger/{name}") for name in ("consents", "workorders", "expirations")],
        "orders": [adobe.hygiene("GET", f"/workorder/{order['workorderId']}").said for order in orders],
        "expirations": [adobe.hygiene("GET", f"/ttl/{name}?include=history").said for name in ("a", "b", "c")],
        "list": adobe.hygiene("GET", "/ttl").json,
        "quotas": adobe.hygiene("GET", "/quota").json,
    }


def test_a_restart_keeps_opt_outs_and_data_hygiene(tmp_path: Path) -> None:
    path = tmp_path / "state.jsonl"
    with running("--state", str(path)) as simulator:
        adobe = Adobe(simulator.address)
        opt_out = {"optOutOfSale": True, "entities": [{"nameSpace": "email", "values": ["ada@example.com"]}]}
        assert adobe.call("POST", CONSENT, opt_out).status == 202
        simulator.control("quotas", {"daily": 100, "usedThisMonth": 50})
        orders = [adobe.order(), adobe.order("orderstuck"), adobe.order("profile-fails"), adobe.order(), adobe.order()]
        ids = [order["workorderId"] for order in orders]
        adobe.hygiene("PUT", f"/workorder/{ids[0]}", {"name": "New"})
        simulator.control("workorders/finish", {"workorderIds": [ids[0]]})
        simulator.control(f"workorders/{ids[2]}/age", {"seconds": 30 * DAY})
        simulator.control(f"workorders/{ids[3]}", method="DELETE")
        simulator.control("workorders/finish", {"workorderIds": [ids[4]], "status": "failed"})
        adobe.expiration("a", displayName="Alpha")
        adobe.expiration("b")
        adobe.hygiene("DELETE", "/ttl/b")
        simulator.control(f"expirations/{adobe.expiration('c')['ttlId']}", method="DELETE")
        simulator.advance(DAY / 24)
        before = hygiene_known(simulator, adobe, orders)
        assert [status for status, _ in before["orders"]] == [200, 200, 200, 404, 200]
        assert [body.get("status") for _, body in before["orders"]][::2] == ["completed", "failed", "failed"]
        assert [status for status, _ in before["expirations"]] == [200, 200, 404]

    with running("--state", str(path), "--speed", "1000000", "--seed", "another") as simulator:
        adobe = Adobe(simulator.address)
        assert hygiene_known(simulator, adobe, orders) == before
        adobe.order()
        assert [entry["n"] for entry in simulator.control("ledger/workorders")["entries"]] == [1, 2, 3, 4, 5, 6]
        simulator.reset()
    with running("--state", str(path)) as simulator:
        assert [simulator.control(f"ledger/{name}")["total"] for name in ("consents", "workorders", "expirations")] == [0, 0, 0]


def test_a_kill_loses_nothing_that_was_answered(tmp_path: Path) -> None:
    path = tmp_path / "state.jsonl"
    with subprocess.Popen(command("--state", str(path)), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        address = process.stdout.readline().split()[-1]
        adobe = Adobe(address)
        ids = [adobe.create(person(key=str(n)))[0] for n in range(20)]
        process.kill()
        process.wait(timeout=10)
    with running("--state", str(path)) as simulator:
        assert [entry["jobId"] for entry in simulator.ledger()] == ids


def test_a_half_written_last_line_is_left_out_and_written_over(tmp_path: Path) -> None:
    path = tmp_path / "state.jsonl"
    with running("--state", str(path)) as simulator:
        ids = Adobe(simulator.address).create(person("access", "delete"))
    for half in (b'{"jobs":[{"number":3,"call', b'{"advance":864000}', b"\xff"):
        whole = path.read_bytes()
        path.write_bytes(whole + half)
        with running("--state", str(path)) as simulator:
            assert path.read_bytes() == whole
            assert simulator.control("health")["offset"] == 0
            assert [entry["jobId"] for entry in simulator.ledger()] == ids
            ids += Adobe(simulator.address).create(person())
    assert [len(json.loads(line)["jobs"]) for line in path.read_text().splitlines()] == [2, 1, 1, 1]


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "nonsense",
        "7",
        '{"jobs":[{}]}',
        '{"jobs":3}',
        '{"organization":{}}',
        '{"advance":"x"}',
        '{"workorder":{}}',
        '{"ttl":{"x":1}}',
        '{"consent":3}',
    ],
)
def test_a_damaged_file_is_named_and_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str], line: str) -> None:
    path = tmp_path / "state.jsonl"
    content = f'{{"advance":1}}\n{line}\n{{"advance":1}}\nhalf'
    path.write_text(content)
    assert refused_start(path, capsys) == f"adobe simulator: cannot start: the state file {path} is damaged at line 2\n"
    assert path.read_text() == content


def test_a_file_that_cannot_be_written_is_named_at_the_start(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in (tmp_path / "missing" / "state.jsonl", tmp_path):
        words = refused_start(path, capsys)
        assert words.startswith("adobe simulator: cannot start: ")
        assert str(path) in words
        assert words.count("\n") == 1
