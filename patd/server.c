#include "patd/server.h"

#include <event2/event.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/err.h"
#include "patd/audit.h"
#include "patd/conn.h"
#include "patd/control.h"
#include "patd/handover.h"
#include "patd/hash.h"
#include "patd/janitor.h"
#include "patd/journal.h"
#include "patd/locked.h"
#include "patd/peer.h"
#include "patd/reaper.h"
#include "patd/store_session.h"
#include "patd/sweep.h"
#include "patd/tally.h"

/* Connections taken at one wake-up, before others get their turn. */
enum { ACCEPT_AT_ONCE = 16 };

/* ---- listeners ---- */

static void accept_some(struct server *s, int listener, bool root_socket)
{
	for (int i = 0; i < ACCEPT_AT_ONCE; i++) {
		int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		uid_t peer;

		if (fd < 0)
			return;
		if (peer_uid(fd, s->overflow, &peer) || (root_socket && peer != 0))
			close(fd);
		else
			conn_start(s, fd, peer, root_socket);
	}
}

static void on_accept(evutil_socket_t fd, short events, void *arg)
{
	(void)events;
	accept_some(arg, fd, false);
}

static void on_accept_root(evutil_socket_t fd, short events, void *arg)
{
	(void)events;
	accept_some(arg, fd, true);
}

/* ---- the parent's messages ---- */

/* The bytes of the configuration, from a memory file that the parent made. */
static int read_config(int fd, struct config_text *out)
{
	struct stat st;
	char *p;

	if (fstat(fd, &st) < 0 || st.st_size < 0)
		return ERR_IO;
	p = malloc((size_t)st.st_size + 1);
	if (!p)
		return ERR_MEMORY;
	if (pread(fd, p, (size_t)st.st_size, 0) != st.st_size) {
		free(p);
		return ERR_IO;
	}
	*out = (struct config_text){p, (size_t)st.st_size};
	return 0;
}

static void use_config(struct server *s, int fd)
{
	struct config_text text = {0};
	struct config *config;
	char why[512] = "cannot be read";
	int err = fd < 0 ? ERR_PROTO : read_config(fd, &text);

	if (!err)
		err = config_parse(&text, &config, why, sizeof(why));
	config_text_free(&text);
	if (err) {
		audit_say(LOG_ERR, "configuration not reloaded: %s", why);
		return;
	}
	config_unref(s->config);
	s->config = config;
	journal_retention(s->journal, config->retention);
	janitor_start(s->janitor);
	audit_say(LOG_INFO, "configuration reloaded");
}

static void on_control(evutil_socket_t fd, short events, void *arg)
{
	struct server *s = arg;
	struct control m;
	int passed = -1;
	int err = control_receive(fd, &m, &passed);

	(void)events;
	if (err == ERR_BUSY)
		return;
	/* Without the parent there is nobody to serve for. */
	if (err) {
		event_base_loopbreak(s->base);
		return;
	}
	if (m.type == CONTROL_RESULT)
		errand_result(&s->errands, &m);
	else if (m.type == CONTROL_CONFIG)
		use_config(s, passed);
	if (passed >= 0)
		close(passed);
}

static void on_names_changed(void *arg)
{
	struct server *s = arg;

	if (s->sweep)
		sweep_start(s->sweep);
}

static void on_names_lost(void *arg)
{
	struct server *s = arg;

	audit_say(LOG_ERR, "the names process is gone");
	event_base_loopbreak(s->base);
}

/* ---- before the sandbox ---- */

enum {
	/* Every place of every kind of connection. */
	PLACES_IN_ALL = LIMIT_CONNS_ROOT + 3 * LIMIT_CONNS + LIMIT_CONNS_TOLD,
	/* And LMDB, and what libraries keep open. */
	DESCRIPTORS = PLACES_IN_ALL + 64,
};

/* As far as the service manager lets us. */
static void raise_limit(unsigned resource, rlim_t wanted)
{
	struct rlimit limit;

	if (getrlimit(resource, &limit) == 0 && limit.rlim_cur < wanted) {
		limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
		setrlimit(resource, &limit);
	}
}

/* What pids and times mean ends with the boot. */
static void read_boot(char *out, size_t size)
{
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, out, size - 1) : -1;

	if (fd >= 0)
		close(fd);
	out[n > 0 ? n : 0] = '\0';
}

void server_prepare(struct server_setup *setup)
{
	raise_limit(RLIMIT_NOFILE, DESCRIPTORS);
	setup->overflow = peer_overflow_uid();
	read_boot(setup->boot, sizeof(setup->boot));
}

/* ---- running ---- */

static int add(struct event_base *base, int fd, event_callback_fn fn, void *arg, int priority,
	struct event **out)
{
	*out = event_new(base, fd, EV_READ | EV_PERSIST, fn, arg);
	if (!*out || event_priority_set(*out, priority) || event_add(*out, NULL))
		return ERR_MEMORY;
	return 0;
}

static int read_clock(struct server *s, uint64_t *out)
{
	struct store_txn *t;
	int err = store_begin_read(s->store, &t);

	if (err)
		return err;
	err = store_get_clock(t, out);
	store_abort(t);
	return err;
}

/* Logins and sessions of before: all of this boot, and none of another. A fault there keeps no
 * token from opening a door. */
static void load_handovers(struct server *s, const char *boot)
{
	struct store_txn *t;
	int err = store_begin_write(s->store, &t);

	if (err)
		return;
	err = store_note_boot(t, span_of(boot));
	if (!err)
		err = handovers_load(s->handovers, t, s->started);
	if (!err)
		err = store_commit(t);
	else
		store_abort(t);
	if (err)
		audit_say(LOG_ERR, "logins under way cannot be read: %s", err_text(err));
}

static int make_helpers(struct server *s, const struct server_setup *setup)
{
	struct names_listener listener = {on_names_lost, on_names_changed, s};
	uint64_t clock_mark;
	int err = read_clock(s, &clock_mark);

	if (err)
		return err;
	s->committer = commit_start(s->base, s->store);
	s->names = names_cache_new(s->base, setup->names, &listener);
	if (!s->committer || !s->names)
		return ERR_MEMORY;
	s->tally = tally_new(s->base, s->committer, clock_mark);
	s->journal = journal_new();
	s->sweep = sweep_new(s);
	s->janitor = janitor_new(s);
	s->handovers = handovers_new(s->base, s->committer);
	s->reaper = reaper_new(s);
	if (!s->tally || !s->journal || !s->sweep || !s->janitor || !s->handovers || !s->reaper)
		return ERR_MEMORY;
	journal_retention(s->journal, s->config->retention);
	tally_carry(s->tally, s->journal);
	load_handovers(s, setup->boot);
	return 0;
}

/* What was counted, and happened, since the last batch. The committer has stopped: nobody else
 * writes. */
static void flush(struct server *s)
{
	struct store_txn *t;

	if (!s->tally || !s->handovers || store_begin_write(s->store, &t))
		return;
	if (tally_flush(s->tally, t) || handovers_flush(s->handovers, t))
		store_abort(t);
	else
		store_commit(t);
}

static int make_parts(struct server *s, const struct server_setup *setup)
{
	char why[512];
	int err = hash_init();

	if (!err)
		err = store_open(setup->state_dir, &s->store, why, sizeof(why));
	else
		snprintf(why, sizeof(why), "the system gives no randomness");
	if (err) {
		audit_say(LOG_ERR, "%s", why);
		fprintf(stderr, "patd: %s\n", why);
		return err;
	}
	s->base = event_base_new();
	if (!s->base || event_base_priority_init(s->base, SERVER_PRIORITIES))
		return ERR_MEMORY;
	return make_helpers(s, setup);
}

static int loop(struct server *s, const struct server_setup *setup)
{
	struct event *event[3] = {NULL};
	struct control ready = {.type = CONTROL_READY};
	int err = add(s->base, setup->root_socket, on_accept_root, s, SERVER_FIRST, &event[0]);

	if (!err)
		err = add(s->base, setup->socket, on_accept, s, SERVER_THEN, &event[1]);
	if (!err)
		err = add(s->base, setup->control, on_control, s, SERVER_FIRST, &event[2]);
	if (!err)
		err = control_send(setup->control, &ready, -1);
	if (!err && event_base_dispatch(s->base) < 0)
		err = ERR_IO;
	/* Who starts us again opens it anew. */
	if (!err && store_lost(s->store))
		err = ERR_STORE;
	for (size_t i = 0; i < 3; i++)
		if (event[i])
			event_free(event[i]);
	return err;
}

int server_run(const struct server_setup *setup)
{
	struct server s = {
		.config = setup->config,
		.overflow = setup->overflow,
		.started = clock_now(),
	};
	int err;

	locked_stack();
	errands_init(&s.errands, setup->control);
	err = make_parts(&s, setup);
	if (!err)
		err = loop(&s, setup);
	if (err)
		audit_say(LOG_ERR, "the store process ends: %s", err_text(err));
	commit_stop(s.committer);
	flush(&s);
	conn_end_all(&s);
	reaper_free(s.reaper);
	handovers_free(s.handovers);
	sweep_free(s.sweep);
	janitor_free(s.janitor);
	tally_free(s.tally);
	journal_free(s.journal);
	names_cache_free(s.names);
	store_close(s.store);
	config_unref(s.config);
	if (s.base)
		event_base_free(s.base);
	return err;
}
