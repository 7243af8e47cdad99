# Every target sets up what it needs: Python 3.11 and this file are enough on a new machine.
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DEMO := .sandbox/demo
QUARTER := .sandbox/quarter
DRILL := .sandbox/drill
ARCHIVE_MEGABYTES ?= 200
# A virtual environment whose modules are compiled once starts three times as fast.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo quarter drill up test check lint types contracts docs docs-current golden matrix oracles oracle-sarif oracle-axe oracle-oscal oracle-pdf oracle-seal oracle-dns oracle-tls oracle-web oracle-mail bench checkov checkov-page lock clean

help:  ## List the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

$(READY): requirements.txt pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "make: $(PYTHON) is not there: install Python 3.11 or newer, or set PYTHON=..."; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "make: $(PYTHON) is older than 3.11: set PYTHON=python3.11"; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes -r requirements.txt
	@# pip would compile on one core. What does not compile is not ours, and nobody imports it.
	@$(BIN)/python -m compileall -qq -j 0 $(VENV)/lib || true
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .[sandbox,sql,probe,scan]
	@touch $@

demo: $(READY)  ## Audit a local Azure that somebody has meddled with, and write report/
	@rm -rf $(DEMO)
	@$(BIN)/audit sandbox load --folder $(DEMO) --stack production 2>/dev/null
	@$(BIN)/audit sandbox run --folder $(DEMO) -- sh -c '$(BIN)/python demo/plant.py $(DEMO) && \
		{ $(BIN)/audit drift --stack production --report report; test $$? -eq 3; }'

quarter: $(READY)  ## Let three months pass in a local Azure, and write the quarter's report in all editions to quarters/
	@rm -rf $(QUARTER) quarters && mkdir -p $(QUARTER)
	@$(BIN)/audit key new $(QUARTER)/tool >/dev/null && $(BIN)/audit key new $(QUARTER)/reviewer >/dev/null
	@$(BIN)/audit sandbox run --folder $(QUARTER) -- $(BIN)/python -m demo.quarter $(QUARTER)
	@$(BIN)/audit report --quarter 2026Q3 --packs $(QUARTER)/packs --key $(QUARTER)/tool.pub.pem \
		--policies $(QUARTER)/policies --out quarters; test $$? -eq 3
	@for edition in quarters/2026Q3-*; do \
		$(BIN)/audit seal $$edition --key $(QUARTER)/tool.pem --key $(QUARTER)/reviewer.pem >/dev/null || exit; done
	@echo "next: open quarters/2026Q3-auditor/index.html, or check it as a stranger would:"
	@echo "  audit verify quarters/2026Q3-auditor --key $(QUARTER)/tool.pub.pem --key $(QUARTER)/reviewer.pub.pem"

drill: $(READY)  ## Restore one of each kind in a local Azure, and one copy that is damaged on purpose, and write the report
	@rm -rf $(DRILL) && mkdir -p $(DRILL)
	@$(BIN)/audit key new $(DRILL)/tool >/dev/null
	@$(BIN)/audit collect --stack production --out $(DRILL)/declared.json >/dev/null 2>&1 & \
		$(BIN)/audit sandbox load --folder $(DRILL) --stack production >/dev/null 2>&1 && wait $$!
	@$(BIN)/audit sandbox run --folder $(DRILL) -- sh -c '$(BIN)/audit sandbox settle --folder $(DRILL) >/dev/null && \
		$(BIN)/audit check --live --packs $(DRILL)/packs --key $(DRILL)/tool.pem >/dev/null 2>&1; \
		$(BIN)/python -m demo.drill $(DRILL) && $(BIN)/audit drill run --execute --policies $(DRILL)/policies \
		--declared $(DRILL)/declared.json --prepared $(DRILL)/prepared --trust $(DRILL)/tool.pub.pem --work $(DRILL)/work \
		--packs $(DRILL)/packs --key $(DRILL)/tool.pem --authorised-by "head of operations" \
		--authorised-by "data protection officer" $$(cat $(DRILL)/items)'
	@$(BIN)/audit report --quarter $$(date -u +%Y)Q$$((($$(date -u +%-m) + 2) / 3)) --edition auditor --packs $(DRILL)/packs \
		--key $(DRILL)/tool.pub.pem --policies $(DRILL)/policies --out $(DRILL)/report >/dev/null; test $$? -eq 3 -o $$? -eq 4
	@echo "next: open $$(ls -d $(DRILL)/report/*-auditor)/index.html#drills"

up: $(READY)  ## Deploy the sandbox stack into a local Azure by `pulumi up` (needs the Pulumi CLI on PATH)
	@$(BIN)/audit sandbox run -- pulumi up --stack sandbox --policy-pack policies/pulumi --yes

test: $(READY)  ## Run the whole test suite
	$(BIN)/pytest -n auto

check: lint types contracts docs-current test  ## What CI runs, word for word
	@echo "left out, as they need tools that exclude ours: $(OUTSIDE) (make oracles), checkov (make checkov), matrix, bench"

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy -n auto --explicit-package-bases audit policies/controls demo
	MYPYPATH=stacks $(BIN)/mypy -n auto --explicit-package-bases stacks

contracts: $(READY)
	$(BIN)/lint-imports

docs: $(READY)  ## Make the generated pages anew
	$(BIN)/python -m audit.cli.docs docs

docs-current: $(READY)
	$(BIN)/python -m audit.cli.docs docs --check

golden: $(READY)  ## Take what reports print now as what tests expect; read the diff
	$(BIN)/pytest -n auto --snapshot-update

matrix: $(READY)  ## Run every cell of the fault and crash matrices, of which `make check` runs a sample; takes hours
	PROMISE_AUDIT_MATRIX=whole $(BIN)/pytest -n 2 tests/test_fault_matrix.py tests/drills/test_crash_matrix.py

ORACLES ?= .oracles
OUTSIDE := oracle-sarif oracle-axe oracle-oscal oracle-pdf oracle-seal oracle-dns oracle-tls oracle-web oracle-mail
TOOLS := azure-cli prowler c7n-azure

# Each tool has an environment of its own, since they exclude each other and ours. Its list is whole: nothing is resolved.
$(ORACLES)/%/.ready: tests/oracles/tools/%.txt
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r $<
	@touch $@

# npm's list is as whole, and needs Node.js.
$(ORACLES)/sarif-multitool/.ready: tests/oracles/tools/sarif-multitool/package.json tests/oracles/tools/sarif-multitool/package-lock.json
	@command -v npm >/dev/null || { echo "make: npm is not there: install Node.js"; exit 2; }
	@mkdir -p $(@D) && cp $^ $(@D)
	npm ci --prefix $(@D) --no-audit --no-fund --loglevel=error
	@touch $@

$(ORACLES)/axe/.ready: tests/oracles/tools/axe/package.json tests/oracles/tools/axe/package-lock.json
	@command -v npm >/dev/null || { echo "make: npm is not there: install Node.js"; exit 2; }
	@mkdir -p $(@D) && cp $^ $(@D)
	npm ci --prefix $(@D) --no-audit --no-fund --loglevel=error
	@touch $@

oracle-axe: $(READY) $(ORACLES)/axe/.ready  ## Install axe-core (10 MB), and look at the quarter's pages with it in a Chromium that is here
	PYTHONPATH=. $(BIN)/python tests/oracles/tools/axe.py $(ORACLES)/axe

oracle-sarif: $(READY) $(ORACLES)/sarif-multitool/.ready  ## Install SARIF's own validator (100 MB), and hold our SARIF against it
	PYTHONPATH=. $(BIN)/python tests/oracles/tools/multitool.py $(ORACLES)/sarif-multitool

oracle-oscal: $(READY) $(ORACLES)/trestle/.ready  ## Install compliance-trestle (90 MB), and hold our OSCAL against it and NIST's schemas
	PYTHONPATH=. $(BIN)/python tests/oracles/tools/oscal.py $(ORACLES)/trestle

oracle-seal: $(READY) $(ORACLES)/trestle/.ready  ## Install compliance-trestle, and have it and OpenSSL verify our seals, and refuse what was changed
	PYTHONPATH=. $(BIN)/python tests/oracles/tools/trestle_seal.py $(ORACLES)/trestle

oracle-dns: $(READY) $(ORACLES)/checkdmarc/.ready  ## Hold our SPF, DMARC and MTA-STS against checkdmarc, and our controls against signed zones (needs Knot, BIND)
	PYTHONPATH=. $(BIN)/python tests/oracles/tools/dns_domains.py
	PYTHONPATH=. $(BIN)/python tests/oracles/tools/dns_zones.py $(ORACLES)/checkdmarc

oracle-tls: $(READY) $(ORACLES)/tlslite/.ready  ## Set our TLS doors beside testssl over old and new servers (needs testssl, nginx)
	PYTHONPATH=. $(BIN)/python tests/oracles/tools/tls_doors.py $(ORACLES)/tlslite

oracle-web: $(READY)  ## Visit a clean site and its faulty twin that nginx serves (needs nginx, Chromium)
	PYTHONPATH=. $(BIN)/python tests/oracles/tools/web_sites.py

oracle-mail: $(READY)  ## Meet Postfix, sound and with each fault, as a stranger does (needs Postfix, and root)
	PYTHONPATH=. $(BIN)/python tests/oracles/tools/mail_doors.py

# Maven's list is pinned as well, and needs Java.
$(ORACLES)/verapdf/.ready: tests/oracles/tools/verapdf/pom.xml
	@command -v mvn >/dev/null || { echo "make: mvn is not there: install Java and Maven"; exit 2; }
	mvn --quiet --batch-mode --file $< -Dmaven.repo.local=$(abspath $(@D))/repository dependency:copy-dependencies -DoutputDirectory=$(abspath $(@D))/lib
	@touch $@

oracle-pdf: $(READY) $(ORACLES)/verapdf/.ready  ## Install veraPDF (60 MB), and hold our PDF against PDF/UA-1 and PDF/A-3a
	PYTHONPATH=. $(BIN)/python tests/oracles/tools/verapdf.py $(ORACLES)/verapdf

oracles: $(READY) $(OUTSIDE) $(TOOLS:%=$(ORACLES)/%/.ready)  ## The same, and install az, Prowler and Cloud Custodian (4 GB), and set their verdicts beside ours
	PYTHONPATH=. $(BIN)/python tests/oracles/tools/compare.py $(ORACLES)

bench: $(READY)  ## Print times and memory; nothing here fails (ARCHIVE_MEGABYTES=10240 searches ten gigabytes)
	$(BIN)/python tests/bench.py
	@PYTHONPATH=. $(BIN)/python tests/bench_live.py
	@PYTHONPATH=. $(BIN)/python tests/bench_templates.py
	@PYTHONPATH=. $(BIN)/python tests/bench_quarter.py
	@PYTHONPATH=. $(BIN)/python tests/bench_drills.py
	@PYTHONPATH=. $(BIN)/python tests/bench_scan.py --megabytes $(ARCHIVE_MEGABYTES)

CHECKOV := 3.3.30

# It excludes what we need, so it is never resolved with ours. policies/checkov.toml was made for this version.
.checkov/.ready: tests/oracles/tools/checkov.txt
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --compile -r $<
	@touch $@

checkov: .checkov/.ready  ## Install Checkov (300 MB) for `audit check --checkov`, apart from everything else

checkov-page: $(READY) .checkov/.ready  ## Write docs/checkov.md anew: what Checkov says beside our verdicts
	PYTHONPATH=. $(BIN)/python tests/checkov_page.py

lock: $(READY)  ## Resolve requirements.txt anew (needs uv on PATH)
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --extra sandbox --extra sql --extra probe --extra scan --group dev pyproject.toml -o requirements.txt
	for tool in $(TOOLS); do echo $$tool | uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate -o tests/oracles/tools/$$tool.txt - || exit; done
	printf 'compliance-trestle\njsonschema-rs\n' | uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate -o tests/oracles/tools/trestle.txt -
	echo checkov==$(CHECKOV) | uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate -o tests/oracles/tools/checkov.txt -
	echo checkdmarc==6.0.4 | uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate -o tests/oracles/tools/checkdmarc.txt -

clean:  ## Remove what make made
	rm -rf $(VENV) .oracles .checkov report quarters .mypy_cache .ruff_cache .pytest_cache .hypothesis
