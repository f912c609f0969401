# Two commands matter: `make demo` and `make test`. Each sets up what it needs.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.stamp
CATALOGUES := $(shell find agent collector deploy -name '*.po' 2>/dev/null)

.PHONY: venv demo test check format tutorial bench soak lock clean

venv: $(STAMP)

$(STAMP): pyproject.toml locks/dev.txt $(CATALOGUES)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r locks/dev.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	touch $(STAMP)

lock:
	for extra in agent collector desk dev; do \
	  uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	    --extra $$extra pyproject.toml -o locks/$$extra.txt || exit 1; \
	done
