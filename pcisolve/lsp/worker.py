"""The process that analyzes: one text after the other, each a line of JSON on stdin, the answer a line on stdout.

It is a process of its own so that the server can end it: an editor waits for nobody.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from pcisolve.api.options import make_options
from pcisolve.lsp.analysis import analyze, to_json
from pcisolve.problem.problem import Options


def options_of(words: dict[str, Any]) -> tuple[Options, str | None]:
    """The options and the folder of models out of the words of a request.

    Raises:
        ValueError: a word is not one of the known ones.
    """
    words = dict(words)
    models = words.pop("models", None)
    return make_options(**words), models


def main() -> None:
    """Answer until stdin ends."""
    answers, sys.stdout = sys.stdout, sys.stderr  # what a rule of a site prints is no answer
    for line in sys.stdin.buffer:
        asked = json.loads(line)
        options, models = options_of(asked["options"])
        found = to_json(analyze(asked["text"], asked["name"], options, models))
        answers.write(json.dumps(found) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
