/* SPDX-License-Identifier: GPL-2.0-or-later */
/* As many of each statement as lib/limits.h allows are read; one more is refused by its number. */
#include "member/config/config.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#define IKE "set security group-vpn member ike "
#define IPSEC "set security group-vpn member ipsec "

static const struct {
	const char *before, *after; /* of a name with its number */
	const char *name, *keyword;
	unsigned limit;
} limits[] = {
	{ IKE "proposal ", " description d", "p", "proposal", CONFIG_IKE_NAMES_MAX },
	{ IKE "policy ", " description d", "p", "policy", CONFIG_IKE_NAMES_MAX },
	{ IKE "gateway ", " ike-policy p", "g", "gateway", CONFIG_GATEWAYS_MAX },
	{ IPSEC "vpn ", " ike-gateway g", "v", "vpn", CONFIG_VPNS_MAX },
	{ "set security zones security-zone ", " description d", "z", "security-zone", CONFIG_ZONES_MAX },
	{ "set security zones security-zone z interfaces ", "", "eth", "interface", CONFIG_INTERFACES_MAX },
	{ "set services service-set ", " ipsec-group-vpn v", "s", "service-set", CONFIG_SERVICES_MAX },
	{ "set firewall family inet service-filter ", " term t then service", "f", "service-filter",
	  CONFIG_SERVICES_MAX },
	{ "set firewall family inet service-filter f term ", " then service", "t", "term", CONFIG_TERMS_MAX },
};

static void parse(size_t which, unsigned n, char err[static 512])
{
	struct config_error e = { 0 };
	struct config *c = NULL;
	char *text;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	for (unsigned i = 0; i < n; i++)
		fprintf(f, "%s%s%u%s\n", limits[which].before, limits[which].name, i, limits[which].after);
	fclose(f);
	ck_assert_int_eq(config_parse(&c, "f.conf", text, len, &e), -EINVAL); /* other statements are missing */
	snprintf(err, 512, "%.511s", e.text);
	free(text);
}

START_TEST(as_many_as_allowed)
{
	char err[512], want[64];

	snprintf(want, sizeof(want), "expected at most %u", limits[_i].limit);
	parse((size_t)_i, limits[_i].limit, err);
	ck_assert_msg(strstr(err, want) == NULL, "%s", err);
	parse((size_t)_i, limits[_i].limit + 1, err);
	ck_assert_msg(strstr(err, want) != NULL, "%s: %s", limits[_i].keyword, err);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("limits of the configuration");
	TCase *t = tcase_create("limits");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(t, as_many_as_allowed, 0, (int)ARRAY_SIZE(limits));
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
