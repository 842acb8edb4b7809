/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/support/gcks_group.h"

#include <check.h>

int group_source_random(void *ctx, void *buf, size_t len)
{
	struct group_source *s = ctx;
	uint8_t *p = buf;

	if (s->error < 0)
		return s->error;
	if (len == 4 && s->at < s->n_script) {
		memcpy(buf, &s->script[s->at++], 4);
		return 0;
	}
	for (size_t i = 0; i < len; i += 4) {
		uint32_t x = ++s->next * 2654435761u; /* odd: a permutation, so no two draws of 4 octets are equal */

		memcpy(p + i, &x, len - i < 4 ? len - i : 4);
	}
	return 0;
}

static bool source_taken(void *ctx, uint32_t spi)
{
	return spi == ((struct group_source *)ctx)->taken;
}

void group_source_log(void *ctx, enum ike_note_level level, const char *text)
{
	ck_assert_ptr_nonnull(text);
	((struct group_source *)ctx)->lines++;
	if (level == IKE_NOTE_WARNING)
		((struct group_source *)ctx)->warnings++;
}

/* P-256 for speed; what is asked for is checked by its own test. */
static int quick_signature(void *ctx, enum sig_algorithm algorithm, EVP_PKEY **ret)
{
	(void)ctx;
	(void)algorithm;
	return gcks_keys_signature(ret, SIG_ECDSA_256);
}

static struct gdoi_member_config members[] = {
	{ "GM-0001", 0x0a126501, 0x0a0a6401 },
	{ "GM-0002", 0x0a126601, 0x0a0a6401 },
	{ "GM-0003", 0x0a126701, 0x0a0a6401 },
};

struct gdoi_policy_config group_policies[2] = {
	{ .sa = "GROUP_ID-0001",
	  .name = "1",
	  .sel = { .src = { 0xac100000, 12 }, .dst = { 0xac100000, 12 }, .sport = { 0, 65535 }, .dport = { 0, 65535 } },
	  .cipher = CIPHER_AES_CBC_256,
	  .auth = AUTH_HMAC_SHA256_128,
	  .life_seconds = 3600 },
	{ .sa = "GROUP_ID-0001",
	  .name = "2",
	  .sel = { .src = { 0x0a000000, 8 },
		   .dst = { 0x0a000000, 8 },
		   .protocol = 6,
		   .sport = { 0, 65535 },
		   .dport = { 80, 80 } },
	  .cipher = CIPHER_AES_CBC_128,
	  .auth = AUTH_HMAC_SHA1_96,
	  .life_seconds = 7200 },
};

struct gdoi_group_config group_config_one(void)
{
	return (struct gdoi_group_config){
		.name = "GROUP_ID-0001",
		.id = 1,
		.members = members,
		.n_members = ARRAY_SIZE(members),
		.policies = group_policies,
		.n_policies = 1,
		.spi_per_policy = true,
		.push = { .cipher = CIPHER_AES_CBC_256,
			  .sig_hash = SIG_HASH_SHA256,
			  .sig_algorithm = SIG_RSA,
			  .life_seconds = 7200,
			  .retransmission_period = 10,
			  .retransmissions = 2 },
	};
}

struct gdoi_group *group_made(struct group_source *s, const struct gdoi_group_config *c)
{
	const struct gdoi_group_ops ops = { .random = group_source_random,
					    .signature = quick_signature,
					    .spi_taken = source_taken,
					    .log = group_source_log,
					    .ctx = s };
	struct gdoi_group *g = NULL;
	struct gcks_error err = { "" };

	ck_assert_msg(gdoi_group_new(&g, c, &ops, START, &err) == 0, "%s", err.text);
	return g;
}

int group_pull_with_ids(struct gdoi_group *g, uint64_t now, const char *member, uint16_t wanted, struct download *d)
{
	int r = gdoi_group_pull(g, now, member, d);

	return r < 0 ? r : gdoi_group_give_sender_ids(g, now, member, wanted, d);
}

void group_pull_confirmed(struct gdoi_group *g, uint64_t now, const char *member, struct download *d)
{
	ck_assert_int_eq(gdoi_group_pull(g, now, member, d), 0);
	gdoi_group_registered(g, now, member);
}
