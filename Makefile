# What people and CI run. `make help` lists it; everything works from a fresh clone.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

UV_VERSION := 0.13.8
PYTHON ?= python3
CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/meshfed
UV_HOME := $(CACHE)/uv-$(UV_VERSION)
UV := $(UV_HOME)/bin/uv
SYNCED := .venv/.synced
RUN := .venv/bin
ENGINE_TOOLS := pulumi pulumi-language-python helm istio-charts
# What tests alone run.
TEST_TOOLS := opa gator
# The programs that read what is rendered, and their Debian packages.
TEST_PACKAGES := bird2 charon-systemd cloud-init iproute2 libstrongswan-extra-plugins \
	libstrongswan-standard-plugins libxml2-utils nftables strongswan-charon strongswan-swanctl \
	wireguard-go wireguard-tools

.PHONY: help setup toolchain up down test test-tools test-packages lint schema pages verify bench clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 16

setup: $(SYNCED) ## make .venv with everything that the lock file names

toolchain: $(SYNCED) ## build the engine, its Python host and helm into ~/.cache/meshfed (once; minutes)
	@$(RUN)/python -m meshfed_local.toolchain $(ENGINE_TOOLS) >/dev/null

up: toolchain ## deploy every region of the settings to the local target
	@$(RUN)/meshfed local up

down: toolchain ## take everything down that `make up` deployed
	@$(RUN)/meshfed local down

test: toolchain test-tools test-packages lint ## lint, then every test
	@$(RUN)/pytest -n 2 --dist loadfile

test-tools: $(SYNCED) ## build OPA and Gatekeeper's gator, which tests alone run, into the same cache
	@$(RUN)/python -m meshfed_local.toolchain $(TEST_TOOLS) >/dev/null

test-packages: ## install the Debian packages that tests run rendered files with (as root)
	@missing=$$(for package in $(TEST_PACKAGES); do \
	    dpkg-query -W -f '$${db:Status-Status}\n' $$package 2>/dev/null | grep -qx installed || echo -n "$$package "; \
	done); \
	if [ -z "$$missing" ]; then exit 0; fi; \
	if ! command -v apt-get >/dev/null; then \
	    echo "make test-packages: these Debian packages are wanted, and this system has no apt-get: $$missing" >&2; exit 1; \
	fi; \
	if [ "$$(id -u)" != 0 ]; then \
	    echo "make test-packages: run as root: apt-get install -y --no-install-recommends $$missing" >&2; exit 1; \
	fi; \
	echo "test-packages: installing $$missing"; \
	log=$$(mktemp); \
	if ! { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $$missing; } \
	    >$$log 2>&1; then \
	    tail -n 15 $$log >&2; \
	    echo "make test-packages: apt-get failed (all of it: $$log); install these by hand: $$missing" >&2; exit 1; \
	fi; \
	rm -f $$log

lint: $(SYNCED) ## check style, layers and types
	@$(RUN)/ruff check
	@$(RUN)/ruff format --check
	@$(RUN)/pyright

schema: $(SYNCED) ## write the JSON Schemas of the settings file and of the gate's configuration again
	@for of in settings gate; do $(RUN)/meshfed schema --of $$of; done

pages: $(SYNCED) ## write the pages of docs/rules again, from the rules and their cases
	@$(RUN)/python -m tests.rules.pages

verify: toolchain ## have the clouds' own provider code judge what is deployed (first run: about 40 minutes)
	@$(RUN)/python -m meshfed_local.verify

bench: toolchain ## measure; results with machine, date and commit go to bench/results
	@for name in plan resources deploy preview gate catches; do $(RUN)/python -m bench.$$name; done

clean: ## remove the environment, the local worlds and what tools left (built tools in ~/.cache stay)
	@rm -rf .venv .local .pytest_cache .ruff_cache .hypothesis .import_linter_cache dist
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(SYNCED): uv.lock pyproject.toml components/pyproject.toml agent/pyproject.toml local/pyproject.toml | $(UV)
	@# The old Python language host asks `python -m pip` for the installed packages: --seed brings pip.
	@[ -x .venv/bin/pip ] || $(UV) venv --quiet --seed --allow-existing --python $(PYTHON) .venv
	@$(UV) sync --quiet --frozen
	@touch $@

$(UV):
	@command -v $(PYTHON) >/dev/null || { echo "make setup: no $(PYTHON) on PATH; install Python 3.11 or newer." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	    echo "make setup: $(PYTHON) is $$($(PYTHON) -V); 3.11 or newer is wanted. Name one: make setup PYTHON=python3.12" >&2; exit 1; }
	@mkdir -p $(CACHE)
	@# Not the user's pip: it may be missing, or refuse to install outside of an environment.
	@$(PYTHON) -m venv $(UV_HOME).partial >/dev/null 2>&1 || { rm -rf $(UV_HOME).partial; \
	    echo "make setup: $(PYTHON) cannot make environments; install its venv module (Debian, Ubuntu: apt-get install python3-venv)." >&2; exit 1; }
	@$(UV_HOME).partial/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION) || { rm -rf $(UV_HOME).partial; \
	    echo "make setup: uv $(UV_VERSION) cannot be had from PyPI; connect, or set PIP_INDEX_URL to a mirror, and run it again." >&2; exit 1; }
	@rm -rf $(UV_HOME) && mv $(UV_HOME).partial $(UV_HOME)
