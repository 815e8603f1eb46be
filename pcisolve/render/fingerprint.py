"""What a finding is known by from one version of a file to the next: not by its line."""

from __future__ import annotations

import hashlib
from collections import Counter

from pcisolve.verdict.values import FactAt, Finding


class Fingerprints:
    """Gives each finding of a report a text of its own; equal ones are told apart by their order."""

    def __init__(self) -> None:
        self._seen: Counter[str] = Counter()

    def of(self, finding: Finding, fact: FactAt | None) -> str:
        """64 hexadecimal digits: of rule, file, the text at fault and the message."""
        place = ("", "") if fact is None else (fact.file, fact.text)
        key = "\0".join((finding.code, *place, finding.message))
        self._seen[key] += 1
        text = f"{key}\0{self._seen[key]}"
        return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
