/* source.h: where a login may come from. Pure. */
#ifndef PATD_SOURCE_H
#define PATD_SOURCE_H

#include <stdbool.h>

#include "common/bytes.h"
#include "common/limits.h"

/*
 * A comma-separated list of addresses and networks in CIDR form, IPv4 and IPv6, and of the word
 * `local`, which stands for a service that pat.conf lists in local_services, and for nothing else.
 */
#define SOURCE_FORM                                                                                \
	"addresses or networks (without host bits), separated by commas, or the word local, e.g. " \
	"192.0.2.7,198.51.100.0/24,2001:db8::/32,local (at most 32)"

/*
 * Checks a list as a person gave it and writes its canonical form: networks masked and in the form
 * of inet_ntop(3), v4-mapped ones as IPv4, each once, in the order given. False, and out is "", if
 * it is not of SOURCE_FORM or has host bits set (which is most often a mistake).
 */
bool source_canonical(struct span list, char out[LIMIT_SOURCES + 1]);

/*
 * Does the list (canonical) accept a login? rhost is PAM_RHOST: it matches a network only if it is
 * an IP literal without a zone; a host's name never matches, whatever it resolves to. local: the
 * service is one of local_services.
 */
bool source_match(const char *list, struct span rhost, bool local);

/* Is every login that `inner` accepts accepted by `outer` (both canonical)? */
bool source_within(const char *inner, const char *outer);

#endif
