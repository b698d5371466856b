#include "base/budget.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/budget_lane.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/stamp.h"

enum {
	FORMAT = 1,
	HEAD_SIZE = 32,
	SLOTS_MAX = 1024, /* 72 KiB of them; Kraken has as many pairs, of which few are asked for
			   * within ten minutes */
	HOST_NAME_MAX_BYTES = 240, /* a file's name has 255 */
	LOCK_TRIES = 400,	   /* a second in all: a machine may be that busy */
	LOCK_PAUSE_NS = 20 * 1000, /* the lock is held for some microseconds */
	LOCK_PAUSE_MOST_NS = 2 * 1000 * 1000,
};

/* The file: a line that says what it is, then the slots, the first of which is no lane's: in it
 * older versions hold the one host that they have in a file. */
struct table {
	char head[HEAD_SIZE];
	struct budget_slot slots[SLOTS_MAX];
};

static const char head[HEAD_SIZE] = "tradepipe budget 1, binary\n";

struct budget {
	char *path;
	char *host;
	int fd;		    /* -1: the budget is this process's own */
	bool shares;	    /* between enter() and leave(): the file is locked */
	bool was_stuck;	    /* the lock was not to be had the last time */
	size_t n;	    /* slots in use */
	struct table table; /* as the file was last; all there is where there is none */
};

/* The folder of a path, without slashes at its end, behind which a symbolic link
 * would be followed. */
static char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folder = mem_text(slash ? path : ".");
	size_t n = slash ? (size_t)(slash - path) : 1;

	while (n > 1 && folder[n - 1] == '/')
		n--;
	folder[n ? n : 1] = '\0';
	return folder;
}

static bool is_own_folder(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISDIR(status.st_mode) && status.st_uid == geteuid();
}

/* A job of cron has no XDG_RUNTIME_DIR, and is to find the budget of those who have one. */
static char *default_path(struct span host)
{
	enum { MORE = 128 };
	const char *base = getenv("XDG_RUNTIME_DIR");
	unsigned long uid = (unsigned long)geteuid();
	char run[sizeof "/run/user/" + 20];
	size_t size, n;
	char *path;

	snprintf(run, sizeof run, "/run/user/%lu", uid);
	if (!base || *base != '/')
		base = is_own_folder(run) ? run : "/tmp";
	if (host.n > HOST_NAME_MAX_BYTES)
		host.n = HOST_NAME_MAX_BYTES;
	size = strlen(base) + host.n + MORE;
	path = mem_alloc(size, 1);
	n = (size_t)snprintf(path, size, "%s/tradepipe-%lu/budget-", base, uid);
	for (size_t i = 0; i < host.n; i++) {
		char c = host.p[i];
		bool is_plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
			(c >= 'A' && c <= 'Z') || c == '.' || c == '-' || c == ':';
		path[n++] = is_plain ? c : '_';
	}
	return path;
}

static int refuse(struct err *err, const char *path, const char *reason)
{
	return err_set(err, EXIT_FAILED, "cannot share a budget in '%s': %s", path, reason);
}

static int refuse_errno(struct err *err, const char *path)
{
	return err_errno(err, EXIT_FAILED, "cannot share a budget in '%s'", path);
}

/* Nobody else may put anything into the folder: what is in it is trusted from then on. */
static int open_folder(const char *folder, struct err *err)
{
	struct stat status;
	int fd;

	if (mkdir(folder, 0700) < 0 && errno != EEXIST)
		return refuse_errno(err, folder);
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return refuse_errno(err, folder);
	if (fstat(fd, &status) == 0 && status.st_uid == geteuid() &&
		!(status.st_mode & (S_IWGRP | S_IWOTH)))
		return fd;
	close(fd);
	return refuse(err, folder, "the folder is another user's, or others may write to it");
}

/* Whether the head of a file is that of a later version, which knows why it has another one. */
static bool is_later(const char begins[HEAD_SIZE])
{
	static const char kind[] = "tradepipe budget ";
	const char *number = begins + sizeof kind - 1;
	const char *end = memchr(number, ',', HEAD_SIZE - (sizeof kind - 1));
	uint64_t format;

	return memcmp(begins, kind, sizeof kind - 1) == 0 && end &&
		num_u64(span_make(number, (size_t)(end - number)), &format) == 0 && format > FORMAT;
}

/* Why a file must not be overwritten, which somebody may have named by mistake; NULL: it may be. */
static const char *why_not(int fd)
{
	static const char kind[] = {'t', 'r', 'a', 'd', 'e', 'p', 'i', 'p', 'e', ' '};
	char begins[HEAD_SIZE] = "";
	ssize_t n = file_pread(fd, begins, sizeof begins, 0);

	if (n < 0)
		return strerror(errno);
	if (memcmp(begins, kind, (size_t)n < sizeof kind ? (size_t)n : sizeof kind) != 0)
		return "it holds something else";
	return is_later(begins) ? "a later version of the program has written it" : NULL;
}

/* What is no file at all must not block the open. */
static int open_file(const char *path, struct err *err)
{
	const char *slash = strrchr(path, '/');
	char *folder_path = folder_of(path);
	int folder = open_folder(folder_path, err);
	const char *reason;
	struct stat status;
	int fd;

	free(folder_path);
	if (folder < 0)
		return -1;
	fd = openat(folder, slash ? slash + 1 : path,
		O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0600);
	if (fd < 0)
		refuse_errno(err, path);
	close(folder);
	if (fd < 0)
		return -1;
	if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode) || status.st_uid != geteuid())
		refuse(err, path, "it is no regular file, or another user's");
	else if ((reason = why_not(fd)) != NULL)
		refuse(err, path, reason);
	else
		return fd;
	close(fd);
	return -1;
}

static void close_file(struct budget *b)
{
	int saved = errno;

	if (b->fd >= 0)
		close(b->fd);
	b->fd = -1;
	b->shares = false;
	errno = saved;
}

static int set_lock(int fd, short type)
{
	struct flock wanted = {.l_type = type, .l_whence = SEEK_SET};

	return fcntl(fd, F_SETLK, &wanted);
}

/* 1; 0 where somebody else has it for longer than anybody who runs would; -1 on failure. Whoever
 * has been let down is not patient again before the lock could be had. */
static int lock(struct budget *b)
{
	struct timespec pause = {.tv_nsec = LOCK_PAUSE_NS};

	for (int i = 0; i < LOCK_TRIES; i++) {
		if (set_lock(b->fd, F_WRLCK) == 0) {
			b->was_stuck = false;
			return 1;
		}
		if (errno != EACCES && errno != EAGAIN && errno != EINTR)
			return -1;
		if (b->was_stuck)
			return 0;
		nanosleep(&pause, NULL);
		if (pause.tv_nsec < LOCK_PAUSE_MOST_NS)
			pause.tv_nsec *= 2;
	}
	b->was_stuck = true;
	return 0;
}

/* A file that is damaged, or not yet written, is as if it were empty. */
static int load(struct budget *b)
{
	ssize_t got = file_pread(b->fd, &b->table, sizeof b->table, 0);

	if (got < 0)
		return -1;
	if (got >= HEAD_SIZE && memcmp(b->table.head, head, sizeof head) == 0) {
		b->n = ((size_t)got - HEAD_SIZE) / sizeof *b->table.slots;
		return 0;
	}
	b->n = 0;
	if (got >= HEAD_SIZE && is_later(b->table.head)) {
		errno = ENOTSUP;
		return -1;
	}
	if (ftruncate(b->fd, 0) < 0 || pwrite(b->fd, head, sizeof head, 0) != sizeof head)
		return -1;
	return 0;
}

static int store(const struct budget *b, const struct budget_slot *slot)
{
	off_t at = HEAD_SIZE + (off_t)((const char *)slot - (const char *)b->table.slots);

	return pwrite(b->fd, slot, sizeof *slot, at) == sizeof *slot ? 0 : -1;
}

/* A file that was removed is made again, where others will find it too. */
static int renew(struct budget *b)
{
	struct stat status;

	if (fstat(b->fd, &status) < 0)
		return -1;
	if (status.st_nlink > 0)
		return 0;
	close_file(b);
	b->fd = open_file(b->path, NULL);
	return b->fd < 0 ? -1 : 0;
}

/* Locks the file and reads it, or goes on without. What cannot be written any more must not be read
 * either: nothing in it would ever be used up. */
static void enter(struct budget *b)
{
	int locked;

	b->shares = false;
	if (b->fd < 0)
		return;
	locked = renew(b) < 0 ? -1 : lock(b);
	if (locked < 0 || (locked > 0 && load(b) < 0))
		close_file(b);
	b->shares = b->fd >= 0 && locked > 0;
}

static void leave(struct budget *b, struct budget_slot *slot)
{
	budget_lane_seal(slot);
	if (!b->shares)
		return;
	b->shares = false;
	if (store(b, slot) < 0)
		close_file(b);
	else
		set_lock(b->fd, F_UNLCK);
}

static struct budget_slot *first_slot(struct budget *b)
{
	struct budget_slot *slot = b->table.slots;

	if (b->n == 0 || !budget_lane_is_sound(slot))
		budget_lane_clear(slot, 0);
	if (b->n == 0)
		b->n = 1;
	return slot;
}

/* Where a lane that is not there goes: where nothing is that matters, else behind the others; at
 * the ceiling it displaces the one that matters least, of those that are not held. */
static struct budget_slot *make_slot(struct budget *b, int64_t now_ns)
{
	struct budget_slot *least = NULL;

	for (size_t i = 1; i < b->n; i++) {
		struct budget_slot *slot = &b->table.slots[i];
		if (!budget_lane_is_sound(slot) || budget_lane_is_over(slot, now_ns))
			return slot;
		if ((!least || slot->kept_ns < least->kept_ns) && !budget_lane_held(slot, now_ns))
			least = slot;
	}
	if (b->n < SLOTS_MAX)
		return &b->table.slots[b->n++];
	return least ? least : &b->table.slots[SLOTS_MAX - 1];
}

static struct budget_slot *find_slot(struct budget *b, uint64_t hash)
{
	for (size_t i = 1; i < b->n; i++) {
		struct budget_slot *slot = &b->table.slots[i];
		if (slot->name == hash && budget_lane_is_sound(slot))
			return slot;
	}
	return NULL;
}

/* The slot of a lane; NULL: of the host. */
static struct budget_slot *get_slot(struct budget *b, const char *name, int64_t now_ns)
{
	uint64_t hash = budget_lane_hash(b->host, name);
	struct budget_slot *slot;

	first_slot(b);
	slot = find_slot(b, hash);
	if (slot)
		return slot;
	slot = make_slot(b, now_ns);
	budget_lane_clear(slot, hash);
	return slot;
}

/* How long the host is held as a whole. */
static int64_t host_held(struct budget *b, int64_t now_ns)
{
	const struct budget_slot *host = find_slot(b, budget_lane_hash(b->host, NULL));
	int64_t all = budget_lane_held(first_slot(b), now_ns);
	int64_t held = host ? budget_lane_held(host, now_ns) : 0;

	return held > all ? held : all;
}

struct budget *budget_open(const char *path, struct span host, struct err *err)
{
	struct budget *b = mem_alloc(1, sizeof *b);

	*err = (struct err){.code = EXIT_DONE};
	b->path = path ? mem_text(path) : default_path(host);
	b->host = mem_alloc(host.n + 1, 1);
	if (host.n)
		memcpy(b->host, host.p, host.n);
	b->fd = open_file(b->path, err);
	if (b->fd < 0)
		return b;
	enter(b);
	if (b->fd < 0)
		refuse_errno(err, b->path);
	else if (b->shares)
		leave(b, first_slot(b));
	return b;
}

void budget_close(struct budget *b)
{
	if (!b)
		return;
	close_file(b);
	free(b->path);
	free(b->host);
	free(b);
}

int64_t budget_take(struct budget *b, const struct budget_lane *lane, uint32_t units)
{
	struct budget_slot *slot;
	int64_t now, wait, held;

	enter(b);
	now = stamp_now();
	slot = get_slot(b, lane->name, now);
	held = host_held(b, now);
	wait = held ? held : budget_lane_take(slot, lane, units, now);
	leave(b, slot);
	return wait;
}

void budget_saw(struct budget *b, const struct budget_lane *lane, uint32_t units)
{
	struct budget_slot *slot;
	int64_t now;

	enter(b);
	now = stamp_now();
	slot = get_slot(b, lane->name, now);
	budget_lane_saw(slot, lane, units, now);
	leave(b, slot);
}

void budget_hold(struct budget *b, const struct budget_lane *lane, int64_t ns)
{
	struct budget_slot *slot;
	int64_t now;

	enter(b);
	now = stamp_now();
	slot = get_slot(b, lane ? lane->name : NULL, now);
	budget_lane_hold(slot, ns, now);
	leave(b, slot);
}
