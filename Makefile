PYTHON ?= python3.11
bin := .venv/bin
quietly := --quiet --no-input --disable-pip-version-check

# heavy imports are compiled once, at the install; a process that may not write bytecode compiles them at each start
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := run
.PHONY: install run test check bench lock verify-oulad verify-parity

install: .venv/campusloop

# uv, itself locked by hash, installs what is locked in a third of pip's time and compiles it on all cores
.venv/packages: requirements.lock requirements.uv.lock
	@echo "installing the locked packages; once, about a minute"
	@test -x $(bin)/python || $(PYTHON) -m venv .venv
	@$(bin)/python -m pip install $(quietly) --require-hashes --only-binary :all: -r requirements.uv.lock
	@VIRTUAL_ENV=.venv $(bin)/uv pip install --quiet --require-hashes --only-binary :all: --compile-bytecode -r requirements.lock
	@touch $@

.venv/campusloop: .venv/packages pyproject.toml
	@$(bin)/python -m pip install $(quietly) --no-deps --no-build-isolation --editable .
	@touch $@

run: install
	@exec $(bin)/campus up

test: check
	$(bin)/python -m pytest

check: install
	$(bin)/ruff check .
	$(bin)/ruff format --check .
	$(bin)/mypy
	$(bin)/lint-imports

bench: install
	$(bin)/python -m benchmarks

# whether the marts hold what the zip holds, counted by polars on the zip
verify-oulad: install
	$(bin)/python tests/verify/oulad.py "$(ZIP)"

# whether a thousand random weeks have the same features and scores in training, offline, online and in serving
verify-parity: install
	$(bin)/python tests/verify/parity.py $(PAIRS)

lock: install
	$(bin)/uv pip compile pyproject.toml --extra dev --python-version 3.11 --only-binary :all: --generate-hashes --quiet \
		--no-emit-index-url --no-emit-find-links --no-header --no-annotate -o requirements.lock
