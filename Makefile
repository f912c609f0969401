# Two commands matter: `make demo` and `make test`. Each sets up what it needs, without root.
#
#   make demo            watch a fault become a ticket      CHECK=1  unattended, exit 0 only if all holds
#                                                           LOG=FILE CATALOGUE=FILE  follow a file of your own
#   make test            every test but the soak, one process a core; with CI=true what is missing is installed first
#   make check           format, lint, types, import contracts: what the tests do not say
#   make tutorial NAME=x run docs/tutorials/x.md as it is written
#   make messages        collect sentences into the .po files    make lock     resolve the lock files anew

PYTHON ?= $(shell for name in python3.11 python3 python3.12 python3.13 python3.14 python; do \
    $$name -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && break; done)
VENV := .venv
BIN := $(VENV)/bin
LOCKED := $(VENV)/.locked
STAMP := $(VENV)/.stamp
CATALOGUES := $(shell find agent collector deploy -name '*.po' 2>/dev/null)

.PHONY: venv system demo test check format tutorial bench soak lock messages

venv: $(STAMP)

$(LOCKED): locks/dev.txt
	@test -n "$(PYTHON)" || { echo "Sitewarden needs Python 3.11 or newer with venv (Debian: apt install python3 python3-venv)."; \
	  echo "None of python3.11, python3, python3.12, python3.13, python3.14, python is one; name yours: make PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r locks/dev.txt
	touch $@

$(STAMP): $(LOCKED) pyproject.toml deploy/build_locale.py $(CATALOGUES)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

system:
	bash deploy/ci/install_system.sh

demo: venv
	$(BIN)/python -m deploy.demo $(if $(CHECK),--check) $(if $(LOG),--log "$(LOG)") $(if $(CATALOGUE),--catalogue "$(CATALOGUE)")

test: $(if $(filter true,$(CI)),system) venv
	$(BIN)/python -m pytest -n logical --dist worksteal $(ARGS)

check: venv
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

format: venv
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix-only --exit-zero .

tutorial: venv
	@test -n "$(NAME)" || { echo "say which: make tutorial NAME=$$(basename -s .md docs/tutorials/*.md | head -n 1)"; exit 2; }
	$(BIN)/python -m deploy.tutorial docs/tutorials/$(NAME).md

bench: venv
	@for file in benchmarks/*.py; do echo "== $$file"; $(BIN)/python "$$file" || exit 1; done

soak: venv
	SOAK=1 HYPOTHESIS_PROFILE=soak $(BIN)/python -m pytest --timeout=3600 $(ARGS)

messages: venv
	$(BIN)/python -m deploy.messages

lock: venv
	for extra in agent collector desk dev; do \
	  $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	    --extra $$extra pyproject.toml -o locks/$$extra.txt || exit 1; \
	done
