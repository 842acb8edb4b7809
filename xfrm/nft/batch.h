/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An nf_tables transaction in the making: messages in one buffer; the kernel takes all of them or none.  The first
 * error (-ENOMEM, -EMSGSIZE) stays and is the result of batch_end().  libnftnl's builders do not check room, so there
 * is always more behind the limit than the largest message built here.
 */
#ifndef XFRM_NFT_BATCH_H
#define XFRM_NFT_BATCH_H

#include "lib/gvpn.h"
#include "xfrm/nft/rule.h"

#include <libmnl/libmnl.h>

/* The named counters of the tables: that of IPv6 is in the table of IPv6. */
enum table_counter {
	COUNT_FAIL_CLOSE_IN,
	COUNT_FAIL_CLOSE_OUT,
	COUNT_UNPROTECTED_OUT,
	COUNT_WRONG_IV,
	COUNT_INET6_DROPPED,
	COUNT_N,
};
extern const char *const table_counters[COUNT_N];
uint8_t table_counter_family(enum table_counter c);

/* What the table has beside its counters, by name. */
#define TABLE_NAME_MAX 64
struct name_list {
	char (*items)[TABLE_NAME_MAX];
	size_t n, cap;
};
struct table_objects {
	struct name_list chains, sets;
};
void table_objects_clear(struct table_objects *o);
GVPN_MUST_CHECK int name_list_add(struct name_list *l, const char *name); /* -ENAMETOOLONG, -ENOMEM */
bool name_list_has(const struct name_list *l, const char *name);

struct batch;
GVPN_MUST_CHECK int batch_new(struct batch **ret);
void batch_free(struct batch *b); /* NULL is fine */
const void *batch_data(const struct batch *b);
size_t batch_len(const struct batch *b);
uint32_t batch_last_seq(const struct batch *b); /* the message that is acknowledged */
/* Moves the names of the chains and sets that the batch makes to *RET, in place of what it has. */
void batch_take_objects(struct batch *b, struct table_objects *ret);

void batch_begin(struct batch *b);
/* Of what follows: NFPROTO_IPV4 until said.  Chains and sets of another one are not noted. */
void batch_family(struct batch *b, uint8_t family);
GVPN_MUST_CHECK int batch_end(struct batch *b); /* the last message asks for the acknowledgement of the whole */

/* TYPE says what happens to it: NFT_MSG_NEW... or NFT_MSG_DEL... */
void batch_table(struct batch *b, uint16_t type, uint16_t flags);
void batch_counters(struct batch *b); /* of the family; those that are not there begin at 0 */

/* Room for every SPI of the plan and every one that is in use; each stands there once. */
struct spi_list {
	uint32_t *items;
	size_t n;
};

/*
 * A set of SPIs; ID is its number within the transaction.  COMMENT, here and below, is what nft shows as such; one that
 * is there already keeps the comment that it has.
 */
void batch_set(struct batch *b, const char *name, uint32_t id, const char *comment);
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
void batch_rename_chain(struct batch *b, uint64_t handle, const char *name);
void batch_rule(struct batch *b, struct rule *r); /* takes R, and its error */
void batch_flush_rules(struct batch *b);          /* of all chains */
/* Removes chains and sets of HAVE that the batch does not make.  The rules must be flushed before. */
void batch_drop_others(struct batch *b, const struct table_objects *have);

#endif
