#include "net/resolve.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/sig.h"

/* Shared by the caller and the thread; whoever lets go of it last frees it. */
struct resolve {
	pthread_mutex_t lock;
	int holders;
	int pipe[2];
	char *host;
	struct resolve_list list;
	struct err err;
};

static void let_go(struct resolve *r)
{
	int left;

	pthread_mutex_lock(&r->lock);
	left = --r->holders;
	pthread_mutex_unlock(&r->lock);
	if (left)
		return;
	pthread_mutex_destroy(&r->lock);
	close(r->pipe[0]);
	close(r->pipe[1]);
	free(r->host);
	free(r);
}

static void keep_addresses(struct resolve_list *list, const struct addrinfo *found)
{
	for (; found && list->n < RESOLVE_ADDRESSES_MAX; found = found->ai_next)
		if (getnameinfo(found->ai_addr, found->ai_addrlen, list->text[list->n],
			    RESOLVE_TEXT_MAX, NULL, 0, NI_NUMERICHOST) == 0)
			list->n++;
}

static void *look_up(void *arg)
{
	struct resolve *r = arg;
	struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
	struct addrinfo *found = NULL;
	int fault = getaddrinfo(r->host, NULL, &hints, &found);
	ssize_t n;

	if (fault == 0) {
		keep_addresses(&r->list, found);
		freeaddrinfo(found);
	}
	if (r->list.n == 0)
		err_set(&r->err, EXIT_FAILED, "%s",
			fault == EAI_SYSTEM ? strerror(errno)
				: fault	    ? gai_strerror(fault)
					    : "it has no address");
	n = write(r->pipe[1], "", 1); /* one byte into an empty pipe: it fits */
	(void)n;
	let_go(r);
	return NULL;
}

static int start_thread(struct resolve *r)
{
	pthread_attr_t detached;
	pthread_t thread;
	int fault;

	pthread_attr_init(&detached);
	pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
	sig_shield();
	fault = pthread_create(&thread, &detached, look_up, r);
	sig_unshield();
	pthread_attr_destroy(&detached);
	errno = fault;
	return fault ? -1 : 0;
}

struct resolve *resolve_start(const char *host, struct err *err)
{
	struct resolve *r = mem_alloc(1, sizeof *r);

	if (pipe(r->pipe) < 0) {
		err_errno(err, EXIT_FAILED, "cannot look up '%s'", host);
		free(r);
		return NULL;
	}
	for (int i = 0; i < 2; i++)
		fcntl(r->pipe[i], F_SETFD, FD_CLOEXEC);
	pthread_mutex_init(&r->lock, NULL);
	r->host = mem_text(host);
	r->holders = 2;
	if (start_thread(r) < 0) {
		err_errno(err, EXIT_FAILED, "cannot look up '%s'", host);
		r->holders = 1;
		let_go(r);
		return NULL;
	}
	return r;
}

int resolve_fd(const struct resolve *r)
{
	return r->pipe[0];
}

int resolve_finish(struct resolve *r, struct resolve_list *list, struct err *err)
{
	char byte;
	ssize_t n = read(r->pipe[0], &byte, 1); /* what the thread wrote before is now ours */
	bool found = r->list.n > 0;

	(void)n;
	if (found)
		*list = r->list;
	else
		err_set(err, r->err.code, "%s", r->err.text);
	let_go(r);
	return found ? 0 : -1;
}

void resolve_abandon(struct resolve *r)
{
	if (r)
		let_go(r);
}
