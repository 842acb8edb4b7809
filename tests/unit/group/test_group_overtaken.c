/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pulls whose last message a push overtakes: what the push said is newer, and the download rolls nothing back (RFC 6407
 * 3.3, row B2).  The network holds message 4 back while the server pushes, and lets it through then.
 */
#include "tests/unit/support/world.h"

#include "member/group/private.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#define SECOND 1000u
#define PULL 32 /* exchange types */
#define PUSH 33

struct datagram {
	uint8_t data[8192];
	size_t len;
};

static struct world w;
static struct datagram message4, pushes[8];
static size_t n_pushes;
static unsigned pulls_seen;
static bool hold;
static const struct udp_ends ends = {
	.local = WORLD_MEMBER, .local_port = GDOI_PORT, .remote = WORLD_SERVER(0), .remote_port = GDOI_PORT
};

static void keep(struct datagram *d, const uint8_t *data, size_t len)
{
	ck_assert_uint_le(len, sizeof(d->data));
	memcpy(d->data, data, len);
	d->len = len;
}

static bool tap(struct world *unused, bool to_server, const uint8_t *data, size_t len)
{
	(void)unused;
	if (to_server || len <= 18)
		return false;
	if (data[18] == PUSH && n_pushes < ARRAY_SIZE(pushes))
		keep(&pushes[n_pushes++], data, len);
	if (data[18] != PULL || !hold || ++pulls_seen % 2 != 0)
		return false;
	keep(&message4, data, len);
	return true;
}

static void setup(void)
{
	world_make(&w, 1, "");
	w.share = 500;
	world_server(&w, 0, WORLD_PUSHES);
	w.drop = tap;
	n_pushes = 0;
	pulls_seen = 0;
	hold = false;
	world_start(&w);
	ck_assert(world_run(&w, w.now + SECOND, world_registered));
}

static void teardown(void)
{
	world_free(&w);
}

static void command(const char *line)
{
	world_command(&w, 0, line);
}

/* A pull runs until its message 4 is on the way, and stays there. */
static void pull_and_hold(void)
{
	message4.len = 0;
	hold = true;
	world_start(&w);
	world_run(&w, w.now + 1, NULL);
	ck_assert_uint_gt(message4.len, 0);
	hold = false;
}

static void let_through(void)
{
	(void)group_datagram(w.group, w.now, &ends, message4.data, message4.len);
	world_carry_out(&w);
}

static const struct group_stats *stats(void)
{
	return group_stats(w.group);
}

static void kek_spi(uint8_t ret[static KEK_SPI_LEN])
{
	ck_assert_ptr_nonnull(group_kek(w.group));
	memcpy(ret, group_kek(w.group)->spi, KEK_SPI_LEN);
}

START_TEST(a_new_kek_stays)
{
	uint8_t before[KEK_SPI_LEN], pushed[KEK_SPI_LEN], after[KEK_SPI_LEN];
	uint64_t pulls;

	kek_spi(before);
	pull_and_hold();
	command("rekey kek");
	kek_spi(pushed);
	ck_assert_mem_ne(before, pushed, KEK_SPI_LEN);
	pulls = stats()->pull_succeeded;
	let_through();
	kek_spi(after);
	ck_assert_mem_eq(after, pushed, KEK_SPI_LEN);
	ck_assert_uint_eq(stats()->pull_succeeded, pulls);
	ck_assert_uint_eq(stats()->pull_aborted, 1);
	ck_assert_ptr_nonnull(strstr(w.log, "overtaken by a push"));
	ck_assert_ptr_nonnull(world_sender(&w)); /* the keys stay in use */
	command("rekey tek");                    /* under the new KEK, which the member has */
	ck_assert_uint_eq(stats()->push_succeeded, 2);
	ck_assert(world_run(&w, w.now + 10 * SECOND, world_registered));
	world_run(&w, w.now + 10 * SECOND, NULL); /* the registration that was asked for */
	ck_assert_uint_eq(stats()->pull_succeeded, pulls + 1);
	kek_spi(after);
	ck_assert_mem_eq(after, pushed, KEK_SPI_LEN);
}
END_TEST

START_TEST(deleted_keys_stay_deleted)
{
	uint8_t before[KEK_SPI_LEN], after[KEK_SPI_LEN];
	uint32_t spi = world_sender(&w)->tek.spi;

	kek_spi(before);
	pull_and_hold();
	command("delete all");
	let_through();
	ck_assert_ptr_null(world_sender(&w));
	ck_assert_ptr_null(group_kek(w.group));
	ck_assert_int_eq(group_state(w.group), GROUP_WAITING);
	ck_assert(world_run(&w, w.now + 3 * SECOND, world_registered)); /* soon: nothing works meanwhile */
	ck_assert_uint_ne(world_sender(&w)->tek.spi, spi);
	kek_spi(after);
	ck_assert_mem_ne(after, before, KEK_SPI_LEN);
}
END_TEST

START_TEST(an_added_policy_stays)
{
	pull_and_hold();
	command("policy add wide source 10.0.0.0/8 destination 10.0.0.0/8");
	ck_assert_uint_eq(keyring_policies(group_keyring(w.group)), 2);
	let_through();
	ck_assert_uint_eq(keyring_policies(group_keyring(w.group)), 2);
	world_run(&w, w.now + 10 * SECOND, NULL);
	ck_assert_uint_eq(keyring_policies(group_keyring(w.group)), 2);
	ck_assert_int_eq(group_state(w.group), GROUP_REGISTERED);
}
END_TEST

START_TEST(replays_stay_refused)
{
	uint64_t accepted;

	pull_and_hold();
	command("rekey kek");
	command("delete teks"); /* the first push under the new KEK */
	ck_assert_uint_eq(n_pushes, 2);
	accepted = stats()->push_succeeded;
	let_through();
	for (size_t i = 0; i < n_pushes; i++)
		(void)group_datagram(w.group, w.now, &ends, pushes[i].data, pushes[i].len);
	world_carry_out(&w);
	ck_assert_uint_eq(stats()->push_succeeded, accepted);
}
END_TEST

/* What a push brought before the pull asked for the group is in the pull's answer. */
START_TEST(a_push_during_phase_1_is_no_harm)
{
	uint64_t pulls = stats()->pull_succeeded;
	struct pull *pull;

	world_start(&w);
	pull = w.group->registration.pull;
	command("rekey tek"); /* the server sends it with the first datagrams of phase 1 still on the way */
	ck_assert_ptr_nonnull(pull);
	world_run(&w, w.now + SECOND, NULL);
	ck_assert_uint_eq(stats()->pull_succeeded, pulls + 1);
	ck_assert_uint_eq(stats()->pull_aborted, 0);
}
END_TEST

static unsigned registrations;
static bool count_registrations(struct world *unused, bool to_server, const uint8_t *data, size_t len)
{
	(void)unused;
	/* phase 1 begins with a header whose second cookie is zero */
	registrations += to_server && len > 18 && data[18] == IKE_MAIN && memcmp(data + 8, "\0\0\0\0\0\0\0\0", 8) == 0;
	return tap(unused, to_server, data, len);
}

/* A push into every pull: the member asks again and again, but ever more slowly, and its keys work all the time. */
START_TEST(pushes_without_end)
{
	uint64_t end = w.now + 1800 * SECOND;

	w.drop = count_registrations;
	registrations = 0;
	world_start(&w);
	while (w.now < end) {
		hold = true;
		pulls_seen = 0;
		message4.len = 0;
		while (w.now < end && message4.len == 0)
			world_run(&w, w.now + 10, NULL);
		hold = false;
		if (message4.len == 0)
			break;
		command("rekey tek");
		let_through();
		ck_assert_ptr_nonnull(world_sender(&w));
		ck_assert_ptr_nonnull(group_kek(w.group));
	}
	ck_assert_uint_ge(registrations, 10);
	ck_assert_uint_le(registrations, 70); /* one a minute, and a few at first */
	hold = false;
	ck_assert(world_run(&w, w.now + 120 * SECOND, world_registered));
}
END_TEST

/* A renewal that was only due needs no second one when the push has brought what it was for. */
START_TEST(a_renewal_that_a_push_makes_needless)
{
	uint64_t pulls = stats()->pull_succeeded;

	w.group->schedule.at = w.now + 1;
	hold = true;
	world_run(&w, w.now + 2, NULL);
	hold = false;
	ck_assert_uint_gt(message4.len, 0);
	command("rekey tek");
	let_through();
	ck_assert_int_eq(group_state(w.group), GROUP_REGISTERED);
	w.drop = count_registrations;
	registrations = 0;
	world_run(&w, w.now + 600 * SECOND, NULL);
	ck_assert_uint_eq(registrations, 0);
	ck_assert_uint_eq(stats()->pull_succeeded, pulls);
}
END_TEST

/* --- downloads that are older by what they say, with no push in between --- */

/* The KEK that the member has, as it was registered with, but with SEQ. */
static void take(struct download *d, const struct kek *kek, uint32_t seq)
{
	*d = (struct download){ .has_kek = true, .kek = *kek, .has_seq = true, .seq = seq };
}

START_TEST(older_by_its_sequence_number)
{
	static struct download d;
	struct kek kek = *group_kek(w.group);

	command("rekey tek");
	ck_assert_uint_eq(group_kek(w.group)->seq, kek.seq + 1);
	take(&d, &kek, kek.seq);
	ck_assert(group_kek_stale(w.group, &d));
	take(&d, &kek, kek.seq + 1);
	ck_assert(!group_kek_stale(w.group, &d));
	take(&d, &kek, kek.seq + 5);
	ck_assert(!group_kek_stale(w.group, &d));
	group_take_kek(w.group, &d, w.now);
	ck_assert_uint_eq(group_kek(w.group)->seq, kek.seq + 5);
}
END_TEST

START_TEST(of_a_kek_that_was_replaced)
{
	static struct download d;
	struct kek old = *group_kek(w.group);

	command("rekey kek");
	ck_assert_mem_ne(group_kek(w.group)->spi, old.spi, KEK_SPI_LEN);
	take(&d, &old, old.seq + 9);
	ck_assert(group_kek_stale(w.group, &d));
	/* a server that insists is followed, but never back below a number that was used (B2) */
	take(&d, &old, 0);
	group_take_kek(w.group, &d, w.now);
	ck_assert_mem_eq(group_kek(w.group)->spi, old.spi, KEK_SPI_LEN);
	ck_assert_uint_eq(group_kek(w.group)->seq, old.seq + 1);
	(void)group_datagram(w.group, w.now, &ends, pushes[0].data, pushes[0].len);
	world_carry_out(&w);
	ck_assert_uint_eq(stats()->push_succeeded, 1);
}
END_TEST

/* The same long after, when nothing of the old KEK is kept but its name and its count. */
START_TEST(a_spi_keeps_its_count)
{
	static struct download d;
	struct kek old = *group_kek(w.group);

	command("rekey kek");
	world_run(&w, w.now + 3600 * SECOND, NULL);
	take(&d, &old, 0);
	group_take_kek(w.group, &d, w.now);
	ck_assert_uint_eq(group_kek(w.group)->seq, old.seq + 1);
}
END_TEST

/* A server that deletes its KEK and gives it again, with its count, goes on where it was. */
START_TEST(of_a_kek_that_was_deleted)
{
	static struct download d;
	struct kek old = *group_kek(w.group);

	command("delete kek");
	ck_assert_ptr_null(group_kek(w.group));
	take(&d, &old, old.seq);
	ck_assert(group_kek_stale(w.group, &d));
	take(&d, &old, old.seq + 1);
	ck_assert(!group_kek_stale(w.group, &d));
	group_take_kek(w.group, &d, w.now);
	ck_assert_uint_eq(group_kek(w.group)->seq, old.seq + 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("group overtaken");
	TCase *t = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, a_new_kek_stays);
	tcase_add_test(t, deleted_keys_stay_deleted);
	tcase_add_test(t, an_added_policy_stays);
	tcase_add_test(t, replays_stay_refused);
	tcase_add_test(t, a_push_during_phase_1_is_no_harm);
	tcase_add_test(t, pushes_without_end);
	tcase_add_test(t, a_renewal_that_a_push_makes_needless);
	tcase_add_test(t, older_by_its_sequence_number);
	tcase_add_test(t, of_a_kek_that_was_replaced);
	tcase_add_test(t, a_spi_keeps_its_count);
	tcase_add_test(t, of_a_kek_that_was_deleted);
	suite_add_tcase(suite, t);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
