# Bare `make` lists the verbs.
.DEFAULT_GOAL := help
SHELL := /bin/bash

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

export DBT_PROFILES_DIR ?= profiles
# Caches stay in the repository folder as well.
export UV_CACHE_DIR := $(CURDIR)/$(VENV)/.cache/uv
export PIP_CACHE_DIR := $(CURDIR)/$(VENV)/.cache/pip
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help
help:  ## List the verbs
	@grep -hE '^[a-z-]+:.*  ## ' $(MAKEFILE_LIST) | sed -E 's/:.*  ## /\t/' | expand -t 12

.PHONY: setup
setup: $(INSTALLED)  ## Install everything into .venv, pinned and hashed

$(INSTALLED): requirements-dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' \
		|| { echo "Python 3.10 or newer is needed; found: $$($(PYTHON) --version). Name another with PYTHON=..." ; exit 1; }
	@echo "Installing $$(grep -cE '^[a-z]' requirements-dev.txt) pinned packages into $(VENV) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet "$$(sed -nE 's/^(uv==[^ ]+).*/\1/p' requirements-dev.txt)"
	@$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements-dev.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

.PHONY: demo
demo: setup  ## Generate demo data, build and validate everything, print what was found
	@$(BIN)/python -m python_udfs.demo_data --out local/demo_raw --truth local/demo_truth.json
	@PQL_RAW_PATH=local/demo_raw $(BIN)/python -m python_udfs.pipeline

.PHONY: build
build: setup  ## Validate, build and summarise your own raw files (PQL_RAW_PATH)
	@$(BIN)/python -m python_udfs.pipeline

.PHONY: inspect
inspect: setup  ## Say what your sources hold, and draft a tracking plan (PQL_RAW_PATH, INSPECT="--vars ...")
	@$(BIN)/python -m python_udfs.source_inspection $(INSPECT)

.PHONY: test
test: lint  ## Run every lint and every test
	@$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder --durations 20 --durations-min 5

.PHONY: lint
lint: setup  ## Check the style of Python, SQL and YAML
	@echo "ruff ..." && $(BIN)/ruff check && $(BIN)/ruff format --check --quiet
	@echo "yamllint ..." && $(BIN)/yamllint --strict .
	@echo "sqlfluff ..." && $(BIN)/sqlfluff lint --processes 2 --disable-progress-bar models analyses tests/generic tests/marts tests/macros tests/definitions tests/settings

.PHONY: format
format: setup  ## Rewrite Python and SQL in the project's style
	@$(BIN)/ruff check --fix --quiet; $(BIN)/ruff format --quiet
	@$(BIN)/sqlfluff fix --processes 2 --disable-progress-bar models analyses tests/generic tests/marts tests/macros tests/definitions tests/settings

.PHONY: benchmark
benchmark: setup  ## Measure speed and memory against a hand-written script (BENCHMARK="--events 20000000 ...")
	@$(BIN)/python -m benchmarks $(BENCHMARK)

.PHONY: docs
docs: setup  ## Draw the lineage in docs/architecture.md anew and build the dbt docs (target/static_index.html)
	@$(BIN)/python docs/draw_lineage.py
	@$(BIN)/dbt docs generate --static --quiet

.PHONY: lock
lock: setup  ## Compile the pinned requirement files anew
	@rm -f requirements.txt requirements-dev.txt
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.10 --generate-hashes --no-emit-index-url \
		--no-emit-find-links --custom-compile-command "make lock" --extra dev pyproject.toml -o requirements-dev.txt
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.10 --generate-hashes --no-emit-index-url \
		--no-emit-find-links --custom-compile-command "make lock" -c requirements-dev.txt pyproject.toml -o requirements.txt

.PHONY: clean
clean:  ## Remove what runs have written; keeps .venv
	@rm -rf target logs local/*
