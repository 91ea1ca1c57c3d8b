# Two commands are enough on a machine with Python 3.11 or newer and make: `make demo` and `make test`.
# Everything is installed into .venv of this folder; `make clean` removes it.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
BENCH := .venv-bench
OUT := demo-output

# Small matrices and two test workers: threads of the linear algebra library would only fight for the cores.
export OMP_NUM_THREADS ?= 1
export OPENBLAS_NUM_THREADS ?= 1

.PHONY: help demo test test-slow test-versions test-versions-thin lint types doctest docs dist bench pictures calibration data-calibration fuzz clean

help:
	@echo "make demo      derive the Hessian law, draw its density, compare it with sampled matrices (about two minutes)"
	@echo "make test      run the tests (under ten minutes on two cores)"
	@echo "make test-slow run the long tests"
	@echo "make test-versions   run the tests with the oldest versions allowed, and on every Python (half an hour)"
	@echo "make test-versions-thin   of that the core, every test function once (some minutes)"
	@echo "make lint types doctest   ruff, a strict type check, the examples in docstrings and docs"
	@echo "make docs      build the site into site/: guide, gallery, ensembles, reference (some minutes)"
	@echo "make dist      build the wheel and the source distribution into dist/"
	@echo "make bench     time derivations and spectra against other packages; writes benchmarks/RESULTS.md"
	@echo "make pictures  make the pictures, the catalog page and the list of conjectures of docs/ again"
	@echo "make fuzz      mutated conjecture files, random calls, claims and spectra whose truth is known (some hours)"
	@echo "make calibration   measure how often resolvent check errs (half an hour); writes docs/resolvent/calibration.md"
	@echo "make data-calibration   the same of compare, fit and shrink (ten minutes); writes docs/numeric/data-calibration.md"

$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; choose one with: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@echo "Installing into $(VENV) (once; needs the package index) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

demo: $(READY)
	@mkdir -p $(OUT)
	@echo; echo "1. A random matrix X X^T/n + S (X: p x n, independent Gaussian; S: Wigner; p/n = c); for m = int rho(dx)/(x - z)"
	@$(BIN)/resolvent derive --no-steps --matrix "X: gaussian(p, n)" --matrix "S: wigner(p)" --ratio "p/n = c" "X @ X.T / n + S" \
	  | sed -n '/= 0$$/p;/^evidence/p' | paste -sd ' ' | sed 's/^ */   /; s/ evidence: \(.*\)/   (\1)/'
	@echo "2. The Hessian of a ReLU network (Pennington, Bahri 2017), derived from its matrix as a paper would: $(OUT)/hessian.pdf"
	@$(BIN)/resolvent derive hessian --check --output $(OUT)/hessian.tex --output $(OUT)/hessian.txt
	@sed -n 's/^checked: /   /p' $(OUT)/hessian.txt
	@if command -v pdflatex >/dev/null; then cd $(OUT) && pdflatex -interaction=batchmode hessian.tex >/dev/null \
	  && pdflatex -interaction=batchmode hessian.tex >/dev/null && rm -f hessian.aux hessian.log hessian.out; \
	  else echo "   (pdflatex is not there, only hessian.tex; on Debian: apt-get install texlive-latex-recommended)"; fi
	@echo "3. Its density at phi = 1/2, eps = 1, sigma = 1: $(OUT)/density.png"
	@$(BIN)/resolvent density hessian --set phi=1/2 --set eps=1 --set sigma=1 --output $(OUT)/density.png | sed 's/^/   /'
	@echo "4. 40 matrices of that model, sampled, against the law: $(OUT)/model.png"
	@$(BIN)/resolvent verify hessian --set phi=1/2 --set eps=1 --set sigma=1 --size 600 --output $(OUT)/model.png \
	  --output $(OUT)/model.html | sed -n 's/^verdict/   verdict/p'
	@echo "5. The Hessians of real networks with random weights, against the same law: $(OUT)/network.png"
	@$(BIN)/resolvent verify hessian --set phi=1/2 --set eps=1 --set sigma=1 --sampler network --output $(OUT)/network.png \
	  --output $(OUT)/network.html | sed -n '/^first thing wrong/,$$p' | tr -s '\n ' ' ' \
	  | sed 's/first thing wrong: distance: \(.*\), most at.*verdict: \([a-z]*\).*/   verdict: \2: \1\n/'
	@$(BIN)/resolvent show hessian | tr -s '\n ' ' ' | sed -n 's/.*\(Why: [^.]*\.\).*/   \1\n/p'
	@echo "Next: README.md, the reports $(OUT)/model.html and $(OUT)/network.html, or make docs and site/index.html."
	@if [ -t 1 ] && [ -n "$$DISPLAY$$WAYLAND_DISPLAY" ] && command -v xdg-open >/dev/null; then xdg-open $(OUT)/network.png; fi

test: $(READY)
	$(BIN)/python -m pytest -q -n 2 --dist worksteal -m "not slow"

test-slow: $(READY)
	$(BIN)/python -m pytest -q -n 2 --dist worksteal -m slow

test-versions: $(READY)
	$(BIN)/python tests/versions.py

test-versions-thin: $(READY)
	$(BIN)/python tests/versions.py --thin

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

doctest: $(READY)
	$(BIN)/python -m pytest -q -n 2 --doctest-modules resolvent
	$(BIN)/python -m pytest -q --doctest-glob='*.md' docs README.md

docs: $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[docs]'
	@test -f site/.built || rm -rf site  # what an interrupted run left behind
	@rm -f site/.built
	$(BIN)/python -m sphinx -b html -W --keep-going -q docs site
	$(BIN)/python docs/check_links.py site
	@touch site/.built
	@echo "Written: site/index.html"

dist: $(READY)
	$(BIN)/python -m build

bench: $(READY)
	@test -x $(BENCH)/bin/python || $(PYTHON) -m venv $(BENCH)
	@$(BENCH)/bin/python -m pip install --quiet --disable-pip-version-check --editable . \
	  'rmtool==1.0.0' 'freealg==0.12.2' 'scikit-rmt==0.5.0'
	cd benchmarks && ../$(BENCH)/bin/python run.py

pictures: $(READY)
	$(BIN)/python docs/make_pictures.py
	$(BIN)/python docs/make_learning_pictures.py
	$(BIN)/python docs/make_matrices.py
	$(BIN)/python docs/make_catalog.py
	$(BIN)/python docs/make_shelf.py
	$(BIN)/python docs/make_architecture.py
	$(BIN)/python docs/make_benchmarks.py

calibration: $(READY)
	$(BIN)/python docs/make_calibration.py

data-calibration: $(READY)
	$(BIN)/python docs/make_data_calibration.py

fuzz: $(READY)
	$(BIN)/python tests/fuzz/conjecture_files.py --count 100000 --jobs 2
	$(BIN)/python tests/fuzz/public_calls.py --count 20000
	$(BIN)/python tests/fuzz/known_truth.py --count 10000
	$(BIN)/python tests/fuzz/statistical_claims.py --count 5000
	$(BIN)/python tests/fuzz/spectra.py --count 100000
	$(BIN)/python tests/fuzz/threads.py --seconds 60

clean:
	rm -rf $(VENV) .venv-versions $(BENCH) $(OUT) dist build resolvent.egg-info
