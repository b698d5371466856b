/*
 * Preloaded into a program, makes a system call or an allocation fail that the program itself asks
 * for; what libraries ask for goes through. By the environment:
 *
 *   FAIL_PROGRAM  the name of the program; in all others nothing fails
 *   FAIL_KIND     what fails:
 *       alloc  malloc, calloc, realloc: no memory
 *       read   read, pread: EIO          sync    fsync, fdatasync: EIO
 *       open   open, mkstemp, shm_open, pipe, socket: EMFILE
 *       start  fork, pthread_create: EAGAIN      rename  EIO
 *       close  EIO, and the descriptor is closed
 *       write  write, pwrite, writev: EIO
 *       full   the same; takes half of the bytes, and from then on the descriptor takes none: ENOSPC
 *       broken likewise, and nothing else can be done with the descriptor either: EIO
 *       short  nothing fails, but each read and write moves no more than one byte
 *   FAIL_AT       the how manieth call of that kind, from 1
 *   FAIL_STRUCK   is created when the call fails: the descriptor, or -1, and where in the program it
 *                 was called, as addr2line knows it; while it exists nothing fails
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

extern void *__libc_malloc(size_t n);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *p, size_t n);

enum kind { NONE, ALLOC, READ, WRITE, FULL, BROKEN, SHORT, OPEN, START, CLOSE, SYNC, RENAME };

/* Nothing fails before begin() has been called: `kind` is NONE. */
static struct {
	enum kind kind;
	unsigned long at;
	const char *struck;
	uintptr_t begin, end, base; /* the program's code */
} shim;
static atomic_ulong calls;
static atomic_int failed_fd = -1; /* the one that is full or broken */

/* The first object is the program itself. */
static int find_program(struct dl_phdr_info *info, size_t size, void *arg)
{
	(void)size;
	(void)arg;
	shim.base = info->dlpi_addr;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *part = &info->dlpi_phdr[i];
		if (part->p_type != PT_LOAD || !(part->p_flags & PF_X))
			continue;
		shim.begin = info->dlpi_addr + part->p_vaddr;
		shim.end = shim.begin + part->p_memsz;
	}
	return 1;
}

static bool is_program(const char *name)
{
	char path[4096];
	ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
	const char *slash;

	if (!name || n <= 0)
		return false;
	path[n] = '\0';
	slash = strrchr(path, '/');
	return slash && strcmp(slash + 1, name) == 0;
}

__attribute__((constructor)) static void begin(void)
{
	static const char *const kinds[] = {
		[NONE] = "",
		[ALLOC] = "alloc",
		[READ] = "read",
		[WRITE] = "write",
		[FULL] = "full",
		[BROKEN] = "broken",
		[SHORT] = "short",
		[OPEN] = "open",
		[START] = "start",
		[CLOSE] = "close",
		[SYNC] = "sync",
		[RENAME] = "rename",
	};
	const char *kind = getenv("FAIL_KIND"), *at = getenv("FAIL_AT");

	if (!kind || !is_program(getenv("FAIL_PROGRAM")))
		return;
	dl_iterate_phdr(find_program, NULL);
	shim.at = at ? strtoul(at, NULL, 10) : 0;
	shim.struck = getenv("FAIL_STRUCK");
	for (size_t i = 1; i < sizeof kinds / sizeof *kinds; i++)
		if (strcmp(kind, kinds[i]) == 0)
			shim.kind = (enum kind)i;
}

static bool is_own(const void *caller)
{
	return (uintptr_t)caller >= shim.begin && (uintptr_t)caller < shim.end;
}

/* False where it has struck before: in another process that was started with it. */
static bool strike(int fd, const void *caller)
{
	char text[64];
	int saved = errno;
	long to = syscall(SYS_openat, AT_FDCWD, shim.struck, O_WRONLY | O_CREAT | O_EXCL, 0666);
	int n = snprintf(text, sizeof text, "%d %#lx\n", fd,
		(unsigned long)((uintptr_t)caller - shim.base - 1));

	if (to >= 0) {
		syscall(SYS_write, to, text, n);
		syscall(SYS_close, to);
	}
	errno = saved;
	return to >= 0;
}

/* Whether this call is the one that fails; errno is set then. */
static bool fails(enum kind kind, int fd, const void *caller, int why)
{
	if (shim.kind != kind || !is_own(caller))
		return false;
	if (atomic_fetch_add(&calls, 1) + 1 != shim.at || !strike(fd, caller))
		return false;
	errno = why;
	return true;
}

static bool is_broken(int fd, const void *caller)
{
	if (shim.kind != BROKEN || fd != atomic_load(&failed_fd) || !is_own(caller))
		return false;
	errno = EIO;
	return true;
}

static size_t at_most(size_t n, const void *caller)
{
	return shim.kind == SHORT && n > 1 && is_own(caller) ? 1 : n;
}

/* Whether the call fails; else *n may have become less. */
static bool write_fails(int fd, size_t *n, const void *caller)
{
	int why = shim.kind == FULL ? ENOSPC : EIO;

	if (fails(WRITE, fd, caller, EIO))
		return true;
	if ((shim.kind == FULL || shim.kind == BROKEN) && fd == atomic_load(&failed_fd) &&
		is_own(caller)) {
		errno = why;
		return true;
	}
	if (fails(shim.kind == FULL ? FULL : BROKEN, fd, caller, why)) {
		atomic_store(&failed_fd, fd);
		*n /= 2;
		return *n == 0;
	}
	*n = at_most(*n, caller);
	return false;
}

void *malloc(size_t n)
{
	return fails(ALLOC, -1, __builtin_return_address(0), ENOMEM) ? NULL : __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
	return fails(ALLOC, -1, __builtin_return_address(0), ENOMEM) ? NULL
								     : __libc_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
	return fails(ALLOC, -1, __builtin_return_address(0), ENOMEM) ? NULL : __libc_realloc(p, n);
}

ssize_t read(int fd, void *to, size_t n)
{
	const void *caller = __builtin_return_address(0);

	if (fails(READ, fd, caller, EIO) || is_broken(fd, caller))
		return -1;
	return syscall(SYS_read, fd, to, at_most(n, caller));
}

ssize_t pread(int fd, void *to, size_t n, off_t at)
{
	const void *caller = __builtin_return_address(0);

	if (fails(READ, fd, caller, EIO) || is_broken(fd, caller))
		return -1;
	return syscall(SYS_pread64, fd, to, at_most(n, caller), at);
}

ssize_t write(int fd, const void *from, size_t n)
{
	return write_fails(fd, &n, __builtin_return_address(0)) ? -1
								: syscall(SYS_write, fd, from, n);
}

ssize_t pwrite(int fd, const void *from, size_t n, off_t at)
{
	return write_fails(fd, &n, __builtin_return_address(0))
		? -1
		: syscall(SYS_pwrite64, fd, from, n, at);
}

/* Less than all of it is less than its first part. */
ssize_t writev(int fd, const struct iovec *parts, int count)
{
	size_t n = 0, wanted;

	for (int i = 0; i < count; i++)
		n += parts[i].iov_len;
	wanted = n;
	if (write_fails(fd, &n, __builtin_return_address(0)))
		return -1;
	if (n == wanted)
		return syscall(SYS_writev, fd, parts, count);
	while (parts->iov_len == 0)
		parts++;
	return syscall(SYS_write, fd, parts->iov_base, n < parts->iov_len ? n : parts->iov_len);
}

int ftruncate(int fd, off_t size)
{
	return is_broken(fd, __builtin_return_address(0)) ? -1
							  : (int)syscall(SYS_ftruncate, fd, size);
}

int fsync(int fd)
{
	const void *caller = __builtin_return_address(0);

	return fails(SYNC, fd, caller, EIO) || is_broken(fd, caller) ? -1
								     : (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd)
{
	const void *caller = __builtin_return_address(0);

	return fails(SYNC, fd, caller, EIO) || is_broken(fd, caller)
		? -1
		: (int)syscall(SYS_fdatasync, fd);
}

int close(int fd)
{
	bool failed = fails(CLOSE, fd, __builtin_return_address(0), EIO);
	int result;

	/* The next one of that number is another one. */
	if (fd == atomic_load(&failed_fd))
		atomic_store(&failed_fd, -1);
	result = (int)syscall(SYS_close, fd);
	if (failed)
		errno = EIO;
	return failed ? -1 : result;
}

int rename(const char *from, const char *to)
{
	return fails(RENAME, -1, __builtin_return_address(0), EIO)
		? -1
		: (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int open(const char *path, int flags, ...)
{
	va_list args;
	mode_t mode;

	if (fails(OPEN, -1, __builtin_return_address(0), EMFILE))
		return -1;
	va_start(args, flags);
	mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(args, mode_t) : 0;
	va_end(args);
	return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

int pipe(int ends[2])
{
	return fails(OPEN, -1, __builtin_return_address(0), EMFILE)
		? -1
		: (int)syscall(SYS_pipe2, ends, 0);
}

int socket(int domain, int type, int protocol)
{
	return fails(OPEN, -1, __builtin_return_address(0), EMFILE)
		? -1
		: (int)syscall(SYS_socket, domain, type, protocol);
}

int mkstemp(char *name)
{
	int (*real)(char *);

	*(void **)&real = dlsym(RTLD_NEXT, "mkstemp");
	return fails(OPEN, -1, __builtin_return_address(0), EMFILE) ? -1 : real(name);
}

int shm_open(const char *name, int flags, mode_t mode)
{
	int (*real)(const char *, int, mode_t);

	*(void **)&real = dlsym(RTLD_NEXT, "shm_open");
	return fails(OPEN, -1, __builtin_return_address(0), EMFILE) ? -1 : real(name, flags, mode);
}

pid_t fork(void)
{
	pid_t (*real)(void);

	*(void **)&real = dlsym(RTLD_NEXT, "fork");
	return fails(START, -1, __builtin_return_address(0), EAGAIN) ? -1 : real();
}

int pthread_create(pthread_t *thread, const pthread_attr_t *how, void *(*run)(void *), void *arg)
{
	int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);

	*(void **)&real = dlsym(RTLD_NEXT, "pthread_create");
	return fails(START, -1, __builtin_return_address(0), EAGAIN) ? EAGAIN
								     : real(thread, how, run, arg);
}
