# The two commands a newcomer needs are `make up` and `make test`. Needs Python 3.11 with venv, and make.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/pip install --quiet --disable-pip-version-check
DATA ?= data
RUN_INSTALLED := .venv/.run-installed
TEST_INSTALLED := .venv/.test-installed

.PHONY: up test test-all check fuzz soak benchmarks screenshots lock format clean

up: $(RUN_INSTALLED) front ## start the platform with its demo plant
	@exec $(BIN)/kandelia up --demo --data $(DATA) $(ARGS)

$(RUN_INSTALLED): requirements/run.lock pyproject.toml examples/demo-plant/pyproject.toml
	@echo "Installing (once) …"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv || { echo "python3 -m venv failed: apt-get install python3-venv"; exit 1; }
	@$(PIP) --require-hashes -r requirements/run.lock
	@$(PIP) --no-build-isolation --no-deps --editable . --editable examples/demo-plant
	@touch $@

$(TEST_INSTALLED): requirements/test.lock $(RUN_INSTALLED)
	@echo "Installing what the tests need (once) …"
	@$(PIP) --require-hashes -r requirements/test.lock
	@touch $@

.PHONY: front
front: $(RUN_INSTALLED) ## front-end libraries and message catalogues; does nothing when nothing changed
	@$(BIN)/python tools/build_frontend.py

.PHONY: debian
debian: $(TEST_INSTALLED)
	@$(BIN)/python tools/debian_packages.py

.PHONY: peers
peers: $(TEST_INSTALLED)
	@$(BIN)/python -m tools.test_peers

test: $(TEST_INSTALLED) front debian peers check-quick ## everything, each screen once
	@$(BIN)/pytest -n 2 --no-loadscope-reorder -q

test-all: $(TEST_INSTALLED) front debian peers check-quick ## everything, each screen in every language, theme and width
	@KANDELIA_SCREENS=all $(BIN)/pytest -n 2 --no-loadscope-reorder -q

check: $(TEST_INSTALLED) front check-quick ## the quick part
	@$(BIN)/pytest -n 2 --no-loadscope-reorder -q -m "not slow and not browser and not fault"

.PHONY: check-quick
check-quick: $(TEST_INSTALLED)
	@$(BIN)/ruff format --check --quiet . || { echo "run make format"; exit 1; }
	@$(BIN)/ruff check --quiet .
	@KANDELIA_DATA=.mypy_cache/data $(BIN)/mypy src examples/demo-plant/src

fuzz: $(TEST_INSTALLED) ## hypothesis at length on every decoder; make test replays what it found
	@HYPOTHESIS_PROFILE=fuzz $(BIN)/pytest -q --timeout=0 tests/fuzz

soak: $(TEST_INSTALLED) ## half an hour with peers that come and go; memory must stay flat
	@$(BIN)/python -m tests.soak

benchmarks: $(TEST_INSTALLED) front peers
	@for part in history ingest drivers modbus sparkplug live measures records start; do $(BIN)/python -m benchmarks.$$part || exit 1; done

screenshots: $(TEST_INSTALLED) front debian ## the pictures in README and docs
	@$(BIN)/python -m tools.screenshots

lock: $(TEST_INSTALLED) ## renew the lock files (no addresses in them)
	@$(BIN)/python tools/lock.py

format:
	@$(BIN)/ruff format --quiet . && $(BIN)/ruff check --quiet --fix .

clean: ## everything that was made, but never the data
	@rm -rf .venv node_modules .mypy_cache .ruff_cache .pytest_cache build src/kandelia/surfaces/web/static/vendor
