# The verbs. The build itself is Meson's (meson.build); every verb here is a few of its commands.
.SUFFIXES:
.PHONY: all setup test asan tsan prove fuzz bench bench-quick bench-quick-accept bench-scale bench-shapes bench-collect sdk lint format demo install clean help

FUZZ_SECONDS ?= 60
DESTDIR ?=
PREFIX ?= /usr/local
SHOP = demo/shop.sojourn

all: build/release/build.ninja          ## the program, optimized: build/release/sojourn
	ninja -C build/release

help:                                   ## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## /  make \1\t/p' Makefile | expand -t 28

setup:                                  ## installs the Debian packages that are missing
	@scripts/setup

test: build/test/build.ninja            ## all tests, under the address and undefined-behaviour sanitizers
	meson test -C build/test --print-errorlogs

asan: test                              ## the same as `make test`

tsan: build/tsan/build.ninja            ## all tests under the thread sanitizer
	meson test -C build/tsan --print-errorlogs

prove: build/test/build.ninja           ## breaks the store's protocol in one way after the other; shows which tests find it
	scripts/mutants

fuzz: build/fuzz/build.ninja            ## every target, FUZZ_SECONDS (60) each; needs clang
	ninja -C build/fuzz
	scripts/fuzz build/fuzz $(FUZZ_SECONDS)

bench: all                              ## beside DuckDB, on BENCH_EVENTS (10000000) events, BENCH_REPEAT (3) times
	bench/run

bench-quick: all                        ## counts instructions; fails when something takes 10 % more than in bench/instructions.json
	bench/quick

bench-quick-accept: all                 ## writes the counts of now there
	bench/quick --accept

bench-scale: all                        ## Sojourn alone on BENCH_SIZES (1000000 10000000 100000000) events, also from a cold disk
	bench/scale

bench-collect: all                      ## the server under load: BENCH_EVENTS events in the store, BENCH_SECONDS (20) each
	bench/collect

bench-shapes: all                       ## events of hard shapes, BENCH_EVENTS of each: right answers, and their cost
	bench/shapes

sdk: all                                ## Segment's own client libraries against the collector; installs them in build/sdk (needs the network)
	tests/sdk/run.py build/sdk build/release/sojourn

lint: build/test/build.ninja            ## format, clang-tidy, shellcheck, rooms, message catalogues
	ninja -C build/test
	scripts/lint build/test

format:                                 ## rewrites the sources in the form that `make lint` wants
	find src include tests fuzz bench -name '*.[ch]' -o -name '*.cpp' | xargs clang-format -i

demo: all                               ## from nothing to the first answers, on a sample company's journeys
	scripts/demo build/release/sojourn $(SHOP)

install: all                            ## to PREFIX (/usr/local), below DESTDIR when set
	meson configure build/release --prefix=$(PREFIX)
	DESTDIR=$(DESTDIR) meson install -C build/release

clean:                                  ## removes build/ and demo/
	rm -rf build demo

# Before the first configuration, whatever is missing is installed; with everything there, scripts/setup does nothing.
build/release/build.ninja: | setup
	meson setup build/release -Dtests=false

build/test/build.ninja: | setup
	meson setup build/test -Dbuildtype=debugoptimized -Db_sanitize=address,undefined

build/tsan/build.ninja: | setup
	meson setup build/tsan -Dbuildtype=debugoptimized -Db_sanitize=thread

build/fuzz/build.ninja: | setup
	CC=clang CXX=clang++ meson setup build/fuzz -Dbuildtype=debugoptimized -Dtests=false -Dfuzz=true \
	    -Db_sanitize=address,undefined -Db_lundef=false
