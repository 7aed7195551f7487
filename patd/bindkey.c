#include "patd/bindkey.h"

#include <sodium.h>
#include <stdint.h>
#include <string.h>

#include "common/limits.h"

static const char base64_digits[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static bool starts_with(struct span s, const char *prefix)
{
	return s.n >= strlen(prefix) && memcmp(s.p, prefix, strlen(prefix)) == 0;
}

bool bindkey_valid(struct span f)
{
	if (f.n != BINDKEY_LEN || !starts_with(f, "SHA256:"))
		return false;
	for (size_t i = 7; i < f.n; i++)
		if (!f.p[i] || !strchr(base64_digits, f.p[i]))
			return false;
	/* 43 digits are 258 bits: the last two are zero in what base64 makes of 256. */
	return (strchr(base64_digits, f.p[f.n - 1]) - base64_digits) % 4 == 0;
}

/*
 * The public fields of each kind of certificate: how many strings of the key stand between the
 * nonce and the serial number.
 */
static const struct {
	const char *certificate, *plain;
	int fields;
} kinds[] = {
	{"ssh-ed25519-cert-v01@openssh.com", "ssh-ed25519", 1},
	{"ssh-rsa-cert-v01@openssh.com", "ssh-rsa", 2},
	{"ecdsa-sha2-nistp256-cert-v01@openssh.com", "ecdsa-sha2-nistp256", 2},
	{"ecdsa-sha2-nistp384-cert-v01@openssh.com", "ecdsa-sha2-nistp384", 2},
	{"ecdsa-sha2-nistp521-cert-v01@openssh.com", "ecdsa-sha2-nistp521", 2},
	{"sk-ssh-ed25519-cert-v01@openssh.com", "sk-ssh-ed25519@openssh.com", 2},
	{"sk-ecdsa-sha2-nistp256-cert-v01@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com", 3},
};

static struct span read_string(struct reader *r)
{
	return read_bytes(r, read_u32(r));
}

static void write_string(struct writer *w, struct span s)
{
	write_u32(w, (uint32_t)s.n);
	write_bytes(w, s.p, s.n);
}

/* The plain key of a blob: itself, or of a certificate the key in it. 0: malformed. */
static size_t plain_key(struct span blob, uint8_t out[LIMIT_AUTH_INFO])
{
	struct reader r;
	struct writer w;
	struct span type;

	reader_init(&r, blob.p, blob.n);
	type = read_string(&r);
	writer_init(&w, out, LIMIT_AUTH_INFO);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (!span_is(type, kinds[i].certificate))
			continue;
		read_string(&r); /* nonce */
		write_string(&w, span_of(kinds[i].plain));
		for (int field = 0; field < kinds[i].fields; field++)
			write_string(&w, read_string(&r));
		return r.failed ? 0 : writer_len(&w);
	}
	if (r.failed || type.n == 0)
		return 0;
	write_bytes(&w, blob.p, blob.n);
	return writer_len(&w);
}

static bool proves(const char *fingerprint, struct span base64)
{
	uint8_t blob[LIMIT_AUTH_INFO], key[LIMIT_AUTH_INFO], hash[crypto_hash_sha256_BYTES];
	char text[sodium_base64_ENCODED_LEN(
		sizeof(hash), sodium_base64_VARIANT_ORIGINAL_NO_PADDING)];
	size_t blob_len, n;

	/* libsodium 1.0.18 takes the byte 0xff for a digit. */
	for (size_t i = 0; i < base64.n; i++)
		if (!base64.p[i] || (base64.p[i] != '=' && !strchr(base64_digits, base64.p[i])))
			return false;
	if (sodium_base642bin(blob, sizeof(blob), base64.p, base64.n, NULL, &blob_len, NULL,
		    sodium_base64_VARIANT_ORIGINAL))
		return false;
	n = plain_key((struct span){(char *)blob, blob_len}, key);
	if (n == 0)
		return false;
	crypto_hash_sha256(hash, key, n);
	sodium_bin2base64(
		text, sizeof(text), hash, sizeof(hash), sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
	return strcmp(text, fingerprint + strlen("SHA256:")) == 0;
}

bool bindkey_proved(const char *fingerprint, struct span info)
{
	while (info.n > 0) {
		struct span line = span_take(&info, '\n');
		struct span method = span_take(&line, ' ');

		span_take(&line, ' '); /* the algorithm: the blob says it itself */
		if (span_is(method, "publickey") && line.n > 0 && proves(fingerprint, line))
			return true;
	}
	return false;
}
