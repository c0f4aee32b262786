"""Datasets, which the simulator knows by id only."""

from __future__ import annotations

EVERY_DATASET = "ALL"


def dataset_name(datasets: str) -> str:
    """What looks like the name of a dataset; several ids have commas between, ALL stays what it is."""
    return ", ".join(one if one == EVERY_DATASET else f"Acme dataset {one[-4:]}" for one in datasets.split(","))
