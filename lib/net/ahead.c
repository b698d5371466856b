#include "net/ahead.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/sig.h"

/* Large enough that who reads them keeps up although it does other things between two of them. */
enum { SLOTS = 3, SLOT_FULL = 1024 * 1024 };

/* Bytes in a row; the slot without any is the last one. */
struct slot {
	char *data;
	size_t n, cap;
};

struct ahead {
	struct archive_file *archive;
	bool has_thread;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t moved;
	/* Under the lock: slots filled and slots given back, ever; the slot that is being read is
	 * given back when the next one is asked for. */
	size_t filled, freed;
	bool stop;
	/* The thread's, until it is filled: */
	struct slot slots[SLOTS];
	int result; /* of the last archive_read() */
	struct err err;
	/* The reader's: */
	size_t taken;
};

static void add(struct slot *slot, struct span bytes)
{
	if (bytes.n > slot->cap - slot->n) {
		slot->cap = slot->n + bytes.n > SLOT_FULL ? slot->n + bytes.n : SLOT_FULL;
		slot->data = mem_resize(slot->data, slot->cap, 1);
	}
	memcpy(slot->data + slot->n, bytes.p, bytes.n);
	slot->n += bytes.n;
}

static void fill(struct ahead *ahead, struct slot *slot)
{
	struct span bytes;

	slot->n = 0;
	while (ahead->result > 0 && slot->n < SLOT_FULL) {
		ahead->result = archive_read(ahead->archive, &bytes, &ahead->err);
		if (ahead->result > 0)
			add(slot, bytes);
	}
}

static void *run(void *arg)
{
	struct ahead *ahead = arg;
	bool over = false;

	pthread_mutex_lock(&ahead->lock);
	while (!over) {
		struct slot *slot = &ahead->slots[ahead->filled % SLOTS];
		while (!ahead->stop && ahead->filled - ahead->freed == SLOTS)
			pthread_cond_wait(&ahead->moved, &ahead->lock);
		if (ahead->stop)
			break;
		pthread_mutex_unlock(&ahead->lock);
		fill(ahead, slot);
		over = slot->n == 0;
		pthread_mutex_lock(&ahead->lock);
		ahead->filled++;
		pthread_cond_signal(&ahead->moved);
	}
	pthread_mutex_unlock(&ahead->lock);
	return NULL;
}

struct ahead *ahead_open(struct archive_file *archive)
{
	struct ahead *ahead = mem_alloc(1, sizeof *ahead);

	ahead->archive = archive;
	ahead->result = 1;
	pthread_mutex_init(&ahead->lock, NULL);
	pthread_cond_init(&ahead->moved, NULL);
	sig_shield();
	ahead->has_thread = pthread_create(&ahead->thread, NULL, run, ahead) == 0;
	sig_unshield();
	return ahead;
}

int ahead_read(struct ahead *ahead, struct span *bytes, struct err *err)
{
	const struct slot *slot = &ahead->slots[ahead->taken % SLOTS];

	if (!ahead->has_thread)
		return archive_read(ahead->archive, bytes, err);
	pthread_mutex_lock(&ahead->lock);
	if (ahead->freed < ahead->taken) {
		ahead->freed = ahead->taken;
		pthread_cond_signal(&ahead->moved);
	}
	while (ahead->filled == ahead->taken)
		pthread_cond_wait(&ahead->moved, &ahead->lock);
	pthread_mutex_unlock(&ahead->lock);
	if (slot->n == 0) { /* which is the last one, and stays */
		if (ahead->result < 0)
			*err = ahead->err;
		return ahead->result;
	}
	*bytes = span_make(slot->data, slot->n);
	ahead->taken++;
	return 1;
}

static void end_thread(struct ahead *ahead)
{
	pthread_mutex_lock(&ahead->lock);
	ahead->stop = true;
	pthread_cond_signal(&ahead->moved);
	pthread_mutex_unlock(&ahead->lock);
	pthread_join(ahead->thread, NULL);
}

void ahead_close(struct ahead *ahead)
{
	if (!ahead)
		return;
	if (ahead->has_thread)
		end_thread(ahead);
	pthread_cond_destroy(&ahead->moved);
	pthread_mutex_destroy(&ahead->lock);
	for (size_t i = 0; i < SLOTS; i++)
		free(ahead->slots[i].data);
	archive_close(ahead->archive);
	free(ahead);
}
