/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The recovery probe against rows E1 and E2: a virtual clock jumps from deadline to deadline, traffic is a function of
 * the time, and pulls succeed or fail as the test says.
 */
#include "member/group/probe.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#define SECOND 1000u
#define HOUR (3600u * SECOND)
#define START 5000000u /* a multiple of the samples' distance */
#define PULLS_MAX 256

struct stream { /* so many packets a second, from one time to the other */
	uint64_t per_second, from, until;
};

struct sim {
	struct probe *probe;
	uint64_t now;
	struct stream unknown, out, in;
	bool pulls_succeed;
	uint64_t pull_takes; /* ms */
	bool pull_cures;     /* a pull that succeeds ends all signs */
	uint64_t answer_at;  /* of the pull that is under way; UINT64_MAX: none */
	uint64_t pulls[PULLS_MAX], ends[PULLS_MAX], starts[PULLS_MAX];
	size_t n_pulls, n_ends, n_starts;
	unsigned samples, wakes;
	unsigned signs; /* all kinds that showed */
};

static struct sim s;

static uint64_t sent(const struct stream *f, uint64_t now)
{
	uint64_t end = now < f->until ? now : f->until;

	return end > f->from ? (end - f->from) * f->per_second / SECOND : 0;
}

static struct probe_sample counters(struct probe_sa *sa)
{
	*sa = (struct probe_sa){ .spi = 0x1000, .in = sent(&s.in, s.now), .out = sent(&s.out, s.now) };
	return (struct probe_sample){
		.has_unknown_spi = true, .unknown_spi = sent(&s.unknown, s.now), .sas = sa, .n_sas = 1
	};
}

static void setup(void)
{
	const struct probe_params params = { .packets = 100, .seconds = 30 };

	s = (struct sim){ .now = START, .pulls_succeed = true, .pull_takes = 50, .answer_at = UINT64_MAX };
	ck_assert_int_eq(probe_new(&s.probe, &params), 0);
}

static void teardown(void)
{
	probe_free(s.probe);
}

static void answer(void)
{
	struct probe_sa sa;
	struct probe_sample sample;

	s.answer_at = UINT64_MAX;
	if (!s.pulls_succeed)
		return;
	if (s.pull_cures) {
		s.unknown.until = s.now;
		s.in = s.out;
		s.in.from = s.now;
	}
	sample = counters(&sa);
	probe_pulled(s.probe, s.now, &sample);
}

static void wake(void)
{
	bool was = probe_active(s.probe);

	s.wakes++;
	if (probe_sample_due(s.probe, s.now)) {
		struct probe_sa sa;
		struct probe_sample sample = counters(&sa);

		s.samples++;
		s.signs |= probe_sample(s.probe, s.now, &sample);
	}
	if (!was && probe_active(s.probe))
		s.starts[s.n_starts++] = s.now;
	switch (probe_tick(s.probe, s.now)) {
	case PROBE_NOTHING:
		break;
	case PROBE_PULL:
		ck_assert_uint_lt(s.n_pulls, PULLS_MAX);
		s.pulls[s.n_pulls++] = s.now;
		s.answer_at = s.now + s.pull_takes;
		break;
	case PROBE_ENDED:
		s.ends[s.n_ends++] = s.now;
		break;
	}
}

static void run(uint64_t until)
{
	while (true) {
		uint64_t at = probe_deadline(s.probe);
		bool answers = s.answer_at <= at;

		if (answers)
			at = s.answer_at;
		if (at > until)
			break;
		if (at > s.now)
			s.now = at;
		if (answers)
			answer();
		else
			wake();
		ck_assert_uint_gt(probe_deadline(s.probe), s.now); /* no busy loop */
	}
	s.now = until;
}

/* The pulls' times after the probe's start, in seconds. */
static void pulls_are(size_t first, size_t start, const unsigned *seconds, size_t n)
{
	ck_assert_uint_ge(s.n_starts, start + 1);
	ck_assert_uint_ge(s.n_pulls, first + n);
	for (size_t i = 0; i < n; i++)
		ck_assert_uint_eq(s.pulls[first + i] - s.starts[start], seconds[i] * SECOND);
}

static const unsigned e2[] = { 10, 30, 70, 150, 310, 630, 950, 1270, 1590, 1910 };

START_TEST(params_are_checked)
{
	struct probe *p = NULL;

	ck_assert_int_eq(probe_new(&p, &(struct probe_params){ 0, 30 }), -EINVAL);
	ck_assert_int_eq(probe_new(&p, &(struct probe_params){ 100, 0 }), -EINVAL);
	ck_assert_ptr_null(p);
	ck_assert(probe_has(s.probe, &(struct probe_params){ 100, 30 }));
	ck_assert(!probe_has(s.probe, &(struct probe_params){ 101, 30 }));
	ck_assert(!probe_has(s.probe, &(struct probe_params){ 100, 31 }));
	probe_free(NULL);
}
END_TEST

START_TEST(quiet_is_no_sign)
{
	run(START + 10 * HOUR);
	ck_assert_uint_eq(s.n_starts + s.n_pulls, 0);
	ck_assert_uint_eq(s.wakes, s.samples);
	ck_assert_uint_eq(s.samples, 10 * HOUR / PROBE_SAMPLE_MS + 1); /* and nothing wakes it more often */
}
END_TEST

/* 10,000 forged packets a second for an hour: E2's intervals and no others, whether the pulls succeed or fail. */
START_TEST(flood)
{
	s.unknown = (struct stream){ 10000, START + 7 * SECOND, START + HOUR };
	s.pulls_succeed = _i & 1;
	s.pull_takes = _i & 2 ? 6 * SECOND : 50;
	run(START + HOUR - SECOND);
	ck_assert_uint_eq(s.n_starts, 1);
	ck_assert_uint_eq(s.starts[0], START + 10 * SECOND); /* the sample after the first forged packet */
	pulls_are(0, 0, e2, ARRAY_SIZE(e2));
	for (size_t i = 6; i < s.n_pulls; i++)
		ck_assert_uint_eq(s.pulls[i] - s.pulls[i - 1], 320 * SECOND);
	ck_assert_uint_eq(s.n_pulls, 6 + (3590 - 630) / 320);
	ck_assert_uint_eq(s.n_ends, 0);
	ck_assert_uint_eq(s.signs, PROBE_SIGN_UNKNOWN_SPI);
	ck_assert_uint_le(s.samples, HOUR / PROBE_SAMPLE_MS + 1);
}
END_TEST

/* Signs that stop: the pull that succeeds next is the last, and a full interval later the probe ends. */
START_TEST(signs_stop)
{
	static const unsigned stop[] = { 1, 9, 12, 35, 80, 200, 400, 700, 1200 }; /* seconds after the start */
	static const unsigned pulls[] = { 1, 1, 2, 3, 4, 5, 6, 7, 8 };
	static const unsigned interval[] = { 20, 20, 40, 80, 160, 320, 320, 320, 320 };
	uint64_t last;

	s.unknown = (struct stream){ 1000, START + SECOND, START + (5 + stop[_i]) * SECOND };
	run(START + 3 * HOUR);
	ck_assert_uint_eq(s.n_starts, 1);
	ck_assert_uint_eq(s.n_pulls, pulls[_i]);
	pulls_are(0, 0, e2, pulls[_i]);
	last = s.pulls[s.n_pulls - 1];
	ck_assert_uint_eq(s.n_ends, 1);
	ck_assert_uint_eq(s.ends[0], last + s.pull_takes + interval[_i] * SECOND);
	ck_assert(!probe_active(s.probe));
}
END_TEST

START_TEST(starts_over_at_10)
{
	s.unknown = (struct stream){ 10, START + SECOND, START + 400 * SECOND };
	run(START + HOUR);
	ck_assert_uint_eq(s.n_ends, 1);
	ck_assert_uint_eq(s.n_pulls, 6);
	s.unknown.until = UINT64_MAX; /* resumes with what it would have sent meanwhile */
	run(START + HOUR + 200 * SECOND);
	ck_assert_uint_eq(s.n_starts, 2);
	pulls_are(6, 1, e2, 4);
}
END_TEST

/* The real case: the first pull cures, and there is no second one. */
START_TEST(cured_by_the_first_pull)
{
	s.unknown = (struct stream){ 500, START, UINT64_MAX };
	s.out = (struct stream){ 500, START, UINT64_MAX };
	s.pull_cures = true;
	run(START + HOUR);
	ck_assert_uint_eq(s.n_pulls, 1);
	pulls_are(0, 0, e2, 1);
	ck_assert_uint_eq(s.n_ends, 1);
	ck_assert_uint_eq(s.ends[0], s.pulls[0] + s.pull_takes + 20 * SECOND);
}
END_TEST

/* A pull that fails proves nothing: the probe goes on although the sign was a single packet. */
START_TEST(failing_pulls)
{
	s.unknown = (struct stream){ 1, START, START + 2 * SECOND };
	s.pulls_succeed = false;
	run(START + 800 * SECOND);
	ck_assert_uint_eq(s.n_starts, 1);
	pulls_are(0, 0, e2, 6);
	ck_assert_uint_eq(s.n_pulls, 6);
	s.pulls_succeed = true;
	run(START + 3 * HOUR);
	ck_assert_uint_eq(s.n_pulls, 7);
	ck_assert_uint_eq(s.n_ends, 1);
	ck_assert_uint_eq(s.ends[0], s.pulls[6] + s.pull_takes + 320 * SECOND);
}
END_TEST

/* One packet in each interval is as good as a flood, and no better. */
START_TEST(slow_forger)
{
	uint64_t forged = 0;

	for (unsigned t = 0; t < 4000; t += 9) {
		struct probe_sample sample = { .has_unknown_spi = true, .unknown_spi = ++forged };

		probe_sample(s.probe, s.now, &sample);
		switch (probe_tick(s.probe, s.now)) {
		case PROBE_PULL:
			s.pulls[s.n_pulls++] = s.now;
			probe_pulled(s.probe, s.now, NULL);
			break;
		case PROBE_ENDED:
			ck_abort_msg("ended at %u s", t);
		case PROBE_NOTHING:
			break;
		}
		s.now += 9 * SECOND;
	}
	for (size_t i = 1; i < s.n_pulls; i++)
		ck_assert_uint_ge(s.pulls[i] - s.pulls[i - 1], (i < 5 ? 10u << i : 320u) * SECOND);
	ck_assert_uint_ge(s.n_pulls, 14);
}
END_TEST

/* A sign between the next pull's time and the end of the full interval brings that pull at once, not before its time.
 */
START_TEST(sign_at_the_last_moment)
{
	struct probe_sample sample = { .has_unknown_spi = true };

	probe_sample(s.probe, s.now, &sample);
	sample.unknown_spi++;
	ck_assert_uint_eq(probe_sample(s.probe, s.now, &sample), PROBE_SIGN_UNKNOWN_SPI);
	ck_assert_uint_eq(probe_interval(s.probe), 10);
	ck_assert_int_eq(probe_tick(s.probe, s.now + 9999), PROBE_NOTHING);
	s.now += 10 * SECOND;
	ck_assert_int_eq(probe_tick(s.probe, s.now), PROBE_PULL);
	ck_assert_int_eq(probe_tick(s.probe, s.now), PROBE_NOTHING); /* told of once */
	ck_assert_uint_eq(probe_interval(s.probe), 20);
	probe_pulled(s.probe, s.now + 3 * SECOND, &sample);
	ck_assert_int_eq(probe_tick(s.probe, s.now + 20 * SECOND), PROBE_NOTHING); /* held: nothing says it is needed */
	ck_assert_int_eq(probe_tick(s.probe, s.now + 22 * SECOND), PROBE_NOTHING);
	sample.unknown_spi++;
	ck_assert(probe_sample_due(s.probe, s.now + 23 * SECOND)); /* it looks once more before it ends */
	ck_assert_uint_ne(probe_sample(s.probe, s.now + 23 * SECOND, &sample), 0);
	ck_assert_int_eq(probe_tick(s.probe, s.now + 23 * SECOND), PROBE_PULL);
	ck_assert_uint_eq(probe_interval(s.probe), 40);
	ck_assert_uint_eq(probe_pulls(s.probe), 2);
	probe_pulled(s.probe, s.now + 24 * SECOND, &sample);
	ck_assert_int_eq(probe_tick(s.probe, s.now + 63 * SECOND + 999), PROBE_NOTHING);
	ck_assert_int_eq(probe_tick(s.probe, s.now + 64 * SECOND), PROBE_ENDED);
	ck_assert_int_eq(probe_tick(s.probe, s.now + HOUR), PROBE_NOTHING);
}
END_TEST

/* What came before the pull's success is told by the success's own sample, and is no new sign. */
START_TEST(signs_before_success_do_not_count)
{
	struct probe_sample sample = { .has_unknown_spi = true };

	probe_sample(s.probe, s.now, &sample);
	sample.unknown_spi = 5;
	probe_sample(s.probe, s.now, &sample);
	s.now += 10 * SECOND;
	ck_assert_int_eq(probe_tick(s.probe, s.now), PROBE_PULL);
	sample.unknown_spi = 900;
	probe_pulled(s.probe, s.now + 10, &sample);
	ck_assert_uint_eq(probe_sample(s.probe, s.now + 5 * SECOND, &sample), 0);
	ck_assert_int_eq(probe_tick(s.probe, s.now + 20 * SECOND + 10), PROBE_ENDED);
}
END_TEST

/* A registration of the group's own, while the probe waits for its first pull, is as good as the probe's. */
START_TEST(other_registration_counts)
{
	struct probe_sample sample = { .has_unknown_spi = true };

	probe_sample(s.probe, s.now, &sample);
	sample.unknown_spi = 1;
	probe_sample(s.probe, s.now, &sample);
	probe_pulled(s.probe, s.now + 3 * SECOND, &sample);
	for (unsigned i = 4; i < 13; i++) {
		probe_pulled(s.probe, s.now + i * SECOND, &sample); /* frequent renewals do not put the end off */
		ck_assert_int_eq(probe_tick(s.probe, s.now + i * SECOND), PROBE_NOTHING);
	}
	ck_assert_int_eq(probe_tick(s.probe, s.now + 13 * SECOND), PROBE_ENDED);
	ck_assert_uint_eq(probe_pulls(s.probe), 0);
	probe_pulled(s.probe, s.now + 14 * SECOND, &sample); /* without a probe it means nothing */
	ck_assert(!probe_active(s.probe));
}
END_TEST

/* After a suspend of a day there is one pull, not all those that were missed, and the next one an interval later. */
START_TEST(clock_far_ahead)
{
	uint64_t woken = START + 24 * HOUR + 123;

	s.unknown = (struct stream){ 1000, START, UINT64_MAX };
	run(START + 20 * SECOND);
	ck_assert_uint_eq(s.n_pulls, 1);
	s.now = woken;
	run(woken + 700 * SECOND);
	ck_assert_uint_eq(s.pulls[1], woken);
	ck_assert_uint_eq(s.pulls[2], woken + 40 * SECOND);
	ck_assert_uint_eq(s.pulls[3], woken + 120 * SECOND);
	for (size_t i = 2; i < s.n_pulls; i++)
		ck_assert_uint_ge(s.pulls[i] - s.pulls[i - 1], 40 * SECOND);
}
END_TEST

START_TEST(one_way_shows_in_time)
{
	s.out = (struct stream){ 10, START, UINT64_MAX };
	run(START + HOUR);
	ck_assert_uint_eq(s.signs, PROBE_SIGN_ONE_WAY);
	ck_assert_uint_eq(s.n_starts, 1);
	/* The first sample is compared with, the second sees packets leave, and 30 s after that the sign shows. */
	ck_assert_uint_eq(s.starts[0], START + 35 * SECOND);
	pulls_are(0, 0, e2, ARRAY_SIZE(e2)); /* pulls that succeed do not end what goes on */
	ck_assert_uint_eq(s.n_ends, 0);
}
END_TEST

START_TEST(one_way_needs_both_thresholds)
{
	/* 70 packets until a count of 30 s is over */
	s.out = (struct stream){ 2, START, START + HOUR - 60 * SECOND };
	run(START + HOUR);
	ck_assert_uint_eq(s.n_starts, 0);
	s.out = (struct stream){ 1000, s.now, s.now + SECOND }; /* a burst */
	s.in = (struct stream){ 1, s.now + 8 * SECOND, UINT64_MAX };
	run(s.now + 5 * SECOND);
	run(s.now + HOUR);
	ck_assert_uint_eq(s.n_starts, 0);
}
END_TEST

START_TEST(one_way_ends_with_the_first_packet)
{
	s.out = (struct stream){ 100, START, UINT64_MAX };
	run(START + 100 * SECOND);
	ck_assert_uint_eq(s.n_pulls, 2);
	s.in = (struct stream){ 1, s.now, UINT64_MAX };
	run(START + HOUR);
	ck_assert_uint_eq(s.n_starts, 1);
	ck_assert_uint_eq(s.n_pulls, 3); /* the one that proves it */
	ck_assert_uint_eq(s.n_ends, 1);
}
END_TEST

/* A stop of what leaves is not a sign, and after it the threshold has to be met anew. */
START_TEST(one_way_that_stops)
{
	s.out = (struct stream){ 100, START, START + 60 * SECOND };
	run(START + HOUR);
	ck_assert_uint_eq(s.n_starts, 1);
	ck_assert_uint_eq(s.n_ends, 1);
	s.out = (struct stream){ 100, START - HOUR, UINT64_MAX };
	s.out.from = s.now - 60 * SECOND;
	run(s.now + 50 * SECOND);
	ck_assert_uint_eq(s.n_starts, 2);
	ck_assert_uint_ge(s.starts[1], START + HOUR + 30 * SECOND);
}
END_TEST

static unsigned sample_sas(const struct probe_sa *sas, size_t n, unsigned after_seconds)
{
	s.now += after_seconds * SECOND;
	return probe_sample(s.probe, s.now, &(struct probe_sample){ .sas = sas, .n_sas = n });
}

/* SAs come and go: what each did since the last sample is added up, and a new key is never a sign by itself. */
START_TEST(rollover)
{
	struct probe_sa sas[3] = { { 1, 0, 0 }, { 2, 0, 0 }, { 3, 0, 0 } };

	ck_assert_uint_eq(sample_sas(sas, 1, 0), 0);
	sas[0].out = 60;
	ck_assert_uint_eq(sample_sas(sas, 1, 5), 0);
	sas[1].out = 1000000; /* new in this sample: not counted */
	ck_assert_uint_eq(sample_sas(sas, 2, 5), 0);
	ck_assert_uint_eq(sample_sas(sas, 2, 20), 0);
	ck_assert_uint_eq(sample_sas(sas, 2, 5), 0); /* 30 s, 60 packets */

	sas[1].out += 60;
	ck_assert_uint_eq(sample_sas(sas, 2, 5), 0);
	ck_assert_uint_eq(sample_sas(sas + 1, 1, 5), 0); /* the old one is gone; its packets still count */
	sas[1].out += 60;
	ck_assert_uint_eq(sample_sas(sas + 1, 1, 25), PROBE_SIGN_ONE_WAY);
}
END_TEST

START_TEST(new_sa_that_receives_ends_it)
{
	struct probe_sa sas[2] = { { 1, 0, 0 }, { 2, 0, 0 } };

	sample_sas(sas, 1, 0);
	sas[0].out = 500;
	ck_assert_uint_eq(sample_sas(sas, 1, 5), 0);
	ck_assert_uint_eq(sample_sas(sas, 1, 30), PROBE_SIGN_ONE_WAY);
	sas[0].out = 600;
	ck_assert_uint_eq(sample_sas(sas, 1, 5), PROBE_SIGN_ONE_WAY); /* it stands */
	sas[0].out = 700;
	sas[1].in = 1;
	ck_assert_uint_eq(sample_sas(sas, 2, 5), 0);
	sas[0].out = 800;
	ck_assert_uint_eq(sample_sas(sas, 2, 5), 0); /* and has to show anew */
}
END_TEST

/* Counters that begin anew (a table or an SA was made again) count from 0; missing ones are no sign. */
START_TEST(counters_begin_anew)
{
	struct probe_sa sa = { 1, 10, 1000 };
	struct probe_sample sample = { .has_unknown_spi = true, .unknown_spi = 1000, .sas = &sa, .n_sas = 1 };

	probe_sample(s.probe, s.now, &sample); /* of an earlier run: only compared with */
	ck_assert(!probe_active(s.probe));
	sample.unknown_spi = 0;
	ck_assert_uint_eq(probe_sample(s.probe, s.now + 5 * SECOND, &sample), 0);
	ck_assert_uint_eq(probe_sample(s.probe, s.now + 10 * SECOND, NULL), 0);
	sample.has_unknown_spi = false;
	sample.unknown_spi = 77;
	ck_assert_uint_eq(probe_sample(s.probe, s.now + 15 * SECOND, &sample), 0);
	sample.has_unknown_spi = true;
	sample.unknown_spi = 0;
	ck_assert_uint_eq(probe_sample(s.probe, s.now + 20 * SECOND, &sample), 0);
	sample.unknown_spi = 3;
	sa = (struct probe_sa){ 1, 0, 0 };
	ck_assert_uint_eq(probe_sample(s.probe, s.now + 25 * SECOND, &sample), PROBE_SIGN_UNKNOWN_SPI);
}
END_TEST

/* While the member is not registered the signs say what it knows; they count from the moment it is. */
START_TEST(skipped_samples)
{
	struct probe_sample sample = { .has_unknown_spi = true };

	probe_skip(s.probe, s.now, &sample);
	for (unsigned i = 1; i < 100; i++) {
		sample.unknown_spi += 1000;
		ck_assert(probe_sample_due(s.probe, s.now + i * 5 * SECOND));
		probe_skip(s.probe, s.now + i * 5 * SECOND, &sample);
	}
	ck_assert(!probe_active(s.probe));
	ck_assert_uint_eq(probe_sample(s.probe, s.now + HOUR, &sample), 0);
	sample.unknown_spi++;
	ck_assert_uint_ne(probe_sample(s.probe, s.now + HOUR, &sample), 0);
}
END_TEST

START_TEST(too_many_sas)
{
	static struct probe_sa sas[PROBE_SAS_MAX + 100];

	for (uint32_t i = 0; i < ARRAY_SIZE(sas); i++)
		sas[i].spi = i + 1;
	ck_assert_uint_eq(sample_sas(sas, ARRAY_SIZE(sas), 0), 0);
	for (size_t i = 0; i < ARRAY_SIZE(sas); i++)
		sas[i].out = i < PROBE_SAS_MAX ? 0 : 100000;
	ck_assert_uint_eq(sample_sas(sas, ARRAY_SIZE(sas), 5), 0);
	ck_assert_uint_eq(sample_sas(sas, ARRAY_SIZE(sas), 60), 0);
	for (size_t i = 0; i < PROBE_SAS_MAX; i++)
		sas[i].out = UINT64_MAX / 1024;
	ck_assert_uint_eq(sample_sas(sas, ARRAY_SIZE(sas), 5), 0);
	ck_assert_uint_eq(sample_sas(sas, ARRAY_SIZE(sas), 60), PROBE_SIGN_ONE_WAY);
	ck_assert_uint_eq(sample_sas(NULL, 0, 5), 0);
}
END_TEST

/* Any traffic and any answers: pulls of one probe keep their distances, and those of two probes are 10 s apart. */
START_TEST(never_faster)
{
	uint64_t last = 0, opened = 0;
	unsigned seed = (unsigned)_i * 7919 + 1, pulls = 0;
	struct probe_sa sa = { .spi = 9 };
	struct probe_sample sample = { .has_unknown_spi = true, .sas = &sa, .n_sas = 1 };

	for (unsigned step = 0; step < 20000; step++) {
		bool was = probe_active(s.probe);

		seed = seed * 1103515245u + 12345u;
		s.now += (seed >> 16) % (seed & 0x1000000 ? 9000 : 200);
		sample.unknown_spi += (seed >> 10) % 64 == 0;
		sa.out += (seed >> 5) % 100;
		sa.in += (seed >> 12) % 512 == 0;
		if ((seed >> 7) % 32 == 0)
			probe_pulled(s.probe, s.now, &sample);
		if (probe_sample_due(s.probe, s.now))
			probe_sample(s.probe, s.now, &sample);
		if (!was && probe_active(s.probe)) {
			opened = s.now;
			pulls = 0;
		}
		if (probe_tick(s.probe, s.now) == PROBE_PULL) {
			uint64_t least = (pulls < 5 ? 10u << pulls : 320u) * SECOND;

			ck_assert_uint_ge(s.now - (pulls == 0 ? opened : last), least);
			ck_assert_uint_eq(probe_pulls(s.probe), ++pulls);
			last = s.now;
			s.n_pulls++;
		}
	}
	ck_assert_uint_gt(s.n_pulls, 20);
}
END_TEST

static unsigned sample_at(uint64_t at, uint64_t out, uint64_t in)
{
	struct probe_sa sa = { .spi = 0x1000, .in = in, .out = out };
	struct probe_sample sample = { .has_unknown_spi = true, .sas = &sa, .n_sas = 1 };

	return probe_sample(s.probe, at, &sample);
}

START_TEST(one_way_at_its_threshold)
{
	ck_assert_uint_eq(sample_at(START, 0, 0), 0);
	ck_assert_uint_eq(sample_at(START + 5 * SECOND, 60, 0), 0);
	ck_assert_uint_eq(sample_at(START + 35 * SECOND, 100, 0), PROBE_SIGN_ONE_WAY);
}
END_TEST

START_TEST(one_way_short_of_it)
{
	ck_assert_uint_eq(sample_at(START, 0, 0), 0);
	ck_assert_uint_eq(sample_at(START + 5 * SECOND, 60, 0), 0);
	ck_assert_uint_eq(sample_at(START + 35 * SECOND, 99, 0), 0);
}
END_TEST

/* Without keys the member knows what is wrong: what left before says nothing about the time after. */
START_TEST(a_skipped_sample_ends_the_count)
{
	struct probe_sa sa = { .spi = 0x1000, .out = 1000 };
	struct probe_sample sample = { .has_unknown_spi = true, .sas = &sa, .n_sas = 1 };

	ck_assert_uint_eq(sample_at(START, 0, 0), 0);
	ck_assert_uint_eq(sample_at(START + 5 * SECOND, 500, 0), 0);
	probe_skip(s.probe, START + 10 * SECOND, &sample);
	ck_assert_uint_eq(sample_at(START + 35 * SECOND, 1500, 0), 0); /* 30 s after the first that left */
	ck_assert_uint_eq(sample_at(START + 60 * SECOND, 1600, 0), 0);
	ck_assert_uint_eq(sample_at(START + 65 * SECOND, 1700, 0), PROBE_SIGN_ONE_WAY);
	/* Nor does the sign stand: the next one takes its 30 s again. */
	sa.out = 1800;
	probe_skip(s.probe, START + 70 * SECOND, &sample);
	ck_assert_uint_eq(sample_at(START + 75 * SECOND, 1900, 0), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("probe");
	TCase *t = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, params_are_checked);
	tcase_add_test(t, quiet_is_no_sign);
	tcase_add_loop_test(t, flood, 0, 4);
	tcase_add_loop_test(t, signs_stop, 0, 9);
	tcase_add_test(t, starts_over_at_10);
	tcase_add_test(t, cured_by_the_first_pull);
	tcase_add_test(t, failing_pulls);
	tcase_add_test(t, slow_forger);
	tcase_add_test(t, sign_at_the_last_moment);
	tcase_add_test(t, signs_before_success_do_not_count);
	tcase_add_test(t, other_registration_counts);
	tcase_add_test(t, clock_far_ahead);
	tcase_add_test(t, one_way_shows_in_time);
	tcase_add_test(t, one_way_needs_both_thresholds);
	tcase_add_test(t, one_way_at_its_threshold);
	tcase_add_test(t, one_way_short_of_it);
	tcase_add_test(t, a_skipped_sample_ends_the_count);
	tcase_add_test(t, one_way_ends_with_the_first_packet);
	tcase_add_test(t, one_way_that_stops);
	tcase_add_test(t, rollover);
	tcase_add_test(t, new_sa_that_receives_ends_it);
	tcase_add_test(t, counters_begin_anew);
	tcase_add_test(t, skipped_samples);
	tcase_add_test(t, too_many_sas);
	tcase_add_loop_test(t, never_faster, 0, 20);
	suite_add_tcase(suite, t);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
