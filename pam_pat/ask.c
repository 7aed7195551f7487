#include "pam_pat/ask.h"

#include <stddef.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include <security/pam_ext.h>

#include "common/client.h"
#include "common/err.h"
#include "common/paths.h"
#include "common/process.h"
#include "pam_pat/item.h"
#include "pam_pat/text.h"

static const char *socket_path(const struct args *args)
{
	if (args->socket)
		return args->socket;
	return geteuid() == 0 ? PATH_ROOT_SOCKET : PATH_SOCKET;
}

static void put_item(struct proto_out *req, enum proto_tag tag, const char *value)
{
	if (value)
		proto_put_string(req, tag, value);
}

/* The verb and the token are there already. Without a user or a service it is no message. */
static void put_items(struct proto_out *req, pam_handle_t *pamh)
{
	const char *rhost = item_text(pamh, PAM_RHOST);

	put_item(req, TAG_USER, item_text(pamh, PAM_USER));
	put_item(req, TAG_SERVICE, item_text(pamh, PAM_SERVICE));
	put_item(req, TAG_RHOST, rhost && *rhost ? rhost : NULL);
}

/* What sshd says of keys that this login proved; patd knows whom to believe. One that is too long
 * is left out: then a token that needs a key is refused, and any other need not be. */
static void put_auth_info(struct proto_out *req, pam_handle_t *pamh)
{
	const char *info = pam_getenv(pamh, "SSH_AUTH_INFO_0");

	put_item(req, TAG_AUTH_INFO, info && strlen(info) <= LIMIT_AUTH_INFO ? info : NULL);
}

static void put_process(struct proto_out *req, const struct process *p)
{
	uint8_t bytes[PROCESS_BYTES];

	process_encode(p, bytes);
	proto_put_text(req, TAG_PROCESS, (struct span){(const char *)bytes, sizeof(bytes)});
}

/* What libpam is told must come whole, and be about the token that was asked about. */
static int read_accepted(const struct proto_msg *m, const char *id, struct answer *answer)
{
	struct span name = proto_text(m, TAG_NAME);
	struct answer a = {.warned = proto_has(m, TAG_WARN), .warn = proto_number(m, TAG_WARN)};

	if (m->verb != VERB_OK || !span_is(proto_text(m, TAG_ID), id) || !text_is_plain(name))
		return ERR_PROTO;
	if (!span_copy(proto_text(m, TAG_ID), a.login.id, sizeof(a.login.id)) ||
		!span_copy(name, a.login.name, sizeof(a.login.name)))
		return ERR_PROTO;
	*answer = a;
	return 0;
}

/* `message`: of an error that the daemon answered; no other packet speaks to the person. */
static void set_refused(struct answer *answer, int err, struct span message)
{
	*answer = (struct answer){.reason = err_info(err)->json};
	span_copy(message, answer->message, sizeof(answer->message));
}

static int ask(pam_handle_t *pamh, const struct args *args, struct proto_out *req, const char *id,
	struct answer *answer)
{
	const char *path = socket_path(args);
	struct client client;
	int err;

	put_items(req, pamh);
	if (proto_end(req) == 0) {
		*answer = (struct answer){.reason = "unusable_pam_item"};
		return ERR_REFUSED;
	}
	if (args->debug)
		pam_syslog(pamh, LOG_DEBUG, "asking %s, for at most %d s", path, args->timeout);
	err = client_call(&client, path, args->timeout * 1000, req);
	if (err)
		set_refused(answer, err, proto_text(&client.msg, TAG_MESSAGE));
	else if ((err = read_accepted(&client.msg, id, answer)))
		set_refused(answer, err, span_of(""));
	client_close(&client);
	return err;
}

int ask_verify(pam_handle_t *pamh, const struct args *args, const char *text, const char *id,
	struct answer *answer)
{
	struct proto_out req;
	struct process self;
	int err;

	proto_begin(&req, VERB_VERIFY);
	proto_put_string(&req, TAG_TOKEN, text);
	put_auth_info(&req, pamh);
	/* For the session that may follow. Of others than root patd believes none. */
	if (geteuid() == 0 && process_self(&self) == 0)
		put_process(&req, &self);
	err = ask(pamh, args, &req, id, answer);
	proto_wipe(&req);
	return err;
}

int ask_account(pam_handle_t *pamh, const struct args *args, const char *id, struct answer *answer)
{
	struct proto_out req;
	int err;

	proto_begin(&req, VERB_ACCOUNT);
	proto_put_string(&req, TAG_ID, id);
	put_auth_info(&req, pamh);
	err = ask(pamh, args, &req, id, answer);
	proto_wipe(&req);
	return err;
}

int ask_session_open(pam_handle_t *pamh, const struct args *args, const struct session *session,
	struct answer *answer)
{
	struct proto_out req;

	proto_begin(&req, VERB_SESSION_OPEN);
	proto_put_string(&req, TAG_ID, session->id);
	put_process(&req, &session->opener);
	return ask(pamh, args, &req, session->id, answer);
}

int ask_session_close(const struct args *args, const struct session *session)
{
	struct client client;
	struct proto_out req;
	int err;

	proto_begin(&req, VERB_SESSION_CLOSE);
	proto_put_string(&req, TAG_ID, session->id);
	put_process(&req, &session->opener);
	err = client_call(&client, socket_path(args), args->timeout * 1000, &req);
	client_close(&client);
	return err;
}
