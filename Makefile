PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: app test check setup clean

app: $(VENV)/.ready ## set everything up and open the page
	$(BIN)/python app.py

test: $(VENV)/.ready-tests ## set everything up and run the tests
	$(BIN)/python -m pytest

check: $(VENV)/.ready-tests ## format, lint, types, tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright --pythonpath $(BIN)/python
	$(BIN)/python -m pytest

setup: $(VENV)/.ready-tests

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.ready: requirements.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install -q -r requirements.txt
	touch $@

$(VENV)/.ready-tests: tests/requirements.txt $(VENV)/.ready
	$(BIN)/python -m pip install -q -r tests/requirements.txt
	touch $@

clean:
	rm -rf $(VENV) .ruff_cache .hypothesis
