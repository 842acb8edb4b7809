/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An nf_tables transaction in the making: messages in one buffer; the kernel takes all of them or none.  The first
 * error (-ENOMEM, -EMSGSIZE) stays and is the result of batch_end().
 */
#ifndef XFRM_NFT_BATCH_H
#define XFRM_NFT_BATCH_H

#include "xfrm/netlink/message.h"
#include "xfrm/nft/rule.h"

/* The named counters of the tables: that of IPv6 is in the table of IPv6. */
enum table_counter {
	COUNT_FAIL_CLOSE_IN,
	COUNT_FAIL_CLOSE_OUT,
	COUNT_UNPROTECTED_OUT,
	COUNT_INET6_DROPPED,
	COUNT_N,
};
extern const char *const table_counters[COUNT_N];
uint8_t table_counter_family(enum table_counter c);

struct batch;
GVPN_MUST_CHECK int batch_new(struct batch **ret);
void batch_free(struct batch *b); /* NULL is fine */
const void *batch_data(const struct batch *b);
size_t batch_len(const struct batch *b);
uint32_t batch_last_seq(const struct batch *b); /* the message that is acknowledged */

void batch_begin(struct batch *b);
void batch_family(struct batch *b, uint8_t family); /* of what follows: NFPROTO_IPV4 until said */
GVPN_MUST_CHECK int batch_end(struct batch *b);     /* the last message asks for the acknowledgement of the whole */

/* TYPE says what happens to it: NFT_MSG_NEW... or NFT_MSG_DEL... */
void batch_table(struct batch *b, uint16_t type, uint16_t flags);
void batch_counters(struct batch *b); /* of the family; those that are not there begin at 0 */

/* Room for every SPI of the plan; each stands there once. */
struct spi_list {
	uint32_t *items;
	size_t n;
};

/*
 * A set of SPIs.  COMMENT, here and below, is what nft shows as such; one that is there already keeps the comment that
 * it has.
 */
void batch_set(struct batch *b, const char *name, const char *comment);
void batch_spis(struct batch *b, const char *name, const struct spi_list *spis);
void batch_flush_set(struct batch *b, const char *name);

struct base_chain {
	const char *name, *type;
	uint32_t hook;
	int32_t priority;
	const char *comment;
};
void batch_chain(struct batch *b, const char *name, const char *comment);
void batch_base_chain(struct batch *b, const struct base_chain *c);
void batch_drop_chain(struct batch *b, const char *name); /* its rules, and those that go to it, must be gone */
void batch_rule(struct batch *b, struct rule *r);
void batch_flush_rules(struct batch *b); /* of all chains */

#endif
