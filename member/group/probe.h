/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The recovery probe of one group VPN (rows E1 and E2; the guide's recovery-probe): traffic shows that the member is
 * out of step with its group, so it registers anew, after intervals that a forger of traffic cannot shorten.
 *
 * Signs come from the kernel's counters, which are sampled every PROBE_SAMPLE_MS; no packet is looked at.  Of two
 * samples, one after the other:
 *
 *   unknown SPI   the counter of ESP that no SA opens is higher in the later one.
 *   one way       packets left through this VPN's SAs and none came.  The sign shows when, since the sample that first
 *                 saw packets leave, at least `seconds` have passed, at least `packets` have left and none has come;
 * one that came ends the count.  Having shown, it stands in each later sample in which packets left, until one comes.
 *
 * The first sample is only compared with.  What an SA that is new in a sample received counts, what it sent does not,
 * so that a change of keys never makes a sign.
 *
 * A sign starts the probe.  Pulls are due 10 s after it, and 20, 40, 80, 160 and then each 320 s after the one before.
 * Once a pull has succeeded, only a new sign lets the next one happen; when none comes for as long as the interval that
 * runs, the member is in step and the probe ends.  The next sign starts it anew, at 10 s.
 *
 * Pure.  Times are milliseconds of the boot time clock.  The first sample is due at once.
 */
#ifndef MEMBER_GROUP_PROBE_H
#define MEMBER_GROUP_PROBE_H

#include "lib/gvpn.h"
#include "member/group/times.h"

#define PROBE_SAS_MAX 512 /* SAs of a VPN that are watched; those beyond give no sign */

struct probe_params { /* the sign "one way" */
	uint32_t packets;
	uint32_t seconds;
};

struct probe_sa { /* packets under one SPI since its SA was made */
	uint32_t spi;
	uint64_t in, out;
};

struct probe_sample {
	bool has_unknown_spi; /* false: the counter could not be read */
	uint64_t unknown_spi; /* a value below the last one: the counter began anew */
	const struct probe_sa *sas;
	size_t n_sas;
};

#define PROBE_SIGN_UNKNOWN_SPI (1u << 0)
#define PROBE_SIGN_ONE_WAY (1u << 1)

enum probe_act {
	PROBE_NOTHING,
	PROBE_PULL,  /* register now */
	PROBE_ENDED, /* in step: the probe has just ended */
};

struct probe;

/* -EINVAL when a parameter is 0. */
GVPN_MUST_CHECK int probe_new(struct probe **ret, const struct probe_params *params);
void probe_free(struct probe *p); /* NULL is fine */
static inline void probe_freep(struct probe **p)
{
	probe_free(*p);
}

/* A sample is wanted now: its time has come, or the probe is about to end. */
bool probe_sample_due(const struct probe *p, uint64_t now);
/* Which signs S shows; any of them starts the probe, or keeps it going.  S NULL: the counters could not be read. */
unsigned probe_sample(struct probe *p, uint64_t now, const struct probe_sample *s);
/* The same counters, only to compare the next ones with: the member knows by itself that it is not registered. */
void probe_skip(struct probe *p, uint64_t now, const struct probe_sample *s);
/* A pull has succeeded, for any reason.  The counters S are from before the pull; may be NULL. */
void probe_pulled(struct probe *p, uint64_t now, const struct probe_sample *s);

/* The next thing to do now; a pull is named once.  Take the sample that is due first. */
GVPN_MUST_CHECK enum probe_act probe_tick(struct probe *p, uint64_t now);
uint64_t probe_deadline(const struct probe *p); /* of the next sample, pull or end */

bool probe_has(const struct probe *p, const struct probe_params *params);
bool probe_active(const struct probe *p);
unsigned probe_pulls(const struct probe *p);    /* since the sign that started it, or the last one */
uint32_t probe_interval(const struct probe *p); /* seconds: the one that runs; the first one when none does */

#endif
