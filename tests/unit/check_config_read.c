/* check_config_read.c: which files pat.conf's bytes are taken from, and from whom they are not. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/err.h"
#include "patd/config.h"
#include "tests/unit/unit.h"

enum { PATH_SIZE = 256, WHY_SIZE = 512 };

/* ---- a directory for each test, with the paths in it ---- */

static char dir[PATH_SIZE], conf[PATH_SIZE + 16], conf_d[PATH_SIZE + 16];

static void setup(void)
{
	umask(022);
	snprintf(dir, sizeof(dir), "%s/XXXXXX", base);
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(conf, sizeof(conf), "%s/pat.conf", dir);
	snprintf(conf_d, sizeof(conf_d), "%s/pat.conf.d", dir);
}

static const char *in_conf_d(const char *name)
{
	static char path[PATH_SIZE + 300];

	if (mkdir(conf_d, 0755) < 0)
		ck_assert_int_eq(errno, EEXIST);
	snprintf(path, sizeof(path), "%s/%s", conf_d, name);
	return path;
}

static void put(const char *path, const char *text)
{
	FILE *f = fopen(path, "we");

	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(text, f), 0);
	ck_assert_int_eq(fclose(f), 0);
}

/* Root gives the file away and goes on as its owner, until the test ends. */
static void become_somebody(void)
{
	ck_assert_int_eq(chmod(base, 0711), 0);
	ck_assert_int_eq(chmod(dir, 0711), 0);
	ck_assert_int_eq(chown(conf, 12345, 12345), 0);
	ck_assert_int_eq(seteuid(12345), 0);
}

static void teardown(void)
{
	ck_assert_int_eq(seteuid(getuid()), 0);
}

/* ---- what is read ---- */

static struct config_text read_text(void)
{
	struct config_text t = {0};
	char why[WHY_SIZE] = "";

	ck_assert_msg(config_read(conf, &t, why, sizeof(why)) == 0, "%s", why);
	return t;
}

/* The files read are these, with these bytes: { path, text }, ended by NULL. */
static void reads(const char *const (*files)[2], size_t n)
{
	struct config_text t = read_text();
	const char *p = t.p, *end = t.n ? t.p + t.n : t.p;

	for (size_t i = 0; i < n; i++) {
		size_t length = strlen(files[i][1]);
		const uint8_t *u;

		ck_assert_ptr_nonnull(memchr(p, '\0', (size_t)(end - p)));
		ck_assert_str_eq(p, files[i][0]);
		u = (const uint8_t *)p + strlen(p) + 1;
		ck_assert_int_ge(end - (const char *)u, (ptrdiff_t)(4 + length));
		ck_assert_uint_eq(
			(size_t)u[0] << 24 | (size_t)u[1] << 16 | (size_t)u[2] << 8 | u[3], length);
		ck_assert_mem_eq(u + 4, files[i][1], length);
		p = (const char *)u + 4 + length;
	}
	ck_assert_ptr_eq(p, end);
	config_text_free(&t);
}

#define READS(...)                                                                                 \
	reads((const char *const[][2]){__VA_ARGS__}, COUNT(((const char *const[][2]){__VA_ARGS__})))

/* Fails, with one line that names the file. Returns how. */
static int fails(const char *path)
{
	struct config_text t = {0};
	char why[WHY_SIZE] = "";
	int err = config_read(conf, &t, why, sizeof(why));

	ck_assert_msg(err < 0, "%s was read", path);
	ck_assert_ptr_null(t.p);
	ck_assert_uint_eq(t.n, 0);
	ck_assert_msg(strstr(why, path) != NULL, "%s", why);
	ck_assert_ptr_null(strchr(why, '\n'));
	return err;
}

static void refused(const char *path, int expected)
{
	ck_assert_int_eq(fails(path), expected);
}

START_TEST(no_file)
{
	reads(NULL, 0);
	ck_assert_int_eq(mkdir(conf_d, 0755), 0);
	reads(NULL, 0);
}
END_TEST

START_TEST(no_directory_either)
{
	struct config_text t = {0};
	char why[WHY_SIZE];

	ck_assert_int_eq(config_read("/nonexistent/pat.conf", &t, why, sizeof(why)), 0);
	ck_assert_uint_eq(t.n, 0);
	config_text_free(&t);
}
END_TEST

START_TEST(one_file)
{
	put(conf, "max_tokens = 1\n");
	READS({conf, "max_tokens = 1\n"});
	put(conf, "");
	READS({conf, ""});
	ck_assert_int_eq(chmod(conf, 0400), 0);
	READS({conf, ""});
}
END_TEST

/* As they are, NULs included: it is config_parse() that judges them. */
START_TEST(bytes_unchanged)
{
	char bytes[512];
	struct config_text t;
	FILE *f = fopen(conf, "we");

	ck_assert_ptr_nonnull(f);
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)i;
	ck_assert_uint_eq(fwrite(bytes, sizeof(bytes), 1, f), 1);
	fclose(f);
	t = read_text();
	ck_assert_uint_eq(t.n, strlen(conf) + 1 + 4 + sizeof(bytes));
	ck_assert_mem_eq(t.p + t.n - sizeof(bytes), bytes, sizeof(bytes));
	config_text_free(&t);
}
END_TEST

START_TEST(drop_ins_in_order)
{
	char paths[4][PATH_SIZE + 300];
	static const char *const names[] = {"00.conf", "1.conf", "B.conf", "a.conf"};

	for (size_t i = COUNT(names); i-- > 0;) {
		strcpy(paths[i], in_conf_d(names[i]));
		put(paths[i], names[i]);
	}
	put(in_conf_d("ignored"), "x");
	put(in_conf_d("ignored.conf~"), "x");
	put(in_conf_d("ignored.conf.bak"), "x");
	put(in_conf_d("ignored.CONF"), "x");
	put(in_conf_d("conf"), "x");
	READS({paths[0], names[0]}, {paths[1], names[1]}, {paths[2], names[2]},
		{paths[3], names[3]});
	put(conf, "first");
	READS({conf, "first"}, {paths[0], names[0]}, {paths[1], names[1]}, {paths[2], names[2]},
		{paths[3], names[3]});
}
END_TEST

/* ---- who may write them ---- */

START_TEST(writable_by_others)
{
	static const mode_t modes[] = {0664, 0660, 0646, 0606, 0666, 0622, 0777};

	for (int drop_in = 0; drop_in < 2; drop_in++) {
		const char *path = drop_in ? in_conf_d("a.conf") : conf;

		put(path, "max_tokens = 1\n");
		for (size_t i = 0; i < COUNT(modes); i++) {
			ck_assert_int_eq(chmod(path, modes[i]), 0);
			refused(path, ERR_INVALID);
		}
		ck_assert_int_eq(chmod(path, 0644), 0);
		READS({path, "max_tokens = 1\n"});
		ck_assert_int_eq(unlink(path), 0);
	}
}
END_TEST

START_TEST(of_another_owner)
{
	if (geteuid() != 0)
		return; /* only root can give a file away */
	put(conf, "max_tokens = 1\n");
	ck_assert_int_eq(chown(conf, 12345, 0), 0);
	refused(conf, ERR_INVALID);
	ck_assert_int_eq(chown(conf, 0, 12345), 0); /* the group cannot write */
	READS({conf, "max_tokens = 1\n"});
}
END_TEST

/* The link's target is fine by itself: it is the link that is not followed. */
START_TEST(symlinks)
{
	char target[PATH_SIZE + 16];

	snprintf(target, sizeof(target), "%s/target", dir);
	put(target, "max_tokens = 1\n");
	for (int drop_in = 0; drop_in < 2; drop_in++) {
		const char *path = drop_in ? in_conf_d("a.conf") : conf;

		ck_assert_int_eq(symlink(target, path), 0);
		fails(path);
		ck_assert_int_eq(unlink(path), 0);
	}
	ck_assert_int_eq(symlink("/nonexistent/target", conf), 0); /* not taken for absent */
	fails(conf);
}
END_TEST

/* None of them is waited for. */
START_TEST(of_another_type)
{
	for (int drop_in = 0; drop_in < 2; drop_in++) {
		const char *path = drop_in ? in_conf_d("a.conf") : conf;

		ck_assert_int_eq(mkfifo(path, 0600), 0);
		refused(path, ERR_INVALID);
		ck_assert_int_eq(unlink(path), 0);
		ck_assert_int_eq(mkdir(path, 0700), 0);
		refused(path, ERR_INVALID);
		ck_assert_int_eq(rmdir(path), 0);
	}
}
END_TEST

START_TEST(devices)
{
	struct config_text t = {0};
	char why[WHY_SIZE] = "";

	ck_assert_int_eq(config_read("/dev/zero", &t, why, sizeof(why)), ERR_INVALID);
	ck_assert_msg(strstr(why, "/dev/zero") != NULL, "%s", why);
	ck_assert_ptr_null(t.p);
}
END_TEST

START_TEST(unreadable)
{
	put(conf, "max_tokens = 1\n");
	if (geteuid() == 0) {
		/* root reads it all the same: mode bits are not for root */
		ck_assert_int_eq(chmod(conf, 0), 0);
		READS({conf, "max_tokens = 1\n"});
		become_somebody();
	}
	ck_assert_int_eq(chmod(conf, 0), 0);
	refused(conf, ERR_IO);
}
END_TEST

/* Not root: the files may be one's own. */
START_TEST(run_by_another_user)
{
	put(conf, "max_tokens = 1\n");
	if (geteuid() == 0)
		become_somebody();
	READS({conf, "max_tokens = 1\n"});
}
END_TEST

START_TEST(drop_ins_that_are_no_directory)
{
	put(conf_d, "max_tokens = 1\n");
	fails(conf_d);
}
END_TEST

/* ---- how much ---- */

START_TEST(longest_file)
{
	struct config_text t;

	put(conf, "");
	ck_assert_int_eq(truncate(conf, LIMIT_CONFIG), 0);
	t = read_text();
	ck_assert_uint_eq(t.n, strlen(conf) + 1 + 4 + LIMIT_CONFIG);
	config_text_free(&t);
	ck_assert_int_eq(truncate(conf, LIMIT_CONFIG + 1), 0);
	refused(conf, ERR_INVALID);
	ck_assert_int_eq(truncate(conf, (off_t)1 << 40), 0);
	refused(conf, ERR_INVALID);
}
END_TEST

START_TEST(number_of_files)
{
	struct config_text t;
	char name[32];

	put(conf, "");
	for (unsigned i = 1; i < LIMIT_CONFIG_FILES; i++) {
		snprintf(name, sizeof(name), "%03u.conf", i);
		put(in_conf_d(name), "");
	}
	t = read_text();
	config_text_free(&t);
	put(in_conf_d("999.conf"), "");
	fails(conf_d);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("config_read");
	TCase *t = tcase_create("config_read");

	tcase_add_unchecked_fixture(t, make_base, remove_base);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, no_file);
	tcase_add_test(t, no_directory_either);
	tcase_add_test(t, one_file);
	tcase_add_test(t, bytes_unchanged);
	tcase_add_test(t, drop_ins_in_order);
	tcase_add_test(t, writable_by_others);
	tcase_add_test(t, of_another_owner);
	tcase_add_test(t, symlinks);
	tcase_add_test(t, of_another_type);
	tcase_add_test(t, devices);
	tcase_add_test(t, unreadable);
	tcase_add_test(t, run_by_another_user);
	tcase_add_test(t, drop_ins_that_are_no_directory);
	tcase_add_test(t, longest_file);
	tcase_add_test(t, number_of_files);
	suite_add_tcase(s, t);
	return unit_run(s);
}
