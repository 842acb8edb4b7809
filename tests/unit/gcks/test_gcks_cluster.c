/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Several servers that share a group (row G): who leads, what the others hold, and what a takeover leaves to members.
 */
#include "tests/unit/support/gcks_servers.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

/* All that run have the same newest key, and exactly server PRIMARY leads. */
static void check_agree(const struct servers *w, size_t primary)
{
	for (size_t i = 0; i < w->n; i++) {
		if (w->servers[i].group == NULL)
			continue;
		ck_assert_msg(servers_role(w, i) == (i == primary ? CLUSTER_PRIMARY : CLUSTER_FOLLOWING),
			      "server %zu is %s", i + 1, cluster_role_name(servers_role(w, i)));
		ck_assert_uint_ne(servers_newest(w, i), 0);
		ck_assert_uint_eq(servers_newest(w, i), servers_newest(w, primary));
		ck_assert_uint_eq(servers_registered(w, i), servers_registered(w, primary));
		ck_assert_uint_eq(gdoi_group_version(w->servers[i].group),
				  gdoi_group_version(w->servers[primary].group));
	}
}

static void rekey(struct servers *w, size_t i, int members)
{
	struct gcks_error err = { "" };

	ck_assert_msg(gdoi_group_rekey_teks(w->servers[i].group, w->now, &err) == members, "%s", err.text);
}

/* The root has the place at once when all are there; the others take its keys before they answer. */
START_TEST(start)
{
	struct servers *w = servers_new(4);

	for (size_t i = 0; i < 4; i++) {
		servers_start(w, i);
		ck_assert_int_eq(servers_role(w, i), CLUSTER_WAITING);
		ck_assert_int_eq(servers_pull(w, i, 0), -EAGAIN);
	}
	servers_run_ms(w, 10);
	check_agree(w, 0);
	servers_run(w, 3600);
	check_agree(w, 0);
	ck_assert_uint_eq(gdoi_group_n_keks(w->servers[3].group), 1);
	servers_free(w);
}
END_TEST

/* Without the root it takes as long as it takes to know that nobody has keys; then the lowest address leads. */
START_TEST(start_without_root)
{
	struct servers *w = servers_new(3);

	servers_start(w, 2);
	servers_start(w, 1);
	servers_run_ms(w, SILENT - 1);
	ck_assert_int_eq(servers_role(w, 1), CLUSTER_WAITING);
	servers_run_ms(w, 2);
	check_agree(w, 1);
	servers_free(w);
}
END_TEST

/* A member of any server has the keys of all, and is pushed to by the primary. */
START_TEST(members_of_all)
{
	struct servers *w = servers_running(3);
	uint32_t old = servers_newest(w, 0);

	for (size_t i = 0; i < 3; i++)
		ck_assert_int_eq(servers_pull(w, i, i), 0);
	servers_run_ms(w, 100);
	check_agree(w, 0);
	ck_assert_uint_eq(servers_registered(w, 0), 3);
	ck_assert_int_eq(gdoi_group_set_window(w->servers[0].group, w->now, 1000, false, &(struct gcks_error){ "" }),
			 -EPERM);
	rekey(w, 0, 3);
	servers_run_ms(w, 100);
	check_agree(w, 0);
	ck_assert_uint_ne(servers_newest(w, 2), old);
	for (size_t i = 0; i < 3; i++) {
		ck_assert(servers_gm_holds(w, i, old));
		ck_assert(servers_gm_holds(w, i, servers_newest(w, 1)));
		ck_assert_uint_eq(w->gms[i].last_server, SERVER_ADDR(0));
		ck_assert_uint_eq(w->gms[i].refused, 0);
	}
	ck_assert_uint_eq(gdoi_group_n_pushes(w->servers[0].group), 0);
	servers_free(w);
}
END_TEST

/* A registration at a follower stands for what its download held: pushes that are older are not sent. */
START_TEST(registered_elsewhere)
{
	struct servers *w = servers_running(2);

	ck_assert_int_eq(servers_pull(w, 0, 0), 0);
	w->servers[0].mute = true;
	rekey(w, 0, 1);
	servers_run(w, 5);
	ck_assert_uint_eq(gdoi_group_n_pushes(w->servers[0].group), 1);
	ck_assert_int_eq(servers_pull(w, 1, 0), 0);
	ck_assert(servers_gm_holds(w, 0, servers_newest(w, 0)));
	servers_run_ms(w, 10);
	ck_assert_uint_eq(gdoi_group_n_pushes(w->servers[0].group), 0);
	ck_assert_uint_eq(gdoi_group_stats(w->servers[0].group)->push_unacknowledged, 1);
	w->servers[0].mute = false;
	servers_run(w, 60);
	ck_assert_uint_eq(servers_registered(w, 0), 1);
	ck_assert_uint_eq(w->gms[0].accepted + w->gms[0].refused, 0);
	rekey(w, 0, 1);
	servers_run_ms(w, 10);
	ck_assert_uint_eq(w->gms[0].accepted, 1);
	servers_free(w);
}
END_TEST

/* Each dies in turn; the next goes on with the same keys, and with sequence numbers that members take. */
START_TEST(takeover)
{
	struct servers *w = servers_running(4);
	uint32_t seq = 0;

	for (size_t i = 0; i < GMS; i++)
		ck_assert_int_eq(servers_pull(w, 3, i), 0);
	servers_run(w, 1);
	for (size_t i = 0; i < 4; i++) {
		unsigned accepted = w->gms[0].accepted;
		uint32_t spi = servers_newest(w, i);

		rekey(w, i, 3);
		servers_run(w, 1);
		ck_assert_uint_ne(servers_newest(w, i), spi);
		ck_assert_uint_eq(w->gms[0].accepted, accepted + 1);
		ck_assert_uint_gt(w->gms[0].last_seq, seq);
		seq = w->gms[0].last_seq;
		if (i == 3)
			break;
		spi = servers_newest(w, i);
		servers_kill(w, i);
		servers_run_ms(w, SILENT + PERIOD + 10);
		check_agree(w, i + 1);
		ck_assert_uint_eq(servers_newest(w, i + 1), spi);
		ck_assert_uint_eq(servers_registered(w, i + 1), 3);
		ck_assert_uint_eq(w->gms[0].last_server, SERVER_ADDR(i + 1)); /* all keys were told again */
		ck_assert_uint_ge(w->gms[0].last_seq, seq + GCKS_SEQ_MARGIN);
		seq = w->gms[0].last_seq;
	}
	for (size_t i = 0; i < GMS; i++)
		ck_assert_uint_eq(w->gms[i].refused, 0);
	servers_free(w);
}
END_TEST

/* A push that was lost together with its server reaches the members from the next one. */
START_TEST(push_lost_with_its_server)
{
	struct servers *w = servers_running(2);

	ck_assert_int_eq(servers_pull(w, 0, 0), 0);
	servers_run(w, 1);
	w->servers[0].mute = true;
	rekey(w, 0, 1);
	servers_run(w, 1);
	ck_assert(!servers_gm_holds(w, 0, servers_newest(w, 1)));
	servers_kill(w, 0);
	servers_run_ms(w, SILENT + PERIOD);
	ck_assert(servers_gm_holds(w, 0, servers_newest(w, 1)));
	ck_assert_uint_eq(gdoi_group_n_pushes(w->servers[1].group), 0);
	servers_free(w);
}
END_TEST

/* The followers have a key before the members do, unless one of them does not answer. */
START_TEST(push_waits_for_followers)
{
	struct servers *w = servers_running(2);
	uint64_t then;

	ck_assert_int_eq(servers_pull(w, 0, 0), 0);
	servers_run(w, 1);
	w->cut[0][1] = true;
	then = w->now;
	rekey(w, 0, 1);
	servers_run_ms(w, PERIOD - 1);
	ck_assert_uint_eq(w->gms[0].accepted, 0);
	servers_run_ms(w, 1);
	ck_assert_uint_eq(w->gms[0].accepted, 1);
	ck_assert_uint_eq(w->gms[0].last_push, then + PERIOD);
	w->cut[0][1] = false;
	servers_run_ms(w, SILENT);
	rekey(w, 0, 1);
	servers_run_ms(w, 1);
	ck_assert_uint_eq(w->gms[0].accepted, 2);
	servers_free(w);
}
END_TEST

/* The old root takes the state before it answers, and its place after three periods; no key changes. */
START_TEST(root_returns)
{
	struct servers *w = servers_running(3);
	uint32_t spi;

	ck_assert_int_eq(servers_pull(w, 0, 0), 0);
	servers_run(w, 1);
	servers_kill(w, 0);
	servers_run(w, 20);
	check_agree(w, 1);
	rekey(w, 1, 1);
	servers_run(w, 1);
	spi = servers_newest(w, 1);
	servers_start(w, 0);
	ck_assert_int_eq(servers_pull(w, 0, 1), -EAGAIN);
	servers_run_ms(w, 10);
	check_agree(w, 1);
	ck_assert_int_eq(servers_pull(w, 0, 1), 0);
	ck_assert(servers_gm_holds(w, 1, spi));
	servers_run_ms(w, SILENT - 100);
	ck_assert_int_eq(servers_role(w, 1), CLUSTER_PRIMARY);
	servers_run_ms(w, PERIOD + 100);
	check_agree(w, 0);
	ck_assert_uint_eq(servers_newest(w, 2), spi);
	ck_assert_uint_eq(servers_registered(w, 0), 2);
	rekey(w, 0, 2);
	servers_run(w, 1);
	ck_assert_uint_eq(w->gms[0].last_server, SERVER_ADDR(0));
	ck_assert_uint_eq(w->gms[0].refused + w->gms[1].refused, 0);
	servers_free(w);
}
END_TEST

/* It came back before the others had missed it: nobody may go on without a primary, nor with other keys. */
START_TEST(quick_restart)
{
	struct servers *w = servers_running(2);
	uint32_t spi = servers_newest(w, 0);

	servers_kill(w, 0);
	servers_start(w, 0);
	servers_run_ms(w, PERIOD + 10);
	check_agree(w, 1);
	servers_run_ms(w, SILENT + PERIOD);
	check_agree(w, 0);
	ck_assert_uint_eq(servers_newest(w, 0), spi);
	servers_free(w);
}
END_TEST

START_TEST(lossy_network)
{
	struct servers *w = servers_new(4);

	w->loss_percent = 30;
	for (size_t i = 0; i < 4; i++)
		servers_start(w, i);
	servers_run(w, 60);
	for (size_t i = 0; i < GMS; i++)
		ck_assert_int_eq(servers_pull(w, 1 + i, i), 0);
	servers_run(w, 20000);
	w->loss_percent = 0;
	servers_run(w, 30);
	check_agree(w, 0);
	servers_free(w);
}
END_TEST

/* Two halves go on alone; then one state stands, and one server leads. */
START_TEST(partition)
{
	struct servers *w = servers_running(4);

	for (size_t i = 0; i < 4; i++)
		for (size_t j = 0; j < 4; j++)
			w->cut[i][j] = (i < 2) != (j < 2);
	servers_run(w, 30);
	ck_assert_int_eq(servers_role(w, 0), CLUSTER_PRIMARY);
	ck_assert_int_eq(servers_role(w, 2), CLUSTER_PRIMARY);
	rekey(w, 0, 0);
	rekey(w, 2, 0);
	servers_run(w, 1);
	ck_assert_uint_ne(servers_newest(w, 0), servers_newest(w, 2));
	memset(w->cut, 0, sizeof(w->cut));
	servers_run(w, 3);
	check_agree(w, 2); /* of the higher term */
	servers_run(w, 30);
	check_agree(w, 0);
	servers_free(w);
}
END_TEST

/* Keys end and are made as without a cluster; a policy that is added is the policy of all. */
START_TEST(changes)
{
	struct servers *w = servers_running(2);
	struct gdoi_policy_config c = w->policy;
	struct gcks_error err = { "" };

	servers_run(w, 3100); /* 3600 less 510 */
	check_agree(w, 0);
	ck_assert_uint_eq(gdoi_group_n_teks(w->servers[1].group, 0), 2);
	servers_run(w, 600);
	ck_assert_uint_eq(gdoi_group_n_teks(w->servers[1].group, 0), 1);
	snprintf(c.name, sizeof(c.name), "other");
	c.sel.dst = (struct ip_prefix){ 0x0a000000, 8 };
	ck_assert_int_ge(gdoi_group_add_policy(w->servers[0].group, w->now, &c, &err), 0);
	servers_run_ms(w, 10);
	ck_assert_uint_eq(gdoi_group_config(w->servers[1].group)->n_policies, 2);
	ck_assert_str_eq(gdoi_group_config(w->servers[1].group)->policies[1].name, "other");
	ck_assert_int_ge(gdoi_group_remove_policy(w->servers[0].group, w->now, 0, &err), 0);
	servers_run_ms(w, 10);
	ck_assert_uint_eq(gdoi_group_config(w->servers[1].group)->n_policies, 1);
	check_agree(w, 0);
	servers_free(w);
}
END_TEST

/* RFC 6407 3.5: no sender id twice under one key, whichever server gives it, and whatever it has forgotten. */
START_TEST(sender_ids)
{
	static bool seen[1 << GCKS_SENDER_ID_BITS];
	struct servers *w = servers_new(3);
	struct download *d = calloc(1, sizeof(*d));

	memset(seen, 0, sizeof(seen));
	w->policy.cipher = CIPHER_AES_GCM_256;
	w->policy.auth = AUTH_NONE;
	for (size_t i = 0; i < 3; i++)
		servers_start(w, i);
	servers_run(w, 1);
	for (size_t round = 0; round < 300; round++) {
		for (size_t i = 0; i < 3; i++) {
			ck_assert_int_eq(gdoi_group_pull(w->servers[i].group, w->now, "GM-0001", d), 0);
			ck_assert_int_eq(gdoi_group_give_sender_ids(w->servers[i].group, w->now, "GM-0001", 0, d), 0);
			ck_assert_uint_eq(d->sender_id_bits, GCKS_SENDER_ID_BITS);
			ck_assert_uint_lt(d->sender_ids[0], ARRAY_SIZE(seen));
			ck_assert(!seen[d->sender_ids[0]]);
			seen[d->sender_ids[0]] = true;
		}
		if (round % 50 == 25) {
			ck_assert_int_eq(servers_pull(w, 1, 0), 0);
			servers_run(w, 3);
			servers_kill(w, 1);
			servers_start(w, 1);
			servers_run(w, 3);
		}
	}
	free(d);
	servers_free(w);
}
END_TEST

static size_t refused(const struct servers *w, size_t i)
{
	struct cluster_view v;

	gdoi_cluster_view(w->servers[i].cluster, w->now, &v);
	return v.refused;
}

/* Recordings, other keys and damage change nothing. */
START_TEST(forgeries)
{
	struct servers *w = servers_running(2);
	struct letter old;
	uint64_t version;
	size_t n;

	servers_run_ms(w, PERIOD);
	ck_assert_uint_ne(w->last.len, 0);
	old = w->last;
	w->last.data = NULL;
	version = gdoi_group_version(w->servers[old.to - SERVER_ADDR(0)].group);
	n = old.to - SERVER_ADDR(0);
	for (size_t i = 0; i < old.len; i++) {
		size_t before = refused(w, n);

		old.data[i] ^= 1;
		gdoi_cluster_input(w->servers[n].cluster, w->now, old.from, old.data, old.len);
		ck_assert_uint_eq(refused(w, n), before + 1);
		gdoi_cluster_input(w->servers[n].cluster, w->now, old.from, old.data, i);
		ck_assert_uint_eq(refused(w, n), before + 2);
		old.data[i] ^= 1;
	}
	gdoi_cluster_input(w->servers[n].cluster, w->now, old.from, old.data, old.len); /* a repetition */
	ck_assert_uint_eq(refused(w, n), 2 * old.len + 1);
	gdoi_cluster_input(w->servers[n].cluster, w->now, 0x0a000001, old.data, old.len);
	ck_assert_uint_eq(refused(w, n), 2 * old.len + 2);
	/* A recording of the sender's earlier life, to a server that has itself started anew: at most it is answered.
	 */
	servers_kill(w, n);
	servers_start(w, n);
	gdoi_cluster_input(w->servers[n].cluster, w->now, old.from, old.data, old.len);
	ck_assert_int_eq(servers_role(w, n), CLUSTER_WAITING);
	servers_run(w, 20);
	check_agree(w, 0);
	ck_assert_uint_ge(gdoi_group_version(w->servers[n].group), version);
	free(old.data);
	servers_free(w);
}
END_TEST

/* Each believes to be alone, and says why. */
START_TEST(different_keys)
{
	struct servers *w = servers_new(2);

	w->psk[1] = "another key";
	servers_start(w, 0);
	servers_start(w, 1);
	servers_run(w, 30);
	ck_assert_int_eq(servers_role(w, 0), CLUSTER_PRIMARY);
	ck_assert_int_eq(servers_role(w, 1), CLUSTER_PRIMARY);
	ck_assert_uint_gt(w->warnings, 0);
	servers_free(w);
}
END_TEST

START_TEST(different_configurations)
{
	struct servers *w = servers_new(2);

	w->has_push[1] = false;
	servers_start(w, 0);
	servers_start(w, 1);
	servers_run(w, 30);
	ck_assert_int_eq(servers_role(w, 1), CLUSTER_WAITING);
	ck_assert_int_eq(servers_pull(w, 1, 0), -EAGAIN);
	ck_assert_uint_gt(w->warnings, 0);
	ck_assert_uint_lt(w->warnings, 5);
	servers_free(w);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("gcks cluster");
	TCase *tc = tcase_create("cluster");
	SRunner *sr = srunner_create(suite);
	int failed;

	tcase_add_test(tc, start);
	tcase_add_test(tc, start_without_root);
	tcase_add_test(tc, members_of_all);
	tcase_add_test(tc, registered_elsewhere);
	tcase_add_test(tc, takeover);
	tcase_add_test(tc, push_lost_with_its_server);
	tcase_add_test(tc, push_waits_for_followers);
	tcase_add_test(tc, root_returns);
	tcase_add_test(tc, quick_restart);
	tcase_add_test(tc, lossy_network);
	tcase_add_test(tc, partition);
	tcase_add_test(tc, changes);
	tcase_add_test(tc, sender_ids);
	tcase_add_test(tc, forgeries);
	tcase_add_test(tc, different_keys);
	tcase_add_test(tc, different_configurations);
	tcase_set_timeout(tc, 120);
	suite_add_tcase(suite, tc);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
