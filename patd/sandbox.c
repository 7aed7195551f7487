#include "patd/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "common/err.h"
#include "patd/audit.h"
#include "patd/landlock.h"
#include "patd/syscalls.h"

static int confine(const char *dir, char *why, size_t why_size)
{
	int fd = open(dir, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int abi, err;

	if (fd < 0) {
		snprintf(why, why_size, "%s: %s", dir, strerror(errno));
		return ERR_IO;
	}
	err = landlock_confine(fd, &abi);
	close(fd);
	if (err)
		snprintf(why, why_size, "%s: Landlock does not confine to it", dir);
	else if (abi == 0)
		audit_say(LOG_NOTICE, "this kernel has no Landlock: files that everyone may read "
				      "stay open to the store process");
	return err;
}

int sandbox_enter(const char *state_dir, char *why, size_t why_size)
{
	int err;

	tzset(); /* syslog(3) wants the zone, and will not be able to read it */
	err = confine(state_dir, why, why_size);
	if (!err && (err = syscalls_restrict()))
		snprintf(why, why_size, "system calls cannot be restricted (seccomp)");
	return err;
}
