#include "patctl/fault.h"

#include <stdarg.h>
#include <stdio.h>

#include "common/err.h"

int fault_plain(struct fault *f, int err, const char *token)
{
	return fault_say(f, err, token, "%s", err_text(err));
}

int fault_say(struct fault *f, int err, const char *token, const char *format, ...)
{
	va_list ap;

	f->err = err;
	f->token = token;
	va_start(ap, format);
	vsnprintf(f->text, sizeof(f->text), format, ap);
	va_end(ap);
	return err;
}
