/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The metrics of golden snapshots, read back by a strict reader of the format. Run from the root of the tree. */
#include "member/ctl/metrics.h"

#include "member/ctl/show_part.h"

#include <check.h>
#include <ctype.h>
#include <stdlib.h>

#define GOLDEN "tests/unit/golden/"
#define SAMPLES_MAX 1024

struct metrics_text {
	char *text;
	char *lines[2 * SAMPLES_MAX];
	size_t n_lines;
};

static struct json_object *read_snapshot(const char *name)
{
	struct json_object *o = json_object_from_file(name);

	ck_assert_msg(o != NULL, "%s: %s; run the test from the root of the tree", name, json_util_get_last_err());
	return o;
}

static char *print(struct json_object *snapshot)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(metrics_print(f, snapshot), 0);
	ck_assert_int_eq(fclose(f), 0);
	return text;
}

static const char *skip_name(const char *p, const char *line)
{
	ck_assert_msg(isalpha((unsigned char)*p) || *p == '_', "no name: %s", line);
	while (isalnum((unsigned char)*p) || *p == '_')
		p++;
	return p;
}

/* What follows the closing brace. */
static const char *skip_labels(const char *p, const char *line)
{
	for (;;) {
		p = skip_name(p, line);
		ck_assert_msg(p[0] == '=' && p[1] == '"', "no label value: %s", line);
		for (p += 2; *p != '"'; p++) {
			ck_assert_msg(*p != '\0', "an open label value: %s", line);
			if (*p == '\\')
				ck_assert_msg(strchr("\\\"n", *++p) && *p, "a wrong escape: %s", line);
		}
		if (*++p == '}')
			return p + 1;
		ck_assert_msg(*p++ == ',', "labels without a comma: %s", line);
	}
}

static void check_sample(const char *line, const char *family, bool counter)
{
	const char *p = skip_name(line, line);
	size_t len = (size_t)(p - line);
	char *end;

	ck_assert_msg(len == strlen(family) && strncmp(line, family, len) == 0, "not of the family %s: %s", family,
		      line);
	ck_assert_msg(counter == (len > 6 && strncmp(p - 6, "_total", 6) == 0), "a counter ends in _total: %s", line);
	if (*p == '{')
		p = skip_labels(p + 1, line);
	ck_assert_msg(*p == ' ', "no value: %s", line);
	(void)strtod(p + 1, &end);
	ck_assert_msg(end > p + 1 && *end == '\0', "a wrong value: %s", line);
}

/* The whole of the format as far as these metrics use it: HELP, TYPE, then the family's samples; nothing twice. */
static void check_format(const char *metrics)
{
	char *text = strdup(metrics), *seen[SAMPLES_MAX];
	char family[128] = "", type[16] = "";
	size_t n = 0;

	ck_assert_ptr_nonnull(text);
	ck_assert_msg(text[0] && text[strlen(text) - 1] == '\n', "the last line has no end");
	for (char *save = NULL, *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char name[128];

		if (sscanf(line, "# HELP %127s", name) == 1) {
			ck_assert_msg(strlen(line) > strlen("# HELP ") + strlen(name) + 1, "no help: %s", line);
			snprintf(family, sizeof(family), "%s", name);
			type[0] = '\0';
		} else if (sscanf(line, "# TYPE %127s %15s", name, type) == 2) {
			ck_assert_str_eq(name, family);
			ck_assert(strcmp(type, "counter") == 0 || strcmp(type, "gauge") == 0);
		} else {
			ck_assert_msg(type[0], "a sample before its TYPE: %s", line);
			check_sample(line, family, strcmp(type, "counter") == 0);
			*strrchr(line, ' ') = '\0';
		}
		for (size_t i = 0; i < n; i++)
			ck_assert_msg(strcmp(seen[i], line) != 0, "twice: %s", line);
		ck_assert_uint_lt(n, SAMPLES_MAX);
		seen[n++] = line;
	}
	free(text);
}

static void expect(const char *text, const char *line)
{
	char whole[512];

	snprintf(whole, sizeof(whole), "\n%s\n", line);
	ck_assert_msg(strstr(text, whole) != NULL, "missing: %s", line);
}

static const char *const snapshots[] = { GOLDEN "srx.json", GOLDEN "several.json" };

START_TEST(golden_snapshots)
{
	_cleanup_(json_putp) struct json_object *snapshot = read_snapshot(snapshots[_i]);
	char *text = print(snapshot);

	check_format(text);
	ck_assert_ptr_nonnull(strstr(text, "\ngvpn_build_info{version=\""));
	if (strstr(snapshots[_i], "several")) {
		expect(text, "gvpn_interface_missing{vpn=\"SITES\",group=\"4294967295\",interface=\"lna0\"} 1");
		expect(text, "gvpn_interface_missing{vpn=\"SITES\",group=\"4294967295\",interface=\"wan0\"} 0");
	}
	free(text);
}
END_TEST

static const char zones_text[] =
	"{\"vpns\":[{\"name\":\"v\",\"group_id\":7,\"state\":\"registered\",\"sas\":[],\"zones\":[{\"from\":\"LAN\","
	"\"to\":\"WAN\","
	"\"policies\":[{\"tunnel_id\":1,\"type\":\"Exclude\",\"name\":\"DNS\",\"clear_packets\":3,\"clear_bytes\":252},"
	"{\"tunnel_id\":1,\"type\":\"Exclude\",\"name\":\"DNS\",\"clear_packets\":4,\"clear_bytes\":400},"
	"{\"tunnel_id\":2,\"type\":\"Secure\",\"name\":\"\",\"clear_packets\":0,\"clear_bytes\":0},"
	"{\"tunnel_id\":3,\"type\":\"Fail-close\",\"name\":\"\"},7]},{\"policies\":{}},5]},"
	"{\"name\":\"w\",\"group_id\":8,\"state\":\"waiting\",\"sas\":[],\"zones\":7}]}";

#define RULE "gvpn_rule_packets_total{vpn=\"v\",group=\"7\",from_zone=\"LAN\",to_zone=\"WAN\","

START_TEST(rules_of_one_statement_have_one_sample)
{
	_cleanup_(json_putp) struct json_object *snapshot = json_tokener_parse(zones_text);
	char *text = print(snapshot);

	check_format(text);
	expect(text, RULE "type=\"Exclude\",rule=\"DNS\",tunnel_id=\"1\"} 7");
	expect(text, RULE "type=\"Secure\",rule=\"\",tunnel_id=\"2\"} 0");
	expect(text, "gvpn_rule_bytes_total{vpn=\"v\",group=\"7\",from_zone=\"LAN\",to_zone=\"WAN\",type=\"Exclude\","
		     "rule=\"DNS\",tunnel_id=\"1\"} 652");
	ck_assert_ptr_null(strstr(text, "Fail-close")); /* not known: the programs are not there */
	free(text);
}
END_TEST

static const char snapshot_text[] =
	"{\"version\":\"1.0\",\"kernel\":true,\"vpns\":[{\"name\":\"a \\\"b\\\\c\\nd\",\"group_id\":7,"
	"\"state\":\"registered\",\"next_registration_seconds\":33,\"stats\":{\"pull_succeeded\":2,\"push_failed\":1},"
	"\"kek\":{\"index\":77,\"push_received\":4,\"life_seconds\":null},\"sas\":[{\"spi\":\"1c548e4e\",\"hard_"
	"seconds\":100,"
	"\"soft_seconds\":61,\"packets_in\":5,\"bytes_in\":500,\"packets_out\":6,\"bytes_out\":600}]},"
	"{\"name\":\"other\",\"group_id\":8,\"state\":\"waiting\",\"next_registration_seconds\":null,\"kek\":null,"
	"\"sas\":[]}],"
	"\"counters\":{\"clear_in_dropped\":1,\"fail_close_in\":2,\"fail_close_out\":3,\"unknown_spi\":4,"
	"\"readdressed\":5,\"misfit\":6,\"unprotected_out\":8,\"icmp_quoted\":9,\"esp_in\":7}}";

START_TEST(values_and_escapes)
{
	_cleanup_(json_putp) struct json_object *snapshot = json_tokener_parse(snapshot_text);
	char *text = print(snapshot);

	check_format(text);
	expect(text, "gvpn_state{vpn=\"a \\\"b\\\\c\\nd\",group=\"7\",state=\"registered\"} 1");
	expect(text, "gvpn_state{vpn=\"a \\\"b\\\\c\\nd\",group=\"7\",state=\"waiting\"} 0");
	expect(text, "gvpn_state{vpn=\"other\",group=\"8\",state=\"waiting\"} 1");
	expect(text, "gvpn_keys{vpn=\"a \\\"b\\\\c\\nd\",group=\"7\"} 1");
	expect(text, "gvpn_keys{vpn=\"other\",group=\"8\"} 0");
	expect(text, "gvpn_next_registration_seconds{vpn=\"a \\\"b\\\\c\\nd\",group=\"7\"} 33");
	expect(text, "gvpn_pull_succeeded_total{vpn=\"a \\\"b\\\\c\\nd\",group=\"7\"} 2");
	expect(text, "gvpn_kek_push_received_total{vpn=\"a \\\"b\\\\c\\nd\",group=\"7\",kek=\"77\"} 4");
	expect(text, "gvpn_sa_hard_seconds{vpn=\"a \\\"b\\\\c\\nd\",group=\"7\",spi=\"1c548e4e\"} 100");
	expect(text,
	       "gvpn_sa_bytes_total{vpn=\"a \\\"b\\\\c\\nd\",group=\"7\",spi=\"1c548e4e\",direction=\"out\"} 600");
	expect(text, "gvpn_sa_soft_seconds{vpn=\"a \\\"b\\\\c\\nd\",group=\"7\",spi=\"1c548e4e\"} 61");
	expect(text, "gvpn_sa_packets_total{vpn=\"a \\\"b\\\\c\\nd\",group=\"7\",spi=\"1c548e4e\",direction=\"in\"} 5");
	expect(text,
	       "gvpn_sa_packets_total{vpn=\"a \\\"b\\\\c\\nd\",group=\"7\",spi=\"1c548e4e\",direction=\"out\"} 6");
	expect(text, "gvpn_dropped_packets_total{cause=\"misfit\"} 6");
	expect(text, "gvpn_dropped_packets_total{cause=\"unprotected-out\"} 8");
	expect(text, "gvpn_dropped_packets_total{cause=\"icmp-quoted\"} 9");
	expect(text, "gvpn_esp_in_packets_total 7");
	/* what is not known is left out, not 0 */
	ck_assert_ptr_null(strstr(text, "\ngvpn_next_registration_seconds{vpn=\"other\""));
	ck_assert_ptr_null(strstr(text, "\ngvpn_kek_life_seconds{"));
	ck_assert_ptr_null(strstr(text, "\ngvpn_esp_out_packets_total "));
	free(text);
}
END_TEST

START_TEST(a_long_name_is_cut)
{
	_cleanup_(json_putp) struct json_object *snapshot = json_tokener_parse(snapshot_text);
	struct json_object *vpns = json_object_object_get(snapshot, "vpns");
	char name[2000];
	char *text;

	memset(name, '"', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	json_object_object_add(json_object_array_get_idx(vpns, 0), "name", json_object_new_string(name));
	json_object_array_del_idx(vpns, 1, 1);
	text = print(snapshot);
	ck_assert_ptr_nonnull(strstr(text, "gvpn_keys{"));
	free(text);
}
END_TEST

START_TEST(what_is_no_snapshot)
{
	static const char *const texts[] = { "{}", "[]", "{\"vpns\":7}", "{\"vpns\":{}}" };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		_cleanup_(json_putp) struct json_object *o = json_tokener_parse(texts[i]);
		ck_assert_int_eq(metrics_print(stdout, o), -EBADMSG);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("metrics");
	TCase *t = tcase_create("metrics");
	SRunner *r;

	tcase_add_loop_test(t, golden_snapshots, 0, ARRAY_SIZE(snapshots));
	tcase_add_test(t, values_and_escapes);
	tcase_add_test(t, rules_of_one_statement_have_one_sample);
	tcase_add_test(t, a_long_name_is_cut);
	tcase_add_test(t, what_is_no_snapshot);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
