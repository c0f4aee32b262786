# `make` alone explains itself. `make demo` and `make test` need nothing but git, make and python3-venv.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8000
ADOBE_PORT ?= 8900
ARGS ?=
CASES ?=
# More than the cores: tests that start whole stacks wait much.
PROCESSES ?= $(shell echo $$(( $$(nproc) * 3 / 2 )))
export DJANGO_SETTINGS_MODULE ?= portal.settings
# Where this is set, each of the hundreds of processes of the tests and the demo would compile the whole portal anew.
export PYTHONDONTWRITEBYTECODE :=

# Installs a hashed lock into .venv: with uv when it is there, else with pip. $(1) is the lock file.
define install
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { echo "make: python3-venv is missing: apt-get install python3-venv"; exit 1; }
	@if command -v uv >/dev/null 2>&1; then uv pip install --quiet --python $(BIN)/python --require-hashes -r $(1); \
	else $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(1); fi
	@touch $(2)
endef

.PHONY: help demo demo-reset test pictures bench faults lint schema format locks messages catalogues

help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/.run: requirements.txt
	$(call install,requirements.txt,$@)

$(VENV)/.dev: requirements-dev.txt
	$(call install,requirements-dev.txt,$@)

# What Django reads of the translations; made anew where a text is newer.
catalogues:
	@$(BIN)/python -m portal.catalogues compile

demo: $(VENV)/.run catalogues ## the portal with a local Adobe on this machine (PORT=8000 ADOBE_PORT=8900 ARGS="--once [FILE ...]")
	@$(BIN)/python manage.py demo --port $(PORT) --adobe-port $(ADOBE_PORT) $(ARGS)

demo-reset: ## forget all that the demo has kept
	@$(PYTHON) -m portal.demo.reset

PYTEST := DJANGO_SETTINGS_MODULE=tests.settings $(BIN)/python -m pytest -q -n $(PROCESSES) --dist loadfile --no-loadscope-reorder

# Which test is in which run: tests/two_runs.py.
TWO_RUNS := $(PYTEST) -p tests.two_runs $(if $(filter every,$(CASES)),--every-case)

test: $(VENV)/.dev catalogues ## every test, on SQLite, on PostgreSQL with Redis, or on both; installs what the tests need (CASES=every: each case on both)
	@$(BIN)/python -m tests.needs
	@echo "--- First run, on SQLite: what uses no database, the promises, the browser, and further cases of the rest ---"
	@$(TWO_RUNS) $(ARGS)
	@echo "--- Second run, on PostgreSQL and Redis: the real services, the promises again, and the first case of the rest ---"
	@$(BIN)/python -m tests.servers run -- env $(TWO_RUNS) $(ARGS)
	@echo "Both runs passed: on SQLite, and on PostgreSQL with Redis."

bench: $(VENV)/.dev catalogues ## every measurement, or those of ARGS: main, intake, api, ... (BENCH_PEOPLE= sets a size)
	@$(BIN)/python -m tests.bench $(ARGS)

faults: $(VENV)/.dev catalogues ## the real stack while its parts are killed, frozen, restored and Adobe fails; what was lost or doubled (FAULTS_SEED= FAULTS_PEOPLE=10000 FAULTS_MINUTES=35)
	@$(BIN)/python -m tests.needs
	@$(BIN)/python -m tests.faults

pictures: $(VENV)/.dev catalogues ## take the pictures of README.md anew, in a real browser
	@TAKE_PICTURES=1 $(PYTEST) -n 0 tests/browser/test_main_story.py

lint: $(VENV)/.dev ## ruff, mypy --strict, missing migrations, the OpenAPI file, lock files
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy .
	@DJANGO_SETTINGS_MODULE=tests.settings $(BIN)/python manage.py makemigrations --check --dry-run
	@DJANGO_SETTINGS_MODULE=tests.settings $(BIN)/python manage.py spectacular --validate --fail-on-warn \
		| cmp - portal/api/openapi.yaml || { echo "make: the OpenAPI file is not current: make schema"; exit 1; }
	@! grep -n '://' requirements*.txt

schema: $(VENV)/.dev ## write the OpenAPI file of the API anew
	@DJANGO_SETTINGS_MODULE=tests.settings $(BIN)/python manage.py spectacular --validate --fail-on-warn --file portal/api/openapi.yaml

messages: $(VENV)/.dev ## bring new texts of pages into the catalogues under */locale/, to be translated there
	@$(BIN)/python -m portal.catalogues update

format: $(VENV)/.dev ## let ruff lay out the code
	@$(BIN)/ruff check --fix-only . ; $(BIN)/ruff format .

locks: $(VENV)/.dev ## write both lock files anew (needs uv)
	uv pip compile pyproject.toml --universal --generate-hashes --no-header --python-version 3.11 -o requirements.txt
	uv pip compile pyproject.toml --extra dev --universal --generate-hashes --no-header --python-version 3.11 -c requirements.txt -o requirements-dev.txt
