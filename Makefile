# Two commands do everything on a fresh Debian machine: `make run` and `make test`.
# System packages are installed only when missing, as root or through sudo.
SHELL := /bin/bash
# Debian's own Python first: its build is the faster one, and the one that continuous integration runs.
PYTHON ?= $(firstword $(wildcard /usr/bin/python3) python3)
VENV := .venv
BIN := $(VENV)/bin
# Bytecode is kept, also where the environment says otherwise: it holds the tests as pytest has rewritten them, and each of
# the many gateways that the tests start would compile the whole program.
export PYTHONDONTWRITEBYTECODE :=

# What `make check` leaves to `make test`: whole systems, corpora and second opinions. Their modules take long to import too.
WHOLE := tests/e2e tests/accuracy tests/attacks tests/interop tests/hostile tests/identity/test_auth_corpus.py \
  tests/milter/test_postfix.py tests/milter/test_sendmail.py tests/signatures/test_corpus.py tests/signatures/test_libreoffice.py \
  tests/signatures/test_pkits.py tests/text/test_real_documents.py

# Up to three tests that failed beside others run again alone, and must pass. What fails only beside others is printed by
# the first run and is a defect too, of the test or of the program, but not of the change at hand.
ALONE = { [ $$? = 1 ] && [ $$(grep -c true .pytest_cache/v/cache/lastfailed) -le 3 ] && $(BIN)/pytest --lf --lfnf=none; }

.DEFAULT_GOAL := help
.PHONY: help run test check lint types contracts unit system system-test lock deb campaign cluster restarts accuracy bench under-load clean

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

run: $(VENV)/.runtime ## install, start the gateway with demo settings, send sample mails, print each verdict
	@$(BIN)/gateway demo $(DEMO_ARGS)

# The tests of a file share servers, browsers and fixtures: one worker runs them all. (Marks `xdist_group` do nothing under
# pytest 9.2, https://github.com/pytest-dev/pytest-xdist/issues/1386.) Tests of whole systems wait for time limits a third of
# their time: three workers keep two processors busy.
test: system-test $(VENV)/.dev ## install everything the tests need and run every test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder || $(ALONE)

campaign: $(VENV)/.dev ## long runs against whole systems: the Debian package in a fresh Debian, a container, Thunderbird
	@deploy/system-packages.sh run test campaign
	$(BIN)/pytest -v tests/campaign

check: $(VENV)/.dev ## lint, types, import contracts and unit tests side by side; PKG=mime takes the tests of one package
	@$(MAKE) --no-print-directory -j4 -O lint types contracts unit

lint: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(VENV)/.dev
	$(BIN)/mypy

contracts: $(VENV)/.dev
	$(BIN)/lint-imports

# One wing has several folders of tests.
PKG_documents := readers signatures workers
PKG_vietnamese := text
# All tests of the cluster want a database: they run where they are asked for.
QUICK := not slow and not system$(if $(filter cluster,$(PKG)),, and not cluster)

# The many logs that these tests write wait for no disk where memory has room for them.
unit: export TMPDIR := $(shell df --output=avail /dev/shm 2>&1 | awk 'NR == 2 && $$1 > 2000000 {print "/dev/shm"}')
unit: $(VENV)/.dev
	$(BIN)/pytest -n 2 --dist worksteal -m "$(QUICK)" $(WHOLE:%=--ignore=%) $(addprefix tests/,$(or $(PKG_$(PKG)),$(PKG))) || \
	  { [ $$? = 5 ] && echo "No test of $(PKG) is quick: pytest tests/$(PKG)" && false; }

cluster: system-test $(VENV)/.dev ## long runs of several gateways behind HAProxy with PostgreSQL (tests/cluster): KILLS=30
	GATEWAY_LONG=1 GATEWAY_KILLS=$(or $(KILLS),30) $(BIN)/pytest -v -rP -n 3 --dist load --maxschedchunk 1 --durations=10 tests/cluster

restarts: $(VENV)/.dev ## fifty restarts of one gateway under load, half by kill -9 (tests/campaign/test_restarts.py): COUNT=50
	GATEWAY_RESTARTS=$(or $(COUNT),50) $(BIN)/pytest -v -s tests/campaign/test_restarts.py

accuracy: system-test $(VENV)/.dev ## the accuracy tests with all of their files and pages, of which `make test` takes a sample
	GATEWAY_LONG=1 $(BIN)/pytest -v -n 2 --dist loadfile tests/accuracy tests/attacks tests/readers/test_stamp.py \
	  tests/readers/test_detector.py tests/audit/test_corpus_facts.py

bench: $(VENV)/.dev ## side-by-side benchmarks (tests/bench)
	$(BIN)/python -m tests.bench

under-load: $(VENV)/.dev ## whether a verdict depends on the load: FOLDER=... [COUNT=300] [BUSY=16]
	$(VENV)/bin/python -m tests.accuracy.under_load $(FOLDER) $(or $(COUNT),300) $(or $(BUSY),16)

deb: $(VENV)/.python ## a Debian package of the gateway for this release, in dist/
	@deploy/debian/build.sh

lock: $(VENV)/.dev ## resolve pyproject.toml again into the lock files
	$(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --extra ldap \
	  --generate-hashes --no-header --no-annotate --upgrade -q -o requirements.lock
	$(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --extra ldap --extra cluster \
	  --constraint requirements.lock --generate-hashes --no-header --no-annotate --upgrade -q -o requirements-cluster.lock
	$(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --extra ldap --extra cluster --group dev \
	  --generate-hashes --no-header --no-annotate --upgrade -q -o requirements-dev.lock

system: ## system packages that the gateway itself uses
	@deploy/system-packages.sh run

system-test: ## system packages that the tests use (Postfix, LibreOffice, swaks ...)
	@deploy/system-packages.sh run test

$(VENV)/.python: | system
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --disable-pip-version-check uv
	@touch $@

$(VENV)/.runtime: requirements.lock pyproject.toml $(VENV)/.python
	$(BIN)/uv pip install -q --python $(BIN)/python --require-hashes -r requirements.lock
	$(BIN)/uv pip install -q --python $(BIN)/python --no-deps -e .
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.runtime
	$(BIN)/uv pip install -q --python $(BIN)/python --require-hashes -r requirements-dev.lock
	@touch $@

clean: ## remove the virtual environment and caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
