#include "net/ahead.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/sig.h"

enum { SLOTS = 4 }; /* of some 256 KiB each */

/* What one archive_read() gave. */
struct slot {
	int result;
	char *data;
	size_t n, cap;
};

struct ahead {
	struct archive_file *archive;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t moved;
	/* Under the lock: slots filled and slots given back, ever; the slot that is being read is given
	 * back when the next one is asked for. */
	size_t filled, freed;
	bool stop;
	/* The thread's, until it is filled: */
	struct slot slots[SLOTS];
	struct err err;
	/* The reader's: */
	size_t taken;
};

static void fill(struct ahead *ahead, struct slot *slot)
{
	struct span bytes = {.n = 0};

	slot->result = archive_read(ahead->archive, &bytes, &ahead->err);
	slot->n = slot->result > 0 ? bytes.n : 0;
	if (slot->n > slot->cap) {
		slot->data = mem_resize(slot->data, slot->n, 1);
		slot->cap = slot->n;
	}
	if (slot->n > 0)
		memcpy(slot->data, bytes.p, slot->n);
}

static void *run(void *arg)
{
	struct ahead *ahead = arg;
	int result = 1;

	pthread_mutex_lock(&ahead->lock);
	while (result > 0) {
		struct slot *slot = &ahead->slots[ahead->filled % SLOTS];
		while (!ahead->stop && ahead->filled - ahead->freed == SLOTS)
			pthread_cond_wait(&ahead->moved, &ahead->lock);
		if (ahead->stop)
			break;
		pthread_mutex_unlock(&ahead->lock);
		fill(ahead, slot);
		result = slot->result;
		pthread_mutex_lock(&ahead->lock);
		ahead->filled++;
		pthread_cond_signal(&ahead->moved);
	}
	pthread_mutex_unlock(&ahead->lock);
	return NULL;
}

struct ahead *ahead_open(struct archive_file *archive, struct err *err)
{
	struct ahead *ahead = mem_alloc(1, sizeof *ahead);
	int failure;

	ahead->archive = archive;
	pthread_mutex_init(&ahead->lock, NULL);
	pthread_cond_init(&ahead->moved, NULL);
	sig_shield();
	failure = pthread_create(&ahead->thread, NULL, run, ahead);
	sig_unshield();
	if (failure == 0)
		return ahead;
	errno = failure;
	err_errno(err, EXIT_FAILED, "cannot start a thread");
	archive_close(archive);
	free(ahead);
	return NULL;
}

int ahead_read(struct ahead *ahead, struct span *bytes, struct err *err)
{
	const struct slot *slot = &ahead->slots[ahead->taken % SLOTS];

	pthread_mutex_lock(&ahead->lock);
	if (ahead->freed < ahead->taken) {
		ahead->freed = ahead->taken;
		pthread_cond_signal(&ahead->moved);
	}
	while (ahead->filled == ahead->taken)
		pthread_cond_wait(&ahead->moved, &ahead->lock);
	pthread_mutex_unlock(&ahead->lock);
	if (slot->result <= 0) { /* which is the last one, and stays */
		if (slot->result < 0)
			*err = ahead->err;
		return slot->result;
	}
	*bytes = span_make(slot->data, slot->n);
	ahead->taken++;
	return 1;
}

void ahead_close(struct ahead *ahead)
{
	if (!ahead)
		return;
	pthread_mutex_lock(&ahead->lock);
	ahead->stop = true;
	pthread_cond_signal(&ahead->moved);
	pthread_mutex_unlock(&ahead->lock);
	pthread_join(ahead->thread, NULL);
	pthread_cond_destroy(&ahead->moved);
	pthread_mutex_destroy(&ahead->lock);
	for (size_t i = 0; i < SLOTS; i++)
		free(ahead->slots[i].data);
	archive_close(ahead->archive);
	free(ahead);
}
