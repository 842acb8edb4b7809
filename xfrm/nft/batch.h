/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An nf_tables transaction in the making: messages in one buffer, all of which the kernel takes, or none.  The first
 * error
 * (-ENOMEM, -EMSGSIZE) stays and is the result of batch_end().  libnftnl's builders do not check room, so there is
 * always more behind the limit than the largest message built here.
 */
#ifndef XFRM_NFT_BATCH_H
#define XFRM_NFT_BATCH_H

#include "lib/gvpn.h"
#include "xfrm/nft/rule.h"

#include <libmnl/libmnl.h>

/* The named counters of the table. */
enum table_counter {
	COUNT_CLEAR_IN,
	COUNT_FAIL_CLOSE_IN,
	COUNT_FAIL_CLOSE_OUT,
	COUNT_UNKNOWN_SPI,
	COUNT_READDRESSED,
	COUNT_MISFIT,
	COUNT_UNPROTECTED_OUT,
	COUNT_ICMP_QUOTED,
	COUNT_ESP_IN,
	COUNT_ESP_OUT,
	COUNT_ESP_DELIVERED,
	COUNT_ESP_LEFT,
	COUNT_N,
};
extern const char *const table_counters[COUNT_N];

struct batch;
GVPN_MUST_CHECK int batch_new(struct batch **ret);
void batch_free(struct batch *b); /* NULL is fine */
const void *batch_data(const struct batch *b);
size_t batch_len(const struct batch *b);
uint32_t batch_last_seq(const struct batch *b); /* the message that is acknowledged */

void batch_begin(struct batch *b);
GVPN_MUST_CHECK int batch_end(struct batch *b); /* the last message asks for the acknowledgement of the whole */

/* TYPE says what happens to it: NFT_MSG_NEW... or NFT_MSG_DEL... */
void batch_table(struct batch *b, uint16_t type, uint16_t flags);
void batch_counters(struct batch *b); /* those that are not there begin at 0 */

/* Room for every SPI of the plan and every one that is in use; each stands in it once. */
struct spi_list {
	uint32_t *items;
	size_t n;
};

/* ID is its number within the transaction.  A dynamic one is filled by the kernel and forgets after a minute. */
void batch_set(struct batch *b, const char *name, uint32_t id, bool dynamic);
void batch_spis(struct batch *b, const char *name, const struct spi_list *spis);
void batch_flush_set(struct batch *b, const char *name);
void batch_drop_set(struct batch *b, const char *name);

void batch_chain(struct batch *b, uint16_t type, const char *name);
void batch_base_chain(struct batch *b, const char *name, const char *type, uint32_t hook, int32_t priority);
void batch_rule(struct batch *b, struct rule *r); /* takes R, and its error */
void batch_flush_rules(struct batch *b);          /* of all chains */

#endif
