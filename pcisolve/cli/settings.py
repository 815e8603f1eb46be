"""What an input is judged with: the command line's words, and where they say nothing, the configuration's."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

import click
from click.core import ParameterSource

from pcisolve.catalog.catalog import load_catalog
from pcisolve.cli.common import options_of
from pcisolve.configuration.find import find
from pcisolve.core.errors import InputError
from pcisolve.core.words import did_you_mean, printable
from pcisolve.problem.problem import Options

if TYPE_CHECKING:
    from pcisolve.configuration.file import Configuration

_SAID = (ParameterSource.COMMANDLINE, ParameterSource.ENVIRONMENT)


class Setting(NamedTuple):
    """What an input is judged with, and the folder of models beside the shipped ones."""

    options: Options
    models: str | None


class Settings:
    """The words of one command, and the configurations of its inputs."""

    def __init__(self, words: dict[str, Any], models: str | None) -> None:
        """Check the words, and the configuration if it is named.

        Raises:
            click.UsageError: a word is wrong.
            InputError: the configuration is.
        """
        self._words, self._models = words, models
        if words.get("config") and words.get("isolated"):
            raise click.UsageError("--isolated looks for no configuration, and --config names one")
        self._plain = Setting(options_of(words), models)
        self._named: Configuration | None = None
        if words.get("config"):
            from pcisolve.configuration.file import read

            self._named = read(words["config"], tuple(words["rules"]))
        self._found: dict[str, Configuration | None] = {}
        self._known: dict[tuple[str, tuple[tuple[str, Any], ...]], Setting] = {}

    @property
    def plain(self) -> Options:
        """What the words alone say."""
        return self._plain.options

    def of(self, file: str) -> Setting:
        """For an input; "-" is in the current folder.

        Raises:
            InputError: its configuration cannot be used.
        """
        configuration = self._configuration(file)
        if configuration is None:
            return self._plain
        values = configuration.of(file)
        key = (configuration.path, tuple(values.items()))
        if key not in self._known:
            self._known[key] = self._setting(configuration, values)
        return self._known[key]

    def named(self) -> Setting:
        """For many inputs at once: a configuration counts only where it is named, and has one answer.

        Raises:
            InputError: it has overrides.
        """
        if self._named is None:
            return self._plain
        if self._named.overrides:
            raise InputError(f"{self._named.path}: overrides are for check and solve", expected="no [[overrides]]")
        return self._setting(self._named, self._named.values)

    def _configuration(self, file: str) -> Configuration | None:
        if self._named is not None or self._words.get("isolated"):
            return self._named
        folder = "." if file == "-" else os.path.dirname(file) or "."
        if folder not in self._found:
            try:
                self._found[folder] = find(folder, tuple(self._words.get("rules", ())))
            except (OSError, ValueError):  # no name that a folder can have: who reads the input says so
                self._found[folder] = None
        return self._found[folder]

    def _setting(self, configuration: Configuration, values: dict[str, Any]) -> Setting:
        source = click.get_current_context().get_parameter_source
        own = {
            name: value
            for name, value in values.items()
            if (name in self._words or name == "severities") and source(name) not in _SAID
        }
        models = self._models if source("models") in _SAID else values.get("models", self._models)
        _refuse_unknown(configuration.path, models, own.get("platform", ""))
        try:
            return Setting(options_of({**self._words, **own}), models)
        except click.UsageError as error:
            raise InputError(f"{configuration.path}: {error.message}") from None


def said(words: dict[str, Any]) -> dict[str, Any]:
    """Of the words of the command that runs those that somebody has said: no defaults."""
    source = click.get_current_context().get_parameter_source
    return {name: value for name, value in words.items() if source(name) in _SAID}


def _refuse_unknown(path: str, models: str | None, platform: str) -> None:
    """Refuse what only the models can tell.

    Raises:
        InputError: the models cannot be used, or have no such platform.
    """
    catalog = load_catalog(models)
    if platform and catalog.platform(platform) is None:
        known = [one.name for one in catalog.platforms()]
        raise InputError(f'{path}: unknown platform "{printable(platform)}"; {did_you_mean(platform, known)}')
