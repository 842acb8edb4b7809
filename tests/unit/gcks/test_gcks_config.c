/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The key server's configuration: what the guide's example means, in either form, and the error of each thing that is
 * wrong. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/gcks/config.h"
#include "tests/unit/support/config_cases.h"

#define CONFIGS "tests/configs/"

static int load(const char *name, const char *text, size_t len, char err[static 512])
{
	struct gcks_config *c = NULL;
	struct config_error e = { .text = "" };
	int r = gcks_config_parse(&c, name, text, len, &e);

	ck_assert(r >= 0 || c == NULL);
	gcks_config_free(c);
	memcpy(err, e.text, 512);
	return r;
}

static struct gcks_config *parsed(const char *text)
{
	struct gcks_config *c;
	struct config_error err;

	ck_assert_msg(gcks_config_parse(&c, "f.conf", text, strlen(text), &err) == 0, "%s", err.text);
	return c;
}

static void write_id(FILE *f, const char *what, const struct ike_id *id)
{
	fprintf(f, " %s %u:%.*s", what, id->type, id->len, (const char *)id->data);
}

static void write_gateway(FILE *f, const struct gcks_gateway *g)
{
	fprintf(f, "gateway %s mode %d %08x at %08x psk %.*s", g->name, (int)g->mode, g->address, g->local_address,
		g->psk.len, (const char *)g->psk.data);
	for (size_t i = 0; i < g->n_proposals; i++)
		fprintf(f, " proposal %d %d %d %u", (int)g->proposals[i].hash, (int)g->proposals[i].group,
			(int)g->proposals[i].cipher, g->proposals[i].lifetime_seconds);
	write_id(f, "local", &g->local_identity);
	write_id(f, "remote", &g->remote_identity);
	fputc('\n', f);
}

static void write_sa(FILE *f, const struct gcks_ipsec_sa *sa)
{
	fprintf(f, " sa %s cipher %d auth %d life %u\n", sa->name, (int)sa->cipher, (int)sa->auth,
		sa->lifetime_seconds);
	for (size_t i = 0; i < sa->n_match_policies; i++) {
		const struct selector *s = &sa->match_policies[i].sel;

		fprintf(f, "  %s %08x/%u>%08x/%u p%u %u-%u>%u-%u\n", sa->match_policies[i].name, s->src.addr,
			s->src.len, s->dst.addr, s->dst.len, s->protocol, s->sport.min, s->sport.max, s->dport.min,
			s->dport.max);
	}
}

static void write_group(FILE *f, const struct gcks_group *g)
{
	const struct gcks_communication *m = &g->communication;

	fprintf(f, "group %s id %u threshold %u window %u margin %u gap %d:%u %d:%u members", g->name, g->id,
		g->member_threshold, g->anti_replay_window, g->rekey_margin, g->has_activation_delay,
		g->activation_delay, g->has_deactivation_delay, g->deactivation_delay);
	for (size_t i = 0; i < g->n_gateways; i++)
		fprintf(f, " %zu", g->gateways[i]);
	if (g->gap_numbers.d3p_type != GAP_D3P_TYPE || g->gap_numbers.d3p_window != GAP_D3P_WINDOW || g->d3p_type)
		fprintf(f, "\n d3p %u %u type %u", g->gap_numbers.d3p_type, g->gap_numbers.d3p_window, g->d3p_type);
	fprintf(f,
		"\n push %d cipher %d hash %d signature %d acknowledgement %u life %u retransmissions %u period %u\n",
		m->configured, (int)m->cipher, (int)m->sig_hash, (int)m->sig_algorithm, m->ack_type,
		m->lifetime_seconds, m->retransmissions, m->retransmission_period);
	fprintf(f, " cluster %d root %d period %u of", g->cluster.configured, g->cluster.root, g->cluster.period);
	for (size_t i = 0; i < g->cluster.n_gateways; i++)
		fprintf(f, " %zu", g->cluster.gateways[i]);
	fputc('\n', f);
	for (size_t i = 0; i < g->n_ipsec_sas; i++)
		write_sa(f, &g->ipsec_sas[i]);
}

static char *described(const struct gcks_config *c)
{
	char *text;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	fprintf(f, "doi-only %u id-length-2 %d answer %d\n", c->doi_only, c->id_length_2, (int)c->answer);
	for (size_t i = 0; i < c->n_gateways; i++)
		write_gateway(f, &c->gateways[i]);
	for (size_t i = 0; i < c->n_groups; i++)
		write_group(f, &c->groups[i]);
	fclose(f);
	return text;
}

static void assert_means(const char *text, const char *want)
{
	struct gcks_config *c = parsed(text);
	char *have = described(c);

	ck_assert_str_eq(have, want);
	free(have);
	gcks_config_free(c);
}

START_TEST(guide_means_this)
{
	static const char *const files[] = { CONFIGS "server.conf", CONFIGS "server-set.conf" };
	static const char want[] =
		"doi-only 0 id-length-2 0 answer 1\n"
		"gateway GM-0001 mode 2 0a126501 at 0a0a6401 psk $ABC123 proposal 4 14 3 28800 local 0: remote 0:\n"
		"gateway GM-0002 mode 2 0a126601 at 0a0a6401 psk $ABC123 proposal 4 14 3 28800 local 0: remote 0:\n"
		"gateway GM-0003 mode 2 0a126701 at 0a0a6401 psk $ABC123 proposal 4 14 3 28800 local 0: remote 0:\n"
		"gateway GM-0004 mode 2 0a126801 at 0a0a6401 psk $ABC123 proposal 4 14 3 28800 local 0: remote 0:\n"
		"group GROUP_ID-0001 id 1 threshold 2000 window 1000 margin 510 gap 0:0 0:0 members 0 1 2 3\n"
		" push 1 cipher 3 hash 3 signature 1 acknowledgement 1 life 7200 retransmissions 2 period 10\n"
		" cluster 0 root 0 period 0 of\n"
		" sa GROUP_ID-0001 cipher 3 auth 2 life 3600\n"
		"  1 ac100000/12>ac100000/12 p0 0-65535>0-65535\n";
	char *text = config_file(files[_i]);

	assert_means(text, want);
	free(text);
}
END_TEST

START_TEST(every_statement_means_this)
{
	static const char want[] =
		"doi-only 1 id-length-2 1 answer 2\n"
		"gateway A mode 4 0a126501 at 0a0a6401 psk one proposal 6 21 2 180 local 2:ks.example.net remote "
		"11:member-a\n"
		"gateway B mode 2 0a126601 at 0a0a6401 psk too proposal 6 21 2 180 local 0: remote 0:\n"
		"gateway KS1 mode 2 0a0a6402 at 0a0a6401 psk three proposal 6 21 2 180 local 0: remote 0:\n"
		"gateway KS2 mode 2 0a0a6403 at 0a0a6401 psk three proposal 6 21 2 180 local 0: remote 0:\n"
		"group G1 id 4294967295 threshold 2 window 1000 margin 100 gap 1:30 1:60 members 0 1\n"
		" d3p 200 201 type 7\n"
		" push 1 cipher 1 hash 4 signature 5 acknowledgement 3 life 3600 retransmissions 0 period 2\n"
		" cluster 0 root 0 period 0 of\n"
		" sa WEB cipher 1 auth 4 life 3600\n"
		"  http ac100000/12>ac100000/12 p6 0-65535>80-80\n"
		"  http-back ac100000/12>ac100000/12 p6 80-80>0-65535\n"
		" sa REST cipher 6 auth 0 life 7200\n"
		"  1 00000000/0>ac100000/12 p0 0-65535>0-65535\n"
		"group G2 id 2 threshold 0 window 0 margin 15 gap 0:0 0:0 members 0\n"
		" push 0 cipher 0 hash 0 signature 0 acknowledgement 0 life 0 retransmissions 0 period 0\n"
		" cluster 1 root 0 period 3 of 2 3\n"
		" sa S cipher 1 auth 4 life 30\n"
		"  1 ac100000/12>ac100000/12 p0 0-65535>0-65535\n";
	char *text = config_file(CONFIGS "server-every-statement.conf"), *lines = config_as_set_lines(text);

	assert_means(text, want);
	assert_means(lines, want);
	free(lines);
	free(text);
	gcks_config_free(NULL);
}
END_TEST

static const struct config_case cases[] = {
#include "tests/unit/gcks/test_gcks_config_cases.inc"
};

START_TEST(errors)
{
	char *good = config_file(CONFIGS "server-every-statement.conf");

	config_case_check(&cases[_i], good, load);
	free(good);
}
END_TEST

START_TEST(every_leaf_spoilt)
{
	static const char *const multiple[] = { "ike-gateway", "proposals", NULL };
	char *good = config_file(CONFIGS "server-every-statement.conf");

	ck_assert_uint_ge(config_spoil_leaves(good, multiple, load), 150);
	free(good);
}
END_TEST

START_TEST(margins)
{
	static const struct {
		const char *lifetime;
		uint32_t margin;
	} m[] = { { "3600", 510 }, { "1021", 510 }, { "1020", 510 }, { "1019", 509 }, { "180", 90 } };

	for (size_t i = 0; i < ARRAY_SIZE(m); i++) {
		char *good = config_file(CONFIGS "server.conf"), *text, *at = strstr(good, "lifetime-seconds 3600;");
		struct gcks_config *c;

		ck_assert_int_gt(
			asprintf(&text, "%.*slifetime-seconds %s%s", (int)(at - good), good, m[i].lifetime, at + 21),
			0);
		c = parsed(text);
		ck_assert_uint_eq(c->groups[0].rekey_margin, m[i].margin);
		gcks_config_free(c);
		free(text);
		free(good);
	}
}
END_TEST

START_TEST(loads_files)
{
	struct gcks_config *c = NULL;
	struct config_error err;

	ck_assert_msg(gcks_config_load(&c, CONFIGS "server.conf", &err) == 0, "%s", err.text);
	ck_assert_uint_eq(c->n_warnings, 4); /* interfaces, routing-options, zones, policies */
	ck_assert_ptr_nonnull(strstr(c->warnings[0].text, "server.conf:3:1: interfaces: ignored"));
	gcks_config_free(c);
	c = NULL;
	ck_assert_int_eq(gcks_config_load(&c, CONFIGS "gm-0001.conf", &err), -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.text, "gcks is a key server"));
	ck_assert_int_eq(gcks_config_load(&c, CONFIGS "none.conf", &err), -ENOENT);
	ck_assert_ptr_null(c);
}
END_TEST

START_TEST(mutations_are_survived)
{
	static const char *const files[] = { CONFIGS "server-every-statement.conf", CONFIGS "server-set.conf" };
	char *good = config_file(files[_i]);

	config_mutate(good, 500 + (unsigned)_i, 2500, load);
	free(good);
}
END_TEST

/* As of the member's: tests/unit/config/test_config.c has the cases, the reader is the same. */
START_TEST(no_message_repeats_a_key)
{
	static const char *const mistaken[] = {
		"pre-shared-key credential GEHEIM;",   "pre-shared-key file /GEHEIM;",
		"pre-shared-key hexadecimal GEHEIM;",  "pre-shared-key GEHEIM;",
		"pre-shared-key ascii-text a;GEHEIM;", "pre-shared-key credential a GEHEIM;",
	};
	char *good = config_file(CONFIGS "server-every-statement.conf"), *text, err[512];
	static const char find[] = "pre-shared-key hexadecimal 746f6f;";
	char *at = strstr(good, find);

	ck_assert_ptr_nonnull(at);
	for (size_t i = 0; i < ARRAY_SIZE(mistaken); i++) {
		ck_assert_int_gt(asprintf(&text, "%.*s%s%s", (int)(at - good), good, mistaken[i], at + strlen(find)),
				 0);
		ck_assert_int_lt(load("f.conf", text, strlen(text), err), 0);
		ck_assert_msg(!strstr(err, "GEHEIM"), "%s", err);
		free(text);
	}
	free(good);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("gcks_config");
	TCase *t = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(t, no_message_repeats_a_key);
	tcase_add_loop_test(t, guide_means_this, 0, 2);
	tcase_add_test(t, every_statement_means_this);
	tcase_add_loop_test(t, errors, 0, (int)ARRAY_SIZE(cases));
	tcase_add_test(t, every_leaf_spoilt);
	tcase_add_test(t, margins);
	tcase_add_test(t, loads_files);
	tcase_add_loop_test(t, mutations_are_survived, 0, 2);
	tcase_set_timeout(t, 60);
	suite_add_tcase(suite, t);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
