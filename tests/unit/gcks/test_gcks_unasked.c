/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A server that asks for no acknowledgements (RFC 8263 is optional), with a member, from end to end: the member sends
 * none, stays a member, and takes every push, also those that follow each other closely or are lost once.
 */
#include "tests/unit/support/world.h"

#include "tests/gcks/command.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#define SECOND 1000u
#define COMMUNICATION "set security group-vpn server group G server-member-communication "
#define SERVER                                                                                                         \
	COMMUNICATION "communication-type unicast\n" COMMUNICATION "encryption-algorithm aes-256-cbc\n" COMMUNICATION  \
		      "sig-hash-algorithm sha-256\n" COMMUNICATION "lifetime-seconds 7200\n"                           \
		      "set security group-vpn server group G test acknowledgement none\n"

static struct world w;
static unsigned to_lose;

static bool lose_pushes(struct world *unused, bool to_server, const uint8_t *data, size_t len)
{
	(void)unused;
	return !to_server && len > 18 && data[18] == 33 && to_lose > 0 && to_lose--;
}

static void setup(void)
{
	to_lose = 0;
	world_make(&w, 1, "");
	w.share = 500;
	w.drop = lose_pushes;
	world_server(&w, 0, SERVER);
	group_start(w.group, w.now);
	ck_assert(world_run(&w, w.now + SECOND, world_registered));
	w.sent = 0;
}

static void teardown(void)
{
	world_free(&w);
}

/* What the server answers; the caller's, to free. */
static char *asked(const char *line)
{
	struct gcks_error err = { "" };
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	ck_assert_msg(gcks_command(w.server[0], w.now, 0, line, out, &err) == 0, "%s: %s", line, err.text);
	fclose(out);
	world_run(&w, w.now + 1, NULL);
	return text;
}

static void command(const char *line)
{
	free(asked(line));
}

static void answer_has(const char *line, const char *words)
{
	char *text = asked(line);

	ck_assert_msg(strstr(text, words) != NULL, "\"%s\" is not in:\n%s", words, text);
	free(text);
}

static void pushes_are(uint64_t succeeded)
{
	ck_assert_uint_eq(group_stats(w.group)->push_succeeded, succeeded);
	ck_assert_uint_eq(group_stats(w.group)->push_failed, 0);
	ck_assert_uint_eq(group_stats(w.group)->pull_succeeded, 1);
	ck_assert_uint_eq(w.sent, 0);
}

START_TEST(nothing_is_sent_back_and_nobody_is_removed)
{
	ck_assert_uint_eq(group_kek(w.group)->ack_type, 0);
	command("rekey tek");
	pushes_are(1);
	answer_has("show kek security-associations detail", "PUSH negotiations in progress: 1");
	world_run(&w, w.now + 60 * SECOND, NULL); /* all repetitions, and the time in which others are removed */
	pushes_are(1);
	answer_has("show registered-members", "10.18.101.1");
	answer_has("show kek security-associations detail", "PUSH negotiations in progress: 0");
	answer_has("show statistics", "Push Sent                    : 1");
	answer_has("show statistics", "Push Unacknowledged          : 0");
	command("rekey kek");
	command("rekey tek"); /* waits: it can be read with the new KEK only */
	world_run(&w, w.now + 60 * SECOND, NULL);
	pushes_are(3);
}
END_TEST

START_TEST(the_next_push_does_not_wait)
{
	command("rekey tek");
	command("rekey tek");
	command("rekey tek");
	pushes_are(3);
	world_run(&w, w.now + 60 * SECOND, NULL); /* and none is repeated after a later one, which would be refused */
	pushes_are(3);
}
END_TEST

START_TEST(what_is_lost_comes_again)
{
	to_lose = 2;
	command("rekey tek");
	pushes_are(0);
	world_run(&w, w.now + 21 * SECOND, NULL);
	pushes_are(1);
	to_lose = 2;
	command("rekey kek");
	command("rekey tek");
	pushes_are(1);
	world_run(&w, w.now + 60 * SECOND, NULL);
	pushes_are(3);
}
END_TEST

START_TEST(for_a_day)
{
	uint64_t end = w.now + 86400 * SECOND;

	while (w.now < end) {
		world_run(&w, w.now + 5 * SECOND, NULL);
		ck_assert_ptr_nonnull(world_sender(&w));
	}
	ck_assert_uint_ge(group_stats(w.group)->push_succeeded, 24 + 11);
	pushes_are(group_stats(w.group)->push_succeeded);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("gcks_unasked");
	TCase *t = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, nothing_is_sent_back_and_nobody_is_removed);
	tcase_add_test(t, the_next_push_does_not_wait);
	tcase_add_test(t, what_is_lost_comes_again);
	tcase_add_test(t, for_a_day);
	suite_add_tcase(suite, t);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
