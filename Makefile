# `make` alone lists what there is.  PYTHON chooses the Python of a new .venv; ARGS and STORE are
# handed on to the command.
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup test test-full packages lint demo up bench clean lock schema

BIN := .venv/bin
SPREAD := -n 2 --dist loadscope # two processes; what shares a server stays in one of them

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

setup: .venv/.stamp ## make .venv with the retention command in it
.venv/.stamp: requirements/dev.txt pyproject.toml
	@sh infra/setup/venv.sh

demo: setup ## tell the whole story on this machine (STORE=ceph, ARGS="--dir DIR")
	@$(BIN)/retention demo $(if $(STORE),--store $(STORE)) $(ARGS)

up: setup ## serve the real thing, and stay
	@$(BIN)/retention up $(ARGS)

test: setup packages lint ## check everything but the long tests (under 12 minutes)
	$(BIN)/pytest $(SPREAD) -m "not full"

test-full: setup packages lint ## check everything
	$(BIN)/pytest $(SPREAD)

packages: ## install the servers and the browser that the tests need
	@sh infra/setup/packages.sh

lint: setup ## check style, types and who may import whom
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: setup ## run the benchmarks
	@for each in benchmarks/*.py; do echo "$$each"; $(BIN)/python "$$each" || exit 1; done

schema: setup ## write policies/agreement.schema.json anew from the models
	$(BIN)/python -m retention.agreements.schema policies/agreement.schema.json

lock: ## write requirements/ anew from pyproject.toml (ARGS=--upgrade)
	@sh infra/setup/lock.sh $(ARGS)

clean: ## remove .venv and caches; what is under var/ stays
	rm -rf .venv .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	find . -path ./var -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +
