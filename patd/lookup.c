#include "patd/lookup.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <shadow.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/bytes.h"
#include "common/secret.h"

enum {
	LOOKUP_BUFFER = 64 * 1024, /* what one entry of passwd, shadow or group may need */
	GROUPS_MAX = 1024,	   /* groups of one account that are looked at */
	SECONDS_PER_DAY = 24 * 60 * 60,
};

/* No account bears such a name, and no name service needs to see it. */
static bool name_possible(const char *name)
{
	for (const char *p = name; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f || *p == ':')
			return false;
	return name[0] != '\0';
}

/* A file that is being written in place is empty at first, and may end within a line. */
static bool is_whole(int fd)
{
	char last = '\0';

	return lseek(fd, -1, SEEK_END) >= 0 && read(fd, &last, 1) == 1 && last == '\n';
}

/*
 * Does the lack of an entry mean that there is none? The name service hides that it could not read
 * its file when it has another source to ask (passwd: files systemd), so that is tried here.
 */
static bool absence_holds(int error, const char *file, bool file_needed)
{
	bool whole;
	int fd;

	if (error != 0 && error != ENOENT && error != ESRCH)
		return false;
	fd = open(file, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT && !file_needed;
	whole = is_whole(fd);
	close(fd);
	return whole;
}

static enum account_state find_passwd(
	const struct account_query *q, struct account *a, gid_t *gid, char *buf)
{
	struct passwd pw, *found = NULL;
	int error = q->by_uid ? getpwuid_r(q->uid, &pw, buf, LOOKUP_BUFFER, &found)
			      : getpwnam_r(q->name, &pw, buf, LOOKUP_BUFFER, &found);

	if (!found)
		return absence_holds(error, "/etc/passwd", true) ? ACCOUNT_ABSENT : ACCOUNT_ERROR;
	if (q->by_uid && pw.pw_uid != q->uid)
		return ACCOUNT_ERROR;
	if (!span_copy(span_of(pw.pw_name), a->name, sizeof(a->name)) || a->name[0] == '\0')
		return ACCOUNT_ERROR;
	a->uid = pw.pw_uid;
	*gid = pw.pw_gid;
	a->locked = account_password_locked(pw.pw_passwd);
	return ACCOUNT_FOUND;
}

/* No entry is fine: directories keep none, and neither do systems without /etc/shadow. */
static enum account_state find_shadow(struct account *a, char *buf)
{
	struct spwd sp, *found = NULL;
	int error = getspnam_r(a->name, &sp, buf, LOOKUP_BUFFER, &found);

	if (!found)
		return absence_holds(error, "/etc/shadow", false) ? ACCOUNT_FOUND : ACCOUNT_ERROR;
	a->locked |= account_password_locked(sp.sp_pwdp);
	a->expired = account_expired(sp.sp_expire, (long)(time(NULL) / SECONDS_PER_DAY));
	return ACCOUNT_FOUND;
}

/*
 * getgrouplist() passes over a source that fails, and says so nowhere: but glibc gives each source
 * errno itself to report into. What is left there after harmless misses is the failure of one.
 */
static bool all_sources_told(int error)
{
	return error == 0 || error == ENOENT || error == ESRCH || error == ERANGE ||
	       error == ENOTTY;
}

/*
 * The names of its groups, as far as each can be told: one whose name cannot be found out makes
 * them unknown, one that has no name (a number in no file) is in no list of names anyway.
 */
static void find_groups(struct account *a, gid_t primary, char *buf)
{
	gid_t gids[GROUPS_MAX];
	int n = GROUPS_MAX;

	errno = 0;
	a->groups_known = getgrouplist(a->name, primary, gids, &n) >= 0 && all_sources_told(errno);
	for (int i = 0; a->groups_known && i < n; i++) {
		struct group gr, *found = NULL;
		int error = getgrgid_r(gids[i], &gr, buf, LOOKUP_BUFFER, &found);

		if (found)
			account_add_group(a, gr.gr_name);
		else if (!absence_holds(error, "/etc/group", true))
			a->groups_known = false;
	}
}

/* Does the name stand in the file itself, whatever other sources say? A file that can't be read is
 * no "no". */
static enum account_state find_local(struct account *a, char *buf)
{
	struct passwd pw, *found = NULL;
	FILE *f = fopen("/etc/passwd", "re");

	if (!f)
		return errno == ENOENT ? ACCOUNT_FOUND : ACCOUNT_ERROR;
	while (!a->local && fgetpwent_r(f, &pw, buf, LOOKUP_BUFFER, &found) == 0)
		a->local = strcmp(pw.pw_name, a->name) == 0;
	fclose(f);
	return ACCOUNT_FOUND;
}

void lookup_account(const struct account_query *q, struct account *out)
{
	char buf[LOOKUP_BUFFER];
	struct account a = {0};
	enum account_state state = ACCOUNT_ABSENT;
	gid_t gid = (gid_t)-1;

	if (q->by_uid || name_possible(q->name))
		state = find_passwd(q, &a, &gid, buf);
	if (state == ACCOUNT_FOUND)
		state = find_shadow(&a, buf);
	if (state == ACCOUNT_FOUND)
		state = find_local(&a, buf);
	if (state == ACCOUNT_FOUND)
		find_groups(&a, gid, buf);
	SECRET_WIPE_ARRAY(buf);
	*out = state == ACCOUNT_FOUND ? a : (struct account){0};
	out->state = state;
}
