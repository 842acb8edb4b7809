/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ports that servers choose for their pushes: which are taken, and how long they stay open. */
#include "tests/unit/support/world.h"

#include "member/group/private.h"

#include <check.h>
#include <stdlib.h>

#define SECOND 1000u

static struct world w;

static void setup(void)
{
	world_make(&w, 1, "");
	w.share = 500;
	world_server(&w, 0, WORLD_PUSHES);
	world_start(&w);
	ck_assert(world_run(&w, w.now + SECOND, world_registered));
}

static void teardown(void)
{
	world_free(&w);
}

/* A pull has brought another KEK, whose pushes come to PORT. */
static void take_kek(uint16_t port)
{
	static struct download d;

	d.has_kek = d.has_seq = true;
	d.kek = *group_kek(w.group);
	d.kek.spi[0]++;
	d.kek.port = port;
	group_take_kek(w.group, &d, w.now);
	world_carry_out(&w);
	ck_assert_uint_eq(group_kek(w.group)->port, port);
}

START_TEST(ports_of_other_services_are_refused)
{
	static const uint16_t ports[] = { 1, 22, 500, 847, 849, 1023 };
	uint16_t used[GROUP_PORTS_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(ports); i++) {
		w.log_len = 0;
		take_kek(ports[i]);
		ck_assert_uint_eq(w.listens, 0);
		ck_assert_ptr_nonnull(strstr(w.log, "is another service's"));
		ck_assert_uint_eq(group_ports(w.group, used), 0);
	}
	w.log_len = 0;
	w.log[0] = '\0';
	take_kek(GDOI_PORT);
	ck_assert_uint_eq(w.listens, 0);
	ck_assert_str_eq(w.log, "");
	take_kek(1024);
	ck_assert_uint_eq(w.listens, 1024);
}
END_TEST

/* The port of a KEK that went is needed for retransmissions under it, and then no more. */
START_TEST(a_port_goes_with_its_kek)
{
	uint16_t used[GROUP_PORTS_MAX];

	take_kek(5000);
	ck_assert_uint_eq(group_ports(w.group, used), 1);
	ck_assert_uint_eq(used[0], 5000);
	take_kek(5001);
	take_kek(5001);
	ck_assert_uint_eq(group_ports(w.group, used), 2);
	for (uint16_t port = 6000; port < 6100; port++)
		take_kek(port);
	ck_assert_uint_eq(group_ports(w.group, used), GROUP_PORTS_MAX);
	take_kek(GDOI_PORT);
	world_run(&w, w.now + 400 * SECOND, NULL);
	ck_assert_uint_eq(group_ports(w.group, used), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("group ports");
	TCase *t = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, ports_of_other_services_are_refused);
	tcase_add_test(t, a_port_goes_with_its_kek);
	suite_add_tcase(suite, t);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
