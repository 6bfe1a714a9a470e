# The gates: `make check` in seconds, `make test` is what CI runs, `make run` is the main job.
PYTHON ?= python3
VENV   := .venv
EXAMPLES     ?= 100
SEQUENCES    ?= 150
STEPS        ?= 2000
SEEDS        ?= 1 2 3
SECONDS_EACH ?= 120
SEED         ?= 1
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed

.PHONY: setup run test test-network check record bless bench stability pages docs proof mutation fuzz sdk-matrix clean

setup: $(STAMP)                 ## fetch everything; after it all but test-network is offline

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed; name one: make PYTHON=python3.11 ...")'
	@echo "setting up $(VENV)" >&2
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

run: setup                      ## replay the bundled cassettes offline and report
	@$(BIN)/assistants-conformance run

test: setup                     ## all tests, offline; hundreds of them start the command, so its bytecode is kept
	PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n 2 --dist worksteal

test-network: setup             ## what needs a registry: the real SDKs, and the HTML report in Chromium (apt install chromium)
	$(BIN)/python -m pytest -m network tests/network

check: setup                    ## the quick gate
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

record: setup                   ## record the reference endpoint's cassettes and coverage anew; ONLY=WHAT as for --only
	$(if $(ONLY),,rm -rf cassettes/reference)
	$(BIN)/assistants-conformance run reference --record cassettes/reference -j 2 $(addprefix --only ,$(ONLY))

bless: setup                    ## accept what users see now: snapshots, and what README, ARCHITECTURE and reports/coverage.md generate
	$(BIN)/python -m pytest -n 2 --snapshot-update $(shell grep -rl SnapshotAssertion tests --include='*.py')
	$(BIN)/python tests/readme.py --write
	$(BIN)/assistants-conformance requirements --coverage > reports/coverage.md
	$(BIN)/assistants-conformance requirements --reference > docs/requirements.md

bench: setup                    ## the judge, the offline replay beside a bare replay, the start-up beside a bare interpreter, the proxy beside a bare relay
	PYTHONPATH=. $(BIN)/python benchmarks/judging.py
	PYTHONPATH=. $(BIN)/python benchmarks/feeds.py
	$(BIN)/python benchmarks/replay.py
	$(BIN)/python benchmarks/startup.py
	$(BIN)/python benchmarks/proxy.py

stability: setup                ## 20 runs of the suite with every core kept busy: do the verdicts stay?
	$(BIN)/python benchmarks/stability.py

pages: setup                    ## the published pages that are generated: coverage, and what real traffic shows
	$(BIN)/python tests/real_traffic.py --write
	$(BIN)/python -m tests.corpora_page --write
	$(BIN)/assistants-conformance requirements --coverage > reports/coverage.md

docs: setup                     ## the documentation as a site, in build/docs
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[docs]'
	$(BIN)/sphinx-build --quiet --fail-on-warning --builder html docs build/docs

proof: setup                    ## the kill matrix: every planted fault, operators over real traces, harmless variations
	$(BIN)/assistants-conformance proof -j 2 --all --save specs/proof.json

mutation: setup                 ## a sample of small changes to the judge's own code: do tests or planted faults notice?
	@test -x .venv-mutation/bin/python || $(PYTHON) -m venv .venv-mutation
	@.venv-mutation/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]' mutmut
	.venv-mutation/bin/python -m benchmarks.mutation --seed $(SEED)

sdk-matrix: setup               ## every known issue on every listed SDK release (needs a registry)
	$(BIN)/assistants-conformance issues reproduce --matrix --report reports --save specs/affected.json -j 3

fuzz: setup                     ## the long form: schemas, sequences, and the coverage-guided search (needs a registry)
	for seed in $(SEEDS); do \
	  echo "seed $$seed: $(SEQUENCES) sequences, of $(STEPS) steps at least" >&2; \
	  $(BIN)/assistants-conformance fuzz reference --stateful --seed $$seed --max-examples $(SEQUENCES) --max-time 600 --report reports/latest/sequences-$$seed || exit 1; \
	  $(BIN)/python tests/fuzz/steps.py reports/latest/sequences-$$seed $(STEPS) || exit 1; \
	  echo "seed $$seed: $(EXAMPLES) right and $(EXAMPLES) wrong requests for each operation" >&2; \
	  $(BIN)/assistants-conformance fuzz reference --schema --seed $$seed --max-examples $(EXAMPLES) --max-time 1200 --report reports/latest/requests-$$seed || exit 1; \
	done
	$(BIN)/python -m tests.fuzz.sequence_faults 300 $(SEEDS)
	$(BIN)/python -m pytest -n 2 -m long
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt atheris
	@test -x .venv-fakeai/bin/fakeai-server || { $(PYTHON) -m venv .venv-fakeai && .venv-fakeai/bin/python -m pip install --quiet --disable-pip-version-check fakeai==0.3.2 pillow; }
	$(BIN)/python benchmarks/fuzzing.py --name 'FakeAI 0.3.2' --endpoint '$(CURDIR)/.venv-fakeai/bin/fakeai-server server --host 127.0.0.1 --port {port}'
	for target in events recordings judging; do $(BIN)/python tests/fuzz/guided.py $$target $(SECONDS_EACH) || exit 1; done

clean:
	rm -rf $(VENV) .venv-mutation .venv-fakeai reports/latest dist build
