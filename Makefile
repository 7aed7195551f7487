# pam_pat: personal access tokens for Linux logins.
# `make help` lists the targets. What is built goes to $(BUILD).

VERSION  = 0.1.0
PREFIX  ?= /usr
BUILD   ?= build
CC      ?= cc

# Where libpam looks for modules: beside the system's own pam_unix.so, else in the multiarch folder.
multiarch := $(shell $(CC) -print-multiarch 2>/dev/null)
PAMDIR ?= $(or $(patsubst /usr/%,$(PREFIX)/%,$(firstword $(foreach d,/usr/lib/$(multiarch) /usr/lib64 /usr/lib,\
	$(if $(wildcard $(d)/security/pam_unix.so),$(d)/security)))),$(PREFIX)/lib/$(multiarch)/security)
BINDIR      ?= $(PREFIX)/bin
SBINDIR     ?= $(PREFIX)/sbin
MANDIR      ?= $(PREFIX)/share/man
DOCDIR      ?= $(PREFIX)/share/doc/pam_pat
UNITDIR     ?= $(PREFIX)/lib/systemd/system
SYSUSERSDIR ?= $(PREFIX)/lib/sysusers.d
TMPFILESDIR ?= $(PREFIX)/lib/tmpfiles.d
BASHDIR     ?= $(PREFIX)/share/bash-completion/completions
FISHDIR     ?= $(PREFIX)/share/fish/vendor_completions.d
# Debian's zsh looks for what packages bring in a folder of its own.
ZSHDIR      ?= $(PREFIX)/share/zsh/$(if $(and $(filter /usr,$(PREFIX)),$(wildcard /etc/debian_version)),vendor-completions,site-functions)

# CFLAGS is the user's; what the code needs is in FLAGS.
CFLAGS  ?= -O2 -g
WARNINGS = -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes \
	-Wpointer-arith -Wcast-qual -Wwrite-strings -Wvla -Wformat=2 -Wundef -Werror
HARDEN   = -fstack-protector-strong -fstack-clash-protection -D_FORTIFY_SOURCE=2
FLAGS    = -std=gnu11 -D_GNU_SOURCE -DPAT_VERSION='"$(VERSION)"' -I. -fPIC -fvisibility=hidden \
	-fno-common -MMD -MP $(WARNINGS) $(HARDEN)
LINK     = -Wl,-z,relro,-z,now,-z,noexecstack,--as-needed $(LDFLAGS)

# One line a step; V=1 shows the commands.
ifeq ($(V),)
say = @printf '  %-5s %s\n' $(1) $(patsubst $(BUILD)/%,%,$@);
endif

pkg = $(shell pkg-config $(1))
LIBS_patd   = $(call pkg,--libs lmdb libsodium libevent_core libconfuse libseccomp) -lpam -pthread
LIBS_patctl = $(call pkg,--libs jansson smartcols libbsd)
LIBS_pam    = -lpam
LIBS_check  = $(call pkg,--libs check)

src = $(filter-out %/main.c,$(wildcard $(1)/*.c))
obj = $(patsubst %.c,$(BUILD)/%.o,$(1))

programs = $(BUILD)/pam_pat.so $(BUILD)/patctl/patctl $(BUILD)/patd/patd
completions = $(addprefix $(BUILD)/completion/patctl.,bash zsh fish)
units    = $(patsubst %.c,$(BUILD)/%,$(wildcard tests/unit/check_*.c))
helpers  = $(patsubst %.c,$(BUILD)/%,$(wildcard tests/pam/*.c tests/lib/*.c tests/attack/*.c) tests/unit/constant_time.c) \
	$(patsubst %.c,$(BUILD)/%.so,$(wildcard tests/preload/*.c)) \
	$(patsubst tests/nss/%.c,$(BUILD)/tests/nss/libnss_%.so.2,$(wildcard tests/nss/*.c))
fuzzers  = $(patsubst %.c,$(BUILD)/%,$(wildcard tests/fuzz/fuzz_*.c))
sources  = $(wildcard common/*.[ch] pam_pat/*.[ch] patctl/*.[ch] patd/*.[ch] tests/*/*.[ch])
shell_scripts = $(shell grep -lE '^\#!.*(sh|bash)$$' .ci/run systemd/* examples/*/* tests/run tests/hazards tests/*/* 2>/dev/null)

all: $(programs) $(completions)

help:
	@sed -n 's/^#: //p' Makefile

#: all        build the module, patctl and patd
#: demo       a real ssh login and a real sudo by token, in namespaces (as root)
#: check      every test (as root; without root those that need none)
#: attack     what hostile people and failing machines do, hazard by hazard (as root; long)
#: sanitize   the tests under ASan and UBSan
#: tsan       where there are threads, under TSan (as root)
#: valgrind   unit tests, and patd and patctl at work, under memcheck (as root)
#: fuzz       FUZZ_SECONDS (600) of each target, or of those in FUZZ, FUZZ_JOBS side by side, with clang
#: coverage   lines and branches that the tests reach
#: analyze    cppcheck, clang-tidy, man page and shell linters (tests/lib/deps analyze installs them)
#: install    PREFIX, DESTDIR, PAMDIR are honoured
#: uninstall  removes what install put there; the store stays
#: deps       installs what building and testing need (Debian, as root)
#: format     clang-format over all sources
#: compile_commands.json, clean

$(BUILD)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(FLAGS) $(CFLAGS) -c -o $@ $<

# Archives, so that each program and test links only what it uses.
$(BUILD)/lib%.a:
	@rm -f $@
	$(call say,AR)$(AR) rcs $@ $^
$(BUILD)/libcommon.a: $(call obj,$(call src,common))
$(BUILD)/libpatctl.a: $(call obj,$(call src,patctl))
$(BUILD)/libpatd.a: $(call obj,$(call src,patd))
$(BUILD)/libmodule.a: $(call obj,$(call src,pam_pat))

$(BUILD)/pam_pat.so: $(call obj,$(call src,pam_pat)) $(BUILD)/libcommon.a pam_pat/pam_pat.map
	$(call say,LD)$(CC) $(CFLAGS) -shared $(LINK) -Wl,-z,defs,--version-script=pam_pat/pam_pat.map,--exclude-libs=ALL \
		-o $@ $(filter %.o %.a,$^) $(LIBS_pam)
$(BUILD)/patctl/patctl: $(BUILD)/patctl/main.o $(BUILD)/libpatctl.a $(BUILD)/libcommon.a
	$(call say,LD)$(CC) $(CFLAGS) -pie $(LINK) -o $@ $^ $(LIBS_patctl)
$(BUILD)/patd/patd: $(BUILD)/patd/main.o $(BUILD)/libpatd.a $(BUILD)/libcommon.a
	$(call say,LD)$(CC) $(CFLAGS) -pie $(LINK) -o $@ $^ $(LIBS_patd)

# A patctl that runs here: what was built, unless that is for another machine.
PATCTL ?= $(BUILD)/patctl/patctl
$(BUILD)/completion/patctl.%: $(BUILD)/patctl/patctl
	@mkdir -p $(@D)
	$(call say,GEN)$(PATCTL) completion $* >$@.new && mv -f $@.new $@

# In those called check_*_faults, calls of the functions that tests/unit/faults.h lists go through it.
wraps := $(shell sed -n 's/^FAULT.[^,]*,[^,]*, \([a-z0-9_]*\),.*/-Wl,--wrap=\1/p' tests/unit/faults.h)
$(BUILD)/tests/unit/%: $(BUILD)/tests/unit/%.o $(BUILD)/libpatd.a $(BUILD)/libpatctl.a $(BUILD)/libmodule.a $(BUILD)/libcommon.a
	$(call say,LD)$(CC) $(CFLAGS) -pie $(LINK) $(if $(filter %_faults,$@),$(wraps)) -o $@ $^ $(LIBS_check) $(LIBS_patd) $(LIBS_patctl)
$(BUILD)/tests/pam/%: $(BUILD)/tests/pam/%.o $(BUILD)/libcommon.a
	$(call say,LD)$(CC) $(CFLAGS) -pie $(LINK) -o $@ $^ $(LIBS_check) -lpam -lpam_misc -ldl -pthread
$(BUILD)/tests/lib/%: $(BUILD)/tests/lib/%.o $(BUILD)/libcommon.a
	$(call say,LD)$(CC) $(CFLAGS) -pie $(LINK) -o $@ $^ -lpam -pthread
$(BUILD)/tests/attack/%: $(BUILD)/tests/attack/%.o $(BUILD)/libpatd.a $(BUILD)/libcommon.a
	$(call say,LD)$(CC) $(CFLAGS) -pie $(LINK) -o $@ $^ $(LIBS_patd) -ldl

# Libraries that make the C library misbehave, for LD_PRELOAD.
$(BUILD)/tests/preload/%.so: $(BUILD)/tests/preload/%.o
	$(call say,LD)$(CC) $(CFLAGS) -shared $(LINK) -o $@ $^ -ldl -pthread

# Name services for glibc to load.
$(BUILD)/tests/nss/libnss_%.so.2: $(BUILD)/tests/nss/%.o
	$(call say,LD)$(CC) $(CFLAGS) -shared $(LINK) -Wl,-z,defs -o $@ $^

# Calls that a fuzz target wants to make fail, or to answer itself.
comma = ,
wrap  = $(addprefix -Wl$(comma)--wrap=,$(1))
$(addprefix $(BUILD)/tests/fuzz/fuzz_,client module): fuzz_link = \
	$(call wrap,connect send recv poll nanosleep getrandom clock_ms)
$(addprefix $(BUILD)/tests/fuzz/fuzz_,conn request store): fuzz_link = $(call wrap,clock_gettime randombytes_uniform \
	calloc $(addprefix mdb_,txn_begin txn_renew txn_commit get put del stat cursor_open cursor_get))
$(BUILD)/tests/fuzz/fuzz_conn: fuzz_link += $(call wrap,commit_submit names_cached names_ask names_forget errand_send \
	errand_cancel sweep_start peer_pid time audit_end audit_say locked_alloc locked_free event_add event_free)
$(BUILD)/tests/fuzz/fuzz_module: fuzz_link += $(call wrap,malloc) -Wl,--export-dynamic-symbol=fuzz_module_call
$(BUILD)/tests/fuzz/fuzz_module: | $(BUILD)/tests/fuzz/shim.so
$(BUILD)/tests/fuzz/shim.so: $(BUILD)/tests/fuzz/shim.o
	$(call say,LD)$(CC) $(CFLAGS) -shared -Wl,-z,nodelete $(filter-out -fsanitize=fuzzer,$(LINK)) -o $@ $<

# Fuzz targets with a main() that replays the corpus; `make fuzz` gives them libFuzzer's instead.
fuzz_main = $(BUILD)/tests/fuzz/replay.o
$(BUILD)/tests/fuzz/fuzz_%: $(BUILD)/tests/fuzz/fuzz_%.o $(fuzz_main) $(BUILD)/libpatd.a $(BUILD)/libpatctl.a \
		$(BUILD)/libmodule.a $(BUILD)/libcommon.a
	$(call say,LD)$(CC) $(CFLAGS) -pie $(LINK) $(fuzz_link) -o $@ $^ $(LIBS_patd)

tests: $(programs) $(completions) $(units) $(helpers) $(fuzzers)

# With COUNTED=1, the build of `make coverage`: each program counts in a file beside it, PROGRAM.counters,
# which lines and branches were reached (tests/coverage/counters.c). Nothing else is built differently.
ifdef COUNTED
counted = $(programs) $(units) $(fuzzers) $(patsubst %.c,$(BUILD)/%,$(wildcard tests/pam/*.c tests/lib/*.c tests/attack/*.c))
$(call obj,$(foreach d,common pam_pat patctl patd,$(wildcard $(d)/*.c))): \
	FLAGS += --coverage -fprofile-update=atomic -fdata-sections -fno-builtin-fork -fno-builtin-execve
$(counted): LINK += --coverage -Wl,-T,tests/coverage/counters.ld,--wrap=__gcov_exit
$(counted): %: %.counters.o
$(BUILD)/%.counters.o: tests/coverage/counters.c Makefile
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(FLAGS) $(CFLAGS) -DCOUNTERS='"$(abspath $(BUILD)/$*.counters)"' -c -o $@ $<
endif

# tests/fuzz/run says how; what is undefined ends a run like any other fault.
fuzz:
	@$(MAKE) --no-print-directory CC=clang BUILD=$(BUILD)/fuzz HARDEN= fuzz_main= LDFLAGS=-fsanitize=fuzzer \
		CFLAGS="-O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all" \
		$(fuzzers:$(BUILD)/%=$(BUILD)/fuzz/%)
	@BUILD=$(abspath $(BUILD)) tests/fuzz/run $(FUZZ)

deps:
	@tests/lib/deps
demo: deps
	@$(MAKE) --no-print-directory all
	@BUILD=$(abspath $(BUILD)) tests/system/demo
check: deps
	@$(MAKE) --no-print-directory tests
	@BUILD=$(abspath $(BUILD)) tests/run
attack: deps
	@$(MAKE) --no-print-directory tests
	@BUILD=$(abspath $(BUILD)) tests/hazards

install: all
	install -d $(DESTDIR)$(PAMDIR) $(DESTDIR)$(BINDIR) $(DESTDIR)$(SBINDIR) $(DESTDIR)$(UNITDIR) \
		$(DESTDIR)$(SYSUSERSDIR) $(DESTDIR)$(TMPFILESDIR) $(DESTDIR)$(DOCDIR)/examples \
		$(DESTDIR)$(BASHDIR) $(DESTDIR)$(ZSHDIR) $(DESTDIR)$(FISHDIR) \
		$(DESTDIR)/etc/pam.d $(DESTDIR)/etc/security
	install -m 644 $(BUILD)/pam_pat.so $(DESTDIR)$(PAMDIR)/pam_pat.so.new
	mv -f $(DESTDIR)$(PAMDIR)/pam_pat.so.new $(DESTDIR)$(PAMDIR)/pam_pat.so
	install -m 755 $(BUILD)/patctl/patctl $(DESTDIR)$(BINDIR)/patctl
	install -m 755 $(BUILD)/patd/patd $(DESTDIR)$(SBINDIR)/patd
	install -m 644 $(BUILD)/completion/patctl.bash $(DESTDIR)$(BASHDIR)/patctl
	install -m 644 $(BUILD)/completion/patctl.zsh $(DESTDIR)$(ZSHDIR)/_patctl
	install -m 644 $(BUILD)/completion/patctl.fish $(DESTDIR)$(FISHDIR)/patctl.fish
	for u in patd.service patd.socket patd-root.socket; do \
		sed 's|@SBINDIR@|$(SBINDIR)|' systemd/$$u.in >$(DESTDIR)$(UNITDIR)/$$u && \
		chmod 644 $(DESTDIR)$(UNITDIR)/$$u || exit 1; done
	install -m 644 systemd/sysusers.conf $(DESTDIR)$(SYSUSERSDIR)/pam_pat.conf
	install -m 644 systemd/tmpfiles.conf $(DESTDIR)$(TMPFILESDIR)/pam_pat.conf
	for m in docs/man/*; do d=$(DESTDIR)$(MANDIR)/man$${m##*.}; \
		install -d $$d && install -m 644 $$m $$d/ || exit 1; done
	install -m 644 README.md SECURITY.md CHANGELOG.md LICENSE docs/*.md $(DESTDIR)$(DOCDIR)
	cp -R examples/. $(DESTDIR)$(DOCDIR)/examples
	test -e $(DESTDIR)/etc/pam.d/patctl || install -m 644 examples/pam.d/patctl $(DESTDIR)/etc/pam.d/patctl
	@# Only a real installation, by root, touches the system's users and directories.
	test -n "$(DESTDIR)" || test "$$(id -u)" != 0 || systemd/create-users

uninstall:
	rm -f $(DESTDIR)$(PAMDIR)/pam_pat.so $(DESTDIR)$(BINDIR)/patctl $(DESTDIR)$(SBINDIR)/patd \
		$(addprefix $(DESTDIR)$(UNITDIR)/,patd.service patd.socket patd-root.socket) \
		$(DESTDIR)$(SYSUSERSDIR)/pam_pat.conf $(DESTDIR)$(TMPFILESDIR)/pam_pat.conf \
		$(DESTDIR)$(BASHDIR)/patctl $(DESTDIR)$(ZSHDIR)/_patctl $(DESTDIR)$(FISHDIR)/patctl.fish \
		$(foreach m,$(notdir $(wildcard docs/man/*)),$(DESTDIR)$(MANDIR)/man$(patsubst .%,%,$(suffix $(m)))/$(m))
	rm -rf $(DESTDIR)$(DOCDIR)
	@echo "left alone: /etc/pam.d/patctl, /etc/security/pat.conf, the store and the system users"

# The same tests, built to notice what is undefined, or unlocked. Leaks count. The runtimes wrap crypt(3),
# which pam_unix would otherwise bring in too late for them.
SANITIZE = -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
TSAN     = -O1 -g -fsanitize=thread -fno-omit-frame-pointer
# watched_tests KIND,CFLAGS: builds them into $(BUILD)/KIND.
watched_tests = $(MAKE) --no-print-directory BUILD=$(BUILD)/$(1) CFLAGS="$(2)" HARDEN= tests \
	LDFLAGS="-Wl,--push-state,--no-as-needed -lcrypt -Wl,--pop-state"
# system_tree KIND: for system tests, $(BUILD)/KIND/system has that patd and patctl beside all else of the
# plain build: a sanitizer's runtime has to come first in its process, so sshd, sudo and su load no
# module that needs one.
system_tree = rm -rf $(BUILD)/$(1)/system && mkdir -p $(BUILD)/$(1)/system && cp -al $(BUILD)/pam_pat.so \
	$(BUILD)/completion $(BUILD)/tests $(BUILD)/$(1)/patd $(BUILD)/$(1)/patctl $(BUILD)/$(1)/system/

# What needs no systemd, and measures no memory, which a sanitizer takes more of.
SANITIZE_SYSTEM = $(addprefix system/,exchange explain log. patctl reauth service_account sessions. store. sudo)
sanitize: tests
	@$(call watched_tests,sanitize,$(SANITIZE))
	@$(call system_tree,sanitize)
	@BUILD=$(abspath $(BUILD))/sanitize tests/run unit pam
	@BUILD=$(abspath $(BUILD))/sanitize/system tests/run $(SANITIZE_SYSTEM)

# Where there are threads: the writing thread's users, a host with threads, patd under load.
tsan: tests
	@$(call watched_tests,tsan,$(TSAN))
	@$(call system_tree,tsan)
	@TSAN_OPTIONS="suppressions=$(CURDIR)/tests/lib/tsan.supp" BUILD=$(abspath $(BUILD))/tsan tests/run $(addprefix unit/check_,commit tally handover sweep reaper janitor) \
		pam/check_answers attack/threads
	@BUILD=$(abspath $(BUILD))/tsan/system tests/run $(addprefix system/,login uses stall rotate)

# The plain build under memcheck: unit tests, one of libpam, and patd and patctl in some system tests.
VALGRIND = valgrind -q --vgdb=no --error-exitcode=99 --leak-check=full --show-leak-kinds=definite \
	--errors-for-leak-kinds=definite --suppressions=$(CURDIR)/tests/lib/valgrind.supp
# Not those that count descriptors or try every limit, of which valgrind has its own, nor the longest.
VALGRIND_UNITS = account answer args batch bindkey bytes commit config_read dispatch family fields handover hash \
	import intake journal log_event ops_import ops_log ops_prune ops_scan presented process request seen session \
	store table tally text usage view
# patd maps more than valgrind can, and allows it nothing.
valgrind_preload = $(abspath $(BUILD))/tests/preload/valgrind.so
valgrind: tests
	@for p in patd patctl; do mkdir -p $(BUILD)/valgrind/$$p && \
		printf '#!/bin/sh\nLD_PRELOAD=%s exec %s %s "$$@"\n' '$(valgrind_preload)' '$(VALGRIND)' \
			"$(abspath $(BUILD))/$$p/$$p" >$(BUILD)/valgrind/$$p/$$p && \
		chmod 755 $(BUILD)/valgrind/$$p/$$p || exit 1; done
	@$(call system_tree,valgrind)
	@BUILD=$(abspath $(BUILD)) LD_PRELOAD=$(valgrind_preload) UNDER='$(VALGRIND)' CK_TIMEOUT_MULTIPLIER=40 \
		LIMIT=1800 tests/run $(VALGRIND_UNITS:%=unit/check_%) pam/check_module
	@BUILD=$(abspath $(BUILD))/valgrind/system LIMIT=1800 tests/run system/exchange

# At least 90 % of the lines and 80 % of the branches of common/, pam_pat/ and patd/.
coverage:
	@$(MAKE) --no-print-directory BUILD=$(BUILD)/coverage COUNTED=1 CC=gcc CFLAGS="-O0 -g" HARDEN= tests
	@BUILD=$(abspath $(BUILD))/coverage tests/coverage/measure

c_files = $(wildcard common/*.c pam_pat/*.c patctl/*.c patd/*.c)
analyze:
	cppcheck --quiet --error-exitcode=1 --std=c11 -D_GNU_SOURCE -DPAT_VERSION='"$(VERSION)"' -I. \
		--enable=warning,performance,portability --inline-suppr $(c_files)
	@printf '%s\n' $(c_files) | xargs -P "$$(nproc)" -I{} sh -c \
		'clang-tidy --quiet "$$1" -- -std=gnu11 -D_GNU_SOURCE "-DPAT_VERSION=\"$(VERSION)\"" -I. 2>/dev/null' - {}
	mandoc -Tlint -Wwarning docs/man/*
	shellcheck -x $(shell_scripts)

compile_commands.json:
	rm -rf $(BUILD)/bear
	bear --output $@ -- $(MAKE) --no-print-directory BUILD=$(BUILD)/bear tests

format:
	clang-format -i $(sources)

clean:
	rm -rf $(BUILD) compile_commands.json

.PHONY: all help tests deps demo check attack sanitize tsan valgrind fuzz coverage analyze install uninstall format clean \
	compile_commands.json
.SECONDARY:
-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
