/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What goes out unasked: events, changes of the groups, objects that come and go. */
#include "tests/unit/support/bus_served.h"

#include <check.h>
#include <stdlib.h>

START_TEST(group_objects)
{
	sd_bus *b = served_connect();

	served_check_properties(b, NULL);
	ck_assert_int_ge(sd_bus_call_method(b, NULL, SERVED_GROUP, SERVED_GROUP_INTERFACE, "Clear", NULL, NULL, NULL),
			 0);
	sd_bus_flush_close_unref(b);
	ck_assert_int_eq(served_says("clears"), 1);
	served_stop();
}
END_TEST

START_TEST(signals)
{
	sd_bus *deaf = served_connect(), *b = served_connect();
	struct served_heard heard = { 0 }, silence = { 0 };

	ck_assert_int_ge(sd_bus_add_filter(b, NULL, served_on_signal, &heard), 0);
	ck_assert_int_ge(sd_bus_add_filter(deaf, NULL, served_on_signal, &silence), 0);
	ck_assert_int_ge(sd_bus_call_method(b, NULL, BUS_OBJECT, BUS_INTERFACE, "Monitor", NULL, NULL, NULL), 0);
	ck_assert_int_ge(
		sd_bus_call_method(deaf, NULL, BUS_OBJECT, BUS_INTERFACE, "Clear", NULL, NULL, "s", "GROUP_ID-0001"),
		0);
	served_listen(b, &heard, 1, 2);
	ck_assert_str_eq(heard.path, SERVED_GROUP " Group");
	ck_assert_str_eq(heard.name, "keys-cleared");
	ck_assert_str_eq(heard.vpn, "GROUP_ID-0001");
	ck_assert_str_eq(heard.server, "10.10.100.1");
	ck_assert_uint_eq(heard.spi, 0x1c548e4e);
	ck_assert_uint_eq(heard.changes, 2); /* both groups were new to the listener */
	/* All of them: an event of no VPN is the manager's; and nothing has changed since. */
	ck_assert_int_ge(sd_bus_call_method(deaf, NULL, BUS_OBJECT, BUS_INTERFACE, "Clear", NULL, NULL, "s", ""), 0);
	served_listen(b, &heard, 2, 2);
	ck_assert_str_eq(heard.path, BUS_OBJECT " Manager");
	ck_assert_str_eq(heard.vpn, "");
	ck_assert_uint_eq(heard.changes, 2);
	ck_assert_int_ge(sd_bus_process(deaf, NULL), 0);
	ck_assert_uint_eq(silence.events + silence.changes, 0);
	sd_bus_flush_close_unref(b);
	sd_bus_flush_close_unref(deaf);
	served_stop();
}
END_TEST

/* A reload that takes one VPN and brings another; the one that stays is no news. */
START_TEST(objects_come_and_go)
{
	sd_bus *b = served_connect();
	struct served_heard heard = { 0 };
	sd_bus_message *reply = NULL;
	const char *object;

	ck_assert_int_ge(sd_bus_add_filter(b, NULL, served_on_signal, &heard), 0);
	ck_assert_int_ge(sd_bus_call_method(b, NULL, BUS_OBJECT, BUS_INTERFACE, "Monitor", NULL, NULL, NULL), 0);
	ck_assert_int_lt(sd_bus_call_method(b, NULL, BUS_OBJECT, BUS_INTERFACE, "Reload", NULL, NULL, NULL), 0);
	ck_assert_int_ge(sd_bus_call_method(b, NULL, BUS_OBJECT, BUS_INTERFACE, "Reload", NULL, NULL, NULL), 0);
	served_listen(b, &heard, 0, 3);
	ck_assert_str_eq(heard.objects, "-lab +branch ");
	ck_assert_int_ge(sd_bus_call_method(b, NULL, BUS_OBJECT, "org.freedesktop.DBus.ObjectManager",
					    "GetManagedObjects", NULL, &reply, NULL),
			 0);
	ck_assert_int_ge(sd_bus_message_enter_container(reply, 'a', "{oa{sa{sv}}}"), 0);
	ck_assert_int_ge(sd_bus_message_enter_container(reply, 'e', "oa{sa{sv}}"), 0);
	ck_assert_int_ge(sd_bus_message_read(reply, "o", &object), 0);
	ck_assert_ptr_nonnull(strstr(object, BUS_OBJECT));
	sd_bus_message_unref(reply);
	sd_bus_flush_close_unref(b);
	served_stop();
}
END_TEST

/* A listener that does not read is disconnected, and nobody else notices. */
START_TEST(unread_signals)
{
	sd_bus *b = served_connect(), *other = served_connect();

	ck_assert_int_ge(sd_bus_call_method(b, NULL, BUS_OBJECT, BUS_INTERFACE, "Monitor", NULL, NULL, NULL), 0);
	for (int i = 0; i < 20000 && served_says("notes") == 0; i++)
		for (int j = 0; j < 100; j++)
			ck_assert_int_ge(sd_bus_call_method(other, NULL, BUS_OBJECT, BUS_INTERFACE, "Clear", NULL, NULL,
							    "s", ""),
					 0);
	ck_assert_int_eq(served_says("notes"), 1);
	sd_bus_close_unref(b);
	sd_bus_flush_close_unref(other);
	served_stop();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("bus signals");
	TCase *tc = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, served_set_up, served_tear_down);
	tcase_add_test(tc, group_objects);
	tcase_add_test(tc, signals);
	tcase_add_test(tc, objects_come_and_go);
	tcase_add_test(tc, unread_signals);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
