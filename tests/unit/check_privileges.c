/*
 * check_privileges.c: becoming a system user for good. Each test runs in a process of its own and
 * loses what it had; what the kernel then says of it, and what it still can do, is looked at.
 */
#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "common/err.h"
#include "patd/privileges.h"
#include "tests/unit/private_etc.h"
#include "tests/unit/unit.h"

enum { SOMEONE = 61234, SOME_GROUP = 61235, EXTRA = 61236 };

#define NONE	"0000000000000000"
#define READALL "0000000000000004" /* CAP_DAC_READ_SEARCH is 2 */

static char why[256];

/* Is `line` in /proc/self/status? */
static bool status_says(const char *line)
{
	FILE *f = fopen("/proc/self/status", "re");
	char got[512];
	bool found = false;

	ck_assert_ptr_nonnull(f);
	while (!found && fgets(got, sizeof(got), f)) {
		got[strcspn(got, "\n")] = '\0';
		found = strcmp(got, line) == 0;
	}
	fclose(f);
	return found;
}

static bool can_open(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

START_TEST(an_absent_user)
{
	struct identity id = {.uid = 1};

	ck_assert_int_eq(identity_find("no-such-user", &id, why, sizeof(why)), ERR_NO_ACCOUNT);
	ck_assert_str_eq(why, "the system user no-such-user does not exist");
	ck_assert_uint_eq(id.uid, 1);
}
END_TEST

START_TEST(root_is_no_system_user)
{
	struct identity id = {.uid = 1};

	ck_assert_int_eq(identity_find("root", &id, why, sizeof(why)), ERR_REFUSED);
	ck_assert_ptr_nonnull(strstr(why, "root has uid 0"));
	ck_assert_uint_eq(id.uid, 1);
}
END_TEST

START_TEST(a_user_is_found)
{
	struct identity id;

	ck_assert_int_eq(identity_find("nobody", &id, why, sizeof(why)), 0);
	ck_assert_uint_gt(id.uid, 0);
	ck_assert_uint_gt(id.gid, 0);
	ck_assert_uint_eq(id.extra, (gid_t)-1);
	ck_assert(!id.read_all);
}
END_TEST

/* ---- as root ---- */

static const struct {
	mode_t mode;
	gid_t group;
	bool by_group;
} shadows[] = {
	{0640, 42, true},
	{0440, 42, true},
	{0600, 42, false},
	{0000, 42, false},
	{0640, 0, false}, /* root's group is no one to give away */
	{0604, 42, false},
};

START_TEST(shadow_group)
{
	struct identity id = {.uid = SOMEONE, .gid = SOME_GROUP, .extra = (gid_t)-1};

	ck_assert(private_etc());
	ck_assert(put_file("/etc/shadow", shadows[_i].mode, ""));
	ck_assert_int_eq(chown("/etc/shadow", 0, shadows[_i].group), 0);
	identity_add_shadow(&id);
	ck_assert_uint_eq(id.extra, shadows[_i].by_group ? 42 : (gid_t)-1);
	ck_assert_int_eq(id.read_all, !shadows[_i].by_group);
}
END_TEST

/* What was found is enough to read the file, and not to write it. */
START_TEST(shadow_is_readable_afterwards)
{
	struct identity id = {.uid = SOMEONE, .gid = SOME_GROUP, .extra = (gid_t)-1};

	ck_assert(private_etc());
	ck_assert(put_file("/etc/shadow", shadows[_i].mode, ""));
	ck_assert(put_file("/etc/other", 0600, ""));
	ck_assert_int_eq(chown("/etc/shadow", 0, shadows[_i].group), 0);
	identity_add_shadow(&id);
	ck_assert_int_eq(identity_become(&id), 0);
	ck_assert(can_open("/etc/shadow", O_RDONLY));
	ck_assert(!can_open("/etc/shadow", O_WRONLY));
	ck_assert_int_eq(can_open("/etc/other", O_RDONLY), id.read_all);
}
END_TEST

static const struct {
	struct identity id;
	const char *groups, *caps;
} identities[] = {
	{{SOMEONE, SOME_GROUP, (gid_t)-1, false}, "Groups:\t ", NONE},
	{{SOMEONE, SOME_GROUP, EXTRA, false}, "Groups:\t61236 ", NONE},
	{{SOMEONE, SOME_GROUP, EXTRA, true}, "Groups:\t61236 ", READALL},
};

static void ck_caps(const char *set, const char *value)
{
	char line[64];

	snprintf(line, sizeof(line), "%s:\t%s", set, value);
	ck_assert_msg(status_says(line), "not %s", line);
}

START_TEST(become)
{
	const gid_t before[] = {0, 7, 8};
	struct rlimit core;

	ck_assert_int_eq(setgroups(3, before), 0);
	ck_assert_int_eq(identity_become(&identities[_i].id), 0);
	ck_assert(status_says("Uid:\t61234\t61234\t61234\t61234"));
	ck_assert(status_says("Gid:\t61235\t61235\t61235\t61235"));
	ck_assert(status_says(identities[_i].groups));
	ck_caps("CapEff", identities[_i].caps);
	ck_caps("CapPrm", identities[_i].caps);
	ck_caps("CapInh", NONE);
	ck_caps("CapAmb", NONE);
	ck_caps("CapBnd", NONE);
	ck_assert(status_says("NoNewPrivs:\t1"));
	ck_assert_int_eq(prctl(PR_GET_DUMPABLE), 0);
	ck_assert_int_eq(prctl(PR_GET_KEEPCAPS), 0);
	ck_assert_int_eq(getrlimit(RLIMIT_CORE, &core), 0);
	ck_assert_uint_eq(core.rlim_max, 0);
}
END_TEST

START_TEST(no_way_back)
{
	const gid_t root = 0;

	ck_assert_int_eq(identity_become(&identities[_i].id), 0);
	ck_assert_int_eq(setuid(0), -1);
	ck_assert_int_eq(setresuid(0, 0, 0), -1);
	ck_assert_int_eq(setresgid(0, 0, 0), -1);
	ck_assert_int_eq(setgroups(1, &root), -1);
	ck_assert_int_eq(setuid(SOMEONE + 1), -1);
	ck_assert_int_eq(kill(getppid(), 0), -1);
	ck_assert_int_eq(errno, EPERM);
}
END_TEST

START_TEST(root_is_refused)
{
	const struct identity roots[] = {
		{0, SOME_GROUP, (gid_t)-1, false},
		{SOMEONE, 0, (gid_t)-1, false},
		{SOMEONE, SOME_GROUP, 0, false},
	};

	for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++)
		ck_assert_int_eq(identity_become(&roots[i]), ERR_IO);
	ck_assert_uint_eq(geteuid(), 0);
}
END_TEST

START_TEST(who_is_not_root_cannot)
{
	ck_assert_int_eq(setresuid(SOMEONE, SOMEONE, SOMEONE), 0);
	ck_assert_int_eq(identity_become(&identities[_i].id), ERR_IO);
}
END_TEST

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

int main(void)
{
	Suite *s = suite_create("privileges");
	TCase *t = tcase_create("privileges");

	tcase_add_test(t, an_absent_user);
	tcase_add_test(t, root_is_no_system_user);
	tcase_add_test(t, a_user_is_found);
	ADD_PRIVATE(t, shadow_group, ROWS(shadows));
	ADD_PRIVATE(t, shadow_is_readable_afterwards, ROWS(shadows));
	ADD_PRIVATE(t, become, ROWS(identities));
	ADD_PRIVATE(t, no_way_back, ROWS(identities));
	ADD_PRIVATE(t, root_is_refused, 1);
	ADD_PRIVATE(t, who_is_not_root_cannot, ROWS(identities));
	suite_add_tcase(s, t);
	return unit_run(s);
}
