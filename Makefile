# Two commands do everything from a bare clone: `make demo` and `make test`.
PYTHON ?= python3
BIN := .venv/bin

.DEFAULT_GOAL := help

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-12s %s\n", $$1, $$2}'

.venv/installed: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Amicable needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Name another with: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

.PHONY: install
install: .venv/installed ## create .venv from the pinned, hashed lock

.PHONY: demo
demo: install ## run the main job on embedded defaults (ONCE=1 exits after the summary)
	@$(BIN)/python starter.py demo $(if $(ONCE),--once)

.PHONY: test
test: check ## lint, types, import contracts, then every test
	@$(BIN)/python -m pytest -n $(or $(TEST_WORKERS),2) --dist loadgroup

.PHONY: check
check: install ## lint, types and import contracts only
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

.PHONY: bench
bench: install ## measure throughput, actions, history and memory against the budget, and facts a second
	@$(BIN)/python -m bench
	@$(BIN)/python -m bench --facts

.PHONY: bench-large
bench-large: install ## measure growth to 100,000 open cases, worker processes and the cost of a case (up to an hour)
	@$(BIN)/python -m bench.large

.PHONY: lock
lock: install ## pin and hash every dependency again (needs uv on the PATH)
	uv pip compile --universal --generate-hashes --no-emit-index-url --no-emit-find-links --group dev --python-version 3.11 --custom-compile-command 'make lock' pyproject.toml -o requirements.lock

.PHONY: clean
clean: ## remove what running leaves behind
	rm -rf .venv .amicable .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
