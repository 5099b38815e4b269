# The few verbs of this project; `make help` lists them. The work is done by cmake (CMakePresets.json)
# and by tools/. What is missing on this machine gets installed first (tools/deps).

N ?= 20000
SEED ?= 1
SECONDS ?= 60
PREFIX ?= /usr/local
JOBS ?= $(shell nproc 2>/dev/null || echo 2)

.PHONY: all demo test sim bench bench-run fuzz install format clean help deps deps-test

all: deps ## build it (release): libraries, examples, benches; the program is build/vitro
	@cmake --preset release --log-level=WARNING $(if $(wildcard build/CMakeCache.txt),>/dev/null)
	@cmake --build build -j $(JOBS)

demo: ## see it work: curl on a network of its own
	@tools/deps demo
	@$(MAKE) --no-print-directory all >&2
	@tools/demo

test: deps-test ## every test there is; the last line counts them
	@tools/run-tests --jobs $(JOBS)

sim: deps-test ## random networks: make sim N=100000 SEED=1
	@tools/run-sim --count $(N) --seed $(SEED) --jobs $(JOBS)

bench: all ## one figure a line: name value unit
	@tools/run-bench

bench-run: ## vitro run beside pasta and slirp4netns: make bench-run ARGS="--seconds 1"
	@tools/deps bench
	@$(MAKE) --no-print-directory all >&2
	@bench/run/compare $(ARGS)

fuzz: deps-test ## each fuzz target for SECONDS (60): make fuzz SECONDS=600
	@tools/run-fuzz --seconds $(SECONDS) --jobs $(JOBS)

install: all ## install below PREFIX (/usr/local); DESTDIR is heeded
	@DESTDIR="$(DESTDIR)" cmake --install build --prefix "$(PREFIX)"
	@[ "$$(id -u)" != 0 ] || chown -R --reference=Makefile build # sudo's tree stays its user's

format: ## apply .clang-format
	@tools/format

clean: ## remove all that was built
	rm -rf build

help: ## this list
	@sed -n 's/^\([a-z][a-z-]*\):[^#]*## /  make \1\t/p' Makefile | expand -t 18

deps:
	@tools/deps build

deps-test:
	@tools/deps test
