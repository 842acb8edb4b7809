/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xfrm/search.h"

#include "lib/base.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void search_start(struct search *s, const struct search_ops *ops, void *ctx, uint8_t bits, uint32_t id)
{
	*s = (struct search){ .ops = ops, .ctx = ctx, .bits = bits, .id = id };
}

__attribute__((format(printf, 3, 4))) static void stop(struct search *s, char err[static 256], const char *fmt, ...)
{
	va_list ap;

	s->state = SEARCH_STOPPED;
	va_start(ap, fmt);
	vsnprintf(err, 256, fmt, ap);
	va_end(ap);
}

static void next_try(struct search *s, uint64_t now, char err[static 256])
{
	int r = s->ops->make(s->ctx, err);

	if (r < 0) {
		s->state = SEARCH_STOPPED;
		return;
	}
	s->tries++;
	s->seen = s->ops->caught(s->ctx);
	s->refused = s->ops->send(s->ctx, s->tries);
	s->sent_at = now;
	s->waiting = true;
}

/* The probe that was sent was not caught. */
static void miss(struct search *s, char err[static 256])
{
	int r = s->ops->mend(s->ctx, err);

	s->waiting = false;
	if (r < 0) {
		s->state = SEARCH_STOPPED;
	} else if (r > 0 && ++s->mends <= SEARCH_MENDS_MAX) {
		err[0] = '\0';
	} else if (r > 0) {
		stop(s, err, "another program keeps removing the SA that brings the probes of AES-GCM back");
	} else if (s->refused == 0 && ++s->lost <= SEARCH_LOST_MAX) {
		err[0] = '\0'; /* another try */
	} else if (s->refused < 0 && s->refused != -EPERM && s->refused != -EACCES) {
		stop(s, err, "cannot send a probe of AES-GCM: %s; see whether the interface lo is up",
		     strerror(-s->refused));
	} else {
		stop(s, err,
		     "probes of AES-GCM do not come back, so this host's own firewall drops them, or leads them "
		     "elsewhere (chains output and input): let pass UDP and ESP to 192.0.0.8, and UDP from 127.0.0.1 "
		     "to itself");
	}
}

/* What was caught last.  False: it is of a try that was given up, and this one's is still to come. */
static bool judge(struct search *s, char err[static 256])
{
	bool fits = sender_prefix_begins(s->bits, s->id, s->ops->prefix(s->ctx));
	struct search_probe p;
	int r;

	if (!fits && s->opened)
		return true;
	/* Not by its looks: an IV that is not there yet may look like any id's. */
	r = s->ops->open(s->ctx, &p, err);
	if (r < 0 && r != -EBADMSG) {
		s->state = SEARCH_STOPPED;
		return true;
	}
	if (r < 0 || p.sequence != 1) {
		stop(s, err,
		     "this kernel encrypts ESP later than this host's programs see it (esp4_offload), so that nobody "
		     "could see an IV of AES-GCM before it leaves; unload that module (rmmod esp4_offload), or boot a "
		     "kernel that is built without CONFIG_INET_ESP_OFFLOAD");
		return true;
	}
	s->opened = true;
	if (p.number != s->tries)
		return false;
	if (sender_prefix_begins(s->bits, s->id, p.prefix)) {
		s->prefix = p.prefix;
		s->state = SEARCH_FOUND;
	}
	return true;
}

/* The try that was begun.  False: nothing is known of it yet. */
static bool end_try(struct search *s, uint64_t now, char err[static 256])
{
	uint64_t caught = s->ops->caught(s->ctx);

	if (caught != s->seen) {
		s->seen = caught;
		if (!judge(s, err))
			return false;
		s->waiting = false;
		s->lost = 0;
		return true;
	}
	if (s->refused == 0 && now - s->sent_at < SEARCH_PATIENCE)
		return false;
	miss(s, err);
	return true;
}

static bool is_hopeless(const struct search *s)
{
	return s->tries >= (uint64_t)SEARCH_MEAN_TIMES << s->bits;
}

enum search_state search_slice(struct search *s, uint64_t now, uint32_t *ret_wait, char err[static 256])
{
	uint64_t began = s->ops->now_us(s->ctx);

	*ret_wait = 0;
	for (unsigned i = 0; s->state == SEARCH_ON && i < SEARCH_SLICE; i++) {
		if (i > 0 && s->ops->now_us(s->ctx) - began >= SEARCH_SLICE_US)
			break;
		if (!s->waiting && is_hopeless(s))
			stop(s, err,
			     "%u SAs were made for AES-GCM, and the IVs of none begin with the id %u of %u bits",
			     s->tries, s->id, s->bits);
		else if (!s->waiting)
			next_try(s, now, err);
		if (s->state == SEARCH_ON && !end_try(s, now, err)) {
			*ret_wait = now - s->sent_at < SEARCH_SOON ? 1 : SEARCH_SOON;
			break;
		}
	}
	return s->state;
}

void search_pass(struct search *s)
{
	if (s->state == SEARCH_FOUND)
		s->state = SEARCH_ON;
}
