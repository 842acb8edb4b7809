/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xfrm/link/clock.h"

#include <errno.h>
#include <sys/timerfd.h>
#include <unistd.h>

/* What is waited for is never the timer's end but that it is cancelled (timerfd_create(2)).  Seconds; the kernel's own
 * limit is a little above it. */
#define NEVER INT64_C(9000000000)

int clock_watch(void)
{
	const struct itimerspec never = { .it_value = { .tv_sec = NEVER } };
	int fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
	int r;

	if (fd < 0)
		return -errno;
	if (timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, NULL) < 0) {
		r = -errno;
		close(fd);
		return r;
	}
	return fd;
}

bool clock_was_set(int fd)
{
	uint64_t expirations;

	/* The timer need not be set again: it goes on waiting for the next change. */
	return read(fd, &expirations, sizeof(expirations)) < 0 && errno == ECANCELED;
}
