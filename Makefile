# tradepipe: `make` builds, `make demo` shows, `make check` tests. HACKING.md is the map.

CMDS = kraken-ws-tail kraken-rest-dump binance-aggtrades-dump trade-normalize trade-verify \
	kafka-publish kafka-last kafka-job loader-api-trades trades
VERSION = 0.1.0

PREFIX ?= /usr/local
B ?= build
CFLAGS ?= -O2 -g
PKG_CONFIG ?= pkg-config
LIBS = libcurl rdkafka libarchive libssl libcrypto
JQ = -ljq # 1.6 has no .pc file

# Debian packages, installed by `make deps`: to build with, and for the demo and the tests.
BUILD_DEPS = gcc libc6-dev pkg-config libcurl4-openssl-dev librdkafka-dev libssl-dev \
	libarchive-dev libjq-dev
CHECK_DEPS = clang clang-format cppcheck curl default-jre-headless faketime iproute2 jq kcat \
	libclang-rt-dev libwebsockets-dev mandoc maven openssl perl procps python3 \
	python3-confluent-kafka python3-yaml shellcheck util-linux

WARN = -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wwrite-strings \
	-Wvla -Wformat=2 -Wundef $(if $(WERROR),-Werror)
SAN = $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer)
ALL = -std=c17 -D_XOPEN_SOURCE=700 -DVERSION='"$(VERSION)"' -Ilib -include lib/banned.h \
	$(WARN) $(SAN) $(CPPFLAGS) $(CFLAGS)
# A line a file; V=1 shows the commands, -s nothing.
say = $(if $V,,@$(if $(findstring s,$(firstword -$(MAKEFLAGS))),,printf '  %-4s %s\n' $1 $@; ))
LINK = $(call say,LD)$(CC) $(SAN) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.o %.a,$^) -Wl,--as-needed \
	$(shell $(PKG_CONFIG) --libs $(LIBS)) $(JQ) -pthread $(LDLIBS)

programs = $(patsubst %.c,$B/%,$(wildcard $1))
BINS = $(CMDS:%=$B/%)
UNITS = $(call programs,tests/unit/*.c)
TOOLS = $(call programs,tests/servers/*.c tests/net/*.c tests/bench/*.c)
FUZZ = $(call programs,$(filter-out tests/fuzz/main.c,$(wildcard tests/fuzz/*.c)))
SCRIPTS = .ci/run $(wildcard tests/*.sh examples/*.sh tests/bench/*.sh tests/house/*.sh) \
	$(shell grep -rlE '^\#!/bin/(ba)?sh' tests 2>/dev/null)

all: $(BINS)
tests: $(BINS) $(UNITS) $(TOOLS)
fuzz: $(FUZZ)

$(BINS): $B/%: $B/cmd/%.o $B/libtradepipe.a
	$(LINK)
$(UNITS) $(TOOLS): %: %.o $B/libtradepipe.a
	$(LINK)
$B/tests/bench/ws-count: LIBS += libwebsockets
$(FUZZ): %: %.o $B/tests/fuzz/main.o $B/libtradepipe.a
	$(LINK)
$B/libtradepipe.a: $(patsubst %.c,$B/%.o,$(wildcard lib/*/*.c))
	$(call say,AR)rm -f $@ && $(AR) rcs $@ $^
$B/%.o: %.c $B/flags
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(ALL) -MMD -MP -c -o $@ $<
# What the last build was made with: everything is made again when that changes.
$B/flags: export BUILT_WITH = $(CC) $(ALL) $(LDFLAGS)
$B/flags: FORCE
	@mkdir -p $(@D); echo "$$BUILT_WITH" | cmp -s - $@ || echo "$$BUILT_WITH" >$@

deps:
	@tests/deps.sh $(BUILD_DEPS) $(CHECK_DEPS)
demo: deps
	@$(MAKE) --no-print-directory -s tests
	@BUILD=$(abspath $B) examples/demo.sh
check check-long: deps
	@VERSION=$(VERSION) tests/$@.sh
bench: tests
	@for script in tests/bench/*.sh; do BUILD=$(abspath $B) $$script || exit; done
docs: all
	@BUILD=$(abspath $B) tests/house/options.sh --update $(CMDS)
fmt:
	clang-format -i $$(git ls-files '*.c' '*.h')
lint:
	@tests/lint.sh $(sort $(SCRIPTS))

install: all
	install -d $(addprefix $(DESTDIR)$(PREFIX)/,bin share/man/man1 share/man/man5 share/man/man7 \
		share/bash-completion/completions share/zsh/site-functions \
		share/fish/vendor_completions.d share/tradepipe/sources)
	install $(BINS) $(DESTDIR)$(PREFIX)/bin
	for s in 1 5 7; do install -m 644 man/*.$$s $(DESTDIR)$(PREFIX)/share/man/man$$s; done
	install -m 644 examples/sources/*.jq $(DESTDIR)$(PREFIX)/share/tradepipe/sources
	for c in $(CMDS); do cd completions && \
		install -m 644 $$c.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/$$c && \
		install -m 644 _$$c $(DESTDIR)$(PREFIX)/share/zsh/site-functions && \
		install -m 644 $$c.fish $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d && \
		cd ..; done
uninstall:
	cd $(DESTDIR)$(PREFIX) && rm -f $(CMDS:%=bin/%) $(patsubst man/%,share/man/man?/%,$(wildcard man/*)) \
		$(CMDS:%=share/bash-completion/completions/%) $(CMDS:%=share/zsh/site-functions/_%) \
		$(CMDS:%=share/fish/vendor_completions.d/%.fish) share/tradepipe/sources/*.jq
clean:
	rm -rf $B

FORCE:
.SECONDARY:
.PHONY: all tests fuzz deps demo check check-long bench docs fmt lint install uninstall clean FORCE
-include $(shell find $B -name '*.d' 2>/dev/null)
