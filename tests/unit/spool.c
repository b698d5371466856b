#include "net/spool.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/diag.h"
#include "tap.h"

#define ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static char dir[] = "/tmp/tradepipe-unit-XXXXXX";

static const char *in_dir(const char *name)
{
	static char path[256];

	snprintf(path, sizeof path, "%s/%s", dir, name);
	return path;
}

static bool has(int fd, const char *content)
{
	char bytes[64];
	ssize_t n = pread(fd, bytes, sizeof bytes, 0);

	return n == (ssize_t)strlen(content) && memcmp(bytes, content, (size_t)n) == 0;
}

static bool is_hex(const struct spool *spool, const char *wanted)
{
	char hex[DIGEST_HEX];

	spool_hex(spool, hex);
	return memcmp(hex, wanted, DIGEST_HEX) == 0;
}

static bool add(struct spool *spool, const char *text)
{
	return spool_add(spool, span_text(text), NULL) == 0;
}

static void test_unnamed(void)
{
	struct spool *spool;
	struct err err;

	setenv("TMPDIR", dir, 1);
	spool = spool_new(NULL, &err);
	TAP_OK(spool && add(spool, "a") && add(spool, "") && add(spool, "bc"), "an unnamed file");
	TAP_OK(has(spool_fd(spool), "abc") && is_hex(spool, ABC), "holds what was added");
	TAP_OK(rmdir(dir) == 0 && mkdir(dir, 0777) == 0, "and has no name");
	TAP_OK(spool_keep(spool, &err) == 0, "nor gets one");
	spool_close(spool);
	setenv("TMPDIR", "/nonexistent", 1);
	TAP_OK(!spool_new(NULL, &err) && err.code == EXIT_FAILED &&
			strcmp(err.text,
				"cannot write a temporary file in '/nonexistent': "
				"No such file or directory") == 0,
		"no folder: %s", err.text);
	unsetenv("TMPDIR");
}

static void test_named(void)
{
	const char *path = in_dir("a/b/file");
	struct spool *spool;
	struct stat is;
	struct err err;

	TAP_OK(!spool_open(path), "nothing there");
	spool = spool_new(path, &err);
	TAP_OK(spool && add(spool, "old") && access(path, F_OK) < 0, "no name before the end");
	spool_close(spool);
	TAP_OK(access(path, F_OK) < 0 && rmdir(in_dir("a/b")) == 0,
		"nothing is left of what failed");
	for (int i = 0; i < 2; i++) {
		path = in_dir("a/b/file");
		spool = spool_new(path, &err);
		TAP_OK(spool && add(spool, i ? "abc" : "old") && spool_keep(spool, &err) == 0,
			i ? "another one in its place" : "kept");
		TAP_OK(has(spool_fd(spool), i ? "abc" : "old"), "and still to be read");
		spool_close(spool);
	}
	umask(022);
	TAP_OK(stat(path, &is) == 0 && (is.st_mode & 0777) == 0644, "for others to read");
	spool = spool_open(path);
	TAP_OK(spool && spool_read(spool, &err) == 0 && is_hex(spool, ABC), "read again");
	spool_close(spool);
	TAP_OK(!spool_open(in_dir("a")), "a folder is no file");
	TAP_OK(!spool_new(in_dir("a/b/file/c"), &err) && strstr(err.text, "Not a directory"),
		"a file is no folder: %s", err.text);
}

static void leave(const char *name, const char *content)
{
	FILE *file = fopen(in_dir(name), "w");

	if (!file || fputs(content, file) < 0 || fclose(file) != 0)
		exit(1);
}

static bool is_there(const char *name)
{
	return access(in_dir(name), F_OK) == 0;
}

/* A process that is writing the file, until it is told to keep it by the end of *until. */
static pid_t begin_writer(const char *name, int *until)
{
	pid_t child;
	int ends[2];
	char byte;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0 || (child = fork()) < 0)
		exit(1);
	if (child == 0) {
		struct spool *spool = spool_new(in_dir(name), NULL);
		close(ends[0]);
		_exit(!spool || !add(spool, "abc") || write(ends[1], "x", 1) != 1 ||
			read(ends[1], &byte, 1) != 0 || spool_keep(spool, NULL) < 0);
	}
	close(ends[1]);
	if (read(ends[0], &byte, 1) != 1)
		exit(1);
	*until = ends[0];
	return child;
}

static void test_left_over(void)
{
	const char *const others[] = {"[k]?", "[k]?.CHECKSUM", "[k]?.part-", "[k]?.part-1234567",
		"[k]?.part-empty_", "k?.part-123456", "kk.part-123456"};
	struct spool *spool;
	struct err err;
	int until, status;
	pid_t writer = begin_writer("[k]?", &until);

	leave("[k]?.part-123456", "half");
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		leave(others[i], strstr(others[i], "empty") ? "" : "x");
	if (symlink("/dev/null", in_dir("[k]?.part-link__")) < 0)
		exit(1);
	spool = spool_new(in_dir("[k]?"), &err);
	TAP_OK(spool && !is_there("[k]?.part-123456"), "what a killed one left is cleared away");
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		TAP_OK(is_there(others[i]), "'%s' is not", others[i]);
	TAP_OK(unlink(in_dir("[k]?.part-link__")) == 0, "nor is a link");
	spool_close(spool);
	close(until);
	TAP_OK(waitpid(writer, &status, 0) == writer && status == 0, "nor what is being written");
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		unlink(in_dir(others[i]));
}

/* What a full disk says, as far as anyone can make one be full. */
static void test_full(void)
{
	static char piece[4096];
	const struct rlimit small = {8192, 8192};
	struct spool *spool;
	struct err err;
	int result = 0;

	signal(SIGXFSZ, SIG_IGN);
	spool = spool_new(in_dir("full"), &err);
	setrlimit(RLIMIT_FSIZE, &small);
	for (int i = 0; i < 3 && result == 0; i++)
		result = spool_add(spool, span_make(piece, sizeof piece), &err);
	TAP_OK(result < 0 && err.code == EXIT_FAILED && strstr(err.text, "File too large"),
		"no room: %s", err.text);
	spool_close(spool);
	spool_close(NULL);
}

int main(void)
{
	diag_init("spool");
	umask(022);
	if (!mkdtemp(dir))
		return 1;
	test_unnamed();
	test_named();
	test_left_over();
	test_full();
	unlink(in_dir("a/b/file"));
	rmdir(in_dir("a/b"));
	rmdir(in_dir("a"));
	rmdir(dir);
	return tap_end();
}
