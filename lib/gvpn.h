/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The plain data that the rooms of the house hand to each other: addresses, selectors, keys and what a key server
 * downloads.  ike/, policy/ and xfrm/ include this header and never one another; it includes nothing of ours beside
 * lib/.
 *
 * Units and forms, everywhere: IPv4 addresses and ports in host byte order, lifetimes in seconds, times in
 * milliseconds of the monotonic (boot time) clock.  Functions return 0 or a negative errno and write their outputs
 * on success only.
 */
#ifndef LIB_GVPN_H
#define LIB_GVPN_H

#include "lib/algorithm.h"
#include "lib/limits.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define GDOI_PORT 848 /* RFC 6407 2 */

#define GVPN_MUST_CHECK __attribute__((warn_unused_result))

/* Ask for "_cleanup_(x_freep) struct x *v = NULL;": freed at the end of the scope unless taken with TAKE(). */
#define _cleanup_(f) __attribute__((cleanup(f)))
#define TAKE(p)                                                                                                        \
	({                                                                                                             \
		__auto_type taken_ = (p);                                                                              \
		(p) = NULL;                                                                                            \
		taken_;                                                                                                \
	})
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/*
 * Key material.  It is held by value in its owner, is never logged, and is wiped by its owner when it goes.  Compare
 * with secret_equal() only.
 */
struct secret {
	uint16_t len;
	uint8_t data[SECRET_MAX];
};

static inline void secret_wipe(struct secret *s)
{
	explicit_bzero(s, sizeof(*s));
}

/* -EMSGSIZE when it is too long. */
GVPN_MUST_CHECK static inline int secret_set(struct secret *s, const void *data, size_t len)
{
	if (len > SECRET_MAX)
		return -EMSGSIZE;
	explicit_bzero(s, sizeof(*s));
	if (len > 0)
		memcpy(s->data, data, len);
	s->len = (uint16_t)len;
	return 0;
}

/* Constant in time for equal lengths; the length is not a secret. */
static inline bool secret_equal(const struct secret *a, const struct secret *b)
{
	uint8_t diff = 0;

	if (a->len != b->len)
		return false;
	for (size_t i = 0; i < a->len; i++)
		diff |= (uint8_t)(a->data[i] ^ b->data[i]);
	return diff == 0;
}

struct ip_prefix {
	uint32_t addr; /* bits below len are zero */
	uint8_t len;   /* 0 to 32 */
};

struct port_range {
	uint16_t min, max; /* 0-65535 is any */
};

/* What traffic a policy speaks of (RFC 4301 4.4.1.1), in the sense in which the server gave it: source to destination.
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

/* The two ends of a datagram: ours, and the one it goes to or comes from. */
struct udp_ends {
	uint32_t local, remote;
	uint16_t local_port, remote_port;
};

enum address_preservation {                    /* RFC 6407 5.5.1.1.1, attribute 14 */
			    PRESERVE_BOTH = 0, /* also when absent or reserved 0 */
			    PRESERVE_NONE = 1,
			    PRESERVE_SOURCE_ONLY = 2,
			    PRESERVE_DESTINATION_ONLY = 3,
};

enum sa_direction {                   /* RFC 6407 5.5.1.1.2, attribute 15 */
		    SA_SYMMETRIC = 0, /* also when absent or reserved 0 */
		    SA_SENDER_ONLY = 1,
		    SA_RECEIVER_ONLY = 2,
};

/*
 * A traffic key as one of its policies has it (SA TEK payload and its key packet).  TEKs with one SPI are one IPsec SA,
 * shared by the group, with several policies.
 */
struct tek {
	uint32_t spi;
	struct selector sel;
	enum cipher cipher;
	enum auth auth;
	struct secret key; /* for GCM with the salt at its end */
	struct secret auth_key;
	uint32_t life_seconds;   /* remaining when received; 28800 when the server did not say (RFC 2407 4.5) */
	uint32_t life_kilobytes; /* 0: unlimited */
	enum address_preservation preserve;
	enum sa_direction direction;
	bool tunnel;
};

#endif
