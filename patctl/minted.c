#include "patctl/minted.h"

#include <inttypes.h>
#include <signal.h>

#include "common/err.h"
#include "patctl/columns.h"
#include "patctl/output.h"
#include "patctl/when.h"

void minted_begin(void)
{
	signal(SIGPIPE, SIG_IGN);
}

/* Does the list have a scope that opens a root shell wherever sudo or su would give one? */
static bool worth_root(struct span scopes)
{
	static const char *const strong[] = {"sudo", "sudo-i", "su", "su-l", "*"};

	while (scopes.n > 0) {
		struct span scope = span_take(&scopes, ',');

		for (size_t i = 0; i < sizeof(strong) / sizeof(strong[0]); i++)
			if (span_is(scope, strong[i]))
				return true;
	}
	return false;
}

static void print_restrictions(const struct proto_msg *m)
{
	struct span from = proto_text(m, TAG_FROM), key = proto_text(m, TAG_BIND_KEY);
	uint64_t uses = proto_number(m, TAG_USES);
	char start[WHEN_SIZE];

	if (from.n > 0)
		output_note("for logins from %.*s only", (int)from.n, from.p);
	if (proto_has(m, TAG_NOT_BEFORE))
		output_note("not before %s", when_exact(proto_number(m, TAG_NOT_BEFORE), start));
	if (uses > 0)
		output_note("for %" PRIu64 " login%s", uses, uses == 1 ? "" : "s");
	if (key.n > 0)
		output_note(
			"only together with the SSH key %.*s: for these logins sshd_config needs "
			"AuthenticationMethods publickey,keyboard-interactive",
			(int)key.n, key.p);
}

static void print_summary(const struct proto_msg *m, const char *how)
{
	struct span owner = proto_text(m, TAG_OWNER);
	struct span scopes = proto_text(m, TAG_SCOPES);
	char label[COLUMNS_LABEL_SIZE];
	char end[WHEN_SIZE] = "never";

	if (proto_has(m, TAG_EXPIRES))
		when_exact(proto_number(m, TAG_EXPIRES), end);
	output_note("%s %s for %.*s; scopes: %.*s; expires: %s", how, columns_label(m, label),
		(int)owner.n, owner.p, (int)scopes.n, scopes.p, end);
	print_restrictions(m);
	output_note("the token is shown once; store it now");
}

static int print_token(const struct args *a, const struct proto_msg *m, struct fault *f)
{
	struct span token = proto_text(m, TAG_TOKEN);
	struct columns all;
	json_t *doc;

	if (!a->json)
		return output_secret(token, f);
	columns_all(&all);
	doc = columns_json(&all, m);
	if (doc)
		json_object_set_new(doc, "token", output_text(token));
	return output_result(a, doc, f);
}

int minted_print(const struct args *a, const struct proto_msg *m, const char *how, struct fault *f)
{
	int err;

	if (!token_parse(proto_text(m, TAG_TOKEN).p, proto_text(m, TAG_TOKEN).n, NULL))
		return fault_plain(f, ERR_PROTO, NULL);
	err = print_token(a, m, f);
	if (!err)
		err = output_finish(f);
	if (err) {
		char label[COLUMNS_LABEL_SIZE];

		output_note(
			"%s is there, but nobody has read it: revoke it", columns_label(m, label));
		return err;
	}
	if (!a->json)
		print_summary(m, how);
	if (worth_root(proto_text(m, TAG_SCOPES)))
		output_note(
			"warning: where sudo or su makes its owner root, this token is worth root");
	return 0;
}
