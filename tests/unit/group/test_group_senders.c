/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A group whose keys are for AES-GCM, with the test key server (RFC 6407 3.5, RFC 6054): an id comes with the
 * registration, an SA sends when one was found that has the id, and ids end, are lost and survive.
 */
#include "tests/unit/support/world.h"

#include "member/group/private.h"

#include <check.h>
#include <stdlib.h>

#define SECOND UINT64_C(1000)
#define WALL 1700000000u

#define GCM                                                                                                            \
	"set security group-vpn server ipsec proposal GCM encryption-algorithm aes-256-gcm\n"                          \
	"set security group-vpn server group G ipsec-sa S proposal GCM\n"
#define BITS_8 "set security group-vpn server group G test sender-id-bits 8\n"

static struct world w;

static void begin(const char *disk, const char *server_lines)
{
	world_make_counting(&w, 1, "", disk);
	world_server(&w, 0, server_lines);
	world_start(&w);
	ck_assert_msg(world_run(&w, w.now + 60 * SECOND, world_registered), "%s", w.log);
}

static void setup(void)
{
	begin(NULL, GCM BITS_8 WORLD_PUSHES);
}

static void teardown(void)
{
	world_free(&w);
}

static const struct keyring *keys(void)
{
	return group_keyring(w.group);
}

/* The SA that came last. */
static const struct keyring_sa *newest(void)
{
	return keyring_sa(keys(), keyring_sas(keys()) - 1);
}

static enum sender_verdict found(uint32_t spi, uint32_t prefix)
{
	enum sender_verdict v = group_sender_found(w.group, w.now, WALL, spi, prefix, 300);

	world_carry_out(&w);
	return v;
}

static uint32_t prefix_of(const struct keyring_sa *sa, uint32_t rest)
{
	return sender_first_prefix(sa->sender.bits, sa->sender.id) | rest;
}

static bool said(const char *words)
{
	return strstr(w.log, words);
}

START_TEST(an_sa_sends_when_one_was_found)
{
	const struct keyring_sa *sa = newest();

	ck_assert_uint_eq(group_sender_ids(w.group)->n, 1);
	ck_assert_uint_eq(group_sender_ids(w.group)->bits, 8);
	ck_assert(sa->sender.bits == 8 && sa->sender.id == 0 && !sa->sender.has_prefix);
	ck_assert(keyring_searches(keys(), sa, w.now));
	ck_assert_ptr_null(world_sender(&w)); /* it receives */
	ck_assert_int_eq(found(sa->tek.spi, 0x01abcdef), SENDER_NOT_OURS);
	ck_assert_ptr_null(world_sender(&w));
	ck_assert_int_eq(found(sa->tek.spi, 0x00abcdef), SENDER_YES);
	ck_assert_ptr_eq(world_sender(&w), sa);
	ck_assert(sa->sender.has_prefix && sa->sender.prefix == 0x00abcdef && sa->sender.tries == 300);
	ck_assert(!keyring_searches(keys(), sa, w.now));
	ck_assert_int_eq(found(sa->tek.spi, 0x00abcdee), SENDER_NO_ID); /* nobody searches for it */
	ck_assert_int_eq(found(0x12345678, 0x00abcdee), SENDER_NO_ID);
	ck_assert(said("is sent with sender id 0 (8 bits), for which 300 SAs were made"));
	ck_assert_ptr_null(strstr(w.senders_disk, "key_material"));
	ck_assert_ptr_nonnull(strstr(w.senders_disk, "\"prefix\":11259375"));
}
END_TEST

/* The old key sends until the new one can; nothing waits for the search. */
START_TEST(a_rekey)
{
	const struct keyring_sa *old = newest(), *sa;

	ck_assert_int_eq(found(old->tek.spi, prefix_of(old, 1)), SENDER_YES);
	world_command(&w, 0, "rekey tek");
	world_run(&w, w.now + 60 * SECOND, NULL);
	sa = newest();
	ck_assert_ptr_ne(sa, old);
	ck_assert(keyring_searches(keys(), sa, w.now));
	ck_assert_uint_eq(sa->sender.id, 0); /* the same id for each SA (RFC 6407 3.5) */
	ck_assert_ptr_eq(world_sender(&w), old);
	ck_assert_int_eq(found(sa->tek.spi, prefix_of(sa, 1)), SENDER_YES); /* the same prefix, another key */
	ck_assert_ptr_eq(world_sender(&w), sa);
	ck_assert(!keyring_searches(keys(), old, w.now));
}
END_TEST

/* A registration brings another id with the same key: the SA that sends keeps its own. */
START_TEST(a_renewal)
{
	const struct keyring_sa *sa = newest();
	uint32_t spi = sa->tek.spi;

	ck_assert_int_eq(found(spi, 0x00000001), SENDER_YES);
	world_start(&w);
	world_run(&w, w.now + 5 * SECOND, NULL);
	ck_assert(world_registered(&w));
	ck_assert_uint_eq(newest()->tek.spi, spi);
	ck_assert_uint_eq(group_sender_ids(w.group)->ids[0], 1);
	ck_assert_uint_eq(newest()->sender.prefix, 0x00000001);
	ck_assert_ptr_eq(world_sender(&w), newest());
}
END_TEST

/* RFC 6407 5.6.4.3: "the group member MUST no longer act as a sender on that SA using its active SID". */
START_TEST(a_used_up_sequence)
{
	const struct keyring_sa *sa = newest();
	uint32_t spi = sa->tek.spi;

	ck_assert_int_eq(found(spi, 0x00000001), SENDER_YES);
	group_sequence(w.group, w.now, WORLD_MEMBER + 1, spi, true); /* another one's */
	group_sequence(w.group, w.now, WORLD_MEMBER, spi + 1, true);
	world_carry_out(&w);
	ck_assert_ptr_nonnull(world_sender(&w));
	group_sequence(w.group, w.now, WORLD_MEMBER, spi, false);
	group_sequence(w.group, w.now, WORLD_MEMBER, spi, false); /* told once */
	world_run(&w, w.now + 10 * SECOND, NULL);
	ck_assert(said("are nearly used; the member registers again"));
	ck_assert_uint_eq(group_sender_ids(w.group)->ids[0], 1);
	ck_assert_ptr_eq(world_sender(&w), newest());
	group_sequence(w.group, w.now, WORLD_MEMBER, spi, true);
	world_carry_out(&w);
	ck_assert_ptr_null(world_sender(&w));
	ck_assert(newest()->sender.id == 1 && keyring_searches(keys(), newest(), w.now));
	ck_assert_int_eq(found(spi, 0x01000001), SENDER_YES);
	ck_assert_ptr_eq(world_sender(&w), newest());
	world_run(&w, w.now + 10 * SECOND, NULL); /* and it has registered again, for the next one */
	ck_assert_uint_eq(group_sender_ids(w.group)->ids[0], 2);
	ck_assert_ptr_eq(world_sender(&w), newest());
}
END_TEST

/* Without a warning before: nothing is sent until the registration has brought another id. */
START_TEST(a_sequence_that_ends_at_once)
{
	uint32_t spi = newest()->tek.spi;

	ck_assert_int_eq(found(spi, 0x00000001), SENDER_YES);
	group_sequence(w.group, w.now, WORLD_MEMBER, spi, true);
	world_carry_out(&w);
	ck_assert_ptr_null(world_sender(&w));
	ck_assert_int_eq(newest()->sending, SENDER_SPENT);
	ck_assert_int_eq(found(spi, 0x00000002), SENDER_NO_ID);
	ck_assert(said("are used up under this key"));
	world_run(&w, w.now + 10 * SECOND, NULL);
	ck_assert(newest()->sender.id == 1 && keyring_searches(keys(), newest(), w.now));
	ck_assert_int_eq(found(spi, 0x01000001), SENDER_YES);
}
END_TEST

static bool drop_to_server(struct world *world, bool to_server, const uint8_t *data, size_t len)
{
	(void)world, (void)data, (void)len;
	return to_server;
}

static bool sends(const struct world *world)
{
	return world_sender(world);
}

/* However long no registration succeeds, the used id is not used again under this key. */
START_TEST(a_sequence_that_ends_while_no_server_answers)
{
	uint32_t spi = newest()->tek.spi;

	ck_assert_int_eq(found(spi, 0x00000001), SENDER_YES);
	w.drop = drop_to_server;
	group_sequence(w.group, w.now, WORLD_MEMBER, spi, true);
	world_carry_out(&w);
	ck_assert(!world_run(&w, w.now + 1200 * SECOND, sends));
	ck_assert_uint_eq(newest()->tek.spi, spi);
	ck_assert_int_eq(newest()->sending, SENDER_SPENT);
	ck_assert_int_eq(found(spi, 0x00000002), SENDER_NO_ID);
	ck_assert_ptr_null(world_sender(&w));
	w.drop = NULL;
	world_run(&w, w.now + 600 * SECOND, NULL);
	ck_assert_uint_ne(newest()->sender.id, 0);
	ck_assert(keyring_searches(keys(), newest(), w.now));
	ck_assert_int_eq(found(newest()->tek.spi, prefix_of(newest(), 1)), SENDER_YES);
	ck_assert_ptr_eq(world_sender(&w), newest());
}
END_TEST

START_TEST(an_sa_that_is_gone)
{
	uint32_t spi = newest()->tek.spi;

	ck_assert_int_eq(found(spi, 0x00000001), SENDER_YES);
	group_sender_lost(w.group, spi);
	world_carry_out(&w);
	ck_assert_ptr_null(world_sender(&w));
	ck_assert(keyring_searches(keys(), newest(), w.now));
	ck_assert_int_eq(found(spi, 0x00000001), SENDER_USED); /* the search goes on */
	ck_assert(keyring_searches(keys(), newest(), w.now));
	ck_assert_int_eq(found(spi, 0x00000002), SENDER_YES);
	ck_assert(said("is gone: one with other IVs is searched for"));
}
END_TEST

START_TEST(a_full_disk)
{
	uint32_t spi = newest()->tek.spi;

	w.senders_error = -ENOSPC;
	ck_assert_int_eq(found(spi, 0x00000001), SENDER_NOT_WRITTEN);
	ck_assert_ptr_null(world_sender(&w));
	ck_assert(!keyring_searches(keys(), newest(), w.now));
	ck_assert(said("see whether the disk is full or read-only"));
	w.senders_error = 0;
	world_run(&w, w.now + SENDER_AGAIN_MS - 1000, NULL);
	ck_assert(!keyring_searches(keys(), newest(), w.now));
	world_run(&w, w.now + 2 * SECOND, NULL);
	ck_assert(keyring_searches(keys(), newest(), w.now));
	ck_assert_int_eq(found(spi, 0x00000001), SENDER_USED);
	ck_assert_int_eq(found(spi, 0x00000002), SENDER_YES);
}
END_TEST

START_TEST(a_search_that_stops)
{
	uint32_t spi = newest()->tek.spi;

	group_search_stopped(w.group, w.now, spi, "the module esp4_offload is loaded; unload it");
	world_carry_out(&w);
	ck_assert(said("by the sender id: the module esp4_offload is loaded; unload it; its traffic is blocked"));
	ck_assert_int_eq(newest()->sending, SENDER_STOPPED);
	ck_assert(!keyring_searches(keys(), newest(), w.now));
	world_run(&w, w.now + SENDER_AGAIN_MS + SECOND, NULL);
	ck_assert(keyring_searches(keys(), newest(), w.now));
	ck_assert_int_eq(found(spi, 0x00000002), SENDER_YES);
	group_search_stopped(w.group, w.now, spi, "late");
	ck_assert_ptr_eq(world_sender(&w), newest());
}
END_TEST

/* RFC 6407 3.5, point 6: old ids must not be used with keys that come after the KEK was deleted. */
START_TEST(a_deleted_kek)
{
	uint32_t spi = newest()->tek.spi;

	ck_assert_int_eq(found(spi, 0x00000001), SENDER_YES);
	w.drop = drop_to_server;
	world_command(&w, 0, "delete kek");
	ck_assert_ptr_null(group_sender_ids(w.group));
	ck_assert_ptr_eq(world_sender(&w), newest()); /* what sends goes on */
	w.drop = NULL;
	world_run(&w, w.now + 60 * SECOND, NULL);
	ck_assert_uint_eq(group_sender_ids(w.group)->ids[0], 1);
	ck_assert_ptr_eq(world_sender(&w), newest());
	ck_assert_uint_eq(newest()->tek.spi, spi);
}
END_TEST

/*
 * RFC 6407 4.4: a push brings a key, and the member holds no id.  The key receives, the one before sends on, and a
 * registration follows for an id.
 */
START_TEST(a_push_without_an_id)
{
	const struct keyring_sa *old = newest();

	ck_assert_int_eq(found(old->tek.spi, 0x00000001), SENDER_YES);
	group_forget_sender_ids(w.group);
	w.drop = drop_to_server;
	world_command(&w, 0, "rekey tek");
	ck_assert_ptr_ne(newest(), old);
	ck_assert_int_eq(newest()->sending, SENDER_NO_ID);
	ck_assert(said("only receives: the server has given this member no sender id"));
	ck_assert_ptr_eq(world_sender(&w), old);
	ck_assert_int_eq(group_state(w.group), GROUP_RENEWING); /* it has begun */
	w.drop = NULL;
	world_run(&w, w.now + 60 * SECOND, NULL);
	ck_assert_uint_eq(group_sender_ids(w.group)->ids[0], 1);
	ck_assert(newest()->sender.id == 1 && keyring_searches(keys(), newest(), w.now));
	ck_assert_ptr_eq(world_sender(&w), old);
	ck_assert_int_eq(found(newest()->tek.spi, 0x01000001), SENDER_YES);
	ck_assert_ptr_eq(world_sender(&w), newest());
}
END_TEST

/* The count of ids begins anew with new keys: the id is the first one again, and the key another. */
START_TEST(all_keys_deleted)
{
	uint32_t spi = newest()->tek.spi;

	ck_assert_int_eq(found(spi, 0x00000001), SENDER_YES);
	world_command(&w, 0, "delete all");
	world_run(&w, w.now + 10 * SECOND, NULL);
	ck_assert_uint_ne(newest()->tek.spi, spi);
	ck_assert_uint_eq(group_sender_ids(w.group)->ids[0], 0);
	ck_assert_int_eq(found(newest()->tek.spi, 0x00000001), SENDER_YES);
}
END_TEST

START_TEST(cleared)
{
	uint32_t spi = newest()->tek.spi;

	ck_assert_int_eq(found(spi, 0x00000001), SENDER_YES);
	world_clear(&w);
	ck_assert_ptr_null(group_sender_ids(w.group));
	world_run(&w, w.now + 10 * SECOND, NULL);
	ck_assert_uint_eq(newest()->tek.spi, spi);
	ck_assert_uint_eq(group_sender_ids(w.group)->ids[0], 1);
	/* The owner has not said that the kernel's SA went (sender_store_sweep()), so its prefix is still held. */
	ck_assert_uint_eq(newest()->sender.prefix, 0x00000001);
	group_sender_lost(w.group, spi);
	ck_assert_int_eq(found(spi, 0x00000001), SENDER_NOT_OURS);
	ck_assert_int_eq(found(spi, 0x01000001), SENDER_YES);
}
END_TEST

/* A daemon that starts anew: the SA is in the kernel, the key comes with the registration, and the prefix stays. */
START_TEST(a_restart)
{
	static struct keyring_policy policy;
	static struct keyring_key key;
	static struct keyring_sa sa;
	struct gcks_server *server = w.server[0];
	struct gcks_config *server_config = w.server_config[0];
	char *disk;

	ck_assert_int_eq(found(newest()->tek.spi, 0x00000001), SENDER_YES);
	sa = *newest();
	key = *keyring_key(keyring_policy(keys(), 0), newest());
	policy = *keyring_policy(keys(), 0);
	key.sa = &sa;
	policy.keys = &key;
	policy.n_keys = 1;
	disk = strdup(w.senders_disk);
	w.server[0] = NULL;
	w.server_config[0] = NULL;
	world_free(&w);

	world_make_counting(&w, 1, "", disk);
	free(disk);
	sa.sender = (struct sender){ 0 }; /* the state file has no part of it */
	sa.tek.key.len = 0;
	group_restore(w.group, &policy, 1, w.now);
	ck_assert_ptr_eq(world_sender(&w), newest());
	ck_assert(newest()->sender.has_prefix && newest()->sender.prefix == 0x00000001);
	ck_assert_uint_eq(newest()->tek.key.len, 0);
	ck_assert_uint_eq(group_sender_ids(w.group)->ids[0], 0);
	w.server[0] = server;
	w.server_config[0] = server_config;
	world_start(&w);
	ck_assert(world_run(&w, w.now + 60 * SECOND, world_registered));
	ck_assert_uint_gt(newest()->tek.key.len, 0);
	ck_assert_uint_eq(group_sender_ids(w.group)->ids[0], 1);
	ck_assert_ptr_eq(world_sender(&w), newest());
	ck_assert_uint_eq(newest()->sender.prefix, 0x00000001);
}
END_TEST

/* A kernel that cannot do it: no id is asked for, none is used up, and the keys are refused by their cipher's name. */
START_TEST(not_supported_here)
{
	world_free(&w);
	world_make(&w, 1, "");
	world_server(&w, 0, GCM BITS_8 WORLD_PUSHES);
	world_start(&w);
	world_run(&w, w.now + 60 * SECOND, NULL);
	ck_assert(!world_registered(&w));
	ck_assert(said("refused: aes-256-gcm: the kernel's ESP cannot put this member's sender id (RFC 6054)"));
	ck_assert_ptr_null(group_sender_ids(w.group));
	ck_assert_uint_eq(keyring_sas(keys()), 0);
}
END_TEST

/* RFC 6054 4: the server refuses, and the member says so. */
START_TEST(a_server_without_ids)
{
	world_free(&w);
	begin(NULL, GCM WORLD_PUSHES "set security group-vpn server group G test sender-ids-used-up refuse\n"
				     "set security group-vpn server group G test sender-id-bits 1\n");
	for (size_t i = 0; i < 2; i++) {
		ck_assert_ptr_nonnull(group_sender_ids(w.group));
		world_start(&w);
		world_run(&w, w.now + 5 * SECOND, NULL);
	}
	ck_assert(!world_registered(&w));
	ck_assert(said("18 INVALID-ID-INFORMATION"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("group senders");
	TCase *t = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, an_sa_sends_when_one_was_found);
	tcase_add_test(t, a_rekey);
	tcase_add_test(t, a_renewal);
	tcase_add_test(t, a_used_up_sequence);
	tcase_add_test(t, a_sequence_that_ends_at_once);
	tcase_add_test(t, a_sequence_that_ends_while_no_server_answers);
	tcase_add_test(t, an_sa_that_is_gone);
	tcase_add_test(t, a_full_disk);
	tcase_add_test(t, a_search_that_stops);
	tcase_add_test(t, a_deleted_kek);
	tcase_add_test(t, a_push_without_an_id);
	tcase_add_test(t, all_keys_deleted);
	tcase_add_test(t, cleared);
	tcase_add_test(t, a_restart);
	tcase_add_test(t, not_supported_here);
	tcase_add_test(t, a_server_without_ids);
	suite_add_tcase(suite, t);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
