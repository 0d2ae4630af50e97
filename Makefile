# aidataops: build with PGXS, test and demonstrate in a private throw-away cluster.
#
#   make demo            the main job on real data          make demo KEEP=1   leaves the server up
#   make test            every test                         make bench         speed, as ratios
#   make install         as any PGXS extension              PG_CONFIG=...      selects the server

EXTENSION = aidataops
# the control file is the one place that knows the version
EXTVERSION = $(shell sed -n "s/^default_version = '\(.*\)'/\1/p" $(EXTENSION).control)

MODULE_big = $(EXTENSION)
OBJS = $(patsubst %.c,%.o,$(sort $(wildcard src/*.c src/*/*.c)))
DATA_built = $(EXTENSION)--$(EXTVERSION).sql
DATA = $(wildcard $(EXTENSION)--*--*.sql)

PG_CPPFLAGS = -I$(srcdir)/src -DAIDATAOPS_VERSION='"$(EXTVERSION)"'
# -ffp-contract=off: a * b + c rounds twice on every machine, so that results are the same on all
# sanitizer, coverage and warning builds add to these from the command line
PG_CFLAGS = -fvisibility=hidden -ffp-contract=off $(OPTFLAGS)
SHLIB_LINK = $(LINKFLAGS)

REGRESS = $(patsubst test/sql/%.sql,%,$(sort $(wildcard test/sql/*.sql)))
REGRESS_OPTS = --inputdir=$(srcdir)/test
ISOLATION = $(patsubst test/specs/%.spec,%,$(sort $(wildcard test/specs/*.spec)))
# Makefile.global's own --outputdir would hide expected/ from version 15
ISOLATION_OPTS = --inputdir=$(srcdir)/test --outputdir=.

EXTRA_CLEAN = $(DATA_built) build

PG_CONFIG ?= pg_config
PGXS := $(shell $(PG_CONFIG) --pgxs 2>/dev/null)
ifneq ($(wildcard $(PGXS)),)
include $(PGXS)

# every object depends on every header: the tree is small, a stale object is a wasted hour
$(OBJS): $(wildcard src/*.h src/*/*.h)

# encoding a row is the inner loop of fingerprints and commits
src/core/record.o: override CFLAGS += -O3

# a pass of expectation maximization is one loop over all labels
src/consensus/estimate.o: override CFLAGS += -O3

# the exact law of a Kolmogorov-Smirnov test is one long loop that vectorizes
src/math/kolmogorov.o: override CFLAGS += -O3

$(DATA_built): $(sort $(wildcard sql/*.sql)) $(EXTENSION).control
	cat $(filter %.sql,$^) > $@
else
# no server yet: the targets below bring one, so they must work without it
all install installcheck clean:
	@echo "no PGXS from '$(PG_CONFIG)': run tools/install-deps, or set PG_CONFIG"; exit 1
endif

# Development.  Nothing below touches an installed PostgreSQL; see the scripts for how.

CLUSTER = tools/cluster run $(if $(KEEP),-k)
CLANG_FORMAT ?= clang-format-14
C_FILES = $(wildcard src/*.[ch] src/*/*.[ch] test/*/*.[ch] tools/*.c)
.PHONY: test demo bench asan fuzz format format-check matrix matrix-17 matrix-18

# the bitcode that with_llvm=no leaves out is of no use to a private cluster
test:
	tools/install-deps build test
	$(MAKE) -s all with_llvm=no
	$(CLUSTER) -- tools/run-tests

demo:
	tools/install-deps build
	$(MAKE) -s all with_llvm=no
	$(CLUSTER) -- demo/run

bench:
	tools/install-deps bench
	$(MAKE) -s all with_llvm=no
	$(CLUSTER) -c shared_buffers=1GB -c max_wal_size=8GB -- bench/run

asan:
	tools/asan

# SECONDS=... for each function
fuzz:
	tools/fuzz $(SECONDS)

format:
	$(CLANG_FORMAT) -i $(C_FILES)

format-check:
	$(CLANG_FORMAT) --dry-run -Werror $(C_FILES)

# the suite on other majors, each in a chroot of the Debian release that has it
matrix: matrix-17 matrix-18
matrix-17:
	tools/matrix trixie 17
matrix-18:
	tools/matrix forky 18
