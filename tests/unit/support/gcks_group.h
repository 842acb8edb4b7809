/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One group of the key server, with a source of randomness that a test knows. */
#ifndef TESTS_UNIT_SUPPORT_GCKS_GROUP_H
#define TESTS_UNIT_SUPPORT_GCKS_GROUP_H

#include "tests/gcks/group.h"

#define SECOND UINT64_C(1000)
#define START (UINT64_C(5) * SECOND)

/* A counter as the source of randomness: every draw differs, and a test can say what comes next. */
struct group_source {
	unsigned lines;
	uint32_t next;
	int error;
	uint32_t script[8]; /* taken first by draws of 4 octets */
	size_t n_script, at;
	uint32_t taken; /* an SPI of another group */
	size_t warnings;
};

extern struct gdoi_policy_config group_policies[2];

int group_source_random(void *ctx, void *buf, size_t len); /* CTX: a struct group_source */
void group_source_log(void *ctx, enum ike_note_level level, const char *text);
struct gdoi_group_config group_config_one(void); /* three members, the first policy, no pushes */
struct gdoi_group *group_made(struct group_source *s, const struct gdoi_group_config *c); /* at START */
/* A pull that is confirmed. */
void group_pull_confirmed(struct gdoi_group *g, uint64_t now, const char *member, struct download *d);
/* A pull with its sender ids, WANTED of them: what the members' exchange comes to. */
int group_pull_with_ids(struct gdoi_group *g, uint64_t now, const char *member, uint16_t wanted, struct download *d);

#endif
