"""What a rule says, for those who show it beside a finding."""

from __future__ import annotations

from typing import Any, NamedTuple


class RuleText(NamedTuple):
    """A rule in words. `stage`: who enforces it, "plan" for laws of plan files; `source`: how that is known."""

    id: str
    title: str
    text: str
    stage: str
    source: str

    def to_json(self) -> dict[str, Any]:
        """The same as a mapping."""
        return self._asdict()


def rule_text(code: str) -> RuleText | None:
    """The words of a rule of guests or a law of plans; None for a code that is neither, such as that of a site rule."""
    from pcisolve.planning.file.laws import LAWS
    from pcisolve.rules.registry import BY_ID

    rule = BY_ID.get(code)
    if rule is not None:
        return RuleText(rule.id, rule.title, rule.text, rule.stage, rule.source)
    law = LAWS.get(code)
    return None if law is None else RuleText(code, law.title, law.reason, "plan", "")
