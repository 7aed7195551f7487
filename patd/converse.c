#include "patd/converse.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <security/pam_appl.h>
#include <shadow.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <syslog.h>
#include <unistd.h>

#include "common/bytes.h"
#include "common/err.h"
#include "common/paths.h"
#include "common/proto.h"
#include "common/secret.h"
#include "common/token.h"
#include "patd/chan.h"
#include "patd/lookup.h"

/* ---- reports ---- */

enum { REPORT_ANSWERED = 1, REPORT_ENDED = 2 };

size_t converse_encode(const struct converse_report *r, void *buf)
{
	struct writer w;

	writer_init(&w, buf, CONVERSE_PACKET);
	write_u8(&w, r->ended ? REPORT_ENDED : REPORT_ANSWERED);
	if (r->ended) {
		write_u16(&w, (uint16_t)-r->err);
		write_bytes(&w, r->message, strnlen(r->message, LIMIT_MESSAGE));
	}
	return writer_len(&w);
}

int converse_decode(const void *buf, size_t n, struct converse_report *r)
{
	struct converse_report out = {0};
	struct reader reader;
	uint8_t kind;
	uint16_t number;

	reader_init(&reader, buf, n);
	kind = read_u8(&reader);
	out.ended = kind == REPORT_ENDED;
	if (out.ended) {
		number = read_u16(&reader);
		out.err = number ? err_from_wire(number) : 0;
		if (out.err != -(int)number || !span_copy(read_bytes(&reader, reader_left(&reader)),
						       out.message, sizeof(out.message)))
			return ERR_PROTO;
	}
	if (!reader_done(&reader) || (kind != REPORT_ANSWERED && kind != REPORT_ENDED))
		return ERR_PROTO;
	*r = out;
	return 0;
}

/* ---- the conversation ---- */

struct talk {
	int client;
	int report_fd;
	unsigned messages, answers;
	struct converse_report end; /* the first error latches: PAM modules may try to go on */
	char name[LIMIT_USER + 1];
	struct proto_out out;
	uint8_t packet[LIMIT_PACKET];
};

static int fail(struct talk *t, int err, const char *message)
{
	if (t->end.err == 0) {
		t->end.err = err;
		snprintf(t->end.message, sizeof(t->end.message), "%s", message);
	}
	return t->end.err;
}

static int report(struct talk *t, const struct converse_report *r)
{
	char packet[CONVERSE_PACKET];

	return chan_send(t->report_fd, packet, converse_encode(r, packet), -1);
}

static int wait_for_client(struct talk *t, short events)
{
	struct pollfd p = {t->client, events, 0};
	int n = poll(&p, 1, LIMIT_PROMPT_MS);

	if (n == 0)
		return fail(t, ERR_TIMEOUT, "no answer in time");
	return n < 0 && errno != EINTR ? fail(t, ERR_IO, "") : 0;
}

static int send_prompt(struct talk *t, enum proto_style style, const char *text)
{
	size_t n;

	proto_begin(&t->out, VERB_PROMPT);
	proto_put_number(&t->out, TAG_STYLE, style);
	proto_put_text(&t->out, TAG_MESSAGE, (struct span){text, strnlen(text, LIMIT_MESSAGE)});
	n = proto_end(&t->out);
	while (send(t->client, t->out.packet, n, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
		if (errno != EAGAIN && errno != EINTR)
			return fail(t, ERR_IO, "");
		if (wait_for_client(t, POLLOUT))
			return t->end.err;
	}
	return 0;
}

static int receive_packet(struct talk *t, struct proto_msg *m)
{
	ssize_t n;

	while ((n = recv(t->client, t->packet, sizeof(t->packet), MSG_DONTWAIT | MSG_TRUNC)) < 0) {
		if (errno != EAGAIN && errno != EINTR)
			return fail(t, ERR_IO, "");
		if (wait_for_client(t, POLLIN))
			return t->end.err;
	}
	if (n == 0)
		return fail(t, ERR_IO, "");
	if ((size_t)n > sizeof(t->packet) || proto_decode(t->packet, (size_t)n, m) ||
		m->verb != VERB_RESPONSE)
		return fail(t, ERR_PROTO, "");
	return 0;
}

/* The parent hears of the first answer before anything is made of it: from now on it is a failure.
 */
static int take_answer(struct talk *t, struct span text, char **answer)
{
	if (t->answers == 1 && report(t, &(struct converse_report){.ended = false}))
		return fail(t, ERR_IO, "");
	if (token_parse(text.p, text.n, NULL))
		return fail(t, ERR_REAUTH, "a token does not authorise managing tokens");
	*answer = strndup(text.p, text.n);
	return *answer ? 0 : fail(t, ERR_MEMORY, "");
}

static int receive_answer(struct talk *t, char **answer)
{
	struct proto_msg m;
	int err = receive_packet(t, &m);

	if (err == 0)
		err = take_answer(t, proto_text(&m, TAG_RESPONSE), answer);
	SECRET_WIPE_ARRAY(t->packet);
	return err;
}

static const struct style {
	int pam;
	enum proto_style style;
	bool asks;
} styles[] = {
	{PAM_PROMPT_ECHO_OFF, STYLE_ECHO_OFF, true},
	{PAM_PROMPT_ECHO_ON, STYLE_ECHO_ON, true},
	{PAM_ERROR_MSG, STYLE_ERROR, false},
	{PAM_TEXT_INFO, STYLE_INFO, false},
};

static int exchange(struct talk *t, const struct pam_message *m, char **answer)
{
	const struct style *s = styles;

	while (s < styles + sizeof(styles) / sizeof(styles[0]) && s->pam != m->msg_style)
		s++;
	if (s == styles + sizeof(styles) / sizeof(styles[0]))
		return fail(t, ERR_REAUTH, "");
	if (++t->messages > CONVERSE_MESSAGES || (s->asks && ++t->answers > CONVERSE_ANSWERS))
		return fail(t, ERR_REAUTH, "too many questions");
	if (send_prompt(t, s->style, m->msg ? m->msg : ""))
		return t->end.err;
	return s->asks ? receive_answer(t, answer) : 0;
}

static int hold_conversation(
	int count, const struct pam_message **messages, struct pam_response **out, void *arg)
{
	struct talk *t = arg;
	struct pam_response *answers;

	if (t->end.err || count <= 0 || count > PAM_MAX_NUM_MSG)
		return PAM_CONV_ERR;
	answers = calloc((size_t)count, sizeof(*answers));
	if (!answers)
		return PAM_BUF_ERR;
	for (int i = 0; i < count; i++) {
		if (exchange(t, messages[i], &answers[i].resp)) {
			for (int made = 0; made < i; made++)
				secret_free_string(answers[made].resp);
			free(answers);
			return PAM_CONV_ERR;
		}
	}
	*out = answers;
	return PAM_SUCCESS;
}

/* ---- who it is, and whether PAM says so ---- */

/* The name must lead back to the uid, else someone else's password would be asked for. */
static int find_person(struct talk *t, uid_t uid)
{
	struct account_query q = {.seq = 1, .by_uid = true, .uid = uid};
	struct account by_uid, by_name;

	lookup_account(&q, &by_uid);
	if (by_uid.state == ACCOUNT_ABSENT)
		return fail(t, ERR_NO_ACCOUNT, "");
	q.by_uid = false;
	memcpy(q.name, by_uid.name, sizeof(q.name));
	lookup_account(&q, &by_name);
	if (by_uid.state != ACCOUNT_FOUND || by_name.state != ACCOUNT_FOUND || by_name.uid != uid)
		return fail(t, ERR_NAMES, "");
	memcpy(t->name, by_uid.name, sizeof(t->name));
	return 0;
}

/* No password was ever set: there is an entry in shadow, and no hash in it, locked or not. */
static bool has_no_password(const char *name)
{
	const struct spwd *sp = getspnam(name);

	return sp && sp->sp_pwdp && sp->sp_pwdp[strspn(sp->sp_pwdp, "!*")] == '\0';
}

/* What PAM's codes come to; any other is a plain failure. */
static const struct ending {
	int pam;
	int err;
	const char *message;
} endings[] = {
	{PAM_SUCCESS, ERR_NONE, ""},
	{PAM_BUF_ERR, ERR_MEMORY, ""},
	{PAM_NEW_AUTHTOK_REQD, ERR_REAUTH, "your password must be changed first"},
	{PAM_ACCT_EXPIRED, ERR_REAUTH, "your account has expired"},
};

static int conclude(struct talk *t, int rc)
{
	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++)
		if (endings[i].pam == rc)
			return endings[i].err ? fail(t, endings[i].err, endings[i].message) : 0;
	return fail(t, ERR_REAUTH, "");
}

/* The module that failed may be any; that there is no password is what helps the person. */
static int conclude_unknown(struct talk *t, int rc)
{
	char message[LIMIT_MESSAGE + 1];

	if (t->end.err || rc == PAM_BUF_ERR || !has_no_password(t->name))
		return conclude(t, rc);
	snprintf(message, sizeof(message),
		"%.200s has no password here; ask root: patctl -u %.200s mint ...", t->name,
		t->name);
	return fail(t, ERR_NO_FACTOR, message);
}

static bool is_still(pam_handle_t *pamh, const char *name)
{
	const void *user = NULL;

	return pam_get_item(pamh, PAM_USER, &user) == PAM_SUCCESS && user &&
	       strcmp(user, name) == 0;
}

static int authenticate(struct talk *t)
{
	const struct pam_conv conv = {hold_conversation, t};
	pam_handle_t *pamh = NULL;
	bool known = false;
	int rc = pam_start(PATH_PAM_SERVICE, t->name, &conv, &pamh);

	if (rc != PAM_SUCCESS)
		return conclude(t, rc);
	rc = pam_set_item(pamh, PAM_RUSER, t->name);
	if (rc == PAM_SUCCESS) {
		rc = pam_authenticate(pamh, PAM_DISALLOW_NULL_AUTHTOK);
		known = rc == PAM_SUCCESS;
	}
	if (known)
		rc = pam_acct_mgmt(pamh, PAM_DISALLOW_NULL_AUTHTOK);
	if (rc == PAM_SUCCESS && !is_still(pamh, t->name))
		rc = PAM_PERM_DENIED;
	pam_end(pamh, rc);
	/* A conversation that failed is a failure, whatever a stack made of it. */
	return known ? conclude(t, rc) : conclude_unknown(t, rc);
}

/* ---- the process ---- */

static void reset_signals(void)
{
	sigset_t none;

	for (int s = 1; s < NSIG; s++)
		signal(s, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static int close_stdio(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0)
		return -1;
	for (int fd = 0; fd <= 2; fd++)
		if (dup2(null, fd) < 0)
			return -1;
	return null > 2 ? close(null) : 0;
}

static int isolate(struct talk *t)
{
	prctl(PR_SET_NAME, "patd-reauth");
	closelog(); /* else PAM modules would log into whatever takes the place of its descriptor */
	reset_signals();
	return close_stdio() < 0 || chan_close_others(t->client, t->report_fd) ? fail(t, ERR_IO, "")
									       : 0;
}

/*
 * Passwords are in here, and in what modules allocate: none of it goes to swap. Only what is used
 * is locked, but all that is mapped counts for the limit, which a module that drops its privileges
 * meets: where there is one, what comes later is not locked.
 */
static void lock_memory(void)
{
	struct rlimit limit;
	bool any = getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur == RLIM_INFINITY;

	mlockall(MCL_CURRENT | MCL_ONFAULT | (any ? MCL_FUTURE : 0));
}

/* The real uid tells PAM modules that this is not root asking; it lets the person end the child,
 * too. */
static int become_asker(struct talk *t, uid_t uid)
{
	const struct rlimit none = {0, 0};

	lock_memory();
	if (setresuid(uid, 0, 0) < 0 || getuid() != uid || setrlimit(RLIMIT_CORE, &none) < 0 ||
		prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return fail(t, ERR_IO, "");
	return 0;
}

/* Without the file libpam would take `other`, whatever that allows. */
static int check_pam_file(struct talk *t)
{
	if (faccessat(AT_FDCWD, PATH_PAM_FILE, R_OK, AT_EACCESS) < 0)
		return fail(
			t, ERR_REAUTH, PATH_PAM_FILE " is missing: re-authentication is refused");
	return 0;
}

void converse_run(int client, int report_fd, uid_t uid)
{
	struct talk t = {.client = client, .report_fd = report_fd};

	if (isolate(&t) == 0 && become_asker(&t, uid) == 0 && check_pam_file(&t) == 0 &&
		find_person(&t, uid) == 0)
		authenticate(&t);
	t.end.ended = true;
	_exit(report(&t, &t.end) == 0 ? 0 : 1);
}
