# What can be done here. `make help` prints this list from the comments.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help deps build demo demo-check demo-logs demo-stop demo-clean test test-all test-unit test-pages test-e2e second-day \
        compat-test fuzz fuzz-short random-trees chaos chaos-short lint format docs bench bench-peers images clean

# `release` is what is deployed; tests build `debug`.
CONFIGURATION ?= release
CHAOS_SECONDS ?= 600
CHAOS_EVENTS ?= 1000000
SUITE ?= idle ingest
SWIFT_SOURCES := Package.swift Services Shared Tests

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

deps: ## install what is missing: Debian packages, the development broker, browser libraries, test tools
	@scripts/deps

build: deps ## build the five services (CONFIGURATION=release or debug)
	@scripts/build $(CONFIGURATION)

demo: build ## start everything on this machine and leave it running (PIPELINE=Pipelines/subscriptions: another pipeline)
	@CONFIGURATION=$(CONFIGURATION) scripts/demo start

demo-check: ## compare messages in each topic, rows in its table, and sums of the models
	@scripts/demo check

demo-logs: ## follow the log of every service of the demo
	@scripts/demo logs

demo-stop: ## stop the demo; its data stays
	@scripts/demo stop

demo-clean: ## stop the demo and delete its data
	@scripts/demo clean

test: deps lint test-unit test-pages ## lint, unit and integration tests, a walk through the pages in a browser, the second day (at most 12 minutes after the build)

test-all: deps lint test-unit ## all of that, and services killed under load, second days, fuzzing, random trees, chaos (the aim: 45 minutes)
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target fuzz-short random-trees
	@$(MAKE) --no-print-directory test-e2e second-day chaos-short

test-unit: deps ## Swift tests, on a PostgreSQL, a broker and a BigQuery emulator of their own (FILTER=regex runs some)
	@scripts/test-unit $(FILTER)

fuzz: ## texts of any kind for the SQL front end, until one breaks it (FUZZ_SECONDS, 3600)
	@scripts/fuzz-sql

fuzz-short:
	@FUZZ_RUNS=5000 scripts/fuzz-sql

compat-test: deps ## a project's history given to SQLMesh, whose tables are recorded, and to Millrace, which has to have the same
	@scripts/compat-record

random-trees: deps ## 100,000 random SQL trees of each dialect, written, read back and compared (a minute, and one to build)
	@scripts/random-trees

test-pages: deps ## the demo's pages and dashboards in Chromium, and the second day as it is written down
	@scripts/test-e2e pages dashboards second_day

test-e2e: deps ## the demo end to end: its pages, killed services, collector, replays, the other pipeline, the second day, the tutorial
	@scripts/test-e2e

second-day: deps ## what people change when they come back, in an order of the seed's (SEED=n, random without)
	@scripts/second-day $(if $(SEED),--seed $(SEED))

chaos: deps ## three sinks under kills and outages, then each event looked for (CHAOS_SECONDS, CHAOS_EVENTS; debug build)
	@scripts/build debug
	@scripts/chaos $(CHAOS_SECONDS) $(CHAOS_EVENTS)

chaos-short:
	@scripts/build debug
	@scripts/chaos 120 60000

lint: ## fail where the code differs from its format
	@swift format lint --strict --recursive --parallel $(SWIFT_SOURCES)

format: ## format the code in place
	@swift format --in-place --recursive --parallel $(SWIFT_SOURCES)

docs: ## write docs/configuration.md from the declarations in the code
	@UPDATE_DOCS=1 scripts/test-unit ConfigurationDocument

bench: build ## measure (SUITE=idle, ingest, sql or transformer; the first two without): prints a table, writes .millrace/bench/SUITE.json
	@for suite in $(SUITE); do scripts/bench $$suite; done

bench-peers: build ## the transformer beside SQLMesh on the same projects, PostgreSQL and machine; writes .millrace/bench/peers.json
	@scripts/bench peers

images: ## build the container images of the five services
	@docker compose build

clean: ## delete what was built (not the demo's data: that is demo-clean)
	@rm -rf .build
