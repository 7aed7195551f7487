#include "patd/presented.h"

#include <string.h>

#include "common/err.h"
#include "common/secret.h"
#include "patd/hash.h"

int presented_find(struct request *r, struct store_txn *t, struct record *out, struct presented *p)
{
	struct span text = proto_text(&r->msg, TAG_TOKEN);
	struct token token;
	int err;

	*p = (struct presented){.prefix_kind = 0};
	if (!token_parse(text.p, text.n, &token))
		return ERR_NO_TOKEN;
	memcpy(p->id, token.id, sizeof(p->id));
	err = store_find(t, token.id, out);
	p->known = !err;
	p->matches = hash_matches(&token, err ? NULL : out->hash);
	if (!err && !p->matches)
		err = ERR_NO_TOKEN;
	if (!config_prefix_kind(r->config, token.prefix, &p->prefix_kind))
		p->prefix_kind = 0;
	secret_wipe(&token, sizeof(token));
	return err;
}

int presented_reused(struct request *r)
{
	r->reused = r->config->reuse == REUSE_REVOKE;
	return r->reused ? 0 : ERR_ROTATED;
}
