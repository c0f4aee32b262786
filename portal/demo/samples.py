"""Files that the demo puts where an officer can choose them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Sample:
    """One file, a few words about what it shows, and what stands in it."""

    name: str
    words: str
    text: str


def json_sample(name: str, words: str, body: Any) -> Sample:
    """A file of JSON, laid out for people."""
    return Sample(name, words, json.dumps(body, indent=2, ensure_ascii=False) + "\n")


def csv_sample(name: str, words: str, rows: Iterable[tuple[str, str]]) -> Sample:
    """A table of namespace and value, under a header."""
    lines = ("namespace,value", *(f"{namespace},{value}" for namespace, value in rows))
    return Sample(name, words, "\r\n".join(lines) + "\r\n")


def write(folder: Path, samples: Iterable[Sample]) -> list[tuple[str, str]]:
    """Put files into `folder`; one that is there already, perhaps changed, stays. Gives name and words of each."""
    folder.mkdir(mode=0o700, exist_ok=True)
    told = []
    for sample in samples:
        path = folder / sample.name
        if not path.exists():
            path.write_text(sample.text, encoding="utf-8", newline="")
        told.append((sample.name, sample.words))
    return told
