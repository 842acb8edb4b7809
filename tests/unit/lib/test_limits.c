/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every limit of lib/limits.h is reached by a test, which this table names; the test and its file must be there. */
#include <check.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IKE "tests/unit/ike/test_"
#define CONFIG "tests/unit/config/test_"

static const struct {
	const char *limit, *file, *test;
} reached[] = {
	{ "IKE_DATAGRAM_MAX", IKE "buf.c", "a_writer_keeps_its_first_error" },
	{ "PAYLOADS_MAX", IKE "isakmp.c", "a_chain_is_bounded" },
	{ "PHASE1_SA_MAX", IKE "ike_limits.c", "octets_of_an_sa" },
	{ "PHASE1_TRANSFORMS_MAX", IKE "ike_limits.c", "transforms_of_a_proposal" },
	{ "PHASE1_NONCE_MIN", IKE "ike_limits.c", "nonces_of_phase_1" },
	{ "PHASE1_NONCE_MAX", IKE "ike_limits.c", "nonces_of_phase_1" },
	{ "IKE_ID_MAX", IKE "ike_limits.c", "octets_of_an_identity" },
	{ "VENDOR_IDS_MAX", IKE "ike_limits.c", "vendor_ids" },
	{ "VENDOR_ID_KEPT", IKE "ike_limits.c", "vendor_ids" },
	{ "PHASE1_FOLLOWED", IKE "phase1_answers.c", "a_flood_costs_little" },
	{ "PHASE1_DH_EACH", IKE "ike_limits.c", "derivations_of_a_phase_1" },
	{ "PHASE1_DH_TOTAL", IKE "ike_limits.c", "derivations_of_a_phase_1" },
	{ "PULL_OPENINGS_MAX", IKE "ike_limits.c", "phases_1_of_a_pull" },
	{ "RESPONDER_SAS_MAX", IKE "ike_limits.c", "isakmp_sas_of_all" },
	{ "RESPONDER_SAS_PER_PEER", IKE "ike_limits.c", "isakmp_sas_of_an_address" },
	{ "RESPONDER_PULLS_MAX", IKE "pull.c", "several_pulls_under_one_phase1" },
	{ "IKE_OUT_DATAGRAMS", IKE "push.c", "server_refusals" },
	{ "IKE_OUT_NOTES", IKE "diag.c", "peer_text_is_made_printable" },
	{ "PULL_NONCE_MIN", IKE "pull_refuse.c", "forged" },
	{ "PULL_NONCE_MAX", IKE "pull_refuse.c", "forged" },
	{ "DOWNLOAD_TEKS_MAX", IKE "gdoi.c", "sats_are_bounded" },
	{ "DOWNLOAD_REFUSALS_MAX", "tests/unit/group/test_keyring.c", "policies_come_and_go" },
	{ "ESP_SPI_MIN", IKE "gdoi.c", "sats" },
	{ "GAP_UNKNOWN_MAX", IKE "gdoi.c", "gaps_and_seqs" },
	{ "GAP_UNKNOWN_KEPT", IKE "pull.c", "unknown_gap_attributes_are_passed_over" },
	{ "KEK_PUBKEY_MAX", IKE "ike_limits.c", "octets_of_a_signature_key" },
	{ "SIGNATURE_RSA_BITS_MIN", IKE "push_suites.c", "rsa_sizes" },
	{ "SIGNATURE_RSA_BITS_MAX", IKE "push_suites.c", "rsa_sizes" },
	{ "SIGNATURE_CHECKED_MAX", IKE "push_suites.c", "keys_that_were_checked" },
	{ "SID_BITS_MAX", IKE "ike_limits.c", "bits_of_a_sender_id" },
	{ "SENDER_IDS_MAX", IKE "ike_limits.c", "sender_ids_of_a_download" },
	{ "PUSH_DELETES_MAX", IKE "push.c", "deletes_are_bounded" },
	{ "PUSH_ACCEPTED_KEPT", IKE "push.c", "retransmissions" },
	{ "KEYRING_KEYS_MAX", "tests/unit/group/test_keyring.c", "a_long_rollover_is_bounded" },
	{ "KEYRING_REFUSALS_MAX", "tests/unit/group/test_keyring.c", "policies_come_and_go" },
	{ "SENDER_USES_MAX", "tests/unit/group/test_sender_store.c", "a_full_store_fits_its_file" },
	{ "SENDER_FILE_MAX", "tests/unit/group/test_sender_store.c", "a_full_store_fits_its_file" },
	{ "JUNOS_SIZE_MAX", CONFIG "junos.c", "keeps_bounds" },
	{ "JUNOS_DEPTH_MAX", CONFIG "junos.c", "keeps_depth" },
	{ "JUNOS_WORDS_MAX", CONFIG "junos.c", "keeps_bounds" },
	{ "JUNOS_STATEMENT_MAX", CONFIG "junos.c", "keeps_bounds" },
	{ "GVPN_NAME_MAX", CONFIG "config.c", "names_up_to_their_bound" },
	{ "GVPN_IFNAME_MAX", CONFIG "statement.c", "errors" },
	{ "SECRET_MAX", CONFIG "psk.c", "keys_in_the_file" },
	{ "IKE_PROPOSALS_MAX", IKE "pull.c", "parameters_are_checked" },
	{ "CONFIG_IKE_NAMES_MAX", CONFIG "config_limits.c", "as_many_as_allowed" },
	{ "CONFIG_GATEWAYS_MAX", CONFIG "config_limits.c", "as_many_as_allowed" },
	{ "CONFIG_SERVERS_MAX", CONFIG "statement.c", "errors" },
	{ "CONFIG_VPNS_MAX", CONFIG "config_limits.c", "as_many_as_allowed" },
	{ "CONFIG_RULES_CONFIGURED_MAX", CONFIG "config.c", "ten_rules_and_no_more" },
	{ "KEYRING_POLICIES_MAX", CONFIG "statement.c", "errors" },
	{ "CONFIG_ZONES_MAX", CONFIG "config_limits.c", "as_many_as_allowed" },
	{ "CONFIG_INTERFACES_MAX", CONFIG "config_limits.c", "as_many_as_allowed" },
	{ "CONFIG_SERVICES_MAX", CONFIG "config_limits.c", "as_many_as_allowed" },
	{ "CONFIG_TERMS_MAX", CONFIG "config_limits.c", "as_many_as_allowed" },
};

#define N (sizeof(reached) / sizeof(reached[0]))

static char *read_all(const char *path)
{
	FILE *f = fopen(path, "re");
	char *text = calloc(1, 1 << 20);

	ck_assert_msg(f != NULL, "cannot open %s", path);
	ck_assert_ptr_nonnull(text);
	ck_assert_uint_lt(fread(text, 1, (1 << 20) - 1, f), (1 << 20) - 1);
	fclose(f);
	return text;
}

START_TEST(each_limit_has_a_test)
{
	char *page = read_all("lib/limits.h");
	size_t n = 0;

	for (const char *at = page; (at = strstr(at, "\n#define ")) != NULL;) {
		size_t len = 0, i = 0;

		at += strlen("\n#define ");
		while (isalnum((unsigned char)at[len]) || at[len] == '_')
			len++;
		if (at[len] != ' ') /* the guard of the header */
			continue;
		while (i < N && (strlen(reached[i].limit) != len || memcmp(reached[i].limit, at, len) != 0))
			i++;
		ck_assert_msg(i < N, "%.*s: no test reaches it", (int)len, at);
		n++;
	}
	ck_assert_uint_eq(n, N);
	free(page);
}
END_TEST

START_TEST(each_test_is_there)
{
	char *text = read_all(reached[_i].file), start[128];

	snprintf(start, sizeof(start), "START_TEST(%s)", reached[_i].test);
	ck_assert_msg(strstr(text, start) != NULL, "%s has no %s", reached[_i].file, start);
	free(text);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("limits");
	TCase *t = tcase_create("limits");
	SRunner *runner;
	int failed;

	tcase_add_test(t, each_limit_has_a_test);
	tcase_add_loop_test(t, each_test_is_there, 0, (int)N);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
