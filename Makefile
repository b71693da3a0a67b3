# The front door. Everything is done by meson, ninja and the scripts in tools/.

PREFIX ?= /usr/local
# no: neither the window nor the packages that it needs (run and install)
DESKTOP ?= yes
SECONDS ?= 30
export PREFIX DESKTOP

.PHONY: help run test bench fuzz monkey pictures deb install format check-format clean

help:
	@echo 'make run      build Hune, start an agent on this machine and show what it does'
	@echo '              (DESKTOP=no leaves the window out, and the 130 MB of packages that it needs)'
	@echo 'make test     build with sanitizers and run every test (WORKERS=2: so many at once)'
	@echo 'make bench    measure against ssh and print a table (minutes; JSON=FILE keeps it)'
	@echo 'make install  install under PREFIX=$(PREFIX); DESTDIR is respected'
	@echo 'make deb      build the Debian packages into build-deb/'
	@echo 'make fuzz     run each fuzz target for SECONDS=$(SECONDS)'
	@echo 'make monkey   play at the window by chance, for SECONDS=$(SECONDS), as root'
	@echo 'make pictures takes the pictures of the window again (docs/pictures)'
	@echo 'make format   format the C sources; make check-format only looks'
	@echo 'make clean    remove everything that was built'
	@echo
	@echo 'run, test, bench, fuzz, monkey, pictures and deb install the Debian packages that they need and miss'
	@echo '(packaging/debian-packages), with sudo unless you are root.'

run:
	@tools/setup run build $(if $(filter no,$(DESKTOP)),,desktop)
	@tools/build release
	@tools/run-demo

test:
	@tools/setup run build desktop test
	@tools/test $(if $(WORKERS),--workers $(WORKERS))

bench:
	@tools/setup run build desktop test bench
	@tools/build release
	@ninja -C build --quiet tests/tools/hune-raw src/fleet/tool-links src/fleet/tool-gather
	@tests/bench/bench.py $(if $(JSON),--json $(JSON))

fuzz:
	@tools/setup run build fuzz
	@tools/build fuzz
	@tools/fuzz $(SECONDS)

monkey:
	@tools/setup run build desktop test pictures
	@tools/build test
	@tests/gui/monkey.py --seconds $(SECONDS)

pictures:
	@tools/setup run build desktop test pictures
	@tools/build release
	@tools/pictures

deb:
	@tools/setup build desktop deb
	@tools/deb

install:
	@tools/build release
	@meson install -C build --no-rebuild

format:
	@tools/format

check-format:
	@tools/format --check

clean:
	rm -rf build build-test build-plain build-fuzz build-deb
