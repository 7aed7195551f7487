#include "patctl/call.h"

#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "common/err.h"
#include "common/paths.h"
#include "common/secret.h"
#include "common/token.h"
#include "patctl/output.h"

enum { UNARY_MS = 10000 };

static const size_t limits[PROTO_TAG_END] = {
#define TAG_LIMIT(name, number, type, limit) [number] = (limit),
	PROTO_TAGS(TAG_LIMIT)
#undef TAG_LIMIT
};

static const char *socket_path(const struct args *a)
{
	if (a->socket)
		return a->socket;
	return geteuid() == 0 ? PATH_ROOT_SOCKET : PATH_SOCKET;
}

/* Root is never asked who it is. */
static bool reauthenticates(enum proto_verb verb)
{
	static const uint8_t verbs[] = {VERB_MINT, VERB_EDIT, VERB_RESTORE, VERB_ROTATE};

	return geteuid() != 0 && memchr(verbs, (int)verb, sizeof(verbs));
}

/* How long the first packet of the answer may take: a person types, a session ends. */
static int answer_ms(enum proto_verb verb)
{
	bool long_work = verb == VERB_KILL || verb == VERB_PRUNE || verb == VERB_REVOKE;

	return reauthenticates(verb) || long_work ? LIMIT_REQUEST_MS : UNARY_MS;
}

void call_begin(struct call *c, const struct args *a, enum proto_verb verb, const char *token)
{
	c->args = a;
	c->token = token;
	c->verb = verb;
	c->too_long = NULL;
	c->client.fd = -1;
	c->client.msg.present = 0;
	input_init(&c->input, STDIN_FILENO);
	proto_begin(&c->out, verb);
	call_text(c, TAG_USER, "--user", a->user);
}

void call_text(struct call *c, enum proto_tag tag, const char *what, const char *value)
{
	if (!value)
		return;
	if (strlen(value) > limits[tag] && !c->too_long) {
		c->too_long = what;
		c->limit = limits[tag];
	}
	proto_put_string(&c->out, tag, value);
}

void call_number(struct call *c, enum proto_tag tag, uint64_t value)
{
	proto_put_number(&c->out, tag, value);
}

void call_token(struct call *c)
{
	bool id = token_id_valid(c->token, strlen(c->token));

	call_text(c, id ? TAG_ID : TAG_NAME, "a token's name", c->token);
}

static int no_factor(const struct call *c, struct fault *f)
{
	const struct passwd *pw = getpwuid(getuid());
	const char *name = pw ? pw->pw_name : "this account";

	return fault_say(f, ERR_NO_FACTOR, NULL,
		"%s has no password here; ask root: patctl -u %s %s …", name,
		c->args->user ? c->args->user : name, c->args->command->name);
}

/* Tells an error of the call: the daemon's own words if it sent some. */
static int call_fault(const struct call *c, int err, struct fault *f)
{
	struct span message = proto_text(&c->client.msg, TAG_MESSAGE);

	if (err == ERR_NO_FACTOR)
		return no_factor(c, f);
	if (message.n > 0 && c->client.msg.verb == VERB_ERROR)
		return fault_say(f, err, c->token, "%.*s", (int)message.n, message.p);
	/* Of the values, the length was checked before: this is the socket's path. */
	if (err == ERR_INVALID && c->client.msg.present == 0)
		return fault_say(f, err, NULL, "--socket: not the path of a socket");
	if (err == ERR_UNAVAILABLE || err == ERR_IMPOSTOR)
		return fault_say(f, err, NULL, "%s: %s", socket_path(c->args), err_text(err));
	return fault_plain(f, err, c->token);
}

static int answer_prompt(struct call *c, struct fault *f)
{
	const struct proto_msg *m = &c->client.msg;
	enum proto_style style = (enum proto_style)proto_number(m, TAG_STYLE);
	char answer[LIMIT_RESPONSE + 1];
	int err = prompt_answer(c->mode, &c->input, style, proto_text(m, TAG_MESSAGE), answer, f);

	if (!err && (style == STYLE_ECHO_OFF || style == STYLE_ECHO_ON)) {
		proto_begin(&c->out, VERB_RESPONSE);
		proto_put_string(&c->out, TAG_RESPONSE, answer);
		err = client_send(&c->client, LIMIT_REQUEST_MS, &c->out);
	}
	SECRET_WIPE_ARRAY(answer);
	return err ? err : client_next(&c->client, LIMIT_REQUEST_MS);
}

int call_run(struct call *c, struct fault *f)
{
	struct span note;
	int err = prompt_mode(c->args, &c->mode, f);

	if (err)
		return err;
	if (c->too_long)
		return fault_say(f, ERR_INVALID, c->token, "%s: longer than %zu bytes", c->too_long,
			c->limit);
	if (reauthenticates(c->verb) && c->mode == PROMPT_NOBODY)
		return fault_plain(f, ERR_REAUTH_NEEDED, c->token);
	err = client_call(&c->client, socket_path(c->args), answer_ms(c->verb), &c->out);
	while (!err && c->client.msg.verb == VERB_PROMPT)
		err = answer_prompt(c, f);
	if (err)
		return f->err ? err : call_fault(c, err, f);
	note = proto_text(&c->client.msg, TAG_MESSAGE);
	if (note.n > 0)
		output_note("%.*s", (int)note.n, note.p);
	return 0;
}

int call_next(struct call *c, struct fault *f)
{
	int err = client_next(&c->client, LIMIT_STREAM_IDLE_MS);

	return err ? call_fault(c, err, f) : 0;
}

int call_send(struct call *c, struct fault *f)
{
	int err;

	if (client_answered(&c->client)) {
		err = call_next(c, f);
		return err ? err : fault_plain(f, ERR_PROTO, NULL);
	}
	err = client_send(&c->client, LIMIT_STREAM_IDLE_MS, &c->out);
	return err ? call_fault(c, err, f) : 0;
}

int call_finish(struct call *c, struct fault *f)
{
	int err;

	proto_begin(&c->out, VERB_END);
	err = call_send(c, f);
	return err ? err : call_next(c, f);
}

const struct proto_msg *call_answer(const struct call *c)
{
	return &c->client.msg;
}

void call_end(struct call *c)
{
	client_close(&c->client);
	proto_wipe(&c->out);
	input_wipe(&c->input);
}
