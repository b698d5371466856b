/* usage: inflate ZIP: what libarchive alone makes of an archive, to standard output; into /dev/null
 * that is the bar for whoever reads it as well. */
#include <fcntl.h>
#include <unistd.h>

#include "base/diag.h"
#include "net/archive.h"

int main(int argc, char **argv)
{
	struct archive_file *archive;
	struct span bytes;
	struct err err;
	int fd, more = 1;

	diag_init("inflate");
	fd = argc == 2 ? open(argv[1], O_RDONLY) : -1;
	if (fd < 0)
		diag_die(EXIT_USAGE, "usage: inflate ZIP");
	archive = archive_open(fd, argv[1], &err);
	if (!archive)
		return diag_err(&err);
	while (more > 0 && (more = archive_read(archive, &bytes, &err)) > 0)
		if (write(STDOUT_FILENO, bytes.p, bytes.n) != (ssize_t)bytes.n)
			diag_die(EXIT_FAILED, "cannot write");
	archive_close(archive);
	return more < 0 ? (int)diag_err(&err) : EXIT_DONE;
}
