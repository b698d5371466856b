/*
 * What a function does as a process of its own: how it ends, and what it writes.
 */
#ifndef TRADEPIPE_TESTS_CHILD_H
#define TRADEPIPE_TESTS_CHILD_H

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CHILD_TEXT_MAX = 16 * 1024 };

struct child {
	int status; /* its exit status, or minus the signal that killed it */
	char out[CHILD_TEXT_MAX];
	char err[CHILD_TEXT_MAX];
};

/* The text of a file from its beginning, "" where there is no file; closes it. */
static inline void child_read(FILE *file, char text[CHILD_TEXT_MAX])
{
	text[0] = '\0';
	if (!file)
		return;
	rewind(file);
	text[fread(text, 1, CHILD_TEXT_MAX - 1, file)] = '\0';
	fclose(file);
}

/* Runs work(arg) with standard output and standard error collected; what it returns is its exit
 * status. */
static inline void child_run(struct child *child, int (*work)(const void *arg), const void *arg)
{
	FILE *out = tmpfile(), *err = tmpfile();
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		dup2(fileno(out), STDOUT_FILENO);
		dup2(fileno(err), STDERR_FILENO);
		_exit(work(arg));
	}
	waitpid(pid, &status, 0);
	child->status = WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
	child_read(out, child->out);
	child_read(err, child->err);
}

#endif
