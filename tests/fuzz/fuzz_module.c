/*
 * fuzz_module.c: the module whole, in the real libpam: what the person types, the PAM items, the
 * arguments, the flags, the order of the phases, the daemon's answers and a failing call are the
 * input's. However they come together: no success without the daemon's word for this very token,
 * never PAM_IGNORE from authenticate, no I/O for what is no token, and no token is left behind.
 */
#include <stdarg.h>
#include <sys/stat.h>

#include <security/pam_appl.h>

#include "tests/fuzz/daemon.h"
#include "tests/fuzz/shim.h"

#define EXPORT __attribute__((visibility("default")))

#define TOKEN_ID     "4fJk29sQxZb"
#define TOKEN_SECRET "0123456789abcdefghijklmnopqrstuvwxyzABCDEFG"

/* ---- the log ---- */

EXPORT void syslog(int priority, const char *format, ...) __attribute__((format(printf, 2, 3)));
EXPORT void __syslog_chk(int priority, int flag, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Is the secret where no person types it, in a host's name or a user's? */
static bool given_away;

/* A line is printable and has no secret, whatever went into it. libpam's own may hold anything. */
static __attribute__((format(printf, 1, 0))) void check_line(const char *format, va_list args)
{
	static char line[64 * 1024];

	vsnprintf(line, sizeof(line), format, args);
	assert(given_away || !strstr(line, TOKEN_SECRET));
	if (strncmp(line, "pam_pat(", 8) != 0)
		return;
	for (const char *p = strstr(line, "): "); p && *p; p++)
		assert(*p >= ' ' && *p <= '~');
}

void syslog(int priority, const char *format, ...)
{
	va_list args;

	(void)priority;
	va_start(args, format);
	check_line(format, args);
	va_end(args);
}

void __syslog_chk(int priority, int flag, const char *format, ...)
{
	va_list args;

	(void)priority, (void)flag;
	va_start(args, format);
	check_line(format, args);
	va_end(args);
}

/* ---- memory that is not there ---- */

void *__real_malloc(size_t n);
void *__wrap_malloc(size_t n);

void *__wrap_malloc(size_t n)
{
	return patd.armed && fails() ? NULL : __real_malloc(n);
}

/* ---- what a person types ---- */

/* Makes the CHECK right of what has the length of a token. */
static void seal(char *text)
{
	size_t n = strlen(text);
	uint32_t crc;

	if (n < TOKEN_TEXT_MIN || n > TOKEN_TEXT_MAX)
		return;
	crc = token_crc32(text, n - TOKEN_CHECK_LEN);
	for (size_t i = 1; i <= TOKEN_CHECK_LEN; i++, crc /= 62)
		text[n - i] = TOKEN_BASE62[crc % 62];
}

/* A token, something like it, or any text; malloc()ed. */
static char *typed(void)
{
	struct token t = {.id = TOKEN_ID, .secret = TOKEN_SECRET, .prefix = "pat"};
	char text[TOKEN_TEXT_MAX + 1];
	char *any_text;

	if (any(4)) {
		assert(token_format(&t, text));
		return strdup(text);
	}
	any_text = strdup(take_text());
	if (any(2))
		seal(any_text);
	return any_text;
}

static int converse(int n, const struct pam_message **m, struct pam_response **out, void *arg)
{
	struct pam_response *r;
	bool armed = patd.armed;
	uint8_t how = take_u8();

	(void)arg;
	if (how == 1)
		return PAM_CONV_ERR;
	if (how == 2)
		return (int)take_u8(); /* what no application should return */
	patd.armed = false;
	r = calloc((size_t)n, sizeof(*r));
	for (int i = 0; r && i < n; i++) {
		bool prompt = m[i]->msg_style == PAM_PROMPT_ECHO_OFF ||
			      m[i]->msg_style == PAM_PROMPT_ECHO_ON;

		assert(strlen(m[i]->msg) < PAM_MAX_MSG_SIZE);
		assert(given_away || !strstr(m[i]->msg, TOKEN_SECRET));
		r[i].resp = prompt && how != 3 ? typed() : NULL;
	}
	patd.armed = armed;
	if (!r)
		abort();
	if (how == 4) { /* nothing, and that successfully */
		for (int i = 0; i < n; i++)
			free(r[i].resp);
		free(r);
		r = NULL;
	}
	*out = r;
	return PAM_SUCCESS;
}

/* ---- one phase ---- */

/* What authenticate left, as the test saw it. */
static struct {
	bool accepted;
	char id[TOKEN_ID_LEN + 1];
} login;

/* Did the daemon say yes, about this token, in the last packet that was heard? */
static bool was_accepted(const char *id)
{
	struct proto_msg m;
	struct span name;

	if (patd.heard.n <= 0 || (size_t)patd.heard.n > LIMIT_PACKET || patd.impostor ||
		proto_decode(patd.heard.packet, (size_t)patd.heard.n, &m) || m.verb != VERB_OK ||
		!span_is(proto_text(&m, TAG_ID), id))
		return false;
	name = proto_text(&m, TAG_NAME);
	for (size_t i = 0; i < name.n; i++)
		if ((unsigned char)name.p[i] < 0x20 || name.p[i] == 0x7f)
			return false;
	return name.n > 0;
}

static bool one_of(int code, const int *codes)
{
	while (*codes >= 0 && *codes != code)
		codes++;
	return *codes == code;
}

static const char *item(const pam_handle_t *pamh, int which)
{
	const void *value = NULL;

	return pam_get_item(pamh, which, &value) == PAM_SUCCESS ? value : NULL;
}

/* What was in PAM_AUTHTOK before, or was typed; and what is left of it. */
static void check_authenticate(const pam_handle_t *pamh, int code, const char *before)
{
	static const int codes[] = {PAM_SUCCESS, PAM_AUTH_ERR, PAM_PERM_DENIED,
		PAM_AUTHINFO_UNAVAIL, PAM_SERVICE_ERR, PAM_CONV_ERR, -1};
	const char *service = item(pamh, PAM_SERVICE), *after = item(pamh, PAM_AUTHTOK);
	bool asked = patd.connects > 0;
	struct token t;

	assert(one_of(code, codes));
	if (service && strcmp(service, "patctl") == 0)
		assert(code == PAM_AUTH_ERR && !asked);
	if (asked || code == PAM_SUCCESS || code == PAM_PERM_DENIED || code == PAM_AUTHINFO_UNAVAIL)
		assert(!after);
	if (code == PAM_AUTH_ERR || code == PAM_SERVICE_ERR || code == PAM_CONV_ERR)
		assert(!asked);
	if (code == PAM_AUTH_ERR && before)
		assert(after && strcmp(after, before) == 0);
	/* Of what was understood to be no token nothing is taken away, and nothing else is left. */
	if (code == PAM_AUTH_ERR && after && !(service && strcmp(service, "patctl") == 0))
		assert(!token_parse(after, strlen(after), &t));
	login.accepted = code == PAM_SUCCESS;
	if (login.accepted) {
		assert(was_accepted(patd.id));
		strcpy(login.id, patd.id);
	}
}

static void check_account(int code)
{
	static const int codes[] = {
		PAM_SUCCESS, PAM_ACCT_EXPIRED, PAM_AUTHINFO_UNAVAIL, PAM_SERVICE_ERR, -1};

	if (!login.accepted) {
		assert(code == PAM_IGNORE && patd.connects == 0);
		return;
	}
	assert(one_of(code, codes));
	assert(code != PAM_SUCCESS || was_accepted(login.id));
}

/* An environment that names a token is asked about, and decides nothing. */
static void check_open(int code, const char *environment)
{
	static const int codes[] = {PAM_SUCCESS, PAM_IGNORE, PAM_PERM_DENIED, PAM_SERVICE_ERR, -1};

	assert(one_of(code, codes));
	if (!login.accepted && !environment)
		assert(code == PAM_IGNORE || patd.connects > 0);
	if (!login.accepted && code == PAM_SUCCESS)
		assert(was_accepted(patd.id));
	assert(code != PAM_SERVICE_ERR || login.accepted);
	assert(!login.accepted || code != PAM_IGNORE);
}

static void check_phase(
	const pam_handle_t *pamh, enum phase phase, int code, const char *before, const char *id)
{
	static const int closed[] = {PAM_SUCCESS, PAM_IGNORE, PAM_SERVICE_ERR, -1};

	switch (phase) {
	case PHASE_AUTHENTICATE:
		check_authenticate(pamh, code, before);
		break;
	case PHASE_SETCRED:
		assert(code == (login.accepted || id ? PAM_SUCCESS : PAM_IGNORE));
		break;
	case PHASE_ACCOUNT:
		check_account(code);
		break;
	case PHASE_OPEN:
		check_open(code, id);
		break;
	case PHASE_CLOSE:
		assert(one_of(code, closed));
		break;
	default:
		assert(code == PAM_IGNORE);
	}
	if (patd.impostor)
		assert(patd.sends == 0 && (phase != PHASE_AUTHENTICATE || code != PAM_SUCCESS));
}

/* ---- the module, between libpam and us ---- */

int pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv);

static int (*const phases[PHASES])(pam_handle_t *pamh, int flags, int argc, const char **argv) = {
	pam_sm_authenticate, pam_sm_setcred, pam_sm_acct_mgmt, pam_sm_open_session,
	pam_sm_close_session, pam_sm_chauthtok};

/* A PAM file's line may say anything. */
static int take_arguments(const char *argv[8])
{
	static const char *const words[] = {"debug", "silent", "use_first_pass", "try_first_pass",
		"timeout=1", "timeout=60", "prompt=Token: ", "socket=/nowhere"};
	int argc = any(4) ? 0 : (int)any(5);

	for (int i = 0; i < argc; i++) {
		unsigned which = any(COUNT(words) + 1);

		argv[i] = which < COUNT(words) ? words[which] : take_text();
	}
	return argc;
}

EXPORT int fuzz_module_call(pam_handle_t *pamh, enum phase phase, int flags)
{
	const char *service = take_u8() % 4 ? "sshd" : take_text();
	const char *argv[8], *authtok, *id;
	char *before, *noted;
	int argc = take_arguments(argv), code;

	/* libpam would look for another file, were it the application's. */
	pam_set_item(pamh, PAM_SERVICE, *service ? service : "patctl");
	if (phase == PHASE_AUTHENTICATE && !any(4)) {
		char *given = typed();

		pam_set_item(pamh, PAM_AUTHTOK, given);
		free(given);
	}
	authtok = item(pamh, PAM_AUTHTOK);
	id = pam_getenv(pamh, "PAT_ID");
	before = authtok ? strdup(authtok) : NULL;
	noted = id ? strdup(id) : NULL;
	patd.connects = patd.sends = 0;
	patd.heard.n = -1;
	patd.armed = true;
	code = phases[phase](pamh, flags, argc, argv);
	patd.armed = false;
	check_phase(pamh, phase, code, before, noted);
	pam_set_item(pamh, PAM_SERVICE, "fuzz");
	free(before);
	free(noted);
	return code;
}

/* ---- the application ---- */

static char dir[DIR_SIZE];

static void remove_dir(void)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/fuzz", dir);
	unlink(path);
	rmdir(dir);
}

/* A PAM file that names the shim beside this program. */
static void make_stack(void)
{
	static const char *const types[] = {"auth", "account", "session", "password"};
	char program[256] = "", path[64];
	FILE *f;

	make_own_dir(dir);
	if (readlink("/proc/self/exe", program, sizeof(program) - 1) < 0)
		abort();
	*strrchr(program, '/') = '\0';
	snprintf(path, sizeof(path), "%s/fuzz", dir);
	f = fopen(path, "we");
	if (!f)
		abort();
	for (size_t i = 0; i < COUNT(types); i++)
		fprintf(f,
			"%s [ignore=ignore success=done default=die] %s/shim.so\n"
			"%s required pam_permit.so\n",
			types[i], program, types[i]);
	fclose(f);
	atexit(remove_dir);
}

static void no_delay(int status, unsigned us, void *arg)
{
	(void)status, (void)us, (void)arg;
}

static void put_items(pam_handle_t *pamh)
{
	static const int items[] = {PAM_RHOST, PAM_RUSER, PAM_TTY, PAM_USER};
	static const char *const variables[] = {"SSH_AUTH_INFO_0", "PAT_ID", "PAT_NAME"};
	union {
		void (*function)(int, unsigned, void *);
		const void *item;
	} delay = {.function = no_delay};
	char entry[300];

	pam_set_item(pamh, PAM_FAIL_DELAY, delay.item);
	for (unsigned n = any(4); n > 0; n--) {
		unsigned which = any(COUNT(items));
		const char *value = take_text();

		pam_set_item(pamh, items[which], value);
	}
	for (unsigned n = any(3); n > 0; n--) {
		unsigned which = any(COUNT(variables));
		const char *value = any(2) ? TOKEN_ID : take_text();

		snprintf(entry, sizeof(entry), "%s=%s", variables[which], value);
		pam_putenv(pamh, entry);
	}
}

static void run(pam_handle_t *pamh)
{
	int flags = any(4) ? 0 : PAM_SILENT;

	for (unsigned n = 1 + any(6); n > 0; n--)
		switch (any(PHASES)) {
		case PHASE_AUTHENTICATE:
			pam_authenticate(pamh, flags);
			break;
		case PHASE_SETCRED:
			pam_setcred(pamh, flags);
			break;
		case PHASE_ACCOUNT:
			pam_acct_mgmt(pamh, flags);
			break;
		case PHASE_OPEN:
			pam_open_session(pamh, flags);
			break;
		case PHASE_CLOSE:
			pam_close_session(pamh, flags);
			break;
		case PHASE_CHAUTHTOK:
			pam_chauthtok(pamh, flags);
			break;
		}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct pam_conv conv = {converse, NULL};
	pam_handle_t *pamh = NULL;
	int before;

	if (!dir[0])
		make_stack();
	input = (struct span){(const char *)data, size};
	daemon_begin();
	login.accepted = false;
	given_away = memmem(data, size, TOKEN_SECRET, strlen(TOKEN_SECRET)) != NULL;
	before = free_descriptor();
	if (pam_start_confdir("fuzz", any(4) ? "alice" : take_text(), &conv, dir, &pamh))
		abort();
	put_items(pamh);
	run(pamh);
	pam_end(pamh, PAM_SUCCESS);
	daemon_end();
	assert(free_descriptor() == before);
	return 0;
}
