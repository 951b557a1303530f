# make run    installs what is missing, builds, starts the platform with a demo district
# make test   installs what is missing, runs every test on both stores and in the browser
# make bench  measures, side by side with named peers
.DEFAULT_GOAL := help
SHELL := /bin/bash
PROFILE ?= district
DATA ?= data
BIN := target/$(PROFILE)/jinggai
WEB := $(wildcard web/package.json)

.PHONY: help
help:
	@sed -n 's/^# make/make/p' Makefile

# ---- what the machine must have -------------------------------------------------------------------------------

.PHONY: deps deps-run
deps:
	@scripts/deps test
deps-run:
	@scripts/deps run

# ---- the web part ---------------------------------------------------------------------------------------------

ifneq ($(WEB),)
WEB_SOURCES := $(shell find web -path web/node_modules -prune -o -path web/dist -prune -o -type f -print)
web/node_modules/.installed: web/package.json web/package-lock.json
	cd web && npm ci --no-audit --no-fund
	@touch $@
web/dist/.built: web/node_modules/.installed $(WEB_SOURCES)
	cd web && npm run build
	@touch $@
.PHONY: web
web: web/dist/.built
else
.PHONY: web
web:
endif

# ---- running --------------------------------------------------------------------------------------------------

.PHONY: build run package
build: web
	cargo build --locked --profile $(PROFILE) -p jinggai

run: deps-run build
	$(BIN) serve --demo --data $(DATA)

package: web
	cargo build --locked --release -p jinggai
	@ls -l target/release/jinggai

# ---- checking -------------------------------------------------------------------------------------------------

.PHONY: test lint test-rust test-web test-browser
test: deps lint test-web test-rust test-browser

lint:
	cargo fmt --all --check
	cargo clippy --locked --workspace -- -D warnings
	cargo clippy --locked --workspace --tests -- -D warnings -A clippy::unwrap_used
	cargo run --locked -q -p xtask -- check

test-rust: web
	scripts/with-postgres scripts/test-rust

test-web:
ifneq ($(WEB),)
test-web: web/node_modules/.installed
	@! grep -q '"resolved"' web/package-lock.json || { echo "web/package-lock.json names a registry host: see web/.npmrc" >&2; exit 1; }
	cd web && npm run lint && npm run typecheck && npm test
endif

# The console in a real browser, on the real program.
test-browser:
ifneq ($(WEB),)
test-browser: web
	cargo build --locked -p jinggai --bin jinggai
	cd web && npm run size && JINGGAI_BIN=$(CURDIR)/target/debug/jinggai npm run e2e
endif

.PHONY: bench
bench: deps web
	cargo build --locked --release -p jinggai
	scripts/with-postgres scripts/bench
