# `make` alone lists the targets. Each target works in a fresh clone: it makes .venv first if need be.
# Another Python: make test PYTHON=python3.12

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet --no-input

# Exact versions, with hashes: requirements/README.md. What builds pcisolve is among them, so no build is isolated.
LOCKED := requirements/build.txt requirements/runtime.txt
INSTALL := $(PIP) install --require-hashes
BUILD := $(PIP) install --no-deps --no-build-isolation --editable .

# A process for each core. What is measured or asks a real hypervisor runs alone: live, bench.
PYTEST := $(BIN)/python -m pytest -q -n logical --maxprocesses 8

LOCK = $(BIN)/uv pip compile --quiet --upgrade --generate-hashes --no-emit-index-url --python-version 3.11 \
  --custom-compile-command 'make lock'
BUILT_BY := requirements/build.in
SOURCES := pyproject.toml $(BUILT_BY)

# Stamps say what is installed, so that a second run is quick.
BUILT_FROM := pyproject.toml setup.py mypyc.ini pcisolve/core/version.py
USER_STAMP := $(VENV)/.installed
DEV_STAMP := $(VENV)/.installed-dev
BENCH_STAMP := $(VENV)/.installed-bench

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test coverage once slow browser fuzz versions pythons live oracle lint check bench lock docs wheel compile pure clean

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1|\2/p' $(firstword $(MAKEFILE_LIST)) | column -t -s '|'

demo: $(USER_STAMP) ## solve examples/q35.xml: every controller and address is chosen
	$(BIN)/pcisolve solve examples/q35.xml

test: $(DEV_STAMP) ## the tests, but for the slow ones
	$(PYTEST)

slow: $(DEV_STAMP) ## the slow tests
	$(PYTEST) -m slow

fuzz: $(DEV_STAMP) ## two hundred times as many damaged inputs as `make test` has, from a new seed, which is told
	@seed=$${FUZZ_SEED:-$$(date +%s)}; echo "FUZZ_SEED=$$seed"; \
	FUZZ_SEED=$$seed FUZZ_TIMES=$${FUZZ_TIMES:-200} $(PYTEST) tests/fuzz

versions: $(DEV_STAMP) ## the tests with the oldest and the newest versions that pyproject.toml allows
	.ci/elsewhere 3.11 oldest
	.ci/elsewhere $(BIN)/python newest

pythons: $(DEV_STAMP) ## the tests with each Python that pyproject.toml names and that is on this machine
	@for version in 3.11 3.12 3.13 3.14; do .ci/elsewhere $$version locked || [ $$? -eq 77 ] || exit 1; done

live: $(DEV_STAMP) ## the tests that ask the real libvirt and QEMU, where they are installed
	$(BIN)/python -m pytest -q -rs -m live

browser: $(DEV_STAMP) ## the tests that look at pages in a Chromium, where one is installed
	$(BIN)/python -m pytest -q -rs -m browser

oracle: $(DEV_STAMP) ## what another Debian suite's libvirt and QEMU say of examples/: make oracle SUITE=forky
	.ci/oracle $(SUITE) $(GUESTS)

lint: $(DEV_STAMP) ## format, lint, types and the import contract
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

check: lint test ## all that must hold before a commit: lint, tests, examples of README.md and docs/

bench: $(BENCH_STAMP) ## the benchmarks, and benchmarks/README.md: pcisolve beside libvirt and other solvers
	$(BIN)/python -m pytest -q benchmarks --benchmark-only
	$(BIN)/python -m benchmarks.report

coverage: pure ## the tests once more, not compiled: which branches they take, 92 % at least
	$(PYTEST) --cov --cov-report=term

once: $(DEV_STAMP) ## every benchmark once, on little: that they still run
	$(BIN)/python -m pytest -q benchmarks --benchmark-disable
	folder=$$(mktemp -d) && $(BIN)/python -m benchmarks.report --small $$folder && grep -c . $$folder/README.md; \
	code=$$?; rm -rf $$folder; exit $$code

compile: $(DEV_STAMP) ## compile anew the modules that setup.py names
	$(BUILD)

pure: $(DEV_STAMP) ## from now on run the modules as they are, slower: to work on them
	find . -name '*.so' -not -path './$(VENV)/*' -delete

lock: $(DEV_STAMP) $(SOURCES) ## write requirements/ anew: the newest versions that pyproject.toml allows, and the oldest
	$(LOCK) --universal --extra dev --extra bench $(SOURCES) --output-file requirements/bench.txt
	$(LOCK) --universal --extra dev $(SOURCES) --constraint requirements/bench.txt --output-file requirements/dev.txt
	$(LOCK) --universal pyproject.toml --constraint requirements/bench.txt --output-file requirements/runtime.txt
	$(LOCK) --universal --group pyproject.toml:core --constraint requirements/bench.txt --output-file requirements/core.txt
	$(LOCK) --universal $(BUILT_BY) --constraint requirements/bench.txt --output-file requirements/build.txt
	$(LOCK) --resolution lowest-direct --extra test $(SOURCES) --output-file requirements/oldest.txt

.INTERMEDIATE: $(BUILT_BY)
$(BUILT_BY): pyproject.toml
	$(BIN)/python -c 'import tomllib; print(*tomllib.load(open("$<", "rb"))["build-system"]["requires"], sep="\n")' > $@

docs: $(USER_STAMP) ## write docs/rules.md from the rules' docstrings
	$(BIN)/python -m pcisolve.cli.rulebook > docs/rules.md.new
	mv docs/rules.md.new docs/rules.md

wheel: $(USER_STAMP) ## build dist/*.whl
	rm -rf build # what was deleted since would be packed too
	$(PIP) wheel --no-deps --no-build-isolation --wheel-dir dist .

clean: ## remove all that the other targets made
	rm -rf $(VENV) build dist *.egg-info .benchmarks .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name '*.so' -not -path './$(VENV)/*' -delete
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo '$(PYTHON) is missing or older than 3.11; name another one: make PYTHON=/path/to/python3' >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(USER_STAMP): $(BUILT_FROM) $(LOCKED) | $(BIN)/python
	$(INSTALL) $(LOCKED:%=--requirement %)
	$(BUILD)
	@touch $@

$(DEV_STAMP): $(USER_STAMP) requirements/dev.txt
	$(INSTALL) --requirement requirements/dev.txt
	@touch $@

$(BENCH_STAMP): $(DEV_STAMP) requirements/bench.txt
	$(INSTALL) --requirement requirements/bench.txt
	@touch $@
