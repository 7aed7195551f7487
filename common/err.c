#include "common/err.h"

#include <stddef.h>

static const struct err_info table[] = {
#define ERR_ROW(name, number, json, status, pam, text) {name, json, status, pam, text},
	ERR_TABLE(ERR_ROW)
#undef ERR_ROW
};

const struct err_info *err_info(int err)
{
	const struct err_info *proto = NULL;

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (table[i].err == err)
			return &table[i];
		if (table[i].err == ERR_PROTO)
			proto = &table[i];
	}
	return proto;
}

const char *err_text(int err)
{
	return err_info(err)->text;
}

int err_from_wire(uint64_t number)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (number == (uint64_t) - (int64_t)table[i].err)
			return table[i].err;
	return ERR_PROTO;
}
