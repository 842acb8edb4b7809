/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Each event has a name, an id and an entry of the journal's catalog; and the limit of the lines that peers cause. */
#include "member/daemon/transport.h"
#include "member/log/event.h"
#include "member/log/limit.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define CATALOG "systemd/gvpnd.catalog"
#define ID_LEN 32

/* What the catalog says of one event. */
struct entry {
	unsigned times, subjects, defined_by, documentation, text_lines;
};

static enum event event_of(const char *id)
{
	for (int e = EVENT_NONE + 1; e < EVENT_MAX_; e++)
		if (strcmp(event_message_id((enum event)e), id) == 0)
			return (enum event)e;
	return EVENT_NONE;
}

static bool begins(const char *line, const char *with)
{
	return strncmp(line, with, strlen(with)) == 0 && strlen(line) > strlen(with);
}

/* The fields that an entry of the journal may have (member/log/log.c). */
static void check_references(const char *line)
{
	static const char *const known[] = { "@GVPN_VPN@", "@GVPN_GROUP@", "@GVPN_SERVER@", "@GVPN_SPI@" };

	for (const char *at = strchr(line, '@'); at; at = strchr(at, '@')) {
		size_t len = 0;

		for (size_t i = 0; i < ARRAY_SIZE(known); i++)
			if (strncmp(at, known[i], strlen(known[i])) == 0)
				len = strlen(known[i]);
		ck_assert_msg(len > 0, "'%s' has a reference to no field of ours", line);
		at += len;
	}
}

static void read_catalog(struct entry entries[static EVENT_MAX_])
{
	char line[512];
	enum event e = EVENT_NONE;
	bool text = false;
	FILE *f = fopen(CATALOG, "re");

	ck_assert_msg(f != NULL, "cannot open %s", CATALOG);
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, "-- ", 3) == 0) {
			ck_assert_uint_eq(strlen(line + 3), ID_LEN);
			e = event_of(line + 3);
			ck_assert_msg(e != EVENT_NONE, "%s is the id of no event", line + 3);
			entries[e].times++;
			text = false;
			continue;
		}
		check_references(line);
		if (e == EVENT_NONE)
			ck_assert_msg(line[0] == '#' || line[0] == '\0', "'%s' before the first entry", line);
		else if (line[0] == '\0')
			text = true;
		else if (text)
			entries[e].text_lines++;
		entries[e].subjects += !text && begins(line, "Subject: ");
		entries[e].defined_by += !text && strcmp(line, "Defined-By: gvpnd") == 0;
		entries[e].documentation += !text && begins(line, "Documentation: man:");
	}
	fclose(f);
}

START_TEST(every_event_has_one_entry)
{
	struct entry entries[EVENT_MAX_] = { 0 };

	read_catalog(entries);
	for (int e = EVENT_NONE + 1; e < EVENT_MAX_; e++) {
		const char *name = event_name((enum event)e);

		ck_assert_msg(entries[e].times == 1, "%s has %u entries", name, entries[e].times);
		ck_assert_msg(entries[e].subjects == 1, "%s has %u subjects", name, entries[e].subjects);
		ck_assert_msg(entries[e].defined_by == 1, "%s: Defined-By", name);
		ck_assert_msg(entries[e].documentation == 1, "%s: Documentation", name);
		ck_assert_msg(entries[e].text_lines >= 2, "%s has no text", name);
	}
}
END_TEST

START_TEST(names_and_ids)
{
	ck_assert_ptr_null(event_name(EVENT_NONE));
	ck_assert_ptr_null(event_message_id(EVENT_NONE));
	ck_assert_ptr_null(event_name(EVENT_MAX_));
	ck_assert_ptr_null(event_message_id(EVENT_MAX_));
	for (int e = EVENT_NONE + 1; e < EVENT_MAX_; e++) {
		const char *name = event_name((enum event)e), *id = event_message_id((enum event)e);

		ck_assert_msg(name != NULL && id != NULL, "event %d has no name or id", e);
		ck_assert_uint_eq(strlen(name), strspn(name, "abcdefghijklmnopqrstuvwxyz-"));
		ck_assert_uint_eq(strlen(id), ID_LEN);
		ck_assert_uint_eq(strspn(id, "0123456789abcdef"), ID_LEN);
		ck_assert_int_eq(event_of(id), e); /* nobody else's */
		for (int other = EVENT_NONE + 1; other < e; other++)
			ck_assert_str_ne(event_name((enum event)other), name);
	}
}
END_TEST

/* --- the limit --- */

#define SERVER 0x0a0a6401u
#define START 100000u

static struct log_limit limit;

static bool pass(uint64_t now, enum event event, uint32_t server)
{
	return log_limit_pass(&limit, now, LOG_LEVEL_WARNING, event, server);
}

static void no_due(uint64_t now)
{
	struct log_limit_missed m;

	ck_assert(!log_limit_due(&limit, now, &m));
}

START_TEST(few_lines_pass)
{
	for (uint64_t now = START; now < START + 100 * (uint64_t)LOG_LIMIT_MS; now += LOG_LIMIT_MS / LOG_LIMIT_LINES) {
		no_due(now);
		ck_assert(pass(now, EVENT_PUSH_REFUSED, SERVER));
		ck_assert_uint_eq(log_limit_deadline(&limit), UINT64_MAX);
	}
}
END_TEST

START_TEST(a_flood_is_one_number)
{
	struct log_limit_missed m = { 0 };

	for (unsigned i = 0; i < 1000; i++)
		ck_assert_int_eq(pass(START + i, EVENT_PUSH_REFUSED, SERVER), i < LOG_LIMIT_LINES);
	ck_assert_uint_eq(log_limit_deadline(&limit), START + LOG_LIMIT_MS);
	no_due(START + LOG_LIMIT_MS - 1);
	ck_assert(log_limit_due(&limit, START + LOG_LIMIT_MS, &m));
	ck_assert_uint_eq(m.lines, 1000 - LOG_LIMIT_LINES);
	ck_assert_int_eq(m.level, LOG_LEVEL_WARNING);
	ck_assert_int_eq(m.event, EVENT_PUSH_REFUSED);
	ck_assert_uint_eq(m.server, SERVER);
	no_due(START + LOG_LIMIT_MS);
	ck_assert_uint_eq(log_limit_deadline(&limit), UINT64_MAX);
	ck_assert(pass(START + LOG_LIMIT_MS, EVENT_PUSH_REFUSED, SERVER));
}
END_TEST

/* One server's flood, or one event's, takes nothing from another's. */
START_TEST(each_has_its_own)
{
	for (unsigned i = 0; i <= LOG_LIMIT_LINES; i++)
		(void)pass(START, EVENT_PUSH_REFUSED, SERVER);
	ck_assert(!pass(START, EVENT_PUSH_REFUSED, SERVER));
	ck_assert(pass(START, EVENT_PUSH_REFUSED, SERVER + 1));
	ck_assert(pass(START, EVENT_NONE, SERVER));
	ck_assert(log_limit_pass(&limit, START, LOG_LEVEL_INFO, EVENT_PUSH_REFUSED, SERVER));
}
END_TEST

/* Senders beyond the table share one allowance, nobody's number is lost, and the table is free again later. */
START_TEST(many_senders)
{
	unsigned logged = 0, missed = 0, senders = 10000;
	struct log_limit_missed m;

	for (uint32_t i = 0; i < senders; i++)
		logged += pass(START, EVENT_NONE, SERVER + i);
	ck_assert_uint_eq(logged, LOG_LIMIT_KEYS + LOG_LIMIT_LINES);
	while (log_limit_due(&limit, START + LOG_LIMIT_MS, &m)) {
		ck_assert_uint_eq(m.server, 0);
		missed += m.lines;
	}
	ck_assert_uint_eq(logged + missed, senders);
	ck_assert(pass(START + LOG_LIMIT_MS, EVENT_NONE, 1));
}
END_TEST

static void receive(void *ctx, const struct udp_ends *ends, const uint8_t *data, size_t len)
{
	(void)ctx, (void)ends, (void)data, (void)len;
}

START_TEST(dropped_datagrams)
{
	const struct udp_ends ends = { 0x0a126501, SERVER, 848, 848 };
	struct transport *t = NULL;
	sd_event *loop = NULL;
	struct log *log = NULL;
	char text[8192];
	unsigned lines = 0;
	int fds[2];
	ssize_t n;

	ck_assert_int_eq(pipe2(fds, O_NONBLOCK | O_CLOEXEC), 0);
	ck_assert_int_eq(log_open_fd(&log, fds[1], LOG_LEVEL_INFO), 0);
	ck_assert_int_ge(sd_event_new(&loop), 0);
	ck_assert_int_eq(transport_new(&t, loop, log, receive, NULL), 0);
	for (int i = 0; i < 100; i++)
		transport_dropped(t, LOG_LEVEL_INFO, &ends, "no group takes it");
	n = read(fds[0], text, sizeof(text) - 1);
	ck_assert_int_gt(n, 0);
	text[n] = '\0';
	for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++)
		lines++;
	ck_assert_uint_eq(lines, LOG_LIMIT_LINES);
	ck_assert_ptr_nonnull(strstr(text, "a datagram from 10.10.100.1 to 10.18.101.1 is dropped: no group takes it"));
	transport_free(t);
	sd_event_unref(loop);
	log_close(log);
	close(fds[0]);
	close(fds[1]);
}
END_TEST

static void setup(void)
{
	limit = (struct log_limit){ 0 };
}

int main(void)
{
	Suite *suite = suite_create("event");
	TCase *t = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, every_event_has_one_entry);
	tcase_add_test(t, names_and_ids);
	tcase_add_test(t, few_lines_pass);
	tcase_add_test(t, a_flood_is_one_number);
	tcase_add_test(t, each_has_its_own);
	tcase_add_test(t, many_senders);
	tcase_add_test(t, dropped_datagrams);
	suite_add_tcase(suite, t);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
