#include "patd/landlock.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/err.h"

/*
 * The kernel's interface as of ABI 6, from Documentation/userspace-api/landlock.rst: by our own
 * names, since the headers that we are built with may be older than the kernel that we run on.
 */
enum { CREATE_VERSION = 1, RULE_PATH_BENEATH = 1 };

struct ruleset {
	uint64_t fs, net, scoped;
};

struct path_beneath {
	uint64_t allowed;
	int32_t dir;
} __attribute__((packed));

enum {
	FS_WRITE_FILE = 1 << 1,
	FS_READ_FILE = 1 << 2,
	FS_REMOVE_FILE = 1 << 5,
	FS_MAKE_REG = 1 << 8,
	FS_TRUNCATE = 1 << 14,
	STORE_NEEDS = FS_WRITE_FILE | FS_READ_FILE | FS_REMOVE_FILE | FS_MAKE_REG | FS_TRUNCATE,
};

/* All that each version can forbid. A kernel refuses what it does not know, so it is asked by its
 * own. */
static const struct {
	struct ruleset handled;
	size_t size; /* of the structure, as that version knows it */
} versions[] = {
	{{0x1fff, 0, 0}, sizeof(uint64_t)},	/* 1, Linux 5.13 */
	{{0x3fff, 0, 0}, sizeof(uint64_t)},	/* 2, 5.19: moving between directories */
	{{0x7fff, 0, 0}, sizeof(uint64_t)},	/* 3, 6.2: truncate */
	{{0x7fff, 3, 0}, 2 * sizeof(uint64_t)}, /* 4, 6.7: TCP bind and connect */
	{{0xffff, 3, 0}, 2 * sizeof(uint64_t)}, /* 5, 6.10: ioctl of devices */
	{{0xffff, 3, 3}, 3 * sizeof(uint64_t)}, /* 6, 6.12: abstract sockets, signals */
};
enum { VERSIONS = sizeof(versions) / sizeof(versions[0]) };

static int allow(int ruleset, uint64_t rights, int dir)
{
	struct path_beneath rule = {.allowed = rights, .dir = dir};
	long rc = syscall(SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &rule, 0);

	return rc < 0 ? ERR_IO : 0;
}

static int restrict_to(int dir, int version)
{
	const struct ruleset *handled = &versions[version].handled;
	int err = ERR_IO;
	int ruleset = (int)syscall(SYS_landlock_create_ruleset, handled, versions[version].size, 0);

	if (ruleset < 0)
		return err;
	err = allow(ruleset, STORE_NEEDS & handled->fs, dir);
	if (!err && syscall(SYS_landlock_restrict_self, ruleset, 0) < 0)
		err = ERR_IO;
	close(ruleset);
	return err;
}

int landlock_confine(int dir, int *abi)
{
	long known = syscall(SYS_landlock_create_ruleset, NULL, 0, CREATE_VERSION);
	int err;

	/* Not built in, turned off at boot, or kept from us by what we run in. */
	if (known < 0 && (errno == ENOSYS || errno == EOPNOTSUPP || errno == EPERM)) {
		*abi = 0;
		return 0;
	}
	if (known < 1)
		return ERR_IO;
	err = restrict_to(dir, (int)(known < VERSIONS ? known : VERSIONS) - 1);
	if (!err)
		*abi = (int)known;
	return err;
}
