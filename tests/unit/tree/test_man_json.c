/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gvpn-json(5) against what programs read: every key and every metric is described. */
#include "member/ctl/metrics.h"
#include "member/daemon/snapshot.h"
#include "tests/unit/support/man_page.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static unsigned check_keys(struct json_object *o, const char *page)
{
	unsigned n = 0;

	if (json_object_is_type(o, json_type_array))
		for (size_t i = 0; i < json_object_array_length(o); i++)
			n += check_keys(json_object_array_get_idx(o, i), page);
	if (!json_object_is_type(o, json_type_object))
		return n;
	json_object_object_foreach (o, key, value) {
		ck_assert_msg(man_has_word(page, key), "gvpn-json(5) does not name '%s'", key);
		n += 1 + check_keys(value, page);
	}
	return n;
}

/* Keys as the daemon's source sets them: add_count(o, "key", ...).  The golden snapshots may lack one. */
static unsigned check_source(const char *path, const char *page)
{
	char *text = calloc(1, MAN_PAGE_MAX), key[64];
	FILE *f = fopen(path, "r");
	unsigned n = 0;

	ck_assert_msg(f != NULL, "%s", path);
	ck_assert_uint_lt(fread(text, 1, MAN_PAGE_MAX, f), MAN_PAGE_MAX);
	fclose(f);
	for (const char *at = text; (at = strstr(at, ", \"")); at++) {
		size_t len = strspn(at + 3, "abcdefghijklmnopqrstuvwxyz_");

		if (len == 0 || len >= sizeof(key) || strncmp(at + 3 + len, "\",", 2) != 0)
			continue;
		snprintf(key, sizeof(key), "%.*s", (int)len, at + 3);
		ck_assert_msg(man_has_word(page, key), "gvpn-json(5) does not name '%s' of %s", key, path);
		n++;
	}
	free(text);
	return n;
}

START_TEST(json_is_documented)
{
	static const char *const golden[] = { "srx", "mx", "several", "none" };
	char *page = man_read_page("gvpn-json.5"), path[64];

	for (size_t i = 0; i < ARRAY_SIZE(golden); i++) {
		snprintf(path, sizeof(path), "tests/unit/golden/%s.json", golden[i]);
		struct json_object *o = json_object_from_file(path);

		ck_assert_msg(o != NULL, "%s", path);
		ck_assert_int_eq(json_object_get_int(json_object_object_get(o, "format")), SNAPSHOT_FORMAT);
		ck_assert_uint_ge(check_keys(o, page), 4);
		json_object_put(o);
	}
	ck_assert_uint_gt(check_source("member/daemon/snapshot.c", page), 60);
	ck_assert_uint_gt(check_source("member/daemon/explain.c", page), 15);
	ck_assert_uint_ge(check_source("member/ctl/verb_monitor.c", page), 5);
	ck_assert_uint_ge(check_source("member/ctl/output_json.c", page), 2);
	free(page);
}
END_TEST

START_TEST(metrics_are_documented)
{
	char *page = man_read_page("gvpn-json.5"), *text = NULL;
	struct json_object *o = json_object_from_file("tests/unit/golden/several.json");
	unsigned n = 0;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	ck_assert(o && f);
	ck_assert_int_eq(metrics_print(f, o), 0);
	fclose(f);
	for (char *save = NULL, *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (strncmp(line, "# TYPE ", 7) == 0) {
			line[7 + strcspn(line + 7, " ")] = '\0';
			ck_assert_msg(man_has_word(page, line + 7), "gvpn-json(5) does not name %s", line + 7);
			n++;
			continue;
		}
		char *at = line[0] == '#' ? NULL : strchr(line, '{');
		for (char *end; at && (end = strstr(at, "=\"")); at = strstr(end + 2, "\",")) {
			char label[32];

			at += strspn(at, "{\",");
			snprintf(label, sizeof(label), "%.*s", (int)(end - at), at);
			ck_assert_msg(man_has_word(page, label), "gvpn-json(5) does not name the label '%s'", label);
		}
	}
	ck_assert_uint_gt(n, 30);
	json_object_put(o);
	free(text);
	free(page);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("man json");
	TCase *t = tcase_create("man pages");
	SRunner *r;

	tcase_add_test(t, json_is_documented);
	tcase_add_test(t, metrics_are_documented);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
