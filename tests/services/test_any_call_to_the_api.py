"""Calls that nobody thought of, to every operation of the running API, alone and one after another (Schemathesis).

No 5xx, and no answer that the published schema does not announce.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import IMS_ORG
from tests.files import payload, people
from tests.stack import Stack

pytestmark = pytest.mark.timeout(280)

# More of these find rarer things and take longer.
EXAMPLES, SECONDS = 3, 20
CHECKS = ("not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance")


def test_no_call_breaks_it_or_gets_an_answer_outside_its_schema(tmp_path: Path) -> None:
    (tmp_path / "people.json").write_text(json.dumps(payload(people(3))))
    with Stack(tmp_path / "stack") as stack:
        token = stack.seed()["token"]
        # Something to be found: a request at Adobe.
        stack.manage("submit_file", str(tmp_path / "people.json"), "--organization", IMS_ORG, "--user", "officer")
        address = stack.start_web()
        command = [
            str(Path(sys.executable).with_name("schemathesis")),
            "run",
            f"{address}/api/schema",
            *("--header", f"Authorization: Bearer {token}"),
            *("--checks", ",".join(CHECKS)),
            *("--phases", "examples,coverage,fuzzing,stateful"),
            *("--max-examples", str(EXAMPLES)),
            *("--max-time", str(SECONDS)),
            "--generation-deterministic",
            # Python 3.11 parses code in one thread at a time only, and Hypothesis parses.
            *("--workers", "1", "--continue-on-failure", "--no-color"),
        ]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=240)
        assert done.returncode == 0, done.stdout[-20000:] + done.stderr[-2000:]
