# `make` alone lists the targets. Each target works in a fresh clone: it makes .venv first if need be.
# Another Python: make test PYTHON=python3.12

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet --no-input

# Stamps say what is installed, so that a second run is quick.
BUILT_FROM := pyproject.toml setup.py mypyc.ini pcisolve/core/version.py
USER_STAMP := $(VENV)/.installed
DEV_STAMP := $(VENV)/.installed-dev

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test slow live lint check bench docs wheel compile pure clean

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1|\2/p' $(firstword $(MAKEFILE_LIST)) | column -t -s '|'

demo: $(USER_STAMP) ## solve examples/q35.xml: every controller and address is chosen
	$(BIN)/pcisolve solve examples/q35.xml

test: $(DEV_STAMP) ## the tests, but for the slow ones
	$(BIN)/python -m pytest -q

slow: $(DEV_STAMP) ## the slow tests
	$(BIN)/python -m pytest -q -m slow

live: $(DEV_STAMP) ## the tests that ask the real libvirt and QEMU, where they are installed
	$(BIN)/python -m pytest -q -rs -m live

lint: $(DEV_STAMP) ## format, lint, types and the import contract
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

check: lint test ## all that must hold before a commit: lint, tests, examples of README.md and docs/

bench: $(DEV_STAMP) ## the benchmarks, and benchmarks/README.md: pcisolve beside libvirt and other solvers
	$(PIP) install --editable '.[dev,bench]'
	$(BIN)/python -m pytest -q benchmarks --benchmark-only
	$(BIN)/python -m benchmarks.report

compile: $(DEV_STAMP) ## compile anew the modules that setup.py names
	$(PIP) install --no-deps --editable .

pure: $(DEV_STAMP) ## from now on run the modules as they are, slower: to work on them
	find . -name '*.so' -not -path './$(VENV)/*' -delete

docs: $(USER_STAMP) ## write docs/rules.md from the rules' docstrings
	$(BIN)/python -m pcisolve.render.rulebook > docs/rules.md.new
	mv docs/rules.md.new docs/rules.md

wheel: $(USER_STAMP) ## build dist/*.whl
	rm -rf build # what was deleted since would be packed too
	$(PIP) wheel --no-deps --wheel-dir dist .

clean: ## remove all that the other targets made
	rm -rf $(VENV) build dist *.egg-info .benchmarks .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name '*.so' -not -path './$(VENV)/*' -delete
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo '$(PYTHON) is missing or older than 3.11; name another one: make PYTHON=/path/to/python3' >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(USER_STAMP): $(BUILT_FROM) | $(BIN)/python
	$(PIP) install --editable .
	@touch $@

$(DEV_STAMP): $(BUILT_FROM) | $(BIN)/python
	$(PIP) install --editable '.[dev]'
	@touch $(USER_STAMP) $@
