# `make run` and `make test` need python3 (3.11 or newer, with venv) and, the first time, a package index. Nothing else.

PYTHON ?= python3
PORT ?= 8000
# The size of the benchmark's desk, and how many times over the engine shall count it.
TICKETS ?= 20000
TIMES ?=
# What `make prove` runs, all parts by default; FRESH=1 forgets those that are done. How many lives each property makes up.
PART ?=
FRESH ?=
EXAMPLES ?= 500
# More for pytest, such as: make test ARGS="-k supervisor"
ARGS ?=

VENV := .venv
IN_VENV := $(VENV)/bin/python
PIP_INSTALL := $(IN_VENV) -m pip install --quiet --disable-pip-version-check --require-hashes
# Only what a target sets itself reaches the programs under test.
UNSET := env -u MODE -u DEBUG -u DATABASE_URL -u CELERY_BROKER_URL -u EMAIL_URL -u SITE_URL -u SECRET_KEY -u ALLOWED_HOSTS -u PORT -u HOST

.PHONY: run test lint bench prove fmt messages pins clean

run: $(VENV)/.run
	@exec $(IN_VENV) manage.py up --prepare --port $(PORT)

test: $(VENV)/.dev
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && \
	$(UNSET) VAR_DIR="$$folder" HOME="$$folder" $(IN_VENV) -m pytest -rs $(ARGS)

lint: $(VENV)/.dev
	$(IN_VENV) -m ruff check
	$(IN_VENV) -m ruff format --check
	$(IN_VENV) $(VENV)/bin/lint-imports
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && set -x && \
	$(UNSET) VAR_DIR="$$folder" $(IN_VENV) manage.py makemigrations --check --dry-run && \
	$(UNSET) VAR_DIR="$$folder" MODE=production SECRET_KEY=for-this-check-alone-0123456789-abcdefghijklmnopqrstuvwxyz \
		SITE_URL=https://desk.example.org DATABASE_URL=postgres://desk:password@db.example.org:5432/desk \
		EMAIL_URL=smtp://mail.example.org:25 CELERY_BROKER_URL=redis://:password@redis.example.org:6379/0 \
		$(IN_VENV) manage.py check --deploy --fail-level WARNING

# Each size keeps its desk in a folder of its own, made once; or in the empty database that DATABASE_URL names.
bench: $(VENV)/.dev
	@VAR_DIR="$${VAR_DIR:-var}/bench-$(TICKETS)$(if $(TIMES),x$(TIMES))" $(IN_VENV) -m tests.bench \
		--tickets $(TICKETS) $(if $(TIMES),--times $(TIMES)) $(if $(PAGE),--page $(PAGE))

# What takes too long for every change. A second run goes on where the first one stopped.
prove: $(VENV)/.dev
	@$(IN_VENV) -m tests.prove --examples $(EXAMPLES) $(if $(FRESH),--fresh) $(PART)

fmt: $(VENV)/.dev
	$(IN_VENV) -m ruff check --fix
	$(IN_VENV) -m ruff format

# Finds the texts of the code for the translators, and compiles what they wrote.
messages: $(VENV)/.dev
	@command -v xgettext >/dev/null || { echo "This needs GNU gettext (apt-get install gettext)."; exit 1; }
	$(IN_VENV) manage.py makemessages --locale de --add-location file --no-wrap --no-obsolete --ignore $(VENV) --ignore var --ignore tests
	$(IN_VENV) manage.py compilemessages --locale de --ignore $(VENV)

# Takes the newest versions that requirements*.in allow.
pins:
	@command -v uv >/dev/null || { echo "Pinning needs uv (pip install uv)."; exit 1; }
	uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes requirements.in -o requirements.txt
	uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes requirements-dev.in -o requirements-dev.txt

# What can be made again. var/ stays: it holds the database.
clean:
	rm -rf $(VENV) .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.run: requirements.txt
	@$(call make_venv)
	$(PIP_INSTALL) -r requirements.txt
	@touch $@

$(VENV)/.dev: requirements.txt requirements-dev.txt
	@$(call make_venv)
	$(PIP_INSTALL) -r requirements-dev.txt
	@touch $@

define make_venv
$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("MemberPulse needs Python 3.11 or newer: make PYTHON=python3.11 ...")' && \
{ $(IN_VENV) -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV); }
endef
