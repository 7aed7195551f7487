#include "pam_pat/log.h"

#include <syslog.h>

#include <security/pam_ext.h>

#include "pam_pat/item.h"
#include "pam_pat/text.h"

static void write_line(pam_handle_t *pamh, int priority, const char *event, struct writer *w)
{
	write_u8(w, '\0');
	pam_syslog(pamh, priority, "%s:%s", event, writer_len(w) ? (const char *)w->start : "");
}

void log_token(pam_handle_t *pamh, int priority, const char *event, const char *id,
	const char *name, const char *reason)
{
	char line[TEXT_LINE];
	struct writer w;

	writer_init(&w, line, sizeof(line));
	text_field(&w, "user", item_text(pamh, PAM_USER));
	text_field(&w, "id", id);
	text_quoted(&w, "name", name);
	text_field(&w, "rhost", item_text(pamh, PAM_RHOST));
	text_field(&w, "reason", reason);
	write_line(pamh, priority, event, &w);
}

void log_fault(pam_handle_t *pamh, const struct args_fault *fault)
{
	char line[TEXT_LINE];
	struct writer w;

	writer_init(&w, line, sizeof(line));
	text_quoted(&w, "argument", fault->argument);
	text_quoted(&w, "accepted", fault->accepted);
	write_line(pamh, LOG_ERR, "bad argument", &w);
}
