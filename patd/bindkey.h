/*
 * bindkey.h: a token that opens nothing without an SSH key: the key's fingerprint, and what sshd
 * says of the keys that a login proved. Pure.
 */
#ifndef PATD_BINDKEY_H
#define PATD_BINDKEY_H

#include <stdbool.h>

#include "common/bytes.h"

/* "SHA256:" and 43 characters of base64, as ssh-keygen -l prints it. */
enum { BINDKEY_LEN = 7 + 43 };
#define BINDKEY_FORM                                                                               \
	"an SSH key's fingerprint as ssh-keygen -l prints it: SHA256: and 43 characters, e.g. "    \
	"SHA256:jXLKrXxJXSFHbGwGxSAbgGyzVxc7QPuu0yVUPm0wJ6M"

bool bindkey_valid(struct span fingerprint);

/*
 * Is the key of this fingerprint (valid) among those that the login proved? `info` is
 * SSH_AUTH_INFO_0 (sshd's ExposeAuthInfo format, OpenSSH auth2.c): a line for each method,
 * `publickey ALGORITHM BASE64` for a key. For a certificate (PROTOCOL.certkeys of OpenSSH) the key
 * inside it is taken, not the authority's. Lines that are anything else, or malformed, prove
 * nothing.
 */
bool bindkey_proved(const char *fingerprint, struct span info);

#endif
