/* A budget that processes share: the file, its lock, and what is done without them. */
#include "base/budget.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/budget_lane.h"
#include "base/stamp.h"
#include "tap.h"

enum { HEAD_SIZE = 32, SLOTS_MAX = 1024, PROCESSES = 4 };

/* Intervals and windows that no test outlasts. */
static const struct budget_lane hour = {.name = "hour", .interval_us = UINT32_C(3600000000)};
static const struct budget_lane month = {.name = "month", .units = 1000, .window_ms = UINT32_MAX};

static char folder[] = "/tmp/budget.XXXXXX";

static const char *in_folder(const char *name)
{
	static char paths[2][128];
	static int turn;
	char *path = paths[turn++ % 2];

	snprintf(path, sizeof paths[0], "%s/%s", folder, name);
	return path;
}

static struct budget *open_shared(const char *path)
{
	struct err err;
	struct budget *b = budget_open(path, span_make(NULL, 0), &err);

	if (err.code == EXIT_DONE)
		return b;
	printf("# %s\n", err.text);
	exit(1);
}

static bool takes(struct budget *b, const struct budget_lane *lane)
{
	return budget_take(b, lane, 1) == 0;
}

static mode_t mode_of(const char *path)
{
	struct stat status;

	return lstat(path, &status) < 0 ? 0 : status.st_mode;
}

static long size_of(const char *path)
{
	struct stat status;

	return stat(path, &status) < 0 ? -1 : (long)status.st_size;
}

static void check_default(void)
{
	char path[160];
	struct budget *b;
	struct err err;

	setenv("XDG_RUNTIME_DIR", folder, 1);
	b = budget_open(NULL, span_text("api.x.com:8080/[a b]"), &err);
	snprintf(path, sizeof path, "%s/tradepipe-%ld/budget-api.x.com:8080__a_b_", folder,
		(long)geteuid());
	TAP_OK(err.code == EXIT_DONE && mode_of(path) == (S_IFREG | 0600), "a file of its own");
	TAP_OK(takes(b, &hour), "from which is taken");
	unlink(path);
	*strrchr(path, '/') = '\0';
	TAP_OK(mode_of(path) == (S_IFDIR | 0700), "in a folder of its own");
	budget_close(b);
	rmdir(path);
}

static void check_shared(void)
{
	const char *path = in_folder("shared");
	struct budget *a = open_shared(path), *b = open_shared(path);
	struct budget_lane other = hour;

	other.name = "other";
	TAP_OK(takes(a, &hour) && !takes(b, &hour) && !takes(a, &hour), "one lane for two");
	TAP_OK(takes(b, &other) && !takes(a, &other), "and another");
	TAP_OK(budget_take(a, &month, 600) == 0 && budget_take(b, &month, 500) > 0 &&
			budget_take(b, &month, 400) == 0,
		"units of a window");
	budget_close(a);
	budget_close(b);
	a = open_shared(path);
	TAP_OK(!takes(a, &hour) && !takes(a, &month), "and later on");
	budget_close(a);
	unlink(path);
}

static void check_holds(void)
{
	const char *path = in_folder("held");
	struct budget *a = open_shared(path), *b = open_shared(path);
	struct budget_lane other = hour;
	int64_t wait;

	budget_hold(a, &hour, 5 * STAMP_NS_PER_S);
	wait = budget_take(b, &hour, 1);
	TAP_OK(wait > 0 && wait <= 5 * STAMP_NS_PER_S, "a lane is held for all");
	TAP_OK(takes(b, &month), "but not the other ones");
	budget_hold(b, NULL, 3600 * STAMP_NS_PER_S);
	other.name = "other";
	TAP_OK(!takes(a, &month) && !takes(a, &other), "unless the host is");
	budget_saw(a, &month, 1000);
	budget_close(a);
	budget_close(b);
	unlink(path);
}

/* Writes into a file, over what is there. */
static void scribble(const char *path, long at, const void *bytes, size_t n)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0 || pwrite(fd, bytes, n, at) != (ssize_t)n)
		exit(1);
	close(fd);
}

/* What cannot be shared: why, and one's own budget nevertheless. */
static void check_own(const char *path, const char *reason, const char *name)
{
	char wanted[256];
	struct err err;
	struct budget *b = budget_open(path, span_make(NULL, 0), &err);

	snprintf(wanted, sizeof wanted, "cannot share a budget in '%s", folder);
	if (!TAP_OK(err.code == EXIT_FAILED && strncmp(err.text, wanted, strlen(wanted)) == 0 &&
			    strstr(err.text, reason),
		    "not shared: %s", name))
		printf("# %d %s\n", err.code, err.text);
	TAP_OK(takes(b, &hour) && !takes(b, &hour) && budget_take(b, &month, 600) == 0 &&
			budget_take(b, &month, 500) > 0,
		"but kept: %s", name);
	budget_hold(b, NULL, STAMP_NS_PER_S);
	TAP_OK(budget_take(b, &month, 1) > 0, "and held: %s", name);
	budget_close(b);
}

/* As a later version might write it. */
static const char later[HEAD_SIZE + 100] = "tradepipe budget 12, text\n";

static bool is_later(const char *path)
{
	char bytes[sizeof later + 1];
	FILE *file = fopen(path, "r");
	size_t n = file ? fread(bytes, 1, sizeof bytes, file) : 0;

	if (file)
		fclose(file);
	return n == sizeof later && memcmp(bytes, later, n) == 0;
}

static void check_refusals(void)
{
	static const char others[] = "the folder is another user's, or others may write to it";
	static const char no_file[] = "it is no regular file, or another user's";

	check_own(in_folder("none/x/file"), strerror(ENOENT), "a folder of a folder that is not");
	mkdir(in_folder("open"), 0700);
	chmod(in_folder("open"), 0777);
	check_own(in_folder("open/file"), others, "a folder that others may write to");
	chmod(in_folder("open"), 0720);
	check_own(in_folder("open/file"), others, "or some of them");
	chmod(in_folder("open"), 0755);
	symlink(in_folder("open"), in_folder("link"));
	check_own(in_folder("link/file"), "directory", "a folder that is a link");
	check_own(in_folder("link//file"), "directory", "however it is named");
	symlink("elsewhere", in_folder("open/file"));
	check_own(in_folder("open/file"), "link", "a file that is a link");
	unlink(in_folder("open/file"));
	mkfifo(in_folder("open/file"), 0600);
	check_own(in_folder("open/file"), no_file, "a file that is none");
	unlink(in_folder("open/file"));
	fclose(fopen(in_folder("open/file"), "w"));
	scribble(in_folder("open/file"), 0, "{}\n", 3);
	check_own(in_folder("open/file"), "it holds something else", "a file of another kind");
	TAP_OK(size_of(in_folder("open/file")) == 3, "which stays as it is");
	unlink(in_folder("open/file"));
	fclose(fopen(in_folder("open/file"), "w"));
	scribble(in_folder("open/file"), 0, later, sizeof later);
	check_own(in_folder("open/file"), "a later version", "a file of a later version");
	TAP_OK(is_later(in_folder("open/file")), "which stays as it is too");
	unlink(in_folder("open/file"));
	if (geteuid() == 0) {
		chown(in_folder("open"), 12345, (gid_t)-1);
		check_own(in_folder("open/file"), others, "another user's folder");
	}
	unlink(in_folder("link"));
	rmdir(in_folder("open"));
}

static void check_damage(void)
{
	const char *path = in_folder("damaged");
	struct budget *b = open_shared(path);
	struct budget_lane other = hour;

	other.name = "other";
	takes(b, &hour);
	takes(b, &other);
	scribble(path, HEAD_SIZE + sizeof(struct budget_slot) + 16, "damaged", 7);
	TAP_OK(takes(b, &hour), "a lane that is damaged is as new");
	TAP_OK(!takes(b, &other) && !takes(b, &hour), "the others are not");
	scribble(path, HEAD_SIZE + 16, "damaged", 7);
	TAP_OK(!takes(b, &hour), "nor are they by a host that is damaged");
	truncate(path, size_of(path) - 1);
	TAP_OK(takes(b, &other) && !takes(b, &other) && !takes(b, &hour), "a file that is cut");
	scribble(path, 0, "other", 5);
	TAP_OK(takes(b, &hour) && !takes(b, &hour) && takes(b, &other),
		"one that has become another kind");
	truncate(path, 0);
	TAP_OK(takes(b, &hour) && !takes(b, &hour), "a file that is empty");
	scribble(path, 0, "tradepipe budget 0, text\n", 25);
	TAP_OK(takes(b, &hour) && !takes(b, &hour), "one that no version writes");
	truncate(path, 0);
	scribble(path, 0, later, sizeof later);
	TAP_OK(takes(b, &hour) && !takes(b, &hour) && is_later(path),
		"one that a later version has made its own is left to it");
	budget_close(b);
	unlink(path);
}

/* Writes the first lane anew, as it is from then on. */
static void put_slot(const char *path, int64_t touched, int64_t kept)
{
	struct budget_slot slot;

	budget_lane_clear(&slot, budget_lane_hash("", hour.name));
	slot.touched_ns = touched;
	slot.kept_ns = kept;
	slot.next_ns = INT64_MAX;
	slot.held_ns = INT64_MAX;
	budget_lane_seal(&slot);
	scribble(path, HEAD_SIZE + sizeof slot, &slot, sizeof slot);
}

static void check_size(void)
{
	const char *path = in_folder("lanes");
	struct budget *b = open_shared(path);
	struct budget_lane lane = hour;
	int64_t now = stamp_now();
	long size, most = HEAD_SIZE + SLOTS_MAX * (long)sizeof(struct budget_slot);
	int taken = 0;
	char name[16];

	takes(b, &hour);
	size = size_of(path);
	put_slot(path, now + 7200 * STAMP_NS_PER_S, INT64_MAX);
	TAP_OK(takes(b, &hour), "what a clock left behind that ran ahead is forgotten");
	put_slot(path, now, now - 1);
	lane.name = name;
	for (int i = 0; i < 3000; i++) {
		snprintf(name, sizeof name, "lane %d", i);
		taken += takes(b, &lane);
		if (i == 0)
			TAP_OK(size_of(path) == size, "a lane takes the place of an old one");
	}
	TAP_OK(taken == 3000 && size_of(path) <= most, "the file has a ceiling");
	TAP_OK(!takes(b, &lane), "the last lanes stay");
	budget_close(b);
	unlink(path);
}

static void check_removed(void)
{
	const char *path = in_folder("removed");
	struct budget *a = open_shared(path), *b = open_shared(path);

	unlink(path);
	TAP_OK(takes(a, &hour) && !takes(b, &hour), "a file that was removed is made again");
	unlink(path);
	chmod(folder, 0777);
	TAP_OK(takes(a, &month) && takes(b, &month) && budget_take(a, &month, 1000) > 0,
		"or given up");
	chmod(folder, 0700);
	budget_close(a);
	budget_close(b);
	unlink(path);
}

/* A lane whose place in the file cannot be written is not free for all that. */
static int take_on_full_disk(const char *path)
{
	struct budget *b = open_shared(path);
	struct rlimit none = {(rlim_t)size_of(path), (rlim_t)size_of(path)};
	bool once;

	signal(SIGXFSZ, SIG_IGN);
	if (setrlimit(RLIMIT_FSIZE, &none) < 0)
		return 1;
	once = takes(b, &hour) && !takes(b, &hour);
	budget_close(b);
	return once ? 0 : 1;
}

static void check_full_disk(void)
{
	const char *path = in_folder("full");
	int status = -1;
	pid_t pid = fork();

	if (pid == 0)
		_exit(take_on_full_disk(path));
	waitpid(pid, &status, 0);
	TAP_OK(status == 0, "a disk that is full");
	unlink(path);
}

/* Holds the lock until it is killed, as one that was stopped within its call would. */
static pid_t hold_lock(const char *path)
{
	struct flock all = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	int ready[2];
	char byte;
	pid_t pid;

	if (pipe(ready) < 0 || (pid = fork()) < 0)
		exit(1);
	if (pid == 0) {
		int fd = open(path, O_RDWR);
		if (fcntl(fd, F_SETLKW, &all) < 0 || write(ready[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	if (read(ready[0], &byte, 1) != 1)
		exit(1);
	close(ready[0]);
	close(ready[1]);
	return pid;
}

static void check_stuck(void)
{
	const char *path = in_folder("stuck");
	struct budget *a = open_shared(path), *b = open_shared(path);
	pid_t pid;

	takes(a, &hour);
	pid = hold_lock(path);
	TAP_OK(takes(a, &month) && !takes(a, &hour), "while one does not go on, each has its own");
	TAP_OK(budget_take(a, &month, 1000) > 0, "and keeps to it");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	TAP_OK(budget_take(b, &month, 900) == 0 && budget_take(a, &month, 900) > 0,
		"it is shared again when that one is killed");
	budget_close(a);
	budget_close(b);
	unlink(path);
}

/* When a process took something: between these two. */
struct taken {
	int64_t from, to;
};

enum { TAKEN_MAX = 4096 };

/* Takes by turns with others until it has n, or all is taken; writes down what it got. */
static int take_all(const char *path, const struct budget_lane *lane, int n, int to)
{
	struct budget *b = open_shared(path);

	for (int i = 0; i < n;) {
		struct taken one = {.from = stamp_now()};
		int64_t wait = budget_take(b, lane, 1);
		one.to = stamp_now();
		if (wait > 3600 * STAMP_NS_PER_S)
			break;
		if (wait == 0 && write(to, &one, sizeof one) != sizeof one)
			return 1;
		i += wait == 0;
		nanosleep(&(struct timespec){.tv_nsec = (long)wait}, NULL);
	}
	budget_close(b);
	return 0;
}

/* How many were taken by all. */
static size_t run_processes(
	const char *path, const struct budget_lane *lane, int each, struct taken taken[TAKEN_MAX])
{
	int ends[2], status;
	size_t n = 0;

	if (pipe(ends) < 0)
		exit(1);
	for (int i = 0; i < PROCESSES; i++)
		if (fork() == 0)
			_exit(take_all(path, lane, each, ends[1]));
	close(ends[1]);
	while (n < TAKEN_MAX && read(ends[0], &taken[n], sizeof *taken) == sizeof *taken)
		n++;
	close(ends[0]);
	while (wait(&status) > 0)
		if (status != 0)
			n = TAKEN_MAX;
	return n;
}

static int compare(const void *a, const void *b)
{
	int64_t one = *(const int64_t *)a, other = *(const int64_t *)b;

	return one < other ? -1 : one > other;
}

/* Whether they can all have been so far apart: the moment of each lies between its two, so that each
 * in the order of moments lies between those of its rank. */
static bool are_apart(const struct taken *taken, size_t n, int64_t ns)
{
	static int64_t from[TAKEN_MAX], to[TAKEN_MAX];
	bool apart = true;

	for (size_t i = 0; i < n; i++) {
		from[i] = taken[i].from;
		to[i] = taken[i].to;
	}
	qsort(from, n, sizeof *from, compare);
	qsort(to, n, sizeof *to, compare);
	for (size_t i = 1; i < n; i++)
		apart &= to[i] - from[i - 1] >= ns;
	return apart;
}

static void check_processes(void)
{
	static struct taken taken[TAKEN_MAX];
	static const struct budget_lane quick = {.name = "quick", .interval_us = 1000};
	enum { EACH = 20 };
	const char *path = in_folder("many");
	size_t n = run_processes(path, &month, 1000, taken);

	TAP_OK(n == 1000, "four processes take all units of a window, and no more");
	n = run_processes(path, &quick, EACH, taken);
	TAP_OK(n == (size_t)EACH * PROCESSES &&
			are_apart(taken, n, quick.interval_us * INT64_C(900)),
		"and by turns one an interval");
	unlink(path);
}

int main(void)
{
	umask(0);
	if (!mkdtemp(folder))
		return 1;
	check_default();
	check_shared();
	check_holds();
	check_refusals();
	check_damage();
	check_size();
	check_removed();
	check_full_disk();
	check_stuck();
	check_processes();
	rmdir(folder);
	return tap_end();
}
