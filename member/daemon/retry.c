/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/daemon/retry.h"

#include <stdio.h>
#include <string.h>

uint64_t retry_failed(struct retry *r, uint64_t now, const char *why, bool *tell)
{
	char text[sizeof(r->why)];

	snprintf(text, sizeof(text), "%s", why[0] ? why : "unknown");
	if (!retry_failing(r)) {
		r->since = now;
		r->wait_ms = 0;
	}
	*tell = strcmp(r->why, text) != 0;
	memcpy(r->why, text, sizeof(r->why));
	r->wait_ms = r->wait_ms == 0 ? RETRY_FIRST_MS : r->wait_ms * 2;
	if (r->wait_ms > RETRY_MAX_MS)
		r->wait_ms = RETRY_MAX_MS;
	return r->wait_ms;
}

bool retry_succeeded(struct retry *r)
{
	bool failed = retry_failing(r);

	*r = (struct retry){ 0 };
	return failed;
}
