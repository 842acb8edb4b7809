/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What may be asked of the daemon as a whole: the arguments, the answers and the errors. */
#include "tests/unit/support/bus_served.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

START_TEST(verbs_work)
{
	char err[BUS_CLIENT_TEXT_MAX], name[80];
	struct bus_client *c = served_client();
	struct json_object *o;

	ck_assert_int_eq(bus_client_clear(c, NULL, err), 0);
	ck_assert_int_eq(bus_client_clear(c, "GROUP_ID-0001", err), 0);
	ck_assert_int_eq(bus_client_clear(c, "OTHER", err), -EREMOTEIO);
	ck_assert_str_eq(err, "no VPN is named 'OTHER'; there is GROUP_ID-0001");
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	ck_assert_int_eq(bus_client_clear(c, name, err), -EREMOTEIO);
	ck_assert_ptr_nonnull(strstr(err, "at most 63 characters"));
	ck_assert_int_eq(bus_client_reload(c, err), -EREMOTEIO);
	ck_assert_str_eq(err, "gvpnd.conf:3:1: grup: unknown statement; nothing was changed");
	ck_assert_int_eq(bus_client_reload(c, err), 0);

	ck_assert_int_eq(bus_client_snapshot(c, &o, err), 0);
	ck_assert_int_eq(json_object_get_int(json_object_object_get(o, "clears")), 2);
	ck_assert_str_eq(json_object_get_string(json_object_object_get(o, "cleared")), "GROUP_ID-0001");
	ck_assert_int_eq(json_object_get_int(json_object_object_get(o, "reloads")), 2);
	json_object_put(o);
	bus_client_close(c);
	served_stop();
}
END_TEST

START_TEST(explain_works)
{
	const struct explain_request q = { { 0xac10650a, 0xac10660a, 6, 65535, 179 },
					   EXPLAIN_WAY_IN,
					   "0123456789abcde" };
	struct bus_client *c = served_client();
	char err[BUS_CLIENT_TEXT_MAX] = "";
	struct explain_request gone = q;
	struct json_object *o;

	ck_assert_msg(bus_client_explain(c, &q, &o, err) == 0, "%s", err);
	ck_assert_str_eq(json_object_get_string(json_object_object_get(o, "because")),
			 "ac10650a ac10660a 6 65535 179 1 0123456789abcde");
	json_object_put(o);
	snprintf(gone.inside, sizeof(gone.inside), "gone9");
	ck_assert_int_eq(bus_client_explain(c, &gone, &o, err), -EREMOTEIO);
	ck_assert_str_eq(err, "there is no interface gone9");
	bus_client_close(c);
	served_stop();
}
END_TEST

/* What another client than ours may say, as busctl(1). */
START_TEST(explain_refuses)
{
	static const struct {
		const char *src, *dst, *way, *inside, *text;
	} cases[] = {
		{ "10.0.0", "10.0.0.1", "", "", "'10.0.0' is not an address; expected an IPv4 address A.B.C.D" },
		{ "10.0.0.1", "::1", "", "", "'::1' is not an address" },
		{ "10.0.0.1", "10.0.0.2", "up", "", "'up' is not a direction; expected in, out or nothing" },
		{ "10.0.0.1", "10.0.0.2", "", "0123456789abcdef", "an interface has at most 15 characters" },
	};
	sd_bus *b = served_connect();

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		sd_bus_error e = SD_BUS_ERROR_NULL;

		ck_assert_int_lt(sd_bus_call_method(b, NULL, BUS_OBJECT, BUS_INTERFACE, "Explain", &e, NULL, "ssyqqss",
						    cases[i].src, cases[i].dst, 6, 1, 2, cases[i].way, cases[i].inside),
				 0);
		ck_assert_str_eq(e.name, SD_BUS_ERROR_INVALID_ARGS);
		ck_assert_msg(strstr(e.message, cases[i].text), "%s", e.message);
		sd_bus_error_free(&e);
	}
	sd_bus_flush_close_unref(b);
	served_stop();
}
END_TEST

START_TEST(stop_keeps)
{
	char err[BUS_CLIENT_TEXT_MAX];
	struct bus_client *c = served_client();

	ck_assert_int_eq(bus_client_stop(c, true, err), 0);
	ck_assert_int_eq(served_wait(), 42);
	ck_assert_int_lt(access(served_path, F_OK), 0);
	ck_assert_int_eq(bus_client_reload(c, err), -ECONNRESET);
	bus_client_close(c);
	ck_assert_int_eq(bus_client_open(&c, served_path, err), -ENOENT);
	ck_assert_ptr_nonnull(strstr(err, served_path));
	ck_assert_ptr_nonnull(strstr(err, "systemctl start gvpnd"));
}
END_TEST

/* A small answer for who asks often: no snapshot is made for it. */
START_TEST(counters_alone)
{
	struct bus_client *c = served_client();
	char err[BUS_CLIENT_TEXT_MAX];
	struct json_object *o, *counters;

	ck_assert_int_eq(bus_client_counters(c, &o, err), 0);
	ck_assert_int_eq(json_object_object_length(o), 2);
	ck_assert_int_eq(json_object_get_int(json_object_object_get(o, "format")), 2);
	counters = json_object_object_get(o, "counters");
	ck_assert_int_eq(json_object_get_int(json_object_object_get(counters, "esp_in")), 7);
	json_object_put(o);
	bus_client_close(c);
	ck_assert_int_eq(served_says("counted"), 1);
	served_stop();
}
END_TEST

START_TEST(introspection)
{
	static const char *const methods[] = {
		"Snapshot", "Counters", "Explain", "Clear", "Reload", "Stop", "Monitor"
	};
	sd_bus *b = served_connect();
	sd_bus_message *reply = NULL;
	const char *text;
	char element[64];

	ck_assert_int_ge(sd_bus_call_method(b, NULL, BUS_OBJECT, "org.freedesktop.DBus.Introspectable", "Introspect",
					    NULL, &reply, NULL),
			 0);
	ck_assert_int_ge(sd_bus_message_read(reply, "s", &text), 0);
	for (size_t i = 0; i < ARRAY_SIZE(methods); i++) {
		snprintf(element, sizeof(element), "<method name=\"%s\">", methods[i]);
		ck_assert_msg(strstr(text, element) != NULL, "%s is missing in %s", methods[i], text);
	}
	sd_bus_message_unref(reply);
	sd_bus_flush_close_unref(b);
	served_stop();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("bus manager");
	TCase *tc = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, served_set_up, served_tear_down);
	tcase_add_test(tc, verbs_work);
	tcase_add_test(tc, counters_alone);
	tcase_add_test(tc, introspection);
	tcase_add_test(tc, explain_works);
	tcase_add_test(tc, explain_refuses);
	tcase_add_test(tc, stop_keeps);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
