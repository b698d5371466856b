/* SHA-256 of what comes in pieces: examples of FIPS 180-4 and pieces of any size. */
#include "base/digest.h"

#include <stdlib.h>
#include <string.h>

#include "tap.h"

static void write_piece(struct digest *digest, const char *piece, size_t n)
{
	memcpy(digest_room(digest), piece, n);
	digest_wrote(digest, n);
}

static bool is_hex(const struct digest *digest, const char *expected)
{
	char *hex = malloc(DIGEST_HEX); /* as small as the contract allows */
	bool same;

	digest_hex(digest, hex);
	same = memcmp(hex, expected, DIGEST_HEX) == 0;
	if (!same)
		printf("# %.*s\n", (int)DIGEST_HEX, hex);
	free(hex);
	return same;
}

#define EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define MILLION "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"

static const struct {
	const char *text, *hex;
} cases[] = {
	{"", EMPTY},
	{"abc", ABC},
	{"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		"248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
	{"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmno"
	 "ijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
		"cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"},
};

static void test_cases(void)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct digest *digest = digest_open();
		write_piece(digest, cases[i].text, strlen(cases[i].text));
		TAP_OK(is_hex(digest, cases[i].hex), "'%s'", cases[i].text);
		digest_close(digest);
	}
}

/* A million times "a". */
static void test_pieces(void)
{
	static const size_t sizes[] = {1, 7, 63, 64, 65, 500, 511, DIGEST_PIECE_MAX};
	char piece[DIGEST_PIECE_MAX];

	memset(piece, 'a', sizeof piece);
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct digest *digest = digest_open();
		size_t left = 1000000;
		for (; left > sizes[i]; left -= sizes[i])
			write_piece(digest, piece, sizes[i]);
		write_piece(digest, piece, left);
		TAP_OK(is_hex(digest, MILLION), "in pieces of %zu", sizes[i]);
		digest_close(digest);
	}
}

static void test_goes_on(void)
{
	struct digest *digest = digest_open(), *other = digest_open();
	char piece[DIGEST_PIECE_MAX];
	bool good = true;

	TAP_OK(is_hex(digest, EMPTY), "of nothing");
	write_piece(digest, "a", 1);
	digest_room(digest);
	digest_wrote(digest, 0);
	digest_room(digest);
	write_piece(digest, "bc", 2);
	TAP_OK(is_hex(digest, ABC) && is_hex(digest, ABC), "asked for twice");
	digest_close(digest);
	digest = digest_open();
	memset(piece, 'a', sizeof piece);
	for (size_t i = 0; i < 2000; i++) {
		char hex[DIGEST_HEX];
		write_piece(digest, piece, DIGEST_PIECE_MAX - 12);
		write_piece(other, piece, DIGEST_PIECE_MAX - 12);
		digest_hex(digest, hex);
		good = i < 2 || i > 1900 ? is_hex(other, hex) && good : good;
	}
	TAP_OK(good && is_hex(digest, MILLION), "asked for after each piece");
	TAP_OK(is_hex(other, MILLION), "which changes nothing");
	digest_close(digest);
	digest_close(other);
	digest_close(NULL);
}

static void test_add(void)
{
	struct digest *digest = digest_open();
	static char large[100000];

	memset(large, 'a', sizeof large);
	write_piece(digest, large, 7);
	for (size_t i = 0; i < 9; i++)
		digest_add(digest, span_make(large, sizeof large));
	write_piece(digest, large, 9);
	digest_add(digest, span_make(large, 0));
	digest_add(digest, span_make(large, sizeof large - 16));
	TAP_OK(is_hex(digest, MILLION), "large pieces between small ones");
	digest_close(digest);
}

static void test_line(void)
{
	static const char abc[] = ABC;
	static const struct {
		const char *before, *behind; /* the digest */
		bool right;
	} lines[] = {
		{"", "  a.zip\n", true},
		{"", "  a.zip", true},
		{"", " *a.zip\r\n", true},
		{"", "  b.zip\n", false},
		{"", "  a.zip  b.zip\n", false},
		{"", " a.zip\n", false},
		{"", "  \n", false},
		{"", "\n", false},
		{"", "", false},
		{"0", "  a.zip\n", false},
		{" ", "  a.zip\n", false},
		{"<html>", "", false},
	};
	char hex[DIGEST_HEX], text[256];

	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		snprintf(text, sizeof text, "%s%s%s", lines[i].before, abc, lines[i].behind);
		TAP_OK((digest_read_line(span_text(text), "a.zip", hex) == 0) == lines[i].right,
			"line %zu", i);
	}
	snprintf(text, sizeof text, "%s  a.zip", abc);
	for (size_t i = 0; i < DIGEST_HEX; i++)
		text[i] = (char)(text[i] >= 'a' ? text[i] - 32 : text[i]);
	TAP_OK(digest_read_line(span_text(text), "a.zip", hex) == 0 &&
			memcmp(hex, abc, DIGEST_HEX) == 0,
		"upper case");
	text[5] = 'g';
	TAP_OK(digest_read_line(span_text(text), "a.zip", hex) < 0, "no digit");
	TAP_OK(digest_read_line(span_make(NULL, 0), "a.zip", hex) < 0, "nothing");
}

/* FIPS 180-4's examples; RFC 4648 section 10. */
static void test_small(void)
{
	static const unsigned char abc[DIGEST_SHA1] = {0xa9, 0x99, 0x3e, 0x36, 0x47, 0x06, 0x81,
		0x6a, 0xba, 0x3e, 0x25, 0x71, 0x78, 0x50, 0xc2, 0x6c, 0x9c, 0xd0, 0xd8, 0x9d};
	static const char *const pairs[][2] = {{"", ""}, {"f", "Zg=="}, {"fo", "Zm8="},
		{"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"\xfb\xff", "+/8="}};
	unsigned char hash[DIGEST_SHA1];

	digest_sha1(span_text("abc"), hash);
	TAP_OK(memcmp(hash, abc, sizeof hash) == 0, "SHA-1 of 'abc'");
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		size_t n = strlen(pairs[i][0]);
		char *text = malloc(DIGEST_BASE64(n) + 1);
		digest_base64(pairs[i][0], n, text);
		TAP_OK(strcmp(text, pairs[i][1]) == 0, "base64: '%s'", text);
		free(text);
	}
}

int main(void)
{
	test_cases();
	test_pieces();
	test_goes_on();
	test_add();
	test_line();
	test_small();
	return tap_end();
}
