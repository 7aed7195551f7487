/*
 * pattest.c: a name service that does as it is told, libnss_pattest.so.2. /run/pattest/NAME and
 * /run/pattest/UID hold one line, "MODE NAME UID": what is answered when that account is asked for.
 * No such file: no such account. Its accounts are in the group "directory" (gid 7000) as well.
 */
#include <errno.h>
#include <grp.h>
#include <nss.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

enum { GID = 7000, LONG_NAME = 300 };

EXPORT enum nss_status _nss_pattest_getpwnam_r(
	const char *name, struct passwd *pw, char *buf, size_t size, int *error);
EXPORT enum nss_status _nss_pattest_getpwuid_r(
	uid_t uid, struct passwd *pw, char *buf, size_t size, int *error);
EXPORT enum nss_status _nss_pattest_getgrgid_r(
	gid_t gid, struct group *gr, char *buf, size_t size, int *error);
EXPORT enum nss_status _nss_pattest_initgroups_dyn(const char *user, gid_t primary, long *start,
	long *size, gid_t **groups, long limit, int *error);

struct order {
	char mode[32];
	char name[LONG_NAME + 1];
	unsigned uid;
};

static int read_order(const char *file, struct order *o)
{
	char path[512];
	FILE *f;
	int n;

	if (strchr(file, '/') ||
		snprintf(path, sizeof(path), "/run/pattest/%s", file) >= (int)sizeof(path))
		return 0;
	f = fopen(path, "re");
	if (!f)
		return 0;
	n = fscanf(f, "%31s %300s %u", o->mode, o->name, &o->uid);
	fclose(f);
	return n == 3;
}

static enum nss_status fail(enum nss_status status, int value, int *error)
{
	errno = *error = value;
	return status;
}

static enum nss_status answer(
	const struct order *o, struct passwd *pw, char *buf, size_t size, int *error)
{
	static char star[] = "*";
	int n = snprintf(buf, size, "%s", o->name);

	if (n < 0 || (size_t)n + 1 >= size)
		return fail(NSS_STATUS_TRYAGAIN, ERANGE, error);
	*pw = (struct passwd){
		.pw_name = buf,
		.pw_passwd = star,
		.pw_uid = o->uid,
		.pw_gid = GID,
		.pw_gecos = buf + n,
		.pw_dir = buf + n,
		.pw_shell = buf + n,
	};
	return NSS_STATUS_SUCCESS;
}

/* What is wrong with the answer, or keeps it from coming. 0: it may be given. */
static enum nss_status misbehave(struct order *o, int *error)
{
	if (strcmp(o->mode, "hang") == 0)
		for (;;)
			pause();
	if (strcmp(o->mode, "crash") == 0)
		abort();
	if (strcmp(o->mode, "slow") == 0)
		sleep(1);
	if (strcmp(o->mode, "unavailable") == 0)
		return fail(NSS_STATUS_UNAVAIL, EIO, error);
	if (strcmp(o->mode, "again") == 0)
		return fail(NSS_STATUS_TRYAGAIN, EAGAIN, error);
	if (strcmp(o->mode, "other") == 0)
		strcpy(o->name, "bob");
	if (strcmp(o->mode, "empty") == 0)
		o->name[0] = '\0';
	if (strcmp(o->mode, "newline") == 0)
		strcat(o->name, "\nroot");
	if (strcmp(o->mode, "colon") == 0)
		strcat(o->name, ":x:0:0");
	if (strcmp(o->mode, "long") == 0) {
		memset(o->name, 'x', LONG_NAME);
		o->name[LONG_NAME] = '\0';
	}
	return NSS_STATUS_SUCCESS;
}

static enum nss_status look_up(
	const char *file, struct passwd *pw, char *buf, size_t size, int *error)
{
	struct order o = {0};
	enum nss_status status;

	if (!read_order(file, &o))
		return fail(NSS_STATUS_NOTFOUND, ENOENT, error);
	status = misbehave(&o, error);
	return status == NSS_STATUS_SUCCESS ? answer(&o, pw, buf, size, error) : status;
}

enum nss_status _nss_pattest_getpwnam_r(
	const char *name, struct passwd *pw, char *buf, size_t size, int *error)
{
	return look_up(name, pw, buf, size, error);
}

enum nss_status _nss_pattest_getpwuid_r(
	uid_t uid, struct passwd *pw, char *buf, size_t size, int *error)
{
	char file[16];

	snprintf(file, sizeof(file), "%u", uid);
	return look_up(file, pw, buf, size, error);
}

enum nss_status _nss_pattest_getgrgid_r(
	gid_t gid, struct group *gr, char *buf, size_t size, int *error)
{
	static char *nobody[] = {NULL};

	if (gid != GID)
		return fail(NSS_STATUS_NOTFOUND, ENOENT, error);
	if (snprintf(buf, size, "directory") >= (int)size)
		return fail(NSS_STATUS_TRYAGAIN, ERANGE, error);
	*gr = (struct group){
		.gr_name = buf, .gr_passwd = buf + strlen(buf), .gr_gid = GID, .gr_mem = nobody};
	return NSS_STATUS_SUCCESS;
}

/* Adds nothing to the primary group; there so that it can fail. */
enum nss_status _nss_pattest_initgroups_dyn(const char *user, gid_t primary, long *start,
	long *size, gid_t **groups, long limit, int *error)
{
	struct order o = {0};

	(void)primary, (void)start, (void)size, (void)groups, (void)limit;
	if (!read_order(user, &o))
		return fail(NSS_STATUS_NOTFOUND, ENOENT, error);
	if (strcmp(o.mode, "nogroups") == 0)
		return fail(NSS_STATUS_UNAVAIL, EIO, error);
	return NSS_STATUS_SUCCESS;
}
