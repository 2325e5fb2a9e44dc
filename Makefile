# SPDX-License-Identifier: Apache-2.0
# make demo     see it work, from a fresh checkout
# make test     lint, types and tests
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
OUT    := out/demo
PIP    := $(BIN)/python -m pip --quiet --disable-pip-version-check
JOBS   ?= 2

.PHONY: demo test lint types images samples bench bench-check clean browser node

$(VENV)/.installed: pyproject.toml constraints.txt
	@echo "== 1. making a virtual environment in $(VENV) and installing the package (once) =="
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PIP) install --no-compile -c constraints.txt -e .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	@echo "== installing what the tests need (once) =="
	@$(PIP) install -c constraints.txt -e '.[dev,skia,bench]'
	@for plugin in plugins/*/pyproject.toml; do \
		[ ! -f "$$plugin" ] || $(PIP) install -c constraints.txt -e "$$(dirname $$plugin)" || exit 1; \
	done
	@touch $@

demo: $(VENV)/.installed
	@mkdir -p $(OUT)
	@echo "== 2. transcoding samples/demo.mp4 (the first run compiles kernels once, up to a minute) =="
	$(BIN)/mtor transcode samples/demo.mp4 -o $(OUT)/demo.mtor
	@echo "== 3. what is in it =="
	$(BIN)/mtor inspect $(OUT)/demo.mtor
	@echo "== 4. rendering it back to video, twice as large as the source (vectors scale) =="
	$(BIN)/mtor render $(OUT)/demo.mtor -o $(OUT)/demo.mp4 --size 1280x720
	@echo "== 5. measuring it beside its source =="
	$(BIN)/mtor report samples/demo.mp4 $(OUT)/demo.mtor --html $(OUT)/report.html --json $(OUT)/report.json
	@echo "== done =="
	@echo "the film      $(OUT)/demo.mtor ($$(wc -c < $(OUT)/demo.mtor) bytes; samples/demo.mp4 has $$(wc -c < samples/demo.mp4))"
	@echo "rendered      $(OUT)/demo.mp4"
	@echo "the report    $(OUT)/report.html (open it in a browser)"

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: $(VENV)/.installed-dev
	$(BIN)/mypy

# The tests of animated SVG play it in a browser; without one they are skipped.
browser:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null \
	|| { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && echo "== installing a browser for the tests (once) ==" \
		&& apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends chromium >/dev/null; } \
	|| echo "no browser, and none can be installed: tests that need one are skipped"

# The browser's player is tested in node, its types are checked by tsc; without them these tests are skipped.
TYPESCRIPT := 7.0.2
node: $(VENV)/.installed-dev
	@{ command -v node && command -v npm; } >/dev/null \
	|| { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && echo "== installing node for the tests (once) ==" \
		&& apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends nodejs npm >/dev/null; } \
	|| echo "no node, and none can be installed: tests that need it are skipped"
	@test -x $(VENV)/node/node_modules/.bin/tsc || ! command -v npm >/dev/null \
	|| npm install --silent --no-save --no-package-lock --no-audit --no-fund --prefix $(VENV)/node typescript@$(TYPESCRIPT) >/dev/null \
	|| echo "tsc cannot be installed: the player's types are not checked"

# All three run, whichever fails, so that one run tells everything; pytest's summary comes last.
test: $(VENV)/.installed-dev browser node
	@failed=0; \
	$(MAKE) --no-print-directory lint || failed=1; \
	$(MAKE) --no-print-directory types || failed=1; \
	$(BIN)/python -m pytest -n $(JOBS) || failed=1; \
	exit $$failed

images: $(VENV)/.installed
	$(BIN)/python benchmarks/images.py

# MTOR beside SVT-AV1 on the clips, into docs/results.md; what was measured before is kept in the user's cache.
# Hours at first.
bench: $(VENV)/.installed-dev
	$(BIN)/mtor bench ../shared/clips/*.mp4 -o out/bench
	$(BIN)/python benchmarks/results.py out/bench/bench.json

# By hand, before a release: figures of a small set against benchmarks/baseline.json.
bench-check: $(VENV)/.installed
	$(BIN)/python benchmarks/check.py

samples: $(VENV)/.installed
	$(BIN)/python samples/generate.py

clean:
	rm -rf $(VENV) out build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
