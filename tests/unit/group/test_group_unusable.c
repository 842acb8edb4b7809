/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A server that gives nothing, or not all, of what a member can use: no registration that looks like one. */
#include "tests/unit/support/world.h"

#include "member/ctl/metrics.h"
#include "member/ctl/output.h"
#include "member/daemon/notify.h"
#include "member/daemon/snapshot.h"
#include "member/group/private.h"
#include "tests/unit/support/words.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#define SECOND 1000u
#define SERVER "set security group-vpn server "
/* Group 2, which the member is in here: with a cipher that no member takes, and with one that all do. */
#define GROUP_2(proposal)                                                                                              \
	SERVER "group H group-id 2\n" SERVER "group H ike-gateway GM-0001\n" SERVER                                    \
	       "group H ipsec-sa S proposal " proposal "\n" SERVER                                                     \
	       "group H ipsec-sa S match-policy 1 source 172.16.0.0/12\n" SERVER                                       \
	       "group H ipsec-sa S match-policy 1 destination 172.16.0.0/12\n"
#define GCM SERVER "ipsec proposal GCM encryption-algorithm aes-256-gcm\n" GROUP_2("GCM")
#define GOOD GROUP_2("AES")
/* A second policy of the same key: the member's limit of one refuses it. */
#define SECOND_POLICY                                                                                                  \
	SERVER "group G ipsec-sa S match-policy 2 source 10.0.0.0/8\n" SERVER                                          \
	       "group G ipsec-sa S match-policy 2 destination 10.0.0.0/8\n"

static struct world w;

static void teardown(void)
{
	world_free(&w);
}

static bool unusable(const struct world *world)
{
	return group_state(world->group) == GROUP_UNUSABLE;
}

static unsigned deletes;

/* The Delete of the ISAKMP SA is the only informational message that the member sends; it is encrypted. */
static bool see_deletes(struct world *world, bool to_server, const uint8_t *data, size_t len)
{
	(void)world;
	deletes += to_server && len > 20 && data[18] == 5 && data[19] & 1;
	return false;
}

static void make(size_t n_servers)
{
	world_make(&w, n_servers, "");
	w.config->vpns[0].group = 2;
}

static void start_unusable(size_t n_servers)
{
	make(n_servers);
	w.share = 500;
	deletes = 0;
	w.drop = see_deletes;
	world_server(&w, 0, GCM);
	world_start(&w);
	ck_assert(world_run(&w, w.now + 200 * SECOND, unusable));
}

START_TEST(all_refused_is_no_registration)
{
	const struct keyring_refusal *r;
	size_t n, more;

	start_unusable(1);
	ck_assert_ptr_null(world_sender(&w));
	ck_assert_uint_eq(group_stats(w.group)->pull_succeeded, 0);
	ck_assert_uint_eq(group_stats(w.group)->pull_failed, 1);
	ck_assert_uint_eq(group_stats(w.group)->pull_aborted, 1);
	ck_assert_uint_eq(deletes, 1);
	ck_assert_uint_eq(w.events[EVENT_REGISTERED], 0);
	ck_assert_uint_eq(w.events[EVENT_SERVER_FAILED], 1);
	r = group_refusals(w.group, &n, &more);
	ck_assert_uint_eq(n, 1);
	ck_assert_uint_eq(more, 0);
	ck_assert_msg(strstr(world_reason(&w), refusal_words_of(&r[0])) != NULL, "%s", world_reason(&w));
	ck_assert_ptr_nonnull(strstr(w.log, "nothing that 10.10.100.1 gave can be used: "));
}
END_TEST

/* 5 s, doubled up to a minute; and as soon as there is something usable, all is well. */
START_TEST(it_is_tried_again)
{
	static const uint64_t waits[] = { 5000, 10000, 20000, 40000, 60000, 60000 };

	start_unusable(1);
	for (size_t i = 0; i < ARRAY_SIZE(waits); i++) {
		ck_assert(unusable(&w));
		ck_assert_uint_eq(group_next_registration(w.group) - w.now, waits[i]);
		world_run(&w, group_next_registration(w.group), NULL);
	}
	world_server_down(&w, 0);
	world_server(&w, 0, GOOD);
	ck_assert(world_run(&w, w.now + 61 * SECOND, world_registered));
	ck_assert_ptr_nonnull(world_sender(&w));
	size_t n, more;
	(void)group_refusals(w.group, &n, &more);
	ck_assert_uint_eq(n + more, 0);
}
END_TEST

START_TEST(another_server_is_asked)
{
	make(2);
	world_server(&w, 0, GCM);
	world_server(&w, 1, GOOD);
	world_start(&w);
	ck_assert(world_run(&w, w.now + SECOND, world_registered));
	ck_assert_uint_eq(group_server(w.group), WORLD_SERVER(1));
	ck_assert_uint_eq(group_stats(w.group)->server_failover, 1);
}
END_TEST

/* The last one of the round is dead: that nothing could be used is what counts. */
START_TEST(a_dead_one_does_not_hide_it)
{
	start_unusable(2);
	ck_assert_uint_eq(group_stats(w.group)->server_failover, 1);
}
END_TEST

/* Keys that are held go on; when they end without a usable one the state says so. */
START_TEST(at_a_renewal_the_old_keys_stay)
{
	make(1);
	w.share = 500;
	world_server(&w, 0, SERVER "ipsec proposal AES lifetime-seconds 180\n" GOOD);
	world_start(&w);
	ck_assert(world_run(&w, w.now + SECOND, world_registered));
	world_server_down(&w, 0);
	world_server(&w, 0, GCM);
	while (world_sender(&w)) {
		ck_assert(!unusable(&w));
		world_run(&w, w.now + SECOND, NULL);
	}
	ck_assert(world_run(&w, w.now + 10 * SECOND, unusable));
}
END_TEST

/* --- what is told --- */

static struct json_object *snapshot(void)
{
	return snapshot_make(&(struct snapshot_input){ .config = w.config, .groups = &w.group, .now = w.now });
}

static const char *shown(bool detail)
{
	static char text[16384];
	struct json_object *s = snapshot();
	FILE *out = fmemopen(text, sizeof(text), "w");

	ck_assert_int_eq(output_text.snapshot(out, detail ? SHOW_IPSEC_DETAIL : SHOW_IPSEC, s), 0);
	fclose(out);
	json_object_put(s);
	return text;
}

static void expect(const char *text, const char *what)
{
	ck_assert_msg(strstr(text, what) != NULL, "'%s' is not in\n%s", what, text);
}

START_TEST(every_output_says_so)
{
	struct groups groups = { .items = &w.group, .n = 1 };
	char status[DAEMON_STATUS_MAX], text[32768];
	struct json_object *s, *vpns, *vpn, *list;
	FILE *out;

	start_unusable(1);
	ck_assert(daemon_is_ready(&groups));
	daemon_status(&groups, "", status);
	expect(status,
	       "1 of 1 VPNs got nothing that they can use; V: unusable, nothing that 10.10.100.1 gave can be used");
	expect(shown(false), "Group VPN Name: V, unusable (nothing that 10.10.100.1 gave can be used: ");
	expect(shown(true), "Refused of what the server gave last:\n");
	expect(shown(true), refusal_words_of(group_refusals(w.group, &(size_t){ 0 }, &(size_t){ 0 })));
	expect(shown(true), "Registration state: unusable (");
	s = snapshot();
	ck_assert(json_object_object_get_ex(s, "vpns", &vpns));
	vpn = json_object_array_get_idx(vpns, 0);
	ck_assert(json_object_object_get_ex(vpn, "refusals", &list));
	ck_assert_uint_eq(json_object_array_length(list), 1);
	out = fmemopen(text, sizeof(text), "w");
	ck_assert_int_eq(metrics_print(out, s), 0);
	fclose(out);
	json_object_put(s);
	expect(text, "gvpn_state{vpn=\"V\",group=\"2\",state=\"unusable\"} 1\n");
	expect(text, "gvpn_state{vpn=\"V\",group=\"2\",state=\"registered\"} 0\n");
	expect(text, "gvpn_refusals{vpn=\"V\",group=\"2\"} 1\n");
}
END_TEST

START_TEST(what_is_refused_in_part_is_shown)
{
	world_make(&w, 1, "set security group-vpn member ipsec vpn V max-policies 1\n");
	world_server(&w, 0, SECOND_POLICY);
	world_start(&w);
	ck_assert(world_run(&w, w.now + SECOND, world_registered));
	ck_assert_ptr_nonnull(world_sender(&w));
	expect(world_reason(&w), ", 1 keys or policies refused");
	expect(shown(true), "Refused of what the server gave last:\n");
	expect(shown(true), refusal_words_of(group_refusals(w.group, &(size_t){ 0 }, &(size_t){ 0 })));
	ck_assert_ptr_null(strstr(shown(false), "unusable"));
}
END_TEST

/* What the server sends and nobody here knows: told once, and shown until the next message with policy. */
START_TEST(what_is_unknown_is_shown)
{
	static const struct download d = {
		.gap_unknown = { { .type = 4, .len = 2, .value = { 0, 1 } },
				 { .type = 130, .len = 1, .value = { 9 } } },
		.n_gap_unknown = 2,
	};
	struct json_object *s, *vpns, *vpn, *list, *value;

	world_make(&w, 1, "");
	world_server(&w, 0, "");
	world_start(&w);
	ck_assert(world_run(&w, w.now + SECOND, world_registered));
	ck_assert_ptr_null(strstr(shown(true), "GAP attributes"));
	ck_assert_ptr_null(strstr(shown(true), "Vendor IDs"));
	group_note_gap(w.group, &d);
	ck_assert_uint_eq(group_stats(w.group)->unknown_attributes, 2);
	w.group->counts.unknown.vendor_ids = (struct vendor_ids){
		.list = { { .len = 2, .data = { 0xab, 0xcd } },
			  { .len = 6, .data = { 9, 0, 0x26, 0x89, 0xdf, 0xd6 } } },
		.n = 2,
	};
	expect(shown(true), "  Vendor IDs of the server: 0xabcd, XAUTH\n");
	expect(shown(true),
	       "  GAP attributes of the server that are not known here:\n    4 = 0x0001\n    130 = 0x09\n");
	s = snapshot();
	ck_assert(json_object_object_get_ex(s, "vpns", &vpns));
	vpn = json_object_array_get_idx(vpns, 0);
	ck_assert(json_object_object_get_ex(vpn, "gap_unknown", &list));
	ck_assert_uint_eq(json_object_array_length(list), 2);
	ck_assert(json_object_object_get_ex(json_object_array_get_idx(list, 1), "value", &value));
	ck_assert_str_eq(json_object_get_string(value), "0x09");
	ck_assert(json_object_object_get_ex(vpn, "vendor_ids", &list));
	ck_assert_str_eq(json_object_get_string(json_object_array_get_idx(list, 1)), "XAUTH");
	json_object_put(s);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("group unusable");
	TCase *t = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(t, NULL, teardown);
	tcase_add_test(t, all_refused_is_no_registration);
	tcase_add_test(t, it_is_tried_again);
	tcase_add_test(t, another_server_is_asked);
	tcase_add_test(t, a_dead_one_does_not_hide_it);
	tcase_add_test(t, at_a_renewal_the_old_keys_stay);
	tcase_add_test(t, every_output_says_so);
	tcase_add_test(t, what_is_refused_in_part_is_shown);
	tcase_add_test(t, what_is_unknown_is_shown);
	suite_add_tcase(suite, t);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
