# Lên Sàn. `make help` lists what can be made; every command works in a fresh clone.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
WORKERS ?= 2

.PHONY: help install run test test-sqlite test-postgres lint format words prove bench lock clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(READY) ## Make .venv with exactly the versions of requirements.lock

$(READY): requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed; say which: make PYTHON=python3.12 …" if sys.version_info < (3, 11) else 0)'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

run: $(READY) ## Start the demo season: web, worker and mock marketplaces; addresses and logins are printed
	$(BIN)/lensan demo --serve

test: $(READY) ## Run every test on SQLite, then on PostgreSQL
	$(BIN)/python tests/run.py sqlite postgres --workers $(WORKERS)

test-sqlite: $(READY) ## Run every test on SQLite only
	$(BIN)/python tests/run.py sqlite --workers $(WORKERS)

test-postgres: $(READY) ## Run every test on PostgreSQL only
	$(BIN)/python tests/run.py postgres --workers $(WORKERS)

lint: $(READY) ## Check style, types, import directions and dependencies
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry .

format: $(READY) ## Put the code into shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

words: $(READY) ## Bring the English catalogue up to date and list what still needs English
	$(BIN)/python -m tests.house_rules.words

prove: $(READY) ## Run the proofs at full size: listings under fire, previews, drift, enrolments, 200 seasons, every interleaving, settlement, rehearsals
	LENSAN_TEST_OFFERS=1000 LENSAN_TEST_KILLS=50 LENSAN_TEST_DATABASE=postgres $(BIN)/python -m pytest -q tests/selling/test_under_fire.py
	LENSAN_TEST_OFFERS=1000 LENSAN_TEST_KILLS=50 LENSAN_TEST_DATABASE=sqlite $(BIN)/python -m pytest -q tests/selling/test_under_fire.py
	for kind in sqlite postgres; do LENSAN_TEST_LISTINGS=1000 LENSAN_TEST_ROUNDS=20 LENSAN_TEST_DATABASE=$$kind $(BIN)/python -m pytest -q \
	  tests/selling/test_killed_worker.py tests/training/test_parallel_enrolment.py; done
	LENSAN_TEST_SEASONS=200 LENSAN_TEST_SEASON_STEPS=100 $(BIN)/python -m pytest -q tests/selling/test_three_seasons.py
	LENSAN_TEST_INTERLEAVINGS=whole $(BIN)/python -m pytest -q tests/selling/test_every_interleaving.py
	LENSAN_TEST_SETTLED=10000 $(BIN)/python -m pytest -q tests/selling/test_settled_season.py
	LENSAN_TEST_ENDINGS=1000 $(BIN)/python -m pytest -q tests/selling/test_endings.py
	LENSAN_TEST_PARITY=10000 $(BIN)/python -m pytest -q tests/connectors/test_parity.py
	LENSAN_TEST_POOLS=1000 $(BIN)/python -m pytest -q tests/selling/test_exposure_pages.py
	$(BIN)/python -m benchmarks.drift
	for seed in 1 2 3; do $(BIN)/lensan rehearse --households 1000 --seed $$seed --faults heavy --kill-worker 20; done
	for seed in 1 2 3; do $(BIN)/python -m tests.support.rehearsing --households 1000 --seed $$seed --faults heavy --kill-worker 20; done

bench: $(READY) ## Run every measurement in benchmarks/
	$(BIN)/python -m benchmarks

lock: $(READY) ## Write requirements.lock anew from pyproject.toml (needs uv from the package index)
	$(PYTHON) -m venv $(VENV)/lock
	$(VENV)/lock/bin/python -m pip install --quiet --disable-pip-version-check uv
	$(VENV)/lock/bin/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header \
	  --python-version 3.11 --extra dev --extra postgres pyproject.toml --upgrade --output-file requirements.lock

clean: ## Remove .venv and what tools left behind; data and config.toml stay
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
