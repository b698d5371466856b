#include "base/wait.h"

#include <poll.h>
#include <stddef.h>
#include <stdint.h>

#include "base/progress.h"
#include "base/sig.h"

static struct {
	void (*call)(void *arg);
	void *arg;
} duty;

void wait_set_duty(void (*call)(void *arg), void *arg)
{
	duty.call = call;
	duty.arg = arg;
}

void wait_duty(void)
{
	if (duty.call)
		duty.call(duty.arg);
	progress_step();
}

enum wait_result wait_readable(int fd, int event_fd, int64_t timeout_ms)
{
	struct pollfd polled[] = {{.fd = fd, .events = POLLIN}, {.fd = event_fd, .events = POLLIN},
		{.fd = sig_fd(), .events = POLLIN}};
	int n;

	wait_duty();
	n = poll(polled, 3, timeout_ms < 0 || timeout_ms > INT32_MAX ? -1 : (int)timeout_ms);
	wait_duty();
	if (n < 0 || polled[2].revents) {
		sig_consume();
		return WAIT_SIGNAL;
	}
	if (polled[1].revents)
		return WAIT_EVENT;
	if (polled[0].revents)
		return WAIT_READY;
	return WAIT_TIMEOUT;
}
