/*
 * Inside crawl: a place is where a chain runs, and after it another one.
 */
#ifndef TRADEPIPE_NET_CRAWL_PRIV_H
#define TRADEPIPE_NET_CRAWL_PRIV_H

#include "net/crawl.h"
#include "net/crawl_attempts.h"

enum crawl_state {
	CRAWL_STATE_NEXT,   /* next() is due */
	CRAWL_STATE_BUDGET, /* what *ask wants is due, if the budget has it */
	CRAWL_STATE_CALL,   /* the request is under way */
	CRAWL_STATE_EMPTY,  /* no chain is here */
};

/* A chain that waits for a place, with what it takes there. */
struct crawl_queued {
	struct crawl_chain chain;
	struct crawl_attempts attempts;
	bool is_held;	       /* as a place has it */
	int64_t not_before_ns; /* monotonic, as all times here */
	int64_t since_ns;      /* from then on it is kept from asking; it may be yet to come */
	int64_t waiting_ns;    /* as a place has it */
	int64_t *held_ns;      /* as ask has it */
};

/* First come, first served, of those that are due. */
struct crawl_queue {
	struct crawl_queued *all;
	size_t first, n, room;
};

/* What all chains share. */
struct crawl {
	const struct crawl_settings *settings;
	struct crawl_counts *counts;
	struct http *http;
	struct crawl_place **places; /* settings->jobs at most, made when they are needed */
	size_t n_places;
	struct crawl_queue queue;
	bool is_banned; /* for all chains there are, because of this: */
	struct err ban;
	int64_t banned_until_ns; /* monotonic; 0: never */
	bool is_ban_told;	 /* that chains wait for that */
	int64_t waited_ns;
	int64_t turned_ns; /* monotonic: the end of the last wait for answers; 0: there was none */
};

struct crawl_place {
	struct crawl *crawl;
	struct crawl_chain chain;
	enum crawl_state state;
	int64_t due_ns;	    /* monotonic; INT64_MAX while a request is under way */
	int64_t asked_ns;   /* when next() was asked last */
	int64_t waiting_ns; /* up to when this wait has been counted; 0: it waits for no time */
	int64_t held_ns;    /* since when it waits for the budget; 0: it does not */
	struct crawl_attempts attempts;
	struct crawl_ask ask;
	struct http_call *call;
	struct http_answer answer;
	int64_t retry_after_ms;
	bool is_refused; /* the chain took no more pieces */
	bool is_held;	 /* a long wait for the budget has been told */
};

/* Puts a chain behind those that wait for a place. */
void crawl_queue_add(struct crawl *crawl, const struct crawl_queued *queued);

/* Adds a wait since *waiting_ns (0: there is none) to the counts, and goes on from now_ns. */
void crawl_count_wait(struct crawl *crawl, int64_t *waiting_ns, int64_t now_ns);

/* An empty one. */
void crawl_place_init(struct crawl_place *place, struct crawl *crawl);

/* A chain takes an empty place; its next() is due. */
void crawl_place_begin(struct crawl_place *place, const struct crawl_queued *queued);

/* Ends the chain of a place because of *err, and leaves it empty. */
void crawl_place_end(struct crawl_place *place, const struct err *err);

/* For so long, up to now_ns, nobody has taken turns. */
void crawl_place_excuse(struct crawl_place *place, int64_t ns, int64_t now_ns);

/* Does what is due at now_ns, at most one callback. 0, or -1 and *err where all is over. */
int crawl_place_step(struct crawl_place *place, int64_t now_ns, struct err *err);

/* Likewise when the request under way is over. */
int crawl_place_answer(struct crawl_place *place, struct err *err);

/* Gives up what is under way, and frees. */
void crawl_place_release(struct crawl_place *place);

#endif
