/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keys that a device prints in another spelling: read back, told, and written to files that their owner alone reads. */
#include "member/import/device_key.h"

#include "member/config/config.h"
#include "member/import/import.h"

#include <check.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64], *result, *report;

static void setup(void)
{
	strcpy(folder, "/tmp/gvpn-keys-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void teardown(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -r '%s'", folder);
	ck_assert_int_eq(system(command), 0);
	free(result);
	free(report);
	result = report = NULL;
}

/* --- the spelling --- */

static const struct {
	const char *text, *key;
} known[] = {
	{ "$9$LbHX-wg4Z", "lc" },
	{ "$9$FNkC3/t1IcevLuOWx", "hello" },
	{ "$9$o1aGiPfz/Cuk.tO", "hello" },
};

START_TEST(spellings_that_are_known)
{
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		uint8_t key[16];
		ssize_t n = import_secret_reveal(key, sizeof(key), known[i].text);

		ck_assert_int_eq(n, (int)strlen(known[i].key));
		ck_assert_mem_eq(key, known[i].key, (size_t)n);
	}
}
END_TEST

/* The other direction, as the device does it: FIRST and RANDOM are what it draws. */
static void spell(char *ret, char first, const char *random, const uint8_t *key, size_t len)
{
	static const char letters[] = "QzF3n6/9CAtpu0OB1IREhcSyrleKvMW8LXx7N-dVbwsY2g4oaJZGUDjiHkq.mPf5T";
	static const unsigned weights[7][4] = { { 1, 4, 32 }, { 1, 16, 32 },     { 1, 8, 32 }, { 1, 64 },
						{ 1, 32 },    { 1, 4, 16, 128 }, { 1, 32, 64 } };
	size_t before = (size_t)(strchr(letters, first) - letters);

	ret += sprintf(ret, "$9$%c%s", first, random);
	for (size_t i = 0; i < len; i++) {
		const unsigned *w = weights[i % 7];
		unsigned digits[4], rest = key[i], n = 0;

		while (n < 4 && w[n] > 0)
			n++;
		for (unsigned j = n; j-- > 0; rest %= w[j])
			digits[j] = rest / w[j];
		for (unsigned j = 0; j < n; j++) {
			before = (before + digits[j] + 1) % 65;
			*ret++ = letters[before];
		}
	}
	*ret = '\0';
}

START_TEST(every_octet_at_every_place)
{
	/* a first letter of each family, with as many letters behind it */
	static const char *const random[] = { "QFA", "BnQ", "7z", "i" };

	for (unsigned c = 1; c < 256; c++)
		for (size_t i = 0; i < ARRAY_SIZE(random); i++) {
			uint8_t key[14], back[14];
			char text[128];

			memset(key, (int)c, sizeof(key));
			spell(text, random[i][0], i == 0 ? "FAz" : i == 1 ? "nQ" : random[i] + 1, key, sizeof(key));
			ck_assert_int_eq(import_secret_reveal(back, sizeof(back), text), sizeof(back));
			ck_assert_mem_eq(back, key, sizeof(key));
			ck_assert_int_eq(import_secret_reveal(back, sizeof(back) - 1, text), -E2BIG);
		}
}
END_TEST

START_TEST(damaged_spellings)
{
	static const char *const damaged[] = { "",
					       "$9$",
					       "$9$L",
					       "$9$Lb",
					       "$9$LbHX-wg4",
					       "$9$LbHX-wg4 Z",
					       "$9$LbHX-wg4Z!",
					       "$9$LbHX-wg4Za",
					       "$9$LbHXXwg4Z",
					       "$8$LbHX-wg4Z",
					       "$9LbHX-wg4Z",
					       "$9$LbHX\xe2\x80\x93wg4Z" };
	uint8_t key[16];
	char text[64];

	for (size_t i = 0; i < ARRAY_SIZE(damaged); i++)
		ck_assert_msg(import_secret_reveal(key, sizeof(key), damaged[i]) == -EINVAL, "%s", damaged[i]);
	/* zero is no octet of a key, and an octet has one spelling */
	spell(text, 'i', "", (const uint8_t[]){ 0, 'a' }, 2);
	ck_assert_int_eq(import_secret_reveal(key, sizeof(key), text), -EINVAL);
}
END_TEST

/* --- the import --- */

#define MEMBER(form, key)                                                                                              \
	"security { group-vpn { member { ike {\n"                                                                      \
	"proposal P { authentication-method pre-shared-keys; dh-group group14; authentication-algorithm sha-256;\n"    \
	" encryption-algorithm aes-256-cbc; }\n"                                                                       \
	"policy K/1 { mode main; proposals P; pre-shared-key " form " \"" key "\"; ## SECRET-DATA\n }\n"               \
	"gateway G { ike-policy K/1; server-address 10.0.0.1; local-address 10.1.0.1; } }\n"                           \
	"ipsec { vpn V { ike-gateway G; group-vpn-external-interface ge-0/0/1.0; group 1; } } } }\n"                   \
	"ipsec-policy { from-zone L to-zone W { ipsec-group-vpn V; } }\n"                                              \
	"zones { security-zone L { interfaces { ge-0/0/0.0; } }\n"                                                     \
	"security-zone W { interfaces { ge-0/0/1.0; } } } }\n"

static int import(const char *text, const char *keys)
{
	static const char *const maps[] = { "ge-0/0/0=lan0", "ge-0/0/1=wan0" };
	const struct import_options options = { .maps = maps, .n_maps = ARRAY_SIZE(maps), .keys = keys };
	size_t size;
	FILE *out, *err;

	free(result);
	free(report);
	out = open_memstream(&result, &size);
	err = open_memstream(&report, &size);
	ck_assert(out && err);
	int r = import_run(out, err, "text", text, strlen(text), &options);
	fclose(out);
	fclose(err);
	return r;
}

#define TOLD(part) ck_assert_msg(strstr(report, (part)) != NULL, "the report has no '%s':\n%s", (part), report)
#define NOT_TOLD(part) ck_assert_msg(strstr(report, (part)) == NULL, "the report has '%s':\n%s", (part), report)

static void path_of_key(char ret[static 128])
{
	snprintf(ret, 128, "%s/K%%2F1.psk", folder);
}

static void assert_file(const char *content, size_t len)
{
	char path[128], have[512];
	struct stat st;
	FILE *f;

	path_of_key(path);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	f = fopen(path, "r");
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fread(have, 1, sizeof(have), f), len);
	ck_assert_mem_eq(have, content, len);
	fclose(f);
}

START_TEST(a_key_becomes_a_file)
{
	_cleanup_(config_freep) struct config *c = NULL;
	struct config_error err = { .text = "" };
	char line[256], path[128];

	umask(0);
	path_of_key(path);
	snprintf(line, sizeof(line), "policy K/1 pre-shared-key file \"%s\"\n", path);
	for (int i = 0; i < 2; i++) { /* a second time, too */
		ck_assert_int_eq(import(MEMBER("ascii-text", "$9$FNkC3/t1IcevLuOWx"), folder), 0);
		assert_file("hello\n", 6);
		TOLD("note: ike policy K/1: its key was no secret to begin with");
		TOLD("its key is written to ");
		NOT_TOLD("hello");
		NOT_TOLD("FNkC3");
		ck_assert_ptr_nonnull(strstr(result, line));
		ck_assert_ptr_null(strstr(result, "$9$"));
	}
	ck_assert_msg(config_parse(&c, "result", result, strlen(result), &err) == 0, "%s", err.text);
	ck_assert_uint_eq(c->gateways[0].psk.len, 5);
	ck_assert_mem_eq(c->gateways[0].psk.data, "hello", 5);
}
END_TEST

START_TEST(a_hexadecimal_key)
{
	/* of the digits "00ff0a0d": what ends like a line keeps its end */
	_cleanup_(config_freep) struct config *c = NULL;
	struct config_error err = { .text = "" };
	char spelled[64], text[2048];

	spell(spelled, 'i', "", (const uint8_t *)"00ff0a0d", 8);
	snprintf(text, sizeof(text), MEMBER("hexadecimal", "%s"), spelled);
	ck_assert_int_eq(import(text, folder), 0);
	assert_file("\x00\xff\x0a\x0d\x0d\x0a", 6);
	ck_assert_msg(config_parse(&c, "result", result, strlen(result), &err) == 0, "%s", err.text);
	ck_assert_uint_eq(c->gateways[0].psk.len, 4);
	ck_assert_mem_eq(c->gateways[0].psk.data, "\x00\xff\x0a\x0d", 4);
}
END_TEST

START_TEST(nobody_asked_for_files)
{
	ck_assert_int_eq(import(MEMBER("ascii-text", "$9$FNkC3/t1IcevLuOWx"), NULL), 1);
	TOLD("incomplete: ike policy K/1: '--keys DIR' writes its key to a file that gvpnd reads\n");
	TOLD("its key was no secret to begin with");
	NOT_TOLD("hello");
	NOT_TOLD("FNkC3");
	NOT_TOLD("\ncomplete:");
}
END_TEST

START_TEST(keys_that_cannot_be_read)
{
	ck_assert_int_eq(import(MEMBER("ascii-text", "$8$aes256-gcm$hmac-sha2-256$100$abc$def"), folder), 1);
	TOLD("incomplete: ike policy K/1: its key ($8$...) is encrypted under the device's master password");
	NOT_TOLD("hmac");
	ck_assert_int_eq(import(MEMBER("ascii-text", "$9$FNkC3/t1IcevLuOW"), folder), 1);
	TOLD("incomplete: ike policy K/1: its key ($9$...) is damaged");
	NOT_TOLD("FNkC3");
	ck_assert_int_eq(import(MEMBER("hexadecimal", "$9$FNkC3/t1IcevLuOWx"), folder), 1); /* "hello" is no number */
	TOLD("is damaged");
	ck_assert_int_eq(rmdir(folder), 0);
	ck_assert_int_eq(mkdir(folder, 0700), 0);
}
END_TEST

START_TEST(files_that_cannot_be_written)
{
	char path[128];
	FILE *f;

	path_of_key(path);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fputs("another\n", f);
	fclose(f);
	ck_assert_int_eq(import(MEMBER("ascii-text", "$9$FNkC3/t1IcevLuOWx"), folder), 1);
	TOLD("exists and holds something else");
	NOT_TOLD("\ncomplete:");
	unlink(path);
	ck_assert_int_eq(symlink("/dev/null", path), 0);
	ck_assert_int_eq(import(MEMBER("ascii-text", "$9$FNkC3/t1IcevLuOWx"), folder), 1);
	TOLD("exists and holds something else");
	unlink(path);
	ck_assert_int_eq(import(MEMBER("ascii-text", "$9$FNkC3/t1IcevLuOWx"), "/nowhere/at/all"), -EINVAL);
	TOLD("--keys /nowhere/at/all: No such file or directory; expected a folder");
	ck_assert_str_eq(result, "");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("import_keys");
	TCase *t = tcase_create("keys");
	SRunner *r;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, spellings_that_are_known);
	tcase_add_test(t, every_octet_at_every_place);
	tcase_add_test(t, damaged_spellings);
	tcase_add_test(t, a_key_becomes_a_file);
	tcase_add_test(t, a_hexadecimal_key);
	tcase_add_test(t, nobody_asked_for_files);
	tcase_add_test(t, keys_that_cannot_be_read);
	tcase_add_test(t, files_that_cannot_be_written);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
