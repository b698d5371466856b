/* Zip archives: what they hold, and each way in which one can be damaged. */
#include "net/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "tap.h"

enum {
	ZIP_MAX = 64 << 20,
	ENCRYPTED = 1, /* general purpose bit 0 */
	ROWS = 100000,
};

static const char text[] = "1,2.5,0.1,1,1,1735689600010866,False,True\n";

/* A member as a zip writer would describe it; `crc` is added to the right one. */
struct member {
	const char *name;
	const char *data;
	unsigned flags;
	unsigned mode; /* of Unix */
	uint32_t crc;
};

static uint32_t crc_of(struct span data)
{
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < data.n; i++) {
		crc ^= (unsigned char)data.p[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? UINT32_C(0xedb88320) : 0);
	}
	return ~crc;
}

static void put(struct buf *to, uint32_t value, size_t n)
{
	for (size_t i = 0; i < n; i++, value >>= 8) {
		char byte = (char)(value & 0xff);
		buf_add(to, span_make(&byte, 1));
	}
}

/* What the local header and the central directory have in common (APPNOTE 6.3.10, 4.3.7). */
static void put_common(struct buf *to, const struct member *member)
{
	uint32_t n = (uint32_t)strlen(member->data);

	put(to, 20, 2);
	put(to, member->flags, 2);
	put(to, 0, 2); /* stored */
	put(to, 0, 4);
	put(to, crc_of(span_text(member->data)) + member->crc, 4);
	put(to, n, 4);
	put(to, n, 4);
	put(to, (uint32_t)strlen(member->name), 2);
	put(to, 0, 2);
}

static void put_zip(struct buf *to, const struct member *members, size_t n)
{
	struct buf directory;

	buf_init(&directory, ZIP_MAX);
	for (size_t i = 0; i < n; i++) {
		uint32_t offset = (uint32_t)to->len;
		put(to, 0x04034b50, 4);
		put_common(to, &members[i]);
		buf_add_text(to, members[i].name);
		buf_add_text(to, members[i].data);
		put(&directory, 0x02014b50, 4);
		put(&directory, 3 << 8 | 20, 2);
		put_common(&directory, &members[i]);
		put(&directory, 0, 8 - 2);
		put(&directory, members[i].mode << 16, 4);
		put(&directory, offset, 4);
		buf_add_text(&directory, members[i].name);
	}
	put(&directory, 0x06054b50, 4);
	put(&directory, 0, 4);
	put(&directory, (uint32_t)n, 2);
	put(&directory, (uint32_t)n, 2);
	put(&directory, (uint32_t)directory.len - 12, 4);
	put(&directory, (uint32_t)to->len, 4);
	put(&directory, 0, 2);
	buf_add(to, buf_span(&directory));
	buf_release(&directory);
}

static int file_of(struct span bytes)
{
	char name[] = "/tmp/archive-XXXXXX";
	int fd = mkstemp(name);

	unlink(name);
	if (write(fd, bytes.p, bytes.n) != (ssize_t)bytes.n)
		exit(1);
	return fd; /* its offset is at the end */
}

/* Reads all of it; the reason in *err where that fails. */
static int read_all(struct span zip, struct buf *content, struct err *err)
{
	int fd = file_of(zip), got = -1;
	struct archive_file *file = archive_open(fd, "x.zip", err);
	struct span bytes;

	while (file && (got = archive_read(file, &bytes, err)) == 1)
		buf_add(content, bytes);
	if (got == 0 && archive_read(file, &bytes, err) != 0)
		got = 1;
	archive_close(file);
	close(fd);
	return got;
}

static void refused(struct span zip, const char *reason, const char *name)
{
	struct err err = {.code = EXIT_DONE};
	struct buf content;

	buf_init(&content, ZIP_MAX);
	TAP_OK(read_all(zip, &content, &err) == -1 && err.code == EXIT_FAILED &&
			strncmp(err.text, "cannot read 'x.zip': ", 21) == 0 &&
			strstr(err.text, reason),
		"%s", name);
	printf("# %s\n", err.text);
	buf_release(&content);
}

static const struct {
	struct member members[2];
	size_t n;
	const char *reason; /* NULL: it can be read */
	const char *name;
} cases[] = {
	{{{"a.csv", text, 0, S_IFREG | 0644, 0}}, 1, NULL, "a file"},
	{{{"a.csv", text, 0, 0, 0}}, 1, NULL, "a file without a mode"},
	{{{"a.csv", "", 0, S_IFREG | 0644, 0}}, 1, NULL, "an empty file"},
	{{{"a.csv", text, 0, S_IFREG | 0644, 1}}, 1, "CRC", "a wrong CRC"},
	{{{"a.csv", text, ENCRYPTED, S_IFREG | 0644, 0}}, 1, "'a.csv' in it is encrypted",
		"an encrypted file"},
	{{{"a.csv", text, 0, S_IFREG | 0644, 0}, {"b.csv", text, 0, S_IFREG | 0644, 0}}, 2,
		"there is more than one file in it", "two files"},
	{{{"a/", "", 0, S_IFDIR | 0755, 0}}, 1, "'a/' in it is no file", "a folder"},
	{{{"a/", "", 0, S_IFDIR | 0755, 0}, {"a/b", text, 0, S_IFREG | 0644, 0}}, 2,
		"'a/' in it is no file", "a file in a folder of its own"},
	{{{"b", text, 0, S_IFREG | 0644, 0}, {"a/", "", 0, S_IFDIR | 0755, 0}}, 2,
		"there is more than one file in it", "a file and a folder"},
	{{{"a", "b", 0, S_IFLNK | 0777, 0}}, 1, "'a' in it is no file", "a link"},
	{{{NULL, NULL, 0, 0, 0}}, 0, "there is no file in it", "nothing"},
};

static void test_cases(void)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct err err = {.code = EXIT_DONE};
		struct buf zip, content;

		buf_init(&zip, ZIP_MAX);
		buf_init(&content, ZIP_MAX);
		put_zip(&zip, cases[i].members, cases[i].n);
		if (cases[i].reason)
			refused(buf_span(&zip), cases[i].reason, cases[i].name);
		else
			TAP_OK(read_all(buf_span(&zip), &content, &err) == 0 &&
					span_is_text(buf_span(&content), cases[i].members[0].data),
				"%s", cases[i].name);
		buf_release(&content);
		buf_release(&zip);
	}
}

static void test_no_zips(void)
{
	refused(span_text(""), "it is empty", "an empty download");
	refused(span_text("<html>busy</html>"), "it is no zip archive", "HTML");
	refused(span_text("PK"), "it is no zip archive", "two bytes");
}

/* Rows of a file as exchanges publish them, deflated by libarchive. */
static void put_deflated(struct buf *zip, struct buf *content, const char *options)
{
	struct archive *archive = archive_write_new();
	struct archive_entry *entry = archive_entry_new();
	size_t used = 0;

	for (unsigned i = 0; i < ROWS; i++)
		buf_printf(content, "%u,%u.5,0.%u,1,1,1735689600010866,False,True\n", i, i * 7919,
			i * i);
	archive_write_set_format_zip(archive);
	archive_write_set_options(archive, options);
	archive_write_set_bytes_in_last_block(archive, 1);
	archive_write_open_memory(
		archive, buf_room(zip, content->len + 4096), content->len + 4096, &used);
	archive_entry_set_pathname(entry, "BTCUSDT-aggTrades-2024-05-01.csv");
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_perm(entry, 0644);
	archive_entry_set_size(entry, (la_int64_t)content->len);
	archive_write_header(archive, entry);
	archive_write_data(archive, content->data, content->len);
	archive_write_close(archive);
	archive_entry_free(entry);
	archive_write_free(archive);
	buf_added(zip, used);
}

static void test_deflated(const char *options)
{
	struct err err = {.code = EXIT_DONE};
	struct buf zip, content, got;
	struct archive_file *file;
	int fd;

	buf_init(&zip, ZIP_MAX);
	buf_init(&content, ZIP_MAX);
	buf_init(&got, ZIP_MAX);
	put_deflated(&zip, &content, options);
	TAP_OK(read_all(buf_span(&zip), &got, &err) == 0 && content.len > 4000000 &&
			span_is(buf_span(&got), buf_span(&content)),
		"%zu bytes in many pieces, %s", content.len, options);
	fd = file_of(buf_span(&zip));
	file = archive_open(fd, "x.zip", &err);
	TAP_OK(file && strcmp(archive_member(file), "BTCUSDT-aggTrades-2024-05-01.csv") == 0,
		"... has a name");
	archive_close(file);
	file = archive_open(fd, "x.zip", &err);
	TAP_OK(file != NULL, "... and can be opened again, from the same descriptor");
	archive_close(file);
	close(fd);
	buf_release(&zip);
	buf_release(&content);
	buf_release(&got);
}

static void test_truncated(void)
{
	const struct member member = {"a.csv", text, 0, S_IFREG | 0644, 0};
	struct buf zip, content, got;
	size_t taken = 0;

	buf_init(&zip, ZIP_MAX);
	buf_init(&content, ZIP_MAX);
	buf_init(&got, ZIP_MAX);
	put_zip(&zip, &member, 1);
	for (size_t n = 0; n < zip.len; n++)
		taken += read_all(span_make(zip.data, n), &got, NULL) != -1;
	TAP_OK(taken == 0, "an end after any of %zu bytes", zip.len);
	refused(span_make(zip.data, zip.len - 1), "it ends early", "... is named");
	buf_clear(&zip);
	put_deflated(&zip, &content, "zip:compression=deflate");
	refused(span_make(zip.data, zip.len / 2), "it ends early", "half of an archive");
	buf_release(&zip);
	buf_release(&content);
	buf_release(&got);
}

/* Changes one byte of an archive after the other: whatever libarchive makes of it, what is read to
 * the end is the content. */
static void test_flipped(void)
{
	const struct member member = {"a.csv", text, 0, S_IFREG | 0644, 0};
	struct buf zip, got;
	unsigned wrong = 0, found = 0;

	buf_init(&zip, ZIP_MAX);
	buf_init(&got, ZIP_MAX);
	put_zip(&zip, &member, 1);
	for (size_t i = 0; i < zip.len; i++) {
		buf_clear(&got);
		zip.data[i] ^= 0x10;
		if (read_all(buf_span(&zip), &got, NULL) != 0)
			found++;
		else if (!span_is_text(buf_span(&got), text))
			wrong++;
		zip.data[i] ^= 0x10;
	}
	TAP_OK(wrong == 0 && found > sizeof text, "a byte that is another: %u of %zu found", found,
		zip.len);
	buf_release(&zip);
	buf_release(&got);
}

static void test_damaged(void)
{
	struct buf zip, content;

	buf_init(&zip, ZIP_MAX);
	buf_init(&content, ZIP_MAX);
	put_deflated(&zip, &content, "zip:compression=deflate");
	memset(zip.data + zip.len / 2, 0, 4096);
	refused(buf_span(&zip), "", "a hole in the middle");
	buf_clear(&zip);
	buf_clear(&content);
	put_deflated(&zip, &content, "zip:compression=deflate");
	memmove(zip.data + zip.len / 2, zip.data + zip.len / 2 + 4096, zip.len / 2 - 4096);
	refused(span_make(zip.data, zip.len - 4096), "", "a piece that is left out");
	buf_release(&zip);
	buf_release(&content);
}

static void test_pipe(void)
{
	struct err err = {.code = EXIT_DONE};
	int fds[2];

	if (pipe(fds) < 0)
		exit(1);
	TAP_OK(!archive_open(fds[0], "x.zip", &err) &&
			strcmp(err.text, "cannot read 'x.zip': Illegal seek") == 0,
		"a pipe");
	close(fds[0]);
	close(fds[1]);
	archive_close(NULL);
}

int main(void)
{
	test_cases();
	test_no_zips();
	test_deflated("zip:compression=deflate");
	test_deflated("zip:compression=store");
	test_deflated("zip:compression=deflate,zip:zip64");
	test_truncated();
	test_flipped();
	test_damaged();
	test_pipe();
	return tap_end();
}
