"""The process that analyzes: one text after the other, each a line of JSON on stdin, the answer a line on stdout.

It is a process of its own so that the server can end it: an editor waits for nobody.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from pcisolve.api.options import make_options
from pcisolve.configuration.file import read
from pcisolve.configuration.find import find
from pcisolve.core.errors import InputError
from pcisolve.lsp.analysis import analyze, to_json, unusable
from pcisolve.problem.problem import Options


def options_of(name: str, words: dict[str, Any]) -> tuple[Options, str | None]:
    """The options and the folder of models: the words of a request, and where they say nothing, the configuration.

    Args:
        name: the file, as a path; whatever else it is has no configuration.

    Raises:
        InputError: the configuration cannot be used.
    """
    words = dict(words)
    named, isolated = words.pop("config", None), words.pop("isolated", False)
    folders = tuple(words.get("rules", ()))
    configuration = None
    if named is not None:
        configuration = read(named, folders)
    elif not isolated and os.path.isabs(name):
        configuration = find(os.path.dirname(name), folders)
    if configuration is not None:
        words = {**configuration.of(name), **words}
    models = words.pop("models", None)
    words["bus_bits"] = int(words.get("bus_bits", 0))
    return make_options(**words), models


def main() -> None:
    """Answer until stdin ends."""
    answers, sys.stdout = sys.stdout, sys.stderr  # what a rule of a site prints is no answer
    for line in sys.stdin.buffer:
        asked = json.loads(line)
        try:
            options, models = options_of(asked["name"], asked["options"])
            found = to_json(analyze(asked["text"], asked["name"], options, models))
        except (InputError, ValueError) as error:  # of the configuration
            found = to_json(unusable(str(error), asked["name"]))
        answers.write(json.dumps(found) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
