/* Small files as a whole: read, and replaced at once or not at all. */
#include "base/file.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "child.h"
#include "tap.h"

static char folder[] = "/tmp/file.XXXXXX";

static const char *in_folder(const char *name)
{
	static char path[64];

	snprintf(path, sizeof path, "%s/%s", folder, name);
	return path;
}

static void put(const char *name, const char *text)
{
	FILE *file = fopen(in_folder(name), "w");

	if (!file)
		abort();
	fputs(text, file);
	fclose(file);
}

static bool holds(const char *name, const char *wanted)
{
	char text[CHILD_TEXT_MAX];

	child_read(fopen(in_folder(name), "r"), text);
	return strcmp(text, wanted) == 0;
}

/* Whether reading fails with this reason, up to a ceiling of so many bytes. */
static bool fails(const char *path, size_t ceiling, const char *reason)
{
	char wanted[256];
	struct buf text;
	struct err err = {.code = EXIT_DONE};
	int result;

	buf_init(&text, ceiling);
	result = file_read(path, &text, &err);
	buf_release(&text);
	snprintf(wanted, sizeof wanted, "cannot read '%s': %s", path, reason);
	if (result == -1 && err.code == EXIT_USAGE && strcmp(err.text, wanted) == 0)
		return true;
	printf("# result %d: %s\n", result, err.text);
	return false;
}

static void test_read(void)
{
	struct buf text;
	struct err err;

	put("five", "12345");
	buf_init(&text, 7);
	TAP_OK(buf_add_text(&text, "ab") == 0 && file_read(in_folder("five"), &text, &err) == 0 &&
			span_is_text(buf_span(&text), "ab12345"),
		"a file is appended, up to the ceiling");
	buf_release(&text);
	TAP_OK(fails(in_folder("five"), 4, "it has more than 4 bytes"), "no further");
	TAP_OK(fails(in_folder("none"), 4, "No such file or directory"), "a missing file");
	TAP_OK(fails(folder, 4, "Is a directory"), "a folder");
	unlink(in_folder("five"));
}

/* More than a pipe, or a piece, holds. */
static void test_read_pipe(void)
{
	enum { N = 300000 };
	struct buf text;
	struct err err;
	bool same = true;
	pid_t writer;

	mkfifo(in_folder("pipe"), 0666);
	fflush(stdout);
	writer = fork();
	if (writer == 0) {
		FILE *file = fopen(in_folder("pipe"), "w");
		for (int i = 0; i < N; i++)
			fputc('a' + i % 26, file);
		_exit(fclose(file) ? 1 : 0);
	}
	buf_init(&text, N);
	same = file_read(in_folder("pipe"), &text, &err) == 0 && text.len == N;
	for (size_t i = 0; same && i < N; i++)
		same = text.data[i] == (char)('a' + i % 26);
	TAP_OK(same, "a pipe");
	buf_release(&text);
	waitpid(writer, NULL, 0);
	unlink(in_folder("pipe"));
}

static void test_replace(void)
{
	struct stat first, second;
	struct err err;
	mode_t mask = umask(027);

	TAP_OK(file_replace(in_folder("new"), span_text("one\n"), &err) == 0 &&
			holds("new", "one\n"),
		"a new file");
	stat(in_folder("new"), &first);
	umask(mask);
	TAP_OK((first.st_mode & 0777) == 0640, "has the rights that the umask leaves");
	chmod(in_folder("new"), 0604);
	TAP_OK(file_replace(in_folder("new"), span_text("2\n"), &err) == 0 && holds("new", "2\n"),
		"an old file");
	stat(in_folder("new"), &second);
	TAP_OK(first.st_ino != second.st_ino, "is replaced as a whole");
	TAP_OK((second.st_mode & 0777) == 0604, "and keeps its rights");
	TAP_OK(file_replace(in_folder("new"), span_make(NULL, 0), &err) == 0 && holds("new", ""),
		"nothing is written too");
}

static void test_replace_link(void)
{
	struct stat before, status;
	struct err err;

	put("new", "much longer than what comes");
	stat(in_folder("new"), &before);
	TAP_OK(symlink("new", in_folder("link")) == 0 &&
			file_replace(in_folder("link"), span_text("3\n"), &err) == 0 &&
			holds("new", "3\n") && lstat(in_folder("link"), &status) == 0 &&
			S_ISLNK(status.st_mode),
		"a symbolic link stays one, and what it points to is written");
	stat(in_folder("new"), &status);
	TAP_OK(before.st_ino != status.st_ino, "as a whole");
	TAP_OK(file_replace("/dev/null", span_text("x"), &err) == 0 &&
			lstat("/dev/null", &status) == 0 && S_ISCHR(status.st_mode),
		"a device stays one");
	unlink(in_folder("link"));
	unlink(in_folder("new"));
}

static void test_look_ahead(void)
{
	struct err err;

	TAP_OK(file_can_replace(in_folder("new"), &err) == 0 &&
			file_can_replace("/dev/null", &err) == 0 &&
			file_can_replace("-", &err) == 0,
		"what can be written");
	TAP_OK(file_can_replace(in_folder("no/file"), &err) < 0 && err.code == EXIT_USAGE &&
			strstr(err.text, "no/file': No such file or directory"),
		"a folder that is not there");
	TAP_OK(file_can_replace(folder, &err) < 0 && strstr(err.text, "Is a directory"),
		"a folder");
	TAP_OK(file_can_replace("", &err) < 0, "no name");
}

static void test_replace_failure(void)
{
	struct err err;
	char wanted[256];

	snprintf(wanted, sizeof wanted, "cannot write '%s': No such file or directory",
		in_folder("no/file"));
	TAP_OK(file_replace(in_folder("no/file"), span_text("x"), &err) == -1 &&
			err.code == EXIT_FAILED && strcmp(err.text, wanted) == 0,
		"a missing folder");
	TAP_OK(file_replace(folder, span_text("x"), &err) == -1 && err.code == EXIT_FAILED,
		"a folder in its place");
	TAP_OK(file_replace("/dev/full", span_text("x"), &err) == -1 &&
			strcmp(err.text, "cannot write '/dev/full': No space left on device") == 0,
		"a full device");
}

int main(void)
{
	if (!mkdtemp(folder))
		abort();
	test_read();
	test_read_pipe();
	test_replace();
	test_replace_link();
	test_replace_failure();
	test_look_ahead();
	TAP_OK(rmdir(folder) == 0, "nothing is left beside them");
	return tap_end();
}
