/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xfrm/bpf/handover.h"

#include "xfrm/bpf/maps.h"
#include "xfrm/bpf/pins.h"

#include <stdio.h>
#include <stdlib.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#define BARRIER (5 * UINT64_C(1000000)) /* microseconds */

static int hand_over_one(int folder, const char *name, char err[static 256])
{
	char store[128], forget[128];
	int fd, r;

	snprintf(forget, sizeof(forget), "FDSTOREREMOVE=1\nFDNAME=" MAPS_PASSED "%s", name);
	/* Not polled: a map is always in error for who polls it, and would be thrown out of the store. */
	snprintf(store, sizeof(store), "FDSTORE=1\nFDPOLL=0\nFDNAME=" MAPS_PASSED "%s", name);
	fd = pins_get(folder, name);
	if (fd < 0)
		return pins_failed(err, fd, "open", name);
	r = sd_notify(0, forget);
	if (r >= 0)
		r = sd_pid_notify_with_fds(0, 0, store, &fd, 1);
	close(fd);
	return r < 0 ? pins_failed(err, r, "hand over to the service manager", name) : 0;
}

int handover(int folder, char err[static 256])
{
	int r = 0;

	if (!getenv("NOTIFY_SOCKET"))
		return 0;
	for (size_t i = 0; r == 0 && maps_name(i); i++)
		r = hand_over_one(folder, maps_name(i), err);
	if (r == 0) { /* it must have them before this process ends */
		r = sd_notify_barrier(0, BARRIER);
		r = r < 0 ? pins_failed(err, r, "wait for", "the service manager") : 0;
	}
	return r;
}
