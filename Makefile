# Steward's commands. `make` alone lists them. Nothing needs to be there but make, git and any python3.

SHELL := /bin/bash
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules

export SAM_CLI_TELEMETRY := 0
export UV_FROZEN := 1
unexport VIRTUAL_ENV
unexport PYTHONDONTWRITEBYTECODE # imports without bytecode take several times as long

UV_VERSION := 0.13.9
UV := $(or $(shell command -v uv 2>/dev/null),$(CURDIR)/.tools/bin/uv)
RUN := $(UV) run
SAM := .local/tools/sam/bin/sam
OFFLINE := AWS_DEFAULT_REGION=us-east-1 $(SAM)# building and validating ask for a region, and go nowhere
LAYERS := steward data learn
PYTEST := pytest --numprocesses auto --dist worksteal --durations 10 --durations-min 5
UNIT := layers/steward/steward tests/unit

# The layers' makefiles run in SAM's scratch folder, and find uv and a Python 3.13 through these two.
export STEWARD_UV := $(UV)
export STEWARD_PYTHON := $(CURDIR)/.venv/bin/python
export STEWARD_ARCHITECTURE ?= arm64

STACK ?= steward

.PHONY: help demo demo-tamper adopt test test-aws check security vulnerabilities integration e2e coverage nightly processors build up down deploy benchmark study peers clean deps tools lock lint \
  unit templates generate changelog release wheel

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: deps tools ## play ten months of real flights through the deployed functions, and show what Steward did
	$(RUN) python infra/demo

demo-tamper: deps tools ## change one stored byte of the demo's stack, and see that verifier, audit and alert name it
	$(RUN) python infra/demo/tamper.py

test: deps tools ## everything: lint, types, template lint, unit and integration tests beside end-to-end tests on a stack of their own
	@mkdir -p .local
	{ nice make --no-print-directory lint templates && nice $(RUN) $(PYTEST) $(UNIT) tests/integration; } > .local/check.log 2>&1 & \
	checks=$$!; $(RUN) pytest tests/e2e; e2e=$$?; wait $$checks; checked=$$?; cat .local/check.log; exit $$((e2e + checked))

check: lint unit ## format, lint, types, import contracts and unit tests, in a few minutes

security: deps .local/tools/security/.synced ## lint the templates, as SAM expands them, with checkov and an IAM linter; each exception has its reason in them
	$(RUN) python -m infra.security

vulnerabilities: $(UV) ## look up known vulnerabilities of every locked package (asks osv.dev)
	$(UV) audit --frozen
	$(UV) audit --frozen --project infra/security

integration: deps ## every function's handler on AWS in memory, wired by the template's own rules
	$(RUN) $(PYTEST) tests/integration

e2e: deps tools ## the template deployed into a local emulator, driven from outside
	$(RUN) pytest tests/e2e

coverage: deps ## lines and branches of the package that unit and integration tests run; fails below 95 %
	$(RUN) $(PYTEST) --cov --cov-report=term $(UNIT) tests/integration

nightly: deps ## every case of which make test tries a sample, and the unit tests as on other processors; takes hours
	STEWARD_MOTO=http $(RUN) $(PYTEST) -m "not benchmark" --hypothesis-profile nightly --timeout 7200 tests/unit tests/integration; missed=$$?; \
	$(RUN) python -m tests.processors && exit $$missed

processors: deps ## the unit tests as on processors without AVX-512 or AVX2, and with eight cores
	$(RUN) python -m tests.processors

build: deps tools ## build functions and layers for AWS into .aws-sam/ (STEWARD_ARCHITECTURE=arm64 or x86_64)
	PATH="$(CURDIR)/.venv/bin:$$PATH" $(OFFLINE) build --parameter-overrides Architecture=$(STEWARD_ARCHITECTURE)
	$(RUN) python -m infra.deploy.pin .aws-sam/build/template.yaml $(STEWARD_ARCHITECTURE)

up: deps tools ## start the local AWS emulator, deploy the real template into it
	$(RUN) python infra/local up

down: ## stop the local emulator that `make up` started
	@if [ -x .venv/bin/python ]; then .venv/bin/python infra/local down; else echo "Nothing is running: make up has not been run here."; fi

deploy: deps tools ## deploy to your AWS account; GUIDED=1 asks for every parameter, PARAMETERS="AlertEmail=..." sets some, STACK names it
	@set -euo pipefail; found=$$($(RUN) python -m infra.deploy $(STACK) $(PARAMETERS)); read -r region environment quotas <<< "$$found"; \
	$(MAKE) --no-print-directory build; \
	$(SAM) deploy $(if $(GUIDED),--guided) --stack-name $(STACK) --region "$$region" \
	  --tags "steward:environment=$$environment" \
	  --parameter-overrides Architecture=$(STEWARD_ARCHITECTURE) $$quotas $(PARAMETERS)

adopt: deps tools ## deploy a new stack over the buckets of a removed one: DATA_BUCKET=... LEDGER_BUCKET=..., and what deploy takes
	$(RUN) python -m infra.deploy.adopt begin $(STACK) "$(DATA_BUCKET)" "$(LEDGER_BUCKET)" $(PARAMETERS)
	@$(MAKE) --no-print-directory deploy
	$(RUN) python -m infra.deploy.adopt finish $(STACK)

test-aws: deps tools ## end-to-end tests in your AWS account, in a stack of their own that is removed; says the price, YES=1 goes on
	$(if $(YES),$(MAKE) --no-print-directory build)
	$(RUN) python -m infra.test_aws $(if $(YES),--yes)

benchmark: deps tools peers ## measure the promised speeds, sizes and errors of estimates
	$(RUN) pytest tests/benchmarks tests/e2e/test_alert.py -m benchmark -s; missed=$$?; $(RUN) python -m tests.benchmarks.published speed estimation && exit $$missed

study: deps peers ## count false alarms and missed drift, ours and the peers'; goes on where it stopped (STUDY_PROCESSES=2)
	$(RUN) python -m tests.benchmarks.study $(STUDY)
	$(RUN) python -m tests.benchmarks.published study edge

peers: deps # an environment for each library that Steward is compared with
	$(RUN) python -m tests.benchmarks.peers.environments $(UV)

generate: deps ## write what is generated from the code: JSON schemas, the table of monitors, parts of infra/docs
	$(RUN) python infra/schemas/generate.py
	$(RUN) python infra/schemas/monitors.py
	$(RUN) python -m infra.docs

changelog: deps ## print what the next release will say of itself
	@$(RUN) towncrier build --draft --version next 2> /dev/null

release: deps ## VERSION=1.2.3: version, changelog, commit, tag and wheel; publishes nothing
	$(RUN) python infra/release.py cut "$(VERSION)"
	$(MAKE) wheel

wheel: deps ## build the distribution into dist/
	$(UV) build --wheel

clean: down ## remove everything generated: environments, builds, local stacks, caches
	rm -rf .aws-sam .local .venv .tools dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

lint: deps
	$(RUN) ruff format --check
	$(RUN) ruff check
	$(RUN) mypy
	$(RUN) lint-imports --no-logo
	@$(foreach layer,$(LAYERS),$(call export_layer,$(layer)) | cmp -s - layers/$(layer)/requirements.txt || \
	  { echo "layers/$(layer)/requirements.txt does not match uv.lock: run 'make lock'." >&2; exit 1; };)
	@$(RUN) python -m infra.lock --check

unit: deps
	$(RUN) $(PYTEST) $(UNIT)

templates: deps tools
	$(OFFLINE) validate --lint
	$(RUN) cfn-lint template.yaml infra/deploy/adopted.yaml infra/replica/replica.yaml infra/pipeline/*.yaml
	$(RUN) actionlint infra/pipeline/github/*.yml .github/workflows/*.yml

# One file a layer, pinned and hashed: SAM builds layers in a scratch folder, from their own folder alone.
# A package that two layers need is shipped by the one that every function of the other has too.
export_layer = $(UV) export --quiet --only-group layer-$(1) --no-emit-project --no-annotate --no-header \
  $(addprefix --no-emit-package ,$(elsewhere_$(strip $(1))))
elsewhere_data := python-dateutil six
elsewhere_learn := numpy

lock: $(UV) ## resolve dependencies again, and write what each layer ships
	env -u UV_FROZEN $(UV) lock
	env -u UV_FROZEN $(UV) lock --project infra/security
	$(foreach layer,$(LAYERS),$(call export_layer,$(layer)) > layers/$(layer)/requirements.txt &&) true
	$(RUN) python -m infra.lock

# Environments: the project's own, and one for each tool that pins its dependencies tightly.
deps: .venv/.synced
tools: .local/tools/sam/.synced .local/tools/emulator/.synced

.venv/.synced: $(UV) uv.lock pyproject.toml .python-version
	$(UV) sync
	touch $@

.local/tools/security/.synced: $(UV) infra/security/uv.lock .python-version
	UV_PROJECT_ENVIRONMENT=$(CURDIR)/.local/tools/security $(UV) sync --project infra/security
	touch $@

.local/tools/%/.synced: $(UV) uv.lock .python-version
	UV_PROJECT_ENVIRONMENT=.local/tools/$* $(UV) sync --only-group $* --no-install-project
	touch $@

.tools/bin/uv $(CURDIR)/.tools/bin/uv:
	python3 -m venv .tools
	.tools/bin/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
