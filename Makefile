# `make` alone lists the targets. Every target does its own set-up.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV_VERSION := 0.13.9
STAMP := $(VENV)/.installed
export UV_SYSTEM_CERTS := 1
export UV_PYTHON_DOWNLOADS := never
# Python keeps what it compiled, whatever the environment says: without, every process compiles Prefect anew.
export PYTHONDONTWRITEBYTECODE :=
export DO_NOT_TRACK := 1
export PREFECT_SERVER_ANALYTICS_ENABLED := false

.DEFAULT_GOAL := help
.PHONY: help setup demo test long quick check format bench bench-scale docs lock clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(STAMP): requirements.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=python3.12"; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

setup: $(STAMP) ## make .venv from the lock

demo: $(STAMP) ## synthetic claims in, benchmark tables out (data/demo)
	@$(BIN)/cpt01939 demo

test: $(STAMP) ## the test suite, without what `make long` runs
	@$(BIN)/python -m pytest -n 2 --dist loadgroup -m "not slow and not long and not server"

long: $(STAMP) ## the longer tests: whole nights, servers, clusters, killed processes, browsers
	@$(BIN)/python -m pytest -n 2 --dist loadgroup -m "slow or long or server"

quick: $(STAMP) ## unit tests of functions that take milliseconds: readers, schemas, prices, tables by hand
	@$(BIN)/python -m pytest -q -n 2 --dist loadgroup tests/unit -m "not slow and not server" \
	  -k "not cli and not prefilter and not protect and not changes and not stale and not resolve and not synthetic"

check: $(STAMP) ## format, lint, types, import direction
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(STAMP) ## rewrite the code in the house format
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: $(STAMP) ## speed and memory, against the bare engine (minutes)
	@$(BIN)/python -m pytest tests/benchmarks -q -s --timeout 3600

bench-scale: $(STAMP) ## time and memory of each stage as data grow: SIZES="1 3" millions of lines in scope (minutes)
	@$(BIN)/python tests/benchmarks/scale.py --sizes $(or $(SIZES),1 3)

docs: $(STAMP) ## write the generated documents: inbound columns, questions, the README's table
	@$(BIN)/python tests/golden/make_inbound_columns.py
	@$(BIN)/python tests/golden/make_questions.py

lock: ## resolve requirements.lock anew (hashes, no URLs)
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@$(BIN)/uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 --generate-hashes \
	  --override config/lock-overrides.txt --no-emit-index-url --no-emit-find-links --no-header --no-annotate \
	  --quiet -o requirements.lock

clean: ## remove the environment and what runs made
	rm -rf $(VENV) data/demo .pytest_cache .mypy_cache .ruff_cache
