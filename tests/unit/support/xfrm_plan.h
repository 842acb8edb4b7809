/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A plan to try xfrm/ with: the guide's first member, with room for more rules and SAs. */
#ifndef TESTS_UNIT_SUPPORT_XFRM_PLAN_H
#define TESTS_UNIT_SUPPORT_XFRM_PLAN_H

#include "lib/plan.h"

#include <libmnl/libmnl.h>

#define SAMPLE_REQID 0x67760007u
#define SAMPLE_SPI 0x1c548e4eu
#define SAMPLE_LOCAL 0x0a126501u                             /* 10.18.101.1 */
#define SAMPLE_GROUP ((struct ip_prefix){ 0xac100000u, 12 }) /* 172.16.0.0/12 */

struct sample {
	struct plan plan;
	struct plan_scope scopes[3];
	struct plan_rule rules[3][2100];
	struct plan_sa sas[300];
	struct plan_fit fits[300];
};

struct sample *sample_new(void); /* one scope, no rules, no SAs; free() it */
struct plan_scope *sample_scope(struct sample *s, const char *external, uint32_t local);
struct plan_rule *sample_rule(struct sample *s, enum plan_verdict verdict, enum plan_reason reason,
			      struct selector sel);
/* AES-256-CBC, HMAC-SHA-256; of the policy sample_group() and SAMPLE_REQID. */
struct plan_sa *sample_sa(struct sample *s, uint32_t spi, bool in, bool out);
/* The same of another policy and with another reqid. */
struct plan_sa *sample_sa_of(struct sample *s, uint32_t spi, bool in, bool out, uint32_t reqid, struct selector sel);
void sample_fit(struct sample *s, uint32_t reqid, struct selector sel); /* one policy more */
struct selector sample_selector(struct ip_prefix src, struct ip_prefix dst);
struct selector sample_group(void);

/* An exclude rule for BGP, a group policy with an SA, fail-close. */
void sample_full(struct sample *s);
/* The scope of a service filter: rules of each direction, and the rest that is not governed. */
void sample_filter(struct sample *s);

/* The attribute of a type behind a fixed header of HEADER octets; NULL when there is none, an assertion when there are
 * two. */
const struct nlattr *attribute(const struct nlmsghdr *nlh, size_t header, uint16_t type);

#endif
