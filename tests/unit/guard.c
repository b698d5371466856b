/* Files that must not be each other. */
#include "base/guard.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tap.h"

static void make(const char *name)
{
	int fd = open(name, O_WRONLY | O_CREAT, 0666);

	if (fd < 0 || close(fd) < 0)
		abort();
}

/* Whether reading `reads` is refused where `writes` is written. */
static bool conflict(const char *writes, const char *reads)
{
	struct guard guard = {.n = 0};
	struct err err = {.text = ""};

	if (guard_writes(&guard, writes, "records go", &err) < 0)
		abort();
	if (guard_reads(&guard, reads, &err) == 0)
		return false;
	return err.code == EXIT_USAGE && strstr(err.text, "as well: it is where records go");
}

static void test_paths(void)
{
	TAP_OK(conflict("there", "there"), "a file and itself");
	TAP_OK(conflict("there", "folder/../there"), "a file by another path");
	TAP_OK(conflict("there", "link"), "a file and a link to it");
	TAP_OK(!conflict("there", "other"), "two files");
	TAP_OK(conflict("none", "./folder/../none"), "a file that is to be made, by another path");
	TAP_OK(!conflict("none", "folder/none"), "the same name in two folders");
	TAP_OK(!conflict("there", "none"), "one that is there and one that is not");
	TAP_OK(!conflict("/dev/null", "/dev/null"), "a device");
	TAP_OK(!conflict("no/folder/x", "no/folder/x"), "what cannot be made");
	TAP_OK(!conflict(NULL, "there") && !conflict("there", NULL), "none at all");
}

static void test_standard(void)
{
	char *none[] = {NULL};
	char dash[] = "-", there[] = "there";
	char *files[] = {dash, there, NULL};
	struct guard guard = {.n = 0};
	struct err err;
	int saved[] = {dup(STDIN_FILENO), dup(STDOUT_FILENO)};
	bool input, output, operand, both;

	if (!freopen("there", "r", stdin))
		abort();
	input = conflict("there", "-");
	guard_writes(&guard, "there", "records go", &err);
	both = guard_reads_all(&guard, none, &err) < 0 &&
		strcmp(err.text, "cannot use 'standard input' as well: it is where records go") ==
			0;
	operand = guard_reads_all(&guard, files + 1, &err) < 0;
	fflush(stdout);
	if (dup2(open("there", O_WRONLY), STDOUT_FILENO) < 0)
		abort();
	output = conflict("-", "./there");
	dup2(saved[1], STDOUT_FILENO);
	TAP_OK(input, "standard input");
	TAP_OK(both, "standard input where no operand is given");
	TAP_OK(operand, "an operand");
	TAP_OK(output, "standard output");
	dup2(saved[0], STDIN_FILENO);
}

static void test_writers(void)
{
	struct guard guard = {.n = 0};
	struct err err;

	TAP_OK(guard_writes(&guard, "there", "records go", &err) == 0 &&
			guard_writes(&guard, "none", "metrics go", &err) == 0 &&
			guard_writes(&guard, "other", "the manifest goes", &err) == 0,
		"several writers");
	TAP_OK(guard_writes(&guard, "./none", "refused records go", &err) < 0 &&
			strcmp(err.text, "cannot use './none' as well: it is where metrics go") ==
				0,
		"two writers of one file");
}

int main(void)
{
	char folder[] = "/tmp/guard.XXXXXX";

	if (!mkdtemp(folder) || chdir(folder) < 0)
		abort();
	make("there");
	make("other");
	if (mkdir("folder", 0777) < 0 || symlink("there", "link") < 0)
		abort();
	test_paths();
	test_standard();
	test_writers();
	unlink("there");
	unlink("other");
	unlink("link");
	rmdir("folder");
	if (chdir("/") == 0)
		rmdir(folder);
	return tap_end();
}
