/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Anti-replay by time (row C6; D3P, doc/d3p.md): the header between ESP and the inner packet, and the decision about a
 * packet that came.  Included by the programs (clang -target bpf) and by what tests them, so it names the kernel's
 * types alone, calls nothing, and keeps no state.
 *
 * The clock is POSIX time.  On the wire are the low 32 bits of its seconds, so times are compared modulo 2^32 seconds:
 * 2038 and 2106 are years like others.  Of two times that are 2^31 seconds apart nobody can say which is older, and
 * no window is that wide.
 */
#ifndef XFRM_BPF_D3P_H
#define XFRM_BPF_D3P_H

#include <linux/types.h>

#define DP_D3P_PROTOCOL 253 /* what ESP's Next Header says: "experimental", no number was ever assigned */
#define DP_D3P_POSIX_TIME 1 /* the only Type */
#define DP_D3P_INET 4       /* the Next Header of D3P: IPv4 */
#define DP_D3P_INET6 41

struct dp_d3p { /* network byte order, as on the wire */
	__u8 next_header, type;
	__u16 length; /* of this header: 12 */
	__u32 seconds, microseconds;
};

struct dp_d3p_time {
	__u32 seconds;      /* the low 32 bits of POSIX time */
	__u32 microseconds; /* 0 to 999999 */
};

/* Nanoseconds of POSIX time. */
static inline struct dp_d3p_time dp_d3p_time_of(__u64 nanoseconds)
{
	return (struct dp_d3p_time){
		.seconds = (__u32)(nanoseconds / 1000000000u),
		.microseconds = (__u32)(nanoseconds % 1000000000u / 1000u),
	};
}

static inline __u32 dp_d3p_be32(__u32 v)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return __builtin_bswap32(v);
#else
	return v;
#endif
}

static inline __u16 dp_d3p_be16(__u16 v)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return __builtin_bswap16(v);
#else
	return v;
#endif
}

/* What a packet gets that leaves now.  INNER: DP_D3P_INET or DP_D3P_INET6. */
static inline void dp_d3p_stamp(struct dp_d3p *h, __u8 inner, const struct dp_d3p_time *now)
{
	h->next_header = inner;
	h->type = DP_D3P_POSIX_TIME;
	h->length = dp_d3p_be16(sizeof(*h));
	h->seconds = dp_d3p_be32(now->seconds);
	h->microseconds = dp_d3p_be32(now->microseconds);
}

/* How long ago the stamp was made, in microseconds; negative: it is of a time still to come. */
static inline __s64 dp_d3p_age(const struct dp_d3p *h, const struct dp_d3p_time *now)
{
	__s32 seconds = (__s32)(now->seconds - dp_d3p_be32(h->seconds));

	return (__s64)seconds * 1000000 + (__s64)now->microseconds - (__s64)dp_d3p_be32(h->microseconds);
}

enum dp_d3p_verdict { /* all but the first: the packet is dropped, and counted as the vendor names it */
		      DP_D3P_TAKEN,
		      DP_D3P_NO_TIMESTAMP,      /* a window, and no header */
		      DP_D3P_UNEXPECTED,        /* a header, and no window */
		      DP_D3P_TYPE_ERROR,        /* another Type; or no time of this one: microseconds above 999999 */
		      DP_D3P_LENGTH_ERROR,      /* another Length, or the packet ends within the header */
		      DP_D3P_NEXT_HEADER_ERROR, /* not what follows */
		      DP_D3P_TOO_OLD,
		      DP_D3P_TOO_NEW,
		      DP_D3P_VERDICTS
};

/*
 * The header alone.  INNER: DP_D3P_INET or DP_D3P_INET6, as the version of the packet behind the header is; 0: it is
 * neither.  The type is looked at first, for the other fields are those of a type.
 */
static inline enum dp_d3p_verdict dp_d3p_check_header(const struct dp_d3p *h, __u8 inner)
{
	if (h->type != DP_D3P_POSIX_TIME)
		return DP_D3P_TYPE_ERROR;
	if (h->length != dp_d3p_be16(sizeof(*h)))
		return DP_D3P_LENGTH_ERROR;
	if (inner == 0 || h->next_header != inner)
		return DP_D3P_NEXT_HEADER_ERROR;
	if (dp_d3p_be32(h->microseconds) > 999999)
		return DP_D3P_TYPE_ERROR;
	return DP_D3P_TAKEN;
}

/* The window is centred on NOW, and its ends belong to it.  Any number of milliseconds but 0. */
static inline enum dp_d3p_verdict dp_d3p_check_window(const struct dp_d3p *h, __u32 window_ms,
						      const struct dp_d3p_time *now)
{
	const __s64 half = (__s64)window_ms * 500, age = dp_d3p_age(h, now);

	if (age > half)
		return DP_D3P_TOO_OLD;
	if (age < -half)
		return DP_D3P_TOO_NEW;
	return DP_D3P_TAKEN;
}

/*
 * A packet that came out of an SA.  WINDOW_MS: the SA's, 0: none (plan.h).  PROTOCOL: what ESP's Next Header said.  H:
 * what follows, where PROTOCOL is DP_D3P_PROTOCOL; a null pointer when the packet ends before.
 */
static inline enum dp_d3p_verdict dp_d3p_judge(__u32 window_ms, __u8 protocol, const struct dp_d3p *h, __u8 inner,
					       const struct dp_d3p_time *now)
{
	enum dp_d3p_verdict v;

	if (window_ms == 0)
		return protocol == DP_D3P_PROTOCOL ? DP_D3P_UNEXPECTED : DP_D3P_TAKEN;
	if (protocol != DP_D3P_PROTOCOL)
		return DP_D3P_NO_TIMESTAMP;
	if (!h)
		return DP_D3P_LENGTH_ERROR;
	v = dp_d3p_check_header(h, inner);
	return v == DP_D3P_TAKEN ? dp_d3p_check_window(h, window_ms, now) : v;
}

/*
 * The age in the middle of those that came lately: a running median, so that a few packets that are late, or played
 * again, do not move it.  The median moves towards each age by a step, whatever the distance; the step doubles while
 * the ages are on one side, and halves when they are on the other.  All zero: nothing came yet.
 */
struct dp_d3p_middle {
	__s64 age;  /* microseconds */
	__s32 step; /* the next one; negative: the last one was towards lower ages */
	__u32 any;
};
#define DP_D3P_STEP_MAX 8192 /* microseconds */

static inline void dp_d3p_middle_add(struct dp_d3p_middle *m, __s64 age)
{
	__s32 step = m->step;

	if (!m->any) {
		*m = (struct dp_d3p_middle){ .age = age, .step = 1, .any = 1 };
		return;
	}
	if (age == m->age)
		return;
	if ((age > m->age) == (step > 0))
		step = step < DP_D3P_STEP_MAX && step > -DP_D3P_STEP_MAX ? step * 2 : step;
	else
		step = step > 3 || step < -3 ? -(step >> 2) : step > 0 ? -1 : 1;
	if (age > m->age)
		m->age = age - m->age > step ? m->age + step : age;
	else
		m->age = m->age - age > -step ? m->age + step : age;
	m->step = step;
}

#endif
