# The only entry points. Each sets up what it needs: a virtual environment in .venv, with the locked versions.
PYTHON ?= python3
BIN := .venv/bin
UV_VERSION := 0.13.9
# Compiling what is imported takes longer than most commands do: it is kept, whatever the shell asks for.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup demo test test-long check bench dev clean
help:
	@echo "make demo    set up, materialise the sample's tables, print the classic answers"
	@echo "make test    set up, run the tests"
	@echo "make test-long  run those that take long: kills, long backfills, real servers over many days"
	@echo "make check   set up, run ruff, mypy and the import contracts"
	@echo "make bench   measure speed and memory into benchmarks/RESULTS.md (hours; QUICK=1: minutes, SECTIONS='reading answers', ROUNDS=1)"
	@echo "make dev     set up, open the tables in the Dagster UI (http://127.0.0.1:3000)"
	@echo "make clean   remove .venv and everything that was made"

setup: .venv/.ready .env

.venv/.ready: pyproject.toml uv.lock Makefile
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; $(PYTHON) is $$($(PYTHON) -V). Name another: make PYTHON=python3.11" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Setting up .venv ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@UV_PROJECT_ENVIRONMENT=.venv $(BIN)/uv sync --locked --all-extras --inexact --quiet
	@touch $@

# Dagster's own commands read .env of the working directory, so that nothing needs to be exported before them. What is
# exported stands: Dagster would put the file's word in its place, and a server's runs into the checkout.
.env: Makefile
	@mkdir -p .dagster
	@echo "DAGSTER_HOME=\$${DAGSTER_HOME:-$(CURDIR)/.dagster}" > $@

demo: setup
	@$(BIN)/python -m pipeline.demo

test: setup
	@$(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder

test-long: setup
	@$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder -m long --timeout 900

check: setup
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: setup benchmarks/.venv/.ready
	@$(BIN)/python -m benchmarks.run $(if $(QUICK),--quick --output benchmarks/QUICK.md) $(if $(ROUNDS),--rounds $(ROUNDS)) $(SECTIONS)

# What is measured against stays out of .venv; the original wants an older PyYAML than the others.
benchmarks/.venv/.ready: benchmarks/requirements.txt
	@$(PYTHON) -m venv benchmarks/.venv
	@benchmarks/.venv/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	@$(PYTHON) -m venv benchmarks/.venv/original
	@benchmarks/.venv/original/bin/python -m pip install --quiet --disable-pip-version-check cloudtracker==2.1.5 "setuptools<81"
	@touch $@

dev: setup
	@$(BIN)/cloudtracker dev

clean:
	rm -rf .venv .env cloudtracker-data
	rm -rf .dagster/history .dagster/storage .dagster/schedules .dagster/logs .dagster/.logs_queue
