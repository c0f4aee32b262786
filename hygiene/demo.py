"""What this app brings to `make demo`: files of record deletes.

What Adobe will answer is in their values: portal/simulator/hygiene/__init__.py.
"""

from __future__ import annotations

from pathlib import Path

from portal import registry
from portal.demo.samples import csv_sample, json_sample, write

DATASET = "5b020a27e7040801dedbf46e"
SAMPLES = (
    json_sample(
        "record-delete.json",
        "on the page Record deletes: 6 identities, one of them twice; all goes well",
        {
            "displayName": "Trial accounts that never became customers",
            "description": "Cleansing after the trial of last spring",
            "action": "delete_identity",
            "datasetId": DATASET,
            "namespacesIdentities": [
                {
                    "namespace": {"code": "email"},
                    "ids": [
                        "trial.one@example.com",
                        "trial.two@example.com",
                        "trial.three@example.com",
                        "Trial.Two@example.com",
                        "trial.four@example.com",
                        "trial.five@example.com",
                        "trial.six@example.com",
                    ],
                }
            ],
        },
    ),
    csv_sample(
        "record-delete.csv",
        f"on the page Record deletes: 4 identities, and a service that fails; the dataset is named there, such as {DATASET}",
        [("email", f"newsletter{number}@example.com") for number in ("1", "2", "3", "4.profile-fails")],
    ),
)


def register() -> None:
    """Let the demo show this app."""
    registry.add_demo(registry.DemoStory(write_samples=write_samples))


def write_samples(folder: Path) -> list[tuple[str, str]]:
    """Put the files into the folder; gives name and words of each."""
    return write(folder, SAMPLES)
