#include "net/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

/* libarchive inflates 256 KiB at a time; as much input as usually makes that. */
enum { INPUT_SIZE = 64 * 1024 };

struct archive_file {
	struct archive *zip;
	const char *name;
	char *member;
	bool over; /* nothing more is read */
};

static int refuse(const struct archive_file *file, struct err *err, const char *reason)
{
	return err_set(err, EXIT_FAILED, "cannot read '%s': %s", file->name, reason);
}

/* Some of libarchive's reasons end in a newline. */
static int refuse_zip(const struct archive_file *file, struct err *err)
{
	const char *reason = archive_error_string(file->zip);

	if (!reason)
		return refuse(file, err, "the archive is damaged");
	return err_set(err, EXIT_FAILED, "cannot read '%s': %.*s", file->name,
		(int)strcspn(reason, "\n"), reason);
}

/* Where libarchive finds no central directory it says no more than that it knows no such format. */
static int refuse_format(const struct archive_file *file, int fd, struct err *err)
{
	static const struct {
		char first[4];
		const char *reason;
	} known[] = {
		{{'P', 'K', 3, 4},
			"its central directory is missing: it ends early, or is damaged"},
		{{'P', 'K', 5, 6}, "there is no file in it"},
	};
	char bytes[sizeof known->first];
	ssize_t n = pread(fd, bytes, sizeof bytes, 0);

	if (n < 0)
		return err_errno(err, EXIT_FAILED, "cannot read '%s'", file->name);
	if (n == 0)
		return refuse(file, err, "it is empty");
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (n == sizeof bytes && memcmp(bytes, known[i].first, sizeof bytes) == 0)
			return refuse(file, err, known[i].reason);
	return refuse(file, err, "it is no zip archive");
}

/* The format that seeks is the one that reads the central directory; the other one would take what
 * it finds from the beginning on, and an early end for the end. */
static int open_zip(struct archive_file *file, int fd, struct err *err)
{
	archive_read_free(file->zip);
	file->zip = archive_read_new();
	if (!file->zip || archive_read_support_format_zip_seekable(file->zip) != ARCHIVE_OK)
		return refuse(file, err, "libarchive reads no zip archives");
	if (lseek(fd, 0, SEEK_SET) < 0)
		return err_errno(err, EXIT_FAILED, "cannot read '%s'", file->name);
	if (archive_read_open_fd(file->zip, fd, INPUT_SIZE) != ARCHIVE_OK)
		return refuse_format(file, fd, err);
	return 0;
}

/* The next member: 1; 0 where there is none. A warning is an error: headers that contradict the
 * central directory are no more than that to libarchive. */
static int next_member(struct archive_file *file, struct archive_entry **entry, struct err *err)
{
	int result = archive_read_next_header(file->zip, entry);

	if (result == ARCHIVE_EOF)
		return 0;
	return result == ARCHIVE_OK ? 1 : refuse_zip(file, err);
}

static int check_member(struct archive_file *file, struct archive_entry *entry, struct err *err)
{
	const char *member = archive_entry_pathname(entry);

	if (!member)
		return refuse(file, err, "the name of what it holds cannot be read");
	file->member = mem_text(member);
	if (archive_entry_is_encrypted(entry))
		return err_set(err, EXIT_FAILED, "cannot read '%s': '%s' in it is encrypted",
			file->name, member);
	if (archive_entry_filetype(entry) != AE_IFREG)
		return err_set(err, EXIT_FAILED, "cannot read '%s': '%s' in it is no file",
			file->name, member);
	return 0;
}

/* Opens it and goes to its first member, which is where data is read from. */
static int open_member(
	struct archive_file *file, int fd, struct archive_entry **entry, struct err *err)
{
	int found;

	if (open_zip(file, fd, err) < 0)
		return -1;
	found = next_member(file, entry, err);
	return found == 0 ? refuse(file, err, "there is no file in it") : found;
}

/* Looks at all that it holds. */
static int check(struct archive_file *file, int fd, struct err *err)
{
	struct archive_entry *entry;
	int found;

	if (open_member(file, fd, &entry, err) < 0 || check_member(file, entry, err) < 0)
		return -1;
	found = next_member(file, &entry, err);
	return found > 0 ? refuse(file, err, "there is more than one file in it") : found;
}

struct archive_file *archive_open(int fd, const char *name, struct err *err)
{
	struct archive_file *file = mem_alloc(1, sizeof *file);
	struct archive_entry *entry;

	file->name = name;
	if (check(file, fd, err) == 0 && open_member(file, fd, &entry, err) == 1)
		return file;
	archive_close(file);
	return NULL;
}

const char *archive_member(const struct archive_file *file)
{
	return file->member;
}

int archive_read(struct archive_file *file, struct span *bytes, struct err *err)
{
	const void *data;
	la_int64_t offset;
	size_t n = 0;
	int result = ARCHIVE_OK;

	while (!file->over && n == 0 && result == ARCHIVE_OK)
		result = archive_read_data_block(file->zip, &data, &n, &offset);
	if (file->over || result == ARCHIVE_EOF) {
		file->over = true;
		return 0;
	}
	if (result != ARCHIVE_OK)
		return refuse_zip(file, err);
	*bytes = span_make(data, n);
	return 1;
}

void archive_close(struct archive_file *file)
{
	if (!file)
		return;
	archive_read_free(file->zip);
	free(file->member);
	free(file);
}
