#include "base/digest.h"

#include <openssl/evp.h>
#include <string.h>

#include "base/diag.h"
#include "base/mem.h"

enum {
	GATHERED_MAX = 8 * DIGEST_PIECE_MAX,
	BLOCK = 64, /* bytes: SHA-256 takes whole ones without copying them first */
};

struct digest {
	EVP_MD_CTX *context;
	size_t n;
	char gathered[GATHERED_MAX];
};

/* What OpenSSL can lack is memory, or the hash itself, by its configuration. */
static void require_of(const char *hash, int done)
{
	if (done != 1)
		diag_die(EXIT_FAILED, "cannot compute %s: OpenSSL refuses", hash);
}

static void require(int done)
{
	require_of("SHA-256", done);
}

static EVP_MD_CTX *new_context(void)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();

	require(context != NULL);
	return context;
}

struct digest *digest_open(void)
{
	struct digest *digest = mem_alloc(1, sizeof *digest);

	digest->context = new_context();
	require(EVP_DigestInit_ex(digest->context, EVP_sha256(), NULL));
	return digest;
}

void digest_close(struct digest *digest)
{
	if (!digest)
		return;
	EVP_MD_CTX_free(digest->context);
	free(digest);
}

char *digest_room(struct digest *digest)
{
	if (digest->n > GATHERED_MAX - DIGEST_PIECE_MAX) {
		size_t rest = digest->n % BLOCK, whole = digest->n - rest;
		require(EVP_DigestUpdate(digest->context, digest->gathered, whole));
		memcpy(digest->gathered, digest->gathered + whole, rest);
		digest->n = rest;
	}
	return digest->gathered + digest->n;
}

void digest_wrote(struct digest *digest, size_t n)
{
	digest->n += n;
}

void digest_add(struct digest *digest, struct span piece)
{
	require(EVP_DigestUpdate(digest->context, digest->gathered, digest->n));
	digest->n = 0;
	require(EVP_DigestUpdate(digest->context, piece.p, piece.n));
}

void digest_hex(const struct digest *digest, char *hex)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char bytes[DIGEST_HEX / 2];
	EVP_MD_CTX *context = new_context();

	require(EVP_MD_CTX_copy_ex(context, digest->context));
	require(EVP_DigestUpdate(context, digest->gathered, digest->n));
	require(EVP_DigestFinal_ex(context, bytes, NULL));
	EVP_MD_CTX_free(context);
	for (size_t i = 0; i < sizeof bytes; i++) {
		hex[2 * i] = digits[bytes[i] >> 4];
		hex[2 * i + 1] = digits[bytes[i] & 15];
	}
}

/* The value of a hexadecimal digit in lower case, or the character itself. */
static char lower(char c)
{
	return c >= 'A' && c <= 'F' ? (char)(c - 'A' + 'a') : c;
}

int digest_read_line(struct span text, const char *name, char hex[DIGEST_HEX])
{
	static const struct span text_mode = SPAN("  "), binary_mode = SPAN(" *");
	struct span between;

	while (text.n > 0 && strchr("\r\n", text.p[text.n - 1]))
		text.n--;
	if (text.n < DIGEST_HEX + text_mode.n)
		return -1;
	for (size_t i = 0; i < DIGEST_HEX; i++) {
		hex[i] = lower(text.p[i]);
		if (!memchr("0123456789abcdef", hex[i], 16))
			return -1;
	}
	between = span_make(text.p + DIGEST_HEX, text_mode.n);
	if (!span_is(between, text_mode) && !span_is(between, binary_mode))
		return -1;
	text = span_make(between.p + between.n, text.n - DIGEST_HEX - between.n);
	return span_is_text(text, name) ? 0 : -1;
}

void digest_sha1(struct span text, unsigned char bytes[DIGEST_SHA1])
{
	require_of("SHA-1", EVP_Digest(text.p, text.n, bytes, NULL, EVP_sha1(), NULL));
}

void digest_base64(const void *bytes, size_t n, char *text)
{
	EVP_EncodeBlock((unsigned char *)text, bytes, (int)n);
}
