#include "patd/privileges.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/err.h"

#define NO_GROUP ((gid_t)-1)

int identity_find(const char *user, struct identity *out, char *why, size_t why_size)
{
	const struct passwd *pw;

	errno = 0;
	pw = getpwnam(user);
	if (!pw && errno != 0 && errno != ENOENT && errno != ESRCH) {
		snprintf(why, why_size, "cannot look up the system user %s: %s", user,
			strerror(errno));
		return ERR_NAMES;
	}
	if (!pw) {
		snprintf(why, why_size, "the system user %s does not exist", user);
		return ERR_NO_ACCOUNT;
	}
	if (pw->pw_uid == 0 || pw->pw_gid == 0) {
		snprintf(why, why_size, "the system user %s has uid 0 or gid 0", user);
		return ERR_REFUSED;
	}
	*out = (struct identity){.uid = pw->pw_uid, .gid = pw->pw_gid, .extra = NO_GROUP};
	return 0;
}

void identity_add_shadow(struct identity *id)
{
	int fd = open("/etc/shadow", O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat st;

	if (fd >= 0 && fstat(fd, &st) == 0 && st.st_gid != 0 && (st.st_mode & S_IRGRP))
		id->extra = st.st_gid;
	else
		id->read_all = true;
	if (fd >= 0)
		close(fd);
}

#define BIT(cap) (UINT32_C(1) << (cap))

/*
 * What the root parent does with them: becomes the system users (SETUID, SETGID, SETPCAP); makes
 * the sockets and reads what belongs to others (CHOWN, FOWNER, DAC_*); ends sessions (KILL). And
 * what PAM modules do for it: files in homes and in /run, the audit log, passwords that do not go
 * to swap.
 */
static const uint32_t parent_needs = BIT(CAP_SETUID) | BIT(CAP_SETGID) | BIT(CAP_SETPCAP) |
				     BIT(CAP_CHOWN) | BIT(CAP_FOWNER) | BIT(CAP_DAC_OVERRIDE) |
				     BIT(CAP_DAC_READ_SEARCH) | BIT(CAP_KILL) |
				     BIT(CAP_AUDIT_WRITE) | BIT(CAP_IPC_LOCK);

/* So that no program run from here could ever gain others. Only root may, so it comes first. The
 * kernel calls the first one that it does not have invalid. */
static int limit_bounding_set(uint32_t keep)
{
	unsigned long cap;

	for (cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		if (!(cap < 32 && (keep & BIT(cap))) && prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0)
			return -1;
	return cap > 0 && errno == EINVAL ? 0 : -1;
}

static int become_user(const struct identity *id)
{
	if (setgroups(id->extra == NO_GROUP ? 0 : 1, &id->extra) < 0)
		return -1;
	if (setresgid(id->gid, id->gid, id->gid) < 0)
		return -1;
	return setresuid(id->uid, id->uid, id->uid);
}

static int get_capabilities(struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3])
{
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};

	return (int)syscall(SYS_capget, &header, data);
}

static int set_capabilities(uint32_t effective, uint32_t permitted)
{
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {
		{.effective = effective, .permitted = permitted}};

	return (int)syscall(SYS_capset, &header, data);
}

static int keep_capabilities(uint32_t keep)
{
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
		return -1;
	return set_capabilities(keep, keep);
}

static bool has_capabilities(uint32_t keep)
{
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	return get_capabilities(data) == 0 && data[0].permitted == keep &&
	       data[0].effective == keep && data[0].inheritable == 0 && data[1].permitted == 0 &&
	       data[1].effective == 0 && data[1].inheritable == 0;
}

static bool is_user(const struct identity *id)
{
	uid_t ruid, euid, suid;
	gid_t rgid, egid, sgid, extra = NO_GROUP;
	int groups = id->extra == NO_GROUP ? 0 : 1;

	return getresuid(&ruid, &euid, &suid) == 0 && ruid == id->uid && euid == id->uid &&
	       suid == id->uid && getresgid(&rgid, &egid, &sgid) == 0 && rgid == id->gid &&
	       egid == id->gid && sgid == id->gid && getgroups(0, NULL) == groups &&
	       getgroups(groups, &extra) == groups && extra == id->extra;
}

/* Tried, not deduced: a kernel or a sandbox may have told us anything. */
static bool has_way_back(void)
{
	return setuid(0) == 0 || seteuid(0) == 0 || setgid(0) == 0 || setegid(0) == 0;
}

/* Nobody but root may look into the process, and no file keeps what was in it. */
static int keep_memory_private(void)
{
	const struct rlimit none = {0, 0};

	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return -1;
	return setrlimit(RLIMIT_CORE, &none);
}

/* Mounted with hidepid it shows others' processes to those who may trace them, and nobody else. */
static bool proc_shows_others(void)
{
	int fd = open("/proc/1/stat", O_RDONLY | O_CLOEXEC);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

int privileges_limit(void)
{
	struct __user_cap_data_struct have[_LINUX_CAPABILITY_U32S_3];
	uint32_t keep, trace;

	if (get_capabilities(have) < 0 || limit_bounding_set(parent_needs) < 0)
		return ERR_IO;
	/* What we run in may have taken some already. */
	keep = parent_needs & have[0].permitted;
	trace = BIT(CAP_SYS_PTRACE) & have[0].permitted;
	if (set_capabilities(keep, keep | trace) < 0)
		return ERR_IO;
	/* Without it no session would be found there, and so none be ended. */
	if (!proc_shows_others())
		keep |= trace;
	return keep_capabilities(keep) < 0 || keep_memory_private() < 0 ? ERR_IO : 0;
}

int identity_become(const struct identity *id)
{
	uint32_t keep = id->read_all ? BIT(CAP_DAC_READ_SEARCH) : 0;

	if (id->uid == 0 || id->gid == 0 || id->extra == 0)
		return ERR_IO;
	if (limit_bounding_set(0) < 0 || prctl(PR_SET_KEEPCAPS, keep != 0, 0, 0, 0) < 0 ||
		become_user(id) < 0 || keep_capabilities(keep) < 0 ||
		prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0) < 0 ||
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
		/* After the change of user, which makes it dumpable again. */
		keep_memory_private() < 0)
		return ERR_IO;
	return is_user(id) && has_capabilities(keep) && !has_way_back() ? 0 : ERR_IO;
}
