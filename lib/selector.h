/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Prefixes, port ranges and selectors (RFC 4301 4.4.1.1): their arithmetic and their text forms.
 *
 * Addresses and ports are in host byte order.
 */
#ifndef LIB_SELECTOR_H
#define LIB_SELECTOR_H

#include "lib/base.h"

struct ip_prefix {
	uint32_t addr; /* bits below len are zero */
	uint8_t len;   /* 0 to 32 */
};

struct port_range {
	uint16_t min, max; /* 0-65535 is any */
};

/*
 * The traffic that a policy speaks of (RFC 4301 4.4.1.1), in the direction in which the server gave the policy: source
 * to destination.
 */
struct selector {
	struct ip_prefix src, dst;
	uint8_t protocol; /* 0 is any */
	struct port_range sport, dport;
};

/* The same traffic seen from the other end. */
static inline struct selector selector_reverse(const struct selector *s)
{
	return (struct selector){ s->dst, s->src, s->protocol, s->dport, s->sport };
}

#define ADDRESS_TEXT_MAX 16 /* "255.255.255.255" and its zero */
#define PREFIX_TEXT_MAX 19  /* "255.255.255.255/32" and its zero */
#define SELECTOR_TEXT_MAX 96

extern const struct selector selector_any;

/* A packet as a selector sees it; ports are 0 for protocols without them. */
struct packet_key {
	uint32_t src, dst;
	uint8_t protocol;
	uint16_t sport, dport;
};

uint32_t prefix_mask(uint8_t len);
int prefix_mask_len(uint32_t mask);       /* the length whose mask it is; -EINVAL: it has holes */
uint32_t prefix_last(struct ip_prefix p); /* its highest address */
bool prefix_covers(struct ip_prefix a, uint32_t addr);
bool prefix_valid(struct ip_prefix p); /* no bits below its length */
/* The longest prefix that has both. */
struct ip_prefix prefix_join(struct ip_prefix a, struct ip_prefix b);

/* -EINVAL for anything but "a.b.c.d" (a /32) or "a.b.c.d/len" with no bits set below the length. */
GVPN_MUST_CHECK int prefix_parse(struct ip_prefix *ret, const char *text);

bool selector_equal(const struct selector *a, const struct selector *b);
bool selector_valid(const struct selector *s); /* its prefixes and ranges are */
bool selector_matches(const struct selector *s, const struct packet_key *p);

/* True, and *RET set, when there is traffic that both match. */
bool selector_intersect(struct selector *ret, const struct selector *a, const struct selector *b);

/* True when there is such traffic. */
bool selector_overlaps(const struct selector *a, const struct selector *b);

/* True when OUT matches all that IN matches; may be false where only both ways to say "any" differ. */
bool selector_within(const struct selector *in, const struct selector *out);

/* True when the protocol can carry the ports that S asks for, or S asks for none. */
bool protocol_has_ports(uint8_t protocol);
static inline bool port_any(struct port_range r)
{
	return r.min == 0 && r.max == UINT16_MAX;
}

/* Each returns BUF. */
const char *address_format(uint32_t addr, char buf[static ADDRESS_TEXT_MAX]);
const char *prefix_format(struct ip_prefix p, char buf[static PREFIX_TEXT_MAX]);
const char *selector_format(const struct selector *s, char buf[static SELECTOR_TEXT_MAX]);

#endif
