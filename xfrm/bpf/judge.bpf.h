/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets against the plan's rules and the selectors of SAs. */
#ifndef XFRM_BPF_JUDGE_BPF_H
#define XFRM_BPF_JUDGE_BPF_H

#include "xfrm/bpf/packet.bpf.h"

enum fit { FITS_NOT, FITS, FITS_PERHAPS }; /* perhaps: a fragment without ports, and the selector asks for some */

static __always_inline int addresses_fit(const struct dp_selector *s, const struct dp_packet *p)
{
	if (s->inet6 != p->inet6 || (p->src[0] & s->src_mask[0]) != s->src[0] ||
	    (p->dst[0] & s->dst_mask[0]) != s->dst[0])
		return 0;
	if (!p->inet6)
		return 1;
#pragma unroll
	for (int i = 1; i < 4; i++)
		if ((p->src[i] & s->src_mask[i]) != s->src[i] || (p->dst[i] & s->dst_mask[i]) != s->dst[i])
			return 0;
	return 1;
}

static __always_inline enum fit fit(const struct dp_selector *s, const struct dp_packet *p)
{
	if (!addresses_fit(s, p) || (s->protocol && s->protocol != p->protocol))
		return FITS_NOT;
	if (!s->ports)
		return FITS;
	if (!has_ports(p->protocol))
		return FITS_NOT;
	if (p->piece)
		return FITS_PERHAPS;
	return p->sport >= s->sport_min && p->sport <= s->sport_max && p->dport >= s->dport_min &&
			       p->dport <= s->dport_max
		       ? FITS
		       : FITS_NOT;
}

static __always_inline void turn_round(struct dp_packet *to, const struct dp_packet *p)
{
	*to = *p;
	__builtin_memcpy(to->src, p->dst, sizeof(to->src));
	__builtin_memcpy(to->dst, p->src, sizeof(to->dst));
	to->sport = p->dport;
	to->dport = p->sport;
}

/* --- rules --- */

/* What a fragment without ports is taken for, where a rule asks for them. */
enum doubt {
	DOUBT_CLOSES, /* for what would be dropped: nothing leaves in clear that a rule may not have meant */
	DOUBT_OPENS,  /* for what would pass: the gate behind reassembly has the last word */
};

struct question {
	struct dp_packet p;    /* in the outbound sense */
	struct dp_packet came; /* quoted(): what an ICMP error quotes, in the outbound sense */
	__u64 scopes;          /* that are asked, the lowest first */
	__u64 closing;         /* of these, those whose fail-close settles it */
	__u32 generation;
	__u8 ways;
	__u8 doubt;
	__u8 esp;   /* unknown ESP: what is protected is so whatever its protocol */
	__u8 quote; /* whether the ports of CAME are known */
	/* answer: */
	__u8 verdict, reason;
	__u8 scope; /* that is being asked, or that has settled it */
	__u8 pad;
	__u16 stamp_mtu, carrier; /* of the rule */
	__u32 count;
	__u32 at, end;
};

static __always_inline __u32 bit_number(__u64 bit)
{
	__u32 n = 0;

#pragma unroll
	for (int half = 32; half > 0; half /= 2)
		if (bit >> half) {
			bit >>= half;
			n += half;
		}
	return n;
}

/* The next rule to ask, NULL: none in this step. *RET_END: none at all. */
static __always_inline const struct dp_rule *next_rule(struct question *q, int *ret_end)
{
	__u32 k;

	*ret_end = 0;
	if (q->at == q->end) {
		const struct dp_scope *s;
		__u64 lowest = q->scopes & -q->scopes;

		if (!lowest) {
			*ret_end = 1;
			return NULL;
		}
		q->scopes ^= lowest;
		q->scope = bit_number(lowest);
		k = (q->generation & 1) * DP_SCOPES + q->scope;
		s = bpf_map_lookup_elem(&scopes, &k);
		q->at = s ? s->first : 0;
		q->end = s ? s->first + s->n : 0;
		return NULL;
	}
	k = (q->generation & 1) * DP_RULES + q->at++;
	return bpf_map_lookup_elem(&rules, &k);
}

static __always_inline int rule_fits(const struct question *q, const struct dp_rule *r)
{
	int clear = r->verdict == DP_CLEAR;

	if (!(r->ways & q->ways))
		return 0;
	if (q->esp && !clear)
		return addresses_fit(&r->sel, &q->p);
	switch (fit(&r->sel, &q->p)) {
	case FITS:
		return 1;
	case FITS_PERHAPS:
		return q->doubt == DOUBT_OPENS ? clear : !clear;
	case FITS_NOT:
		break;
	}
	return 0;
}

static long try_rule(__u32 unused, void *ctx)
{
	struct question *q = *(struct question **)ctx;
	int end;
	const struct dp_rule *r = next_rule(q, &end);

	if (!r)
		return end;
	if (!rule_fits(q, r))
		return 0;
	if (r->reason == DP_NOT_GOVERNED || (r->reason == DP_FAIL_CLOSE && !(q->closing & 1ull << (q->scope & 63)))) {
		q->at = q->end; /* the next scope may govern it */
		return 0;
	}
	q->verdict = r->verdict;
	q->reason = r->reason;
	q->count = r->count;
	q->stamp_mtu = r->stamp_mtu;
	q->carrier = r->carrier;
	return 1;
}

static __always_inline void begin(struct question *q)
{
	q->verdict = DP_CLEAR;
	q->reason = DP_NOT_GOVERNED;
	q->count = 0;
	q->stamp_mtu = 0;
	q->at = q->end = 0;
}

/* The answer stands in Q: CLEAR and NOT_GOVERNED when no rule of its scopes settles it. */
__noinline int judge(struct question *q)
{
	if (!q)
		return 0;
	begin(q);
	bpf_loop(DP_RULES + 2 * DP_SCOPES, try_rule, &q, 0); /* a loop's context is on the stack */
	return 0;
}

static long try_quote(__u32 unused, void *ctx)
{
	struct question *q = *(struct question **)ctx;
	int end, clear;
	const struct dp_rule *r = next_rule(q, &end);

	if (!r)
		return end;
	clear = r->verdict == DP_CLEAR && r->reason != DP_NOT_GOVERNED;
	if (clear && (r->ways & DP_WAY_OUT) && fit(&r->sel, &q->p) == FITS) {
		q->at = q->end;
		return 0;
	}
	if (!(r->ways & DP_WAY_IN) || (!clear && r->reason != DP_GROUP_POLICY))
		return 0;
	if (clear ? q->quote && fit(&r->sel, &q->came) == FITS
		  : addresses_fit(&r->sel, &q->came) && (!r->sel.protocol || r->sel.protocol == q->came.protocol)) {
		q->verdict = r->verdict;
		q->reason = r->reason;
		q->count = r->count;
		if (!clear)
			return 1;
		q->at = q->end;
	}
	return 0;
}

/*
 * An ICMP error, P, about a packet that came, CAME: GROUP_POLICY when a scope protects that and neither admits it in
 * clear nor the error itself.
 */
__noinline int judge_quote(struct question *q)
{
	if (!q)
		return 0;
	begin(q);
	bpf_loop(DP_RULES + 2 * DP_SCOPES, try_quote, &q, 0); /* a loop's context is on the stack */
	return 0;
}

/* --- selectors of SAs --- */

struct fitting {
	struct dp_packet p;
	__u32 at, end;
	__u32 fits;
};

static long try_fit(__u32 unused, void *ctx)
{
	struct fitting *f = *(struct fitting **)ctx;
	__u32 k = f->at++;
	const struct dp_selector *s = k < f->end ? bpf_map_lookup_elem(&fits, &k) : NULL;

	if (!s)
		return 1;
	f->fits = fit(s, &f->p) != FITS_NOT;
	return f->fits;
}

/* Whether an SA's policies carry P: those from AT to END. */
__noinline int fits_any(struct fitting *f)
{
	if (!f)
		return 0;
	f->fits = 0;
	bpf_loop(DP_FITS, try_fit, &f, 0);
	return f->fits != 0;
}

#endif
