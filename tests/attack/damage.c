/*
 * damage STORE KIND ID: damages what a stopped patd's store has of a token, by LMDB alone, so that
 * the file itself stays sound. `damage` alone prints the kinds, a line each.
 */
#include <lmdb.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/limits.h"
#include "common/token.h"

/* What becomes of the n bytes that are there, of at most LIMIT_RECORD: their new number; NONE: the
 * entry goes. */
#define NONE SIZE_MAX

static size_t cut(uint8_t *p, size_t n)
{
	(void)p;
	return n - 1;
}

static size_t cut_short(uint8_t *p, size_t n)
{
	(void)p;
	(void)n;
	return 10;
}

static size_t empty(uint8_t *p, size_t n)
{
	(void)p;
	(void)n;
	return 0;
}

static size_t longer(uint8_t *p, size_t n)
{
	p[n] = 0;
	return n + 1;
}

static size_t longest(uint8_t *p, size_t n)
{
	memset(p + n, 0xff, LIMIT_RECORD - n);
	return LIMIT_RECORD;
}

static size_t version(uint8_t *p, size_t n)
{
	p[0] = 2;
	return n;
}

static size_t kind(uint8_t *p, size_t n)
{
	p[1] = 9;
	return n;
}

/* Behind version, kind, uid, time and hash. */
static size_t tag(uint8_t *p, size_t n)
{
	p[1 + 1 + 4 + 8 + 32] = 0x7f;
	return n;
}

static size_t length(uint8_t *p, size_t n)
{
	p[1 + 1 + 4 + 8 + 32 + 1] = 0xff;
	return n;
}

static size_t zeros(uint8_t *p, size_t n)
{
	memset(p, 0, n);
	return n;
}

static size_t gone(uint8_t *p, size_t n)
{
	(void)p;
	(void)n;
	return NONE;
}

static const struct {
	const char *name;
	const char *db;
	size_t (*damage)(uint8_t *p, size_t n);
} kinds[] = {
	{"cut", "token", cut},
	{"cut-short", "token", cut_short},
	{"empty", "token", empty},
	{"longer", "token", longer},
	{"longest", "token", longest},
	{"version", "token", version},
	{"kind", "token", kind},
	{"tag", "token", tag},
	{"length", "token", length},
	{"zeros", "token", zeros},
	{"gone", "token", gone},
	{"usage", "usage", zeros},
	{"usage-cut", "usage", cut_short},
};
enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

static MDB_env *env;
static MDB_txn *txn;

static void need(int rc, const char *what)
{
	if (rc == 0)
		return;
	fprintf(stderr, "%s: %s\n", what, mdb_strerror(rc));
	exit(1);
}

static void damage(size_t i, const char *id)
{
	uint8_t bytes[LIMIT_RECORD + 1] = {0};
	MDB_val k = {TOKEN_ID_LEN, (void *)(uintptr_t)id}, v;
	MDB_dbi db;
	size_t n;

	need(mdb_dbi_open(txn, kinds[i].db, 0, &db), kinds[i].db);
	need(mdb_get(txn, db, &k, &v), id);
	memcpy(bytes, v.mv_data, v.mv_size);
	n = kinds[i].damage(bytes, v.mv_size);
	v = (MDB_val){n, bytes};
	need(n == NONE ? mdb_del(txn, db, &k, NULL) : mdb_put(txn, db, &k, &v, 0), id);
}

int main(int argc, char **argv)
{
	size_t i = 0;

	if (argc == 1) {
		for (; i < KINDS; i++)
			puts(kinds[i].name);
		return 0;
	}
	while (argc == 4 && i < KINDS && strcmp(kinds[i].name, argv[2]) != 0)
		i++;
	if (argc != 4 || i == KINDS || !token_id_valid(argv[3], strlen(argv[3]))) {
		fputs("usage: damage [STORE KIND ID]\n", stderr);
		return 2;
	}
	need(mdb_env_create(&env), "LMDB");
	need(mdb_env_set_maxdbs(env, 32), "LMDB");
	need(mdb_env_open(env, argv[1], MDB_NOLOCK, 0600), argv[1]);
	need(mdb_txn_begin(env, NULL, 0, &txn), argv[1]);
	damage(i, argv[3]);
	need(mdb_txn_commit(txn), argv[1]);
	mdb_env_close(env);
	return 0;
}
