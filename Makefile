# Błękit: `make demo` shows it, `make test` and `make check` prove it. Every target makes the environment it needs.
#
# Paths are relative to this folder on purpose: make splits what it expands at blanks, and the folder's own path may
# hold some.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DEFAULT_GOAL := help

PYTHON ?= python3
INSTALLED := .venv/.installed

.PHONY: help install demo stop test check fuzz bench clean

help:
	@echo 'make demo     build the simulated estate, start everything, take six units live (leaves it running)'
	echo 'make stop     stop what make demo started; the data stay in .blekit'
	echo 'make test     run the tests, a process a core (ARGS="-n0 -k crosswalk" for some of them, in one)'
	echo 'make check    ruff, mypy, import layers'
	echo 'make fuzz     spoil 100 000 files of each format and read them (ARGS="--mutations 2000" for fewer)'
	echo 'make bench    install Splink beside us and link the same files with both (an hour; ARGS="--sizes 100k" for less)'
	echo 'make install  only make .venv from requirements.lock'
	echo 'make clean    stop, then delete .blekit (database, deliveries, keys)'

install: $(INSTALLED)

$(INSTALLED): requirements.lock setup.cfg pyproject.toml
	@"$(PYTHON)" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 13))' || {
	  echo "Python 3.11 or 3.12 is needed, $(PYTHON) is another one: make PYTHON=python3.11" >&2; exit 78; }
	"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || {
	  echo "Python's venv module is missing: apt-get install python3-venv (Debian), then make again" >&2; exit 78; }
	[ -x .venv/bin/python ] || "$(PYTHON)" -m venv .venv
	# uv installs the lock in seconds; uv itself comes from the same lock, with its hashes.
	if ! [ -x .venv/bin/uv ]; then
	  sed -n '/^uv==/,/^[^ ]/{/^uv==/p;/^ /p}' requirements.lock > .venv/uv.txt
	  .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r .venv/uv.txt
	fi
	.venv/bin/python -m uv pip install --quiet --python .venv/bin/python --require-hashes -r requirements.lock
	.venv/bin/python -m uv pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation -e .
	touch $(INSTALLED)

demo: $(INSTALLED)
	@# Linkage is compiled at its first call; this way while the estate is being built.
	.venv/bin/python -m dedupe.warming &
	.venv/bin/python demo/run.py

stop:
	@if [ -x .venv/bin/blekit ]; then
	  .venv/bin/python demo/services.py stop || true
	  .venv/bin/blekit down
	else echo 'nothing was installed here'; fi

test: $(INSTALLED)
	@.venv/bin/python -m pytest --numprocesses auto --maxprocesses 4 --no-loadscope-reorder $(ARGS)

check: $(INSTALLED)
	@.venv/bin/python -m ruff check .
	.venv/bin/python -m ruff format --check .
	.venv/bin/python -m mypy --config-file setup.cfg
	.venv/bin/lint-imports

fuzz: $(INSTALLED)
	@.venv/bin/python -m tests.fuzz.run $(ARGS)

# Rivals are installed only for this: no other command needs them.
bench: $(INSTALLED)
	@.venv/bin/python -m uv pip install --quiet --python .venv/bin/python --require-hashes -r requirements-bench.lock
	.venv/bin/blekit bench linkage $(ARGS)

clean: stop
	@rm -rf .blekit
