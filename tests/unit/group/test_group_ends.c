/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whose datagrams a group takes, and where it turns next: addresses, the order of servers, what it has learnt of them.
 */
#include "tests/unit/support/world.h"

#include "member/group/private.h"

#include "ike/message.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#define SECOND 1000u
#define STRANGER 0x0a0a6409u /* 10.10.100.9 */
#define LIFE "set security group-vpn server ipsec proposal AES lifetime-seconds "
#define PROBE "set security group-vpn member ipsec vpn V recovery-probe\n"

static struct world w;
static struct {
	uint8_t data[4096];
	size_t len;
} stolen; /* the first datagram to the member since it was empty; and all after it are lost */

static void teardown(void)
{
	world_free(&w);
	stolen.len = 0;
}

static bool steal(struct world *unused, bool to_server, const uint8_t *data, size_t len)
{
	(void)unused;
	if (to_server)
		return false;
	if (stolen.len == 0) {
		ck_assert_uint_le(len, sizeof(stolen.data));
		memcpy(stolen.data, data, len);
		stolen.len = len;
	}
	return true;
}

/* What was stolen arrives after all. */
static bool arrives(uint32_t local, uint32_t remote)
{
	const struct udp_ends ends = {
		.local = local, .local_port = GDOI_PORT, .remote = remote, .remote_port = GDOI_PORT
	};

	bool taken = group_datagram(w.group, w.now, &ends, stolen.data, stolen.len);

	world_carry_out(&w);
	return taken;
}

static void registered(size_t n_servers, const char *member, size_t server, const char *lines)
{
	world_make(&w, n_servers, member);
	w.share = 500;
	world_server(&w, server, lines);
	world_start(&w);
	ck_assert(world_run(&w, w.now + 300 * SECOND, world_registered));
}

static void command(const char *line)
{
	world_command(&w, 0, line);
}

START_TEST(an_answer_comes_from_the_server_that_was_asked)
{
	world_make(&w, 2, "");
	world_server(&w, 0, "");
	w.drop = steal;
	world_start(&w);
	world_run(&w, w.now + 1, NULL);
	ck_assert_uint_gt(stolen.len, 0);
	w.sent = 0;
	ck_assert(!arrives(WORLD_MEMBER + 1, WORLD_SERVER(0)));
	ck_assert(!arrives(WORLD_MEMBER, WORLD_SERVER(1)));
	ck_assert(!arrives(WORLD_MEMBER, STRANGER));
	ck_assert_uint_eq(w.sent, 0);
	ck_assert(arrives(WORLD_MEMBER, WORLD_SERVER(0)));
	ck_assert_uint_eq(w.sent, 1);
}
END_TEST

START_TEST(a_push_comes_from_a_server_of_ours)
{
	registered(2, "", 0, WORLD_PUSHES);
	w.drop = steal;
	command("rekey tek");
	ck_assert_uint_gt(stolen.len, 0);
	ck_assert(!arrives(WORLD_MEMBER + 1, WORLD_SERVER(0)));
	ck_assert(!arrives(WORLD_MEMBER, STRANGER));
	ck_assert_uint_eq(group_stats(w.group)->push_succeeded, 0);
	ck_assert_uint_eq(group_stats(w.group)->push_failed, 0);
	ck_assert(arrives(WORLD_MEMBER, WORLD_SERVER(1))); /* any of them: they are one cluster */
	ck_assert_uint_eq(group_stats(w.group)->push_succeeded, 1);
}
END_TEST

/* A push that was sent in the last moment of its KEK, and comes LATE ms after it. */
static void push_after_the_kek(uint64_t late, unsigned taken)
{
	uint64_t end;

	registered(1, "", 0, WORLD_PUSHES LIFE "86400\n");
	end = group_kek_ends(w.group);
	w.drop = steal;
	command("rekey tek");
	ck_assert_uint_gt(stolen.len, 0);
	world_server_down(&w, 0);
	world_run(&w, end + late, NULL);
	(void)arrives(WORLD_MEMBER, WORLD_SERVER(0));
	ck_assert_uint_eq(group_stats(w.group)->push_succeeded, taken);
}

START_TEST(a_push_a_little_after_the_end_of_its_kek)
{
	push_after_the_kek(4900, 1);
}
END_TEST

START_TEST(a_push_long_after_the_end_of_its_kek)
{
	push_after_the_kek(60 * SECOND, 0);
}
END_TEST

static bool registered_twice(const struct world *unused)
{
	(void)unused;
	return group_stats(w.group)->pull_succeeded == 2;
}

/* Row A3: in order, every time. */
START_TEST(the_first_server_is_asked_first_again)
{
	registered(3, "", 2, LIFE "3600\n");
	ck_assert_uint_eq(group_server(w.group), WORLD_SERVER(2));
	world_server(&w, 0, LIFE "3600\n");
	ck_assert(world_run(&w, w.now + 3600 * SECOND, registered_twice));
	ck_assert_uint_eq(group_server(w.group), WORLD_SERVER(0));
	ck_assert_uint_eq(group_stats(w.group)->server_failover, 2);
}
END_TEST

/* The DOI of the first message that the group sends from now on: behind the header and the SA payload's own. */
static uint32_t first_doi;
static bool look(struct world *unused, bool to_server, const uint8_t *data, size_t len)
{
	(void)unused;
	if (to_server && first_doi == 0 && len > ISAKMP_HEADER_LEN + 8)
		first_doi = data[ISAKMP_HEADER_LEN + 7];
	return false;
}

/* Registers with a server that knows DOI 1 only, as far as the member can tell. */
static void learns_doi_1(void)
{
	const struct udp_ends ends = {
		.local = WORLD_MEMBER, .local_port = GDOI_PORT, .remote = WORLD_SERVER(0), .remote_port = GDOI_PORT
	};
	uint8_t *notify;
	size_t len;

	world_make(&w, 1, "");
	world_server(&w, 0, LIFE "3600\n");
	w.drop = steal;
	world_start(&w);
	world_run(&w, w.now + 1, NULL);
	ck_assert_int_eq(clear_notify(stolen.data, stolen.data + 8, NOTIFY_DOI_NOT_SUPPORTED, &notify, &len), 0);
	w.drop = NULL;
	ck_assert(group_datagram(w.group, w.now, &ends, notify, len));
	world_carry_out(&w);
	free(notify);
	ck_assert(world_run(&w, w.now + SECOND, world_registered));
	first_doi = 0;
	w.drop = look;
}

START_TEST(what_doi_a_server_knows_is_remembered)
{
	learns_doi_1();
	ck_assert(world_run(&w, w.now + 3600 * SECOND, registered_twice));
	ck_assert_uint_eq(first_doi, 1);
}
END_TEST

/* Phase 1 has proved the DOI; that the server has no keys then is another matter. */
START_TEST(what_doi_a_server_knows_is_remembered_without_keys)
{
	world_make(&w, 1, "");
	world_server(&w, 0,
		     "set security group-vpn server test doi-only 1\n"
		     "set security group-vpn server test answer denial\n");
	world_start(&w);
	world_run(&w, w.now + 3 * SECOND, NULL);
	ck_assert_uint_ge(group_stats(w.group)->pull_failed, 1);
	first_doi = 0;
	w.drop = look;
	world_run(&w, w.now + 20 * SECOND, NULL);
	ck_assert_uint_eq(first_doi, 1);
}
END_TEST

static bool drops_notifies(struct world *unused, bool to_server, const uint8_t *data, size_t len)
{
	(void)unused;
	return !to_server && len > 18 && data[18] == 5;
}

/* Another server has the address by now, and knows DOI 2 alone: it says so, or is silent to the other. */
START_TEST(what_doi_a_server_knew_is_not_for_ever)
{
	uint64_t start;

	world_make(&w, 1, "");
	world_server(&w, 0, LIFE "3600\nset security group-vpn server test doi-only 1\n");
	world_start(&w);
	ck_assert(world_run(&w, w.now + 20 * SECOND, world_registered));
	ck_assert_uint_eq(w.group->servers.learnt_doi[0], 1);
	world_server_down(&w, 0);
	world_server(&w, 0, LIFE "3600\nset security group-vpn server test doi-only 2\n");
	if (_i == 1)
		w.drop = drops_notifies;
	start = w.now;
	world_clear(&w);
	ck_assert(world_run(&w, w.now + 3600 * SECOND, world_registered));
	ck_assert_uint_le(w.now - start, 15 * SECOND);
	ck_assert_uint_eq(w.group->servers.learnt_doi[0], 2);
}
END_TEST

/* Some servers are silent to a DOI or a situation that they do not expect. */
START_TEST(silence_to_the_first_message_names_the_doi)
{
	world_make(&w, 1, "");
	world_start(&w);
	world_run(&w, w.now + 300 * SECOND, NULL);
	ck_assert_ptr_nonnull(strstr(w.log, "'doi ipsec'"));
	ck_assert_ptr_nonnull(strstr(w.log, "'situation'"));
}
END_TEST

START_TEST(and_forgotten_with_the_gateway)
{
	struct config_gateway other;
	struct config changed;

	learns_doi_1();
	changed = *w.config;
	other = w.config->gateways[0];
	other.situation = 2;
	changed.gateways = &other;
	group_rebind(w.group, &changed, 0, w.now);
	world_carry_out(&w);
	ck_assert_uint_eq(first_doi, 2);
}
END_TEST

static struct world_traffic forged(const struct world *world)
{
	return (struct world_traffic){ .unknown_spi = world->now };
}

static bool probe_failed(const struct world *unused)
{
	(void)unused;
	return strstr(w.log, "the recovery probe's pull failed") != NULL;
}

/* The probe's pull runs over the moment of the planned renewal: that is due at once when it has failed, and not a wait
 * later. */
START_TEST(a_renewal_that_was_planned_stays_planned)
{
	uint64_t planned;

	registered(1, PROBE, 0, LIFE "3600\n");
	planned = group_next_registration(w.group);
	world_run(&w, planned - 25 * SECOND, NULL);
	world_server_down(&w, 0);
	w.traffic = forged; /* the pull follows 10 to 15 s later, and takes 62 s to fail */
	ck_assert(world_run(&w, planned + 80 * SECOND, probe_failed));
	ck_assert_uint_gt(w.now, planned);
	world_run(&w, w.now + SECOND, NULL);
	ck_assert_int_eq(group_state(w.group), GROUP_RENEWING);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("group_ends");
	TCase *t = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(t, NULL, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, an_answer_comes_from_the_server_that_was_asked);
	tcase_add_test(t, a_push_comes_from_a_server_of_ours);
	tcase_add_test(t, a_push_a_little_after_the_end_of_its_kek);
	tcase_add_test(t, a_push_long_after_the_end_of_its_kek);
	tcase_add_test(t, the_first_server_is_asked_first_again);
	tcase_add_test(t, what_doi_a_server_knows_is_remembered);
	tcase_add_test(t, what_doi_a_server_knows_is_remembered_without_keys);
	tcase_add_loop_test(t, what_doi_a_server_knew_is_not_for_ever, 0, 2);
	tcase_add_test(t, silence_to_the_first_message_names_the_doi);
	tcase_add_test(t, and_forgotten_with_the_gateway);
	tcase_add_test(t, a_renewal_that_was_planned_stays_planned);
	suite_add_tcase(suite, t);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
