# make demo · make test · make check · make test-slow · make bench · make services

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

DEMO_SECONDS ?=
DEMO_SPEED ?=
PYTEST_ARGS ?=

.PHONY: help demo test test-slow check bench services
.DEFAULT_GOAL := help

help:
	@echo "make demo       a simulated site, its broker, stores and API; DEMO_SECONDS=90 stops by itself"
	@echo "make test       the quick tests; one whose server is absent skips"
	@echo "make test-slow  faults, loads and whole processes"
	@echo "make check      ruff, mypy, import contracts"
	@echo "make bench      what is measured"
	@echo "make services   real Mosquitto, InfluxDB, PostgreSQL and Chromium for the tests"

demo: $(VENV)/.installed
	@$(BIN)/iot-maint demo $(if $(DEMO_SECONDS),--seconds $(DEMO_SECONDS)) $(if $(DEMO_SPEED),--speed $(DEMO_SPEED))

test: $(VENV)/.installed-dev
	@$(BIN)/python -m pytest -m "not slow" -n 2 --dist loadfile $(PYTEST_ARGS)

test-slow: $(VENV)/.installed-dev
	@$(BIN)/python -m pytest -m slow $(PYTEST_ARGS)

check: $(VENV)/.installed-dev
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: $(VENV)/.installed-dev
	@$(BIN)/python -m benchmarks

services: python-is-new-enough
	@$(PYTHON) -m tests.servers.install

# The stamps are keyed on pyproject.toml: nothing is installed again until the dependencies change.
$(VENV)/.installed: pyproject.toml | $(BIN)/pip
	@echo "installing into $(VENV): once, about a minute"
	@$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	@$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(VENV)/.installed-dev: pyproject.toml | $(BIN)/pip
	@echo "installing into $(VENV), with the tools for development: once, about two minutes"
	@$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	@$(BIN)/python -m pip install --quiet --editable . --group dev
	@touch $(VENV)/.installed $@

$(BIN)/pip: | python-is-new-enough
	@$(PYTHON) -m venv $(VENV)

.PHONY: python-is-new-enough
python-is-new-enough:
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(v < (3, 11) and f"needs Python 3.11 or newer; $(PYTHON) is {v[0]}.{v[1]}: make PYTHON=python3.12 …")'
