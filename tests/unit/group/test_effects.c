/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a step of a group wants to be done, and when: nothing happens within a step, a push is acknowledged only after
 * the result of the apply, and the queue is bounded.  And each part of a group is written by one file.  Run from the
 * root of the tree.
 */
#include "tests/unit/support/world.h"

#include "member/group/private.h"

#include <check.h>
#include <glob.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>

#define SECOND 1000u

static struct world w;
static uint8_t push[4096];
static size_t push_len;

static void teardown(void)
{
	world_free(&w);
}

static bool keep_push(struct world *world, bool to_server, const uint8_t *data, size_t len)
{
	(void)world;
	if (to_server || push_len > 0)
		return false;
	ck_assert_uint_le(len, sizeof(push));
	memcpy(push, data, len);
	push_len = len;
	return true;
}

/* A member that is registered, and a push that has not come yet. */
static void setup(void)
{
	world_make(&w, 1, "");
	world_server(&w, 0, WORLD_PUSHES);
	world_start(&w);
	ck_assert(world_run(&w, w.now + SECOND, world_registered));
	push_len = 0;
	w.drop = keep_push;
	world_command(&w, 0, "rekey tek");
	w.drop = NULL;
	ck_assert_uint_gt(push_len, 0);
}

/* How many effects of each kind are in the queue; TOLD (may be NULL): whether a record with this id is among them. */
static void take_all(unsigned n[static GROUP_ASKS_COUNTERS + 1], enum record_id id, bool *told)
{
	struct group_effect *e;

	memset(n, 0, (GROUP_ASKS_COUNTERS + 1) * sizeof(*n));
	if (told)
		*told = false;
	while ((e = group_take_effect(w.group))) {
		n[e->kind]++;
		if (told && e->kind == GROUP_TELLS && e->record.id == id)
			*told = true;
		group_effect_free(e);
	}
}

static void push_comes(void)
{
	const struct udp_ends ends = { WORLD_MEMBER, WORLD_SERVER(0), GDOI_PORT, GDOI_PORT };

	ck_assert(group_datagram(w.group, w.now, &ends, push, push_len));
}

/* RFC 8263 6: the acknowledgement is an effect of the apply's result, and of no other input. */
START_TEST(acknowledged_when_held)
{
	const struct group_apply_result refused = { .error = -EIO }, held = { 0 };
	unsigned n[GROUP_ASKS_COUNTERS + 1], sent = w.sent;
	bool told;

	push_comes();
	ck_assert_uint_eq(w.sent, sent); /* the step has done nothing */
	take_all(n, RECORD_PUSH_REKEYED, &told);
	ck_assert(told);
	ck_assert_uint_eq(n[GROUP_CHANGED], 1);
	ck_assert_uint_eq(n[GROUP_SENDS], 0);
	group_tick(w.group, w.now);
	take_all(n, RECORD_NOTHING, NULL);
	ck_assert_uint_eq(n[GROUP_SENDS], 0);

	group_applied(w.group, w.now, &refused);
	take_all(n, RECORD_PUSH_KERNEL_LACKS, &told);
	ck_assert(told);
	ck_assert_uint_eq(n[GROUP_SENDS], 0);
	group_applied(w.group, w.now, &held); /* of another group's change: nothing is owed any more */
	take_all(n, RECORD_NOTHING, NULL);
	ck_assert_uint_eq(n[GROUP_SENDS], 0);

	push_comes(); /* once more, as it was not acknowledged */
	take_all(n, RECORD_NOTHING, NULL);
	ck_assert_uint_eq(n[GROUP_CHANGED], 1);
	ck_assert_uint_eq(n[GROUP_SENDS], 0);
	group_applied(w.group, w.now, &held);
	take_all(n, RECORD_NOTHING, NULL);
	ck_assert_uint_eq(n[GROUP_SENDS], 1);
	ck_assert_uint_eq(group_stats(w.group)->push_succeeded, 1);
}
END_TEST

/* The keys that are cleared take the KEK with them, under which an acknowledgement was owed. */
START_TEST(nothing_is_owed_under_a_kek_that_is_gone)
{
	const struct group_apply_result held = { 0 };
	struct group_effect *e;

	push_comes();
	group_clear(w.group, w.now);
	while ((e = group_take_effect(w.group)))
		group_effect_free(e);
	group_applied(w.group, w.now, &held);
	ck_assert_ptr_null(group_take_effect(w.group));
}
END_TEST

/* A change is wanted once, however often a step has said so, and is never lost for want of room. */
START_TEST(the_queue_is_bounded)
{
	unsigned n[GROUP_ASKS_COUNTERS + 1];

	for (unsigned i = 0; i < 2 * GROUP_EFFECTS_MAX; i++)
		group_tell(w.group, 0, RECORD_KEK_ENDED);
	for (unsigned i = 0; i < 3; i++) {
		group_change(w.group);
		group_ask_counters(w.group);
	}
	take_all(n, RECORD_NOTHING, NULL);
	ck_assert_uint_eq(n[GROUP_TELLS], GROUP_EFFECTS_MAX);
	ck_assert_uint_eq(n[GROUP_CHANGED], 1);
	ck_assert_uint_eq(n[GROUP_ASKS_COUNTERS], 1);
	group_change(w.group);
	take_all(n, RECORD_NOTHING, NULL);
	ck_assert_uint_eq(n[GROUP_CHANGED], 1);
}
END_TEST

/* --- one writer a part --- */

static char *read_file(const char *path)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = fopen(path, "re");

	ck_assert_msg(f != NULL, "cannot open %s", path);
	ck_assert_int_gt(getdelim(&text, &len, '\0', f), 0);
	fclose(f);
	return text;
}

/* The first line of TEXT that writes a field of PART; NULL: none. */
static char *line_that_writes(const char *text, const char *part)
{
	char pattern[256], *line;
	regmatch_t m;
	regex_t re;

	snprintf(pattern, sizeof(pattern),
		 "[^\n]*(g->%s(\\.[a-z_]+|\\[[^]]*\\])* "
		 "*(=[^=]|[-+|&]=|\\+\\+|--)|(\\+\\+|--)g->%s\\.|mem[a-z]+\\(&?g->%s\\.|"
		 "TAKE\\(g->%s\\.)[^\n]*",
		 part, part, part, part);
	ck_assert_int_eq(regcomp(&re, pattern, REG_EXTENDED), 0);
	line = regexec(&re, text, 1, &m, 0) == 0 ? strndup(text + m.rm_so, (size_t)(m.rm_eo - m.rm_so)) : NULL;
	regfree(&re);
	return line;
}

START_TEST(each_part_has_one_writer)
{
	static const struct {
		const char *part, *file;
	} parts[] = {
		{ "effects", "effects.c" },   { "applying", "applied.c" },  { "life", "state.c" },
		{ "schedule", "schedule.c" }, { "servers", "servers.c" },   { "registration", "registration.c" },
		{ "turn", "turn.c" },         { "late", "late_answers.c" }, { "keks", "kek.c" },
		{ "notes", "notes.c" },       { "counts", "counts.c" },     { "recovery", "recovery.c" },
	};
	glob_t files;

	ck_assert_int_eq(glob("member/group/*.c", 0, NULL, &files), 0);
	ck_assert_uint_gt(files.gl_pathc, 15);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		bool written = false;

		for (size_t j = 0; j < files.gl_pathc; j++) {
			const char *name = strrchr(files.gl_pathv[j], '/') + 1;
			char *text = read_file(files.gl_pathv[j]), *line = line_that_writes(text, parts[i].part);

			if (strcmp(name, parts[i].file) == 0)
				written = line;
			else
				ck_assert_msg(!line, "%s writes %s: '%s'", name, parts[i].part, line);
			free(line);
			free(text);
		}
		ck_assert_msg(written, "%s does not write %s", parts[i].file, parts[i].part);
	}
	globfree(&files);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("effects");
	TCase *t = tcase_create("all"), *tree = tcase_create("tree");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, acknowledged_when_held);
	tcase_add_test(t, nothing_is_owed_under_a_kek_that_is_gone);
	tcase_add_test(t, the_queue_is_bounded);
	tcase_add_test(tree, each_part_has_one_writer);
	suite_add_tcase(suite, t);
	suite_add_tcase(suite, tree);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
