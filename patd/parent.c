#include "patd/parent.h"

#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "common/err.h"
#include "common/paths.h"
#include "patd/audit.h"
#include "patd/chan.h"
#include "patd/config.h"
#include "patd/control.h"
#include "patd/killer.h"
#include "patd/names.h"
#include "patd/privileges.h"
#include "patd/reauth.h"
#include "patd/sandbox.h"
#include "patd/server.h"
#include "patd/service.h"

enum { STORE, NAMES, CHILDREN };
static const char *const child_names[CHILDREN] = {[STORE] = "store", [NAMES] = "names"};

/* How long the others may take to finish what they began. */
enum { STOP_MS = 5000 };

struct parent {
	const struct parent_options *options;
	struct event_base *base;
	struct reauth *reauth;
	struct killer *killer;
	struct sockets sockets;
	struct identity store_id, names_id;
	struct config *config;
	int control;  /* channel to the store process */
	int names[2]; /* the store's end and the names process's */
	pid_t child[CHILDREN];
	int result;
};

static int complain(int err, const char *why)
{
	fprintf(stderr, "patd: %s\n", why);
	return err;
}

/* ---- the children ---- */

/*
 * In a child: ends are announced by the channel's end, not by signals, which a terminal or a
 * service manager sends to all at once.
 */
static void child_begin(const char *name)
{
	signal(SIGTERM, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* a write over a limit of the supervisor's fails, no more */
	prctl(PR_SET_NAME, name);
}

__attribute__((noreturn)) static void names_child(struct parent *p)
{
	int err;

	child_begin("patd-names");
	closelog(); /* else it would write to whatever takes the place of its descriptor */
	err = chan_close_others(p->names[1], p->names[1]);
	if (!err)
		err = identity_become(&p->names_id);
	if (!err)
		err = names_run(p->names[1]);
	if (err)
		audit_say(LOG_ERR, "the names process ends: %s", err_text(err));
	_exit(err ? 1 : 0);
}

__attribute__((noreturn)) static void store_child(struct parent *p, int control)
{
	struct server_setup setup = {
		.socket = p->sockets.common,
		.root_socket = p->sockets.root,
		.control = control,
		.names = p->names[0],
		.state_dir = p->options->state_dir,
		.config = p->config,
	};
	char why[512];
	int err;

	child_begin("patd-store");
	close(p->control);
	close(p->names[1]);
	server_prepare(&setup);
	err = identity_become(&p->store_id);
	if (err)
		snprintf(why, sizeof(why), "privileges cannot be dropped");
	else
		err = sandbox_enter(setup.state_dir, why, sizeof(why));
	if (err)
		audit_say(LOG_ERR, "the store process cannot start: %s", why);
	else
		err = server_run(&setup);
	_exit(err ? 1 : 0);
}

static int start_children(struct parent *p)
{
	int control[2];

	if (chan_pair(control) || chan_pair(p->names))
		return complain(ERR_IO, "no channel to the other processes");
	p->control = control[0];
	p->child[NAMES] = fork();
	if (p->child[NAMES] == 0)
		names_child(p);
	if (p->child[NAMES] > 0)
		p->child[STORE] = fork();
	if (p->child[STORE] == 0)
		store_child(p, control[1]);
	close(control[1]);
	close(p->names[0]);
	close(p->names[1]);
	close(p->sockets.common);
	close(p->sockets.root);
	return p->child[STORE] > 0 ? 0 : complain(ERR_MEMORY, "cannot fork");
}

/* True once no child is left. */
static bool reap(struct parent *p, bool tell)
{
	bool none = true;

	for (int i = 0; i < CHILDREN; i++) {
		int status;

		if (p->child[i] > 0 && waitpid(p->child[i], &status, WNOHANG) == p->child[i]) {
			p->child[i] = 0;
			if (tell && status != 0)
				audit_say(LOG_ERR, "the %s process ended: %s %d", child_names[i],
					WIFSIGNALED(status) ? "signal" : "exit status",
					WIFSIGNALED(status) ? WTERMSIG(status)
							    : WEXITSTATUS(status));
		}
		none &= p->child[i] <= 0;
	}
	return none;
}

/* Closing the channels is the word to end; who does not listen is killed. */
static void stop_children(struct parent *p)
{
	struct timespec ms10 = {0, 10000000};

	close(p->control);
	for (int waited = 0; !reap(p, true) && waited < STOP_MS; waited += 10)
		nanosleep(&ms10, NULL);
	for (int i = 0; i < CHILDREN; i++)
		if (p->child[i] > 0)
			kill(p->child[i], SIGKILL);
	while (!reap(p, false))
		nanosleep(&ms10, NULL);
}

/* ---- events ---- */

static void end(struct parent *p, int result)
{
	p->result = result;
	event_base_loopbreak(p->base);
}

static void on_stop(evutil_socket_t signal_number, short events, void *arg)
{
	(void)signal_number;
	(void)events;
	service_notify("STOPPING=1");
	end(arg, 0);
}

/* None of the two can do without the other: when one ends, all do, and are started anew together.
 */
static void on_child(evutil_socket_t signal_number, short events, void *arg)
{
	struct parent *p = arg;

	(void)signal_number;
	(void)events;
	reap(p, true);
	if (p->child[STORE] == 0 || p->child[NAMES] == 0)
		end(p, ERR_IO);
}

static int send_config(struct parent *p, const struct config_text *text)
{
	struct control m = {.type = CONTROL_CONFIG};
	int fd = memfd_create("pat.conf", MFD_CLOEXEC);
	int err = ERR_IO;

	if (fd >= 0 && (text->n == 0 || write(fd, text->p, text->n) == (ssize_t)text->n))
		err = control_send(p->control, &m, fd);
	if (fd >= 0)
		close(fd);
	return err;
}

/* The text is parsed here for its errors, and again by the store process for its values. */
static void on_reload(evutil_socket_t signal_number, short events, void *arg)
{
	struct parent *p = arg;
	struct config_text text = {0};
	struct config *config = NULL;
	char why[512] = "";
	int err;

	(void)signal_number;
	(void)events;
	service_notify_reloading();
	err = config_read(p->options->config, &text, why, sizeof(why));
	if (!err)
		err = config_parse(&text, &config, why, sizeof(why));
	if (!err && (err = send_config(p, &text)))
		snprintf(why, sizeof(why), "%s", err_text(err));
	if (err)
		audit_say(
			LOG_ERR, "configuration not reloaded, the old one stays in force: %s", why);
	config_unref(config);
	config_text_free(&text);
	service_notify("READY=1");
}

static void on_reauth_done(void *arg, uint32_t id, int err, const char *message)
{
	struct parent *p = arg;
	struct control m = {.type = CONTROL_RESULT, .id = id, .err = err};

	snprintf(m.message, sizeof(m.message), "%s", message);
	control_send(p->control, &m, -1);
}

static void on_killed(void *arg, const struct control *result)
{
	struct parent *p = arg;

	control_send(p->control, result, -1);
}

/* Quick enough to be told at once. */
static void tell_if_alive(struct parent *p, const struct control *request)
{
	struct control m = {.type = CONTROL_RESULT, .id = request->id};
	struct process now;

	m.err = process_read(request->process.pid, &now);
	if (m.err == ERR_NO_SESSION && kill((pid_t)request->process.pid, 0) == 0)
		m.err = ERR_IO; /* it is there, and kept from us */
	if (!m.err && now.start != request->process.start)
		m.err = ERR_NO_SESSION;
	control_send(p->control, &m, -1);
}

static void on_control(evutil_socket_t fd, short events, void *arg)
{
	struct parent *p = arg;
	struct control m;
	int passed = -1;
	int err = control_receive(fd, &m, &passed);

	(void)events;
	if (err == ERR_BUSY)
		return;
	if (err) {
		end(p, err);
	} else if (m.type == CONTROL_REAUTH && passed >= 0) {
		reauth_start(p->reauth, passed, m.id); /* it owns the descriptor now */
		passed = -1;
	} else if (m.type == CONTROL_CANCEL) {
		reauth_cancel(p->reauth, m.id);
	} else if (m.type == CONTROL_LIVE) {
		tell_if_alive(p, &m);
	} else if (m.type == CONTROL_KILL || m.type == CONTROL_OTHERS) {
		killer_start(p->killer, &m);
	} else if (m.type == CONTROL_READY) {
		service_notify("READY=1");
		audit_say(LOG_INFO, "version " PAT_VERSION " serves");
	}
	if (passed >= 0)
		close(passed);
}

/* ---- running ---- */

static int prepare(struct parent *p)
{
	struct config_text text = {0};
	char why[512] = "";
	int err = config_read(p->options->config, &text, why, sizeof(why));

	if (!err)
		err = config_parse(&text, &p->config, why, sizeof(why));
	config_text_free(&text);
	if (!err)
		err = identity_find(PATH_USER, &p->store_id, why, sizeof(why));
	if (!err)
		err = identity_find(PATH_NAMES_USER, &p->names_id, why, sizeof(why));
	if (err)
		return complain(err, why);
	identity_add_shadow(&p->names_id);
	if (p->options->foreground)
		err = service_listen(p->options->run_dir, &p->sockets, why, sizeof(why));
	else if ((err = service_passed(&p->sockets, why, sizeof(why))) == ERR_NO_TOKEN)
		snprintf(why, sizeof(why),
			"no sockets from a service manager; to serve in the "
			"foreground without one: patd -F");
	return err ? complain(err, why) : 0;
}

static int loop(struct parent *p)
{
	struct {
		int fd;
		short what;
		event_callback_fn fn;
		struct event *event;
	} watch[] = {
		{p->control, EV_READ | EV_PERSIST, on_control, NULL},
		{SIGTERM, EV_SIGNAL | EV_PERSIST, on_stop, NULL},
		{SIGINT, EV_SIGNAL | EV_PERSIST, on_stop, NULL},
		{SIGHUP, EV_SIGNAL | EV_PERSIST, on_reload, NULL},
		{SIGCHLD, EV_SIGNAL | EV_PERSIST, on_child, NULL},
	};
	enum { WATCHED = sizeof(watch) / sizeof(watch[0]) };

	p->base = event_base_new();
	if (p->base)
		p->reauth = reauth_new(p->base, on_reauth_done, p);
	if (p->base)
		p->killer = killer_new(p->base, on_killed, p);
	if (!p->reauth || !p->killer)
		return complain(ERR_MEMORY, err_text(ERR_MEMORY));
	for (int i = 0; i < WATCHED; i++) {
		watch[i].event = event_new(p->base, watch[i].fd, watch[i].what, watch[i].fn, p);
		if (!watch[i].event || event_add(watch[i].event, NULL))
			return complain(ERR_MEMORY, err_text(ERR_MEMORY));
	}
	/* A child may have ended before we listened for it. */
	on_child(SIGCHLD, EV_SIGNAL, p);
	if (event_base_dispatch(p->base) < 0)
		p->result = ERR_IO;
	for (int i = 0; i < WATCHED; i++)
		event_free(watch[i].event);
	return p->result;
}

int parent_run(const struct parent_options *o)
{
	struct parent p = {.options = o};
	int err;

	signal(SIGPIPE, SIG_IGN);
	err = prepare(&p);
	if (err)
		goto out;
	err = start_children(&p);
	if (!err)
		err = loop(&p);
	stop_children(&p);
	reauth_free(p.reauth);
	killer_free(p.killer);
	if (p.base)
		event_base_free(p.base);
	if (o->foreground)
		service_unlink(o->run_dir);
out:
	config_unref(p.config);
	return err;
}
