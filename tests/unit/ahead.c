/* What is read ahead is what archive_read() gives, whatever comes at its end. */
#include "net/ahead.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/buf.h"
#include "tap.h"

/* AddressSanitizer needs memory for a thread, too, and does not live without it. */
#if defined(__has_feature)
#define SANITIZED __has_feature(address_sanitizer)
#elif defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

enum { CONTENT_MAX = 16 << 20 };

static const struct {
	size_t n;     /* bytes inside */
	size_t holed; /* in so many hundredths of the archive a piece is other than it was; 0: none */
	const char *name;
} cases[] = {
	{0, 0, "an empty file"},
	{1, 0, "a byte"},
	{1 << 20, 0, "as much as is handed over at once"},
	{(1 << 20) + 1, 0, "a byte more"},
	{12 << 20, 0, "more than is held"},
	{12 << 20, 2, "damaged at the beginning"},
	{12 << 20, 90, "damaged towards the end"},
};

/* Numbers that do not compress to nothing. */
static void put_content(struct buf *content, size_t n)
{
	for (unsigned i = 0; content->len < n; i++)
		buf_printf(content, "%u,%u\n", i, i * 2654435761U);
	content->len = n;
}

/* The content in a zip, in an unnamed file. */
static int zip_of(struct span content, size_t holed)
{
	char name[] = "/tmp/tradepipe-unit-XXXXXX";
	int fd = mkstemp(name);
	struct archive *zip = archive_write_new();
	struct archive_entry *entry = archive_entry_new();

	unlink(name);
	archive_write_set_format_zip(zip);
	archive_write_set_bytes_in_last_block(zip, 1);
	archive_write_open_fd(zip, fd);
	archive_entry_set_pathname(entry, "a.csv");
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_perm(entry, 0644);
	archive_entry_set_size(entry, (la_int64_t)content.n);
	archive_write_header(zip, entry);
	archive_write_data(zip, content.p, content.n);
	archive_write_close(zip);
	archive_entry_free(entry);
	archive_write_free(zip);
	if (holed &&
		pwrite(fd, (char[256]){0}, 256, lseek(fd, 0, SEEK_END) / 100 * (off_t)holed) < 0)
		exit(1);
	return fd;
}

struct whole {
	struct buf bytes;
	struct err err;
	int result;
};

static void read_plainly(int fd, struct whole *whole)
{
	struct archive_file *archive = archive_open(fd, "x.zip", &whole->err);
	struct span bytes;

	while ((whole->result = archive_read(archive, &bytes, &whole->err)) > 0)
		buf_add(&whole->bytes, bytes);
	archive_close(archive);
}

static void read_ahead(int fd, struct whole *whole)
{
	struct ahead *ahead = ahead_open(archive_open(fd, "x.zip", &whole->err));
	struct span bytes;

	while ((whole->result = ahead_read(ahead, &bytes, &whole->err)) > 0)
		buf_add(&whole->bytes, bytes);
	TAP_OK(ahead_read(ahead, &bytes, &whole->err) == whole->result, "its end is its end");
	ahead_close(ahead);
}

static void test_whole(int fd, const char *name)
{
	struct whole plain = {.err = {.text = ""}}, ahead = {.err = {.text = ""}};

	buf_init(&plain.bytes, CONTENT_MAX);
	buf_init(&ahead.bytes, CONTENT_MAX);
	read_plainly(fd, &plain);
	read_ahead(fd, &ahead);
	TAP_OK(ahead.result == plain.result &&
			span_is(buf_span(&ahead.bytes), buf_span(&plain.bytes)),
		"%s: %zu bytes, and then %d", name, ahead.bytes.len, ahead.result);
	TAP_OK(strcmp(ahead.err.text, plain.err.text) == 0, "... %s", ahead.err.text);
	buf_release(&plain.bytes);
	buf_release(&ahead.bytes);
}

/* The thread may be at work, wait for a reader, or have ended. */
static void test_closed_early(int fd, const char *name)
{
	for (int n = 0; n < 4; n++) {
		struct err err;
		struct ahead *ahead = ahead_open(archive_open(fd, "x.zip", &err));
		struct span bytes;
		for (int i = 0; i < n; i++)
			ahead_read(ahead, &bytes, &err);
		ahead_close(ahead);
	}
	TAP_OK(true, "%s: closed after 0 to 3 pieces", name);
}

/* A thread needs more than is granted here. */
static void test_no_thread(void)
{
	struct whole whole = {.err = {.text = ""}};
	struct archive_file *archive;
	struct rlimit before, none;
	struct buf content;
	struct ahead *ahead;
	struct span bytes;
	int fd;

	buf_init(&content, CONTENT_MAX);
	buf_init(&whole.bytes, CONTENT_MAX);
	put_content(&content, 2 << 20);
	fd = zip_of(buf_span(&content), 0);
	archive = archive_open(fd, "x.zip", &whole.err);
	getrlimit(RLIMIT_AS, &before);
	none = (struct rlimit){1 << 20, before.rlim_max};
	setrlimit(RLIMIT_AS, &none);
	ahead = ahead_open(archive);
	setrlimit(RLIMIT_AS, &before);
	while ((whole.result = ahead_read(ahead, &bytes, &whole.err)) > 0)
		buf_add(&whole.bytes, bytes);
	TAP_OK(whole.result == 0 && span_is(buf_span(&whole.bytes), buf_span(&content)),
		"without a thread");
	ahead_close(ahead);
	close(fd);
	buf_release(&whole.bytes);
	buf_release(&content);
}

int main(void)
{
	if (!SANITIZED)
		test_no_thread(); /* before there is one whose memory could be had again */
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct buf content;
		int fd;

		buf_init(&content, CONTENT_MAX);
		put_content(&content, cases[i].n);
		fd = zip_of(buf_span(&content), cases[i].holed);
		test_whole(fd, cases[i].name);
		test_closed_early(fd, cases[i].name);
		close(fd);
		buf_release(&content);
	}
	ahead_close(NULL);
	return tap_end();
}
