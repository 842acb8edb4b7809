/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Each event has a name, an id and an entry of the journal's catalog. */
#include "member/log/event.h"

#include "lib/gvpn.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

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

int main(void)
{
	Suite *suite = suite_create("event");
	TCase *t = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(t, every_event_has_one_entry);
	tcase_add_test(t, names_and_ids);
	suite_add_tcase(suite, t);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
