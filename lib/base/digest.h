/*
 * SHA-256 (FIPS 180-4) of what comes in pieces: OpenSSL's. Small pieces are gathered first, since a
 * call of the library costs more than they do. And what the handshake of WebSocket needs: SHA-1,
 * which protects nothing there, and base64.
 */
#ifndef TRADEPIPE_BASE_DIGEST_H
#define TRADEPIPE_BASE_DIGEST_H

#include <stddef.h>

#include "base/span.h"

enum { DIGEST_HEX = 64 }; /* characters of a digest in hexadecimal */

struct digest;

/* Ends the program with EXIT_FAILED where memory is exhausted, as all of these do, or where the
 * configuration of OpenSSL leaves it without SHA-256. */
struct digest *digest_open(void);
void digest_close(struct digest *digest);

/* Room for a piece of at most DIGEST_PIECE_MAX bytes; digest_wrote() says how many were written
 * there. */
enum { DIGEST_PIECE_MAX = 512 };
char *digest_room(struct digest *digest);
void digest_wrote(struct digest *digest, size_t n);

/* Adds a piece of any length. */
void digest_add(struct digest *digest, struct span piece);

/* The digest of all that was written so far, in lower case, to `hex`, which has room for DIGEST_HEX
 * bytes; more may be written afterwards. */
void digest_hex(const struct digest *digest, char *hex);

/* Reads the one line that sha256sum writes about a file: the digest and the file's name, two blanks
 * (or " *") between them. The digest goes to `hex`, in lower case. 0, or -1 where the text is
 * anything else or names another file. */
int digest_read_line(struct span text, const char *name, char hex[DIGEST_HEX]);

enum { DIGEST_SHA1 = 20 }; /* bytes */

/* SHA-1 (FIPS 180-4) of a text as a whole. */
void digest_sha1(struct span text, unsigned char bytes[DIGEST_SHA1]);

/* Characters of n bytes in base64 (RFC 4648, with padding), without the NUL. */
#define DIGEST_BASE64(n) (((n) + 2) / 3 * 4)

/* Writes them to `text`, and a NUL behind them. */
void digest_base64(const void *bytes, size_t n, char *text);

#endif
