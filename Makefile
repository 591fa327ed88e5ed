# Two targets do everything on a machine with Python, its venv module and make:
#   make demo   install sqlwright into .venv, show it at work and open the chat page
#   make test   install the development extras and run every check
PYTHON ?= python3
# The build of torch that suits the machine, e.g. make test TORCH="torch==2.13.0 --index-url URL".
TORCH ?= torch==2.13.0
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: demo test format clean

demo: .venv/demo.stamp
	$(BIN)/sqlwright demo

test: .venv/dev.stamp
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	OMP_NUM_THREADS=1 $(BIN)/pytest --durations=15 --numprocesses auto --dist loadfile --no-loadscope-reorder

format: .venv/dev.stamp
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache

.venv/bin/python:
	$(PYTHON) -m venv .venv
	$(PIP) --upgrade "pip>=25"

.venv/demo.stamp: .venv/bin/python pyproject.toml constraints.txt
	$(PIP) --constraint constraints.txt --editable ".[chat]"
	touch $@

# torch first: the ranges of the packages after it are then met by the build that is there.
.venv/dev.stamp: .venv/bin/python pyproject.toml constraints.txt
	$(PIP) $(TORCH)
	$(PIP) --constraint constraints.txt --editable ".[dev]"
	touch $@ .venv/demo.stamp
