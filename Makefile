# Everything a checkout needs: each target does its own set-up (Python >= 3.11 and make are enough to start).

PYTHON ?= python3
ARGS ?=
PYTEST_WORKERS ?= 3
BIN := .venv/bin
SETUP := @$(PYTHON) .ci/bootstrap.py
PYTEST := $(BIN)/pytest -n $(PYTEST_WORKERS) --dist loadgroup

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-long lint format bench lab record-migrations matrix clean

help: ## list the targets
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 26

setup: ## set up for development: .venv, libvirt, the Debian packages of the lab
	$(SETUP) lab

demo: ## open the console on the demo fleet (ARGS='--vms 50000' is passed on)
	$(SETUP) demo
	@$(BIN)/novatui demo $(ARGS)

test: ## the test suite without the long tests (ARGS='-k name' is passed on)
	$(SETUP) lab
	@$(PYTEST) -m "not long" $(ARGS)

test-long: ## the tests that take minutes: soak, large fleets, a bare Debian
	$(SETUP) lab
	@$(PYTEST) -m long $(ARGS)

lint: ## ruff, types, import contracts
	$(SETUP) dev
	@.ci/lint

format: ## let ruff put the code in shape
	$(SETUP) dev
	@$(BIN)/ruff check --fix-only .
	@$(BIN)/ruff format .

bench: ## measure: row engine, memory, lag
	$(SETUP) lab
	@$(BIN)/python -m tests.bench $(ARGS)

lab: ## start the hypervisors of the tests and print their addresses
	$(SETUP) lab
	@$(BIN)/python -m tests.lab $(ARGS)

record-migrations: ## record real live migrations as test data (minutes; ARGS='WORD' chooses, --later, --again)
	$(SETUP) lab
	@$(BIN)/python -m tests.lab.record_migrations $(ARGS)

matrix: ## the support matrix of README.md (ARGS=--write puts it there)
	$(SETUP) dev
	@$(BIN)/python -m tests.support_matrix $(ARGS)

clean: ## remove what the other targets made, the virtual environment included
	@rm -rf .venv .cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache build dist
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
