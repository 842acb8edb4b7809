/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The command line of gvpnctl(8) against its table of tokens: what is taken, what is said of what is not, and the
 * synopsis of the man page.  Run from the root of the tree.
 */
#include "member/ctl/command.h"

#include <check.h>
#include <ctype.h>
#include <stdlib.h>

#define WORDS_MAX 12

static int parse(struct command *ret, enum command_verb verb, const char *line, struct command_error *err)
{
	static char copy[256]; /* the command names words of it */
	const char *words[WORDS_MAX];
	size_t n = 0;

	snprintf(copy, sizeof(copy), "%s", line);
	for (char *save = NULL, *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
		ck_assert_uint_lt(n, WORDS_MAX);
		words[n++] = w;
	}
	*err = (struct command_error){ .with_usage = false };
	return command_parse(ret, verb, words, n, err);
}

/* --- show --- */

static const struct {
	const char *words;
	enum show_view view;
} views[] = {
	{ "security group-vpn member kek security-associations", SHOW_KEK },
	{ "kek security-associations detail", SHOW_KEK_DETAIL },
	{ "ipsec security-associations", SHOW_IPSEC },
	{ "sec gr mem ip sec det", SHOW_IPSEC_DETAIL },
	{ "s g m i se d", SHOW_IPSEC_DETAIL },
	{ "ip stat", SHOW_STATISTICS },
	{ "security group-vpn member policy", SHOW_POLICY },
	{ "p", SHOW_POLICY },
};

START_TEST(show_words)
{
	struct command_error err;
	struct command c;

	ck_assert_msg(parse(&c, VERB_SHOW, views[_i].words, &err) == 0, "%s", err.text);
	ck_assert_int_eq(c.view, views[_i].view);
}
END_TEST

static const struct {
	const char *words, *err;
} wrong_views[] = {
	{ "", "a word is missing after 'show'; expected security, kek, ipsec or policy" },
	{ "ipsec", "a word is missing after 'show ipsec'; expected security-associations or statistics" },
	{ "sec gr", "a word is missing after 'show security group-vpn'; expected member" },
	{ "ipsec s", "'s' after 'show ipsec' is ambiguous: security-associations or statistics" },
	{ "ike security-associations", "'ike' is unknown after 'show'; expected security, kek, ipsec or policy" },
	{ "kek statistics", "'statistics' is unknown after 'show kek'; expected security-associations" },
	{ "kek security-associationss",
	  "'security-associationss' is unknown after 'show kek'; expected security-associations" },
	{ "ipsec stat detail", "'detail' is too much: nothing can follow 'show ipsec statistics'" },
	{ "policy \x1b[31m", "'?[31m' is too much: nothing can follow 'show policy'" },
	{ "security security", "'security' is unknown after 'show security'; expected group-vpn" },
	{ "security kek", "'kek' is unknown after 'show security'; expected group-vpn" },
	{ "ipsec sec d d", "'d' is too much: nothing can follow 'show ipsec security-associations detail'" },
};

START_TEST(show_refuses)
{
	struct command_error err;
	struct command c = { .vpn = "untouched" };

	ck_assert_int_eq(parse(&c, VERB_SHOW, wrong_views[_i].words, &err), -EINVAL);
	ck_assert_str_eq(err.text, wrong_views[_i].err);
	ck_assert(!err.with_usage);
	ck_assert_str_eq(c.vpn, "untouched");
}
END_TEST

START_TEST(empty_and_long_words)
{
	char word[5000];
	const char *empty[] = { "" }, *words[] = { word };
	struct command_error err;
	struct command c;

	memset(word, 'x', sizeof(word) - 1);
	word[sizeof(word) - 1] = '\0';
	for (int v = 0; v < COMMAND_VERBS; v++) {
		if (v != VERB_CLEAR && v != VERB_IMPORT) { /* which take any name */
			ck_assert_int_eq(command_parse(&c, (enum command_verb)v, empty, 1, &err), -EINVAL);
			ck_assert_int_eq(command_parse(&c, (enum command_verb)v, words, 1, &err), -EINVAL);
			ck_assert_uint_lt(strlen(err.text), 250);
		}
		ck_assert_int_eq(command_verb_find((enum command_verb[]){ 0 }, words[0], &err), -EINVAL);
		ck_assert_uint_lt(strlen(err.text), 250);
	}
}
END_TEST

/* --- explain --- */

#define NO_REQUEST                                                                                                     \
	{                                                                                                              \
		.way = EXPLAIN_WAY_ANY                                                                                 \
	}

static const struct {
	const char *line;
	struct explain_request q;
	const char *err; /* in the error; NULL: none */
} words_cases[] = {
	{ "10.0.0.1 10.0.0.2", { { 0x0a000001, 0x0a000002, 0, 0, 0 }, EXPLAIN_WAY_ANY, "" }, NULL },
	{ "10.0.0.1 10.0.0.2 icmp", { { 0x0a000001, 0x0a000002, 1, 0, 0 }, EXPLAIN_WAY_ANY, "" }, NULL },
	{ "10.0.0.1 10.0.0.2 89 in", { { 0x0a000001, 0x0a000002, 89, 0, 0 }, EXPLAIN_WAY_IN, "" }, NULL },
	{ "10.0.0.1 10.0.0.2 ospf out on lan0",
	  { { 0x0a000001, 0x0a000002, 89, 0, 0 }, EXPLAIN_WAY_OUT, "lan0" },
	  NULL },
	{ "10.0.0.1 10.0.0.2 tcp 1 65535", { { 0x0a000001, 0x0a000002, 6, 1, 65535 }, EXPLAIN_WAY_ANY, "" }, NULL },
	{ "10.0.0.1 10.0.0.2 tcp any 179", { { 0x0a000001, 0x0a000002, 6, 0, 179 }, EXPLAIN_WAY_ANY, "" }, NULL },
	{ "10.0.0.1 10.0.0.2 tcp", { { 0x0a000001, 0x0a000002, 6, 0, 0 }, EXPLAIN_WAY_ANY, "" }, NULL },
	{ "10.0.0.1 10.0.0.2 bgp", { { 0x0a000001, 0x0a000002, 6, 0, 179 }, EXPLAIN_WAY_ANY, "" }, NULL },
	{ "10.0.0.1 10.0.0.2 any on wan0", { { 0x0a000001, 0x0a000002, 0, 0, 0 }, EXPLAIN_WAY_ANY, "wan0" }, NULL },
	{ "10.0.0.1 10.0.0.2 in", { { 0x0a000001, 0x0a000002, 0, 0, 0 }, EXPLAIN_WAY_IN, "" }, NULL },
	{ "", NO_REQUEST, "the source address is missing after 'explain'" },
	{ "10.0.0.1", NO_REQUEST, "the destination address is missing after '10.0.0.1'" },
	{ "10.0.0 10.0.0.2", NO_REQUEST, "'10.0.0' is not the source address; expected an IPv4 address A.B.C.D" },
	{ "10.0.0.1 fe80::1", NO_REQUEST, "'fe80::1' is not the destination address" },
	{ "10.0.0.1 10.0.0.0/8", NO_REQUEST, "'10.0.0.0/8' is not the destination address" },
	{ "10.0.0.1 10.0.0.2 tpc", NO_REQUEST, "'tpc'" },
	{ "10.0.0.1 10.0.0.2 256", NO_REQUEST, "'256'" },
	{ "10.0.0.1 10.0.0.2 tcp 80", NO_REQUEST, "the destination port is missing after '80'" },
	{ "10.0.0.1 10.0.0.2 tcp 80 in", NO_REQUEST, "the destination port is missing after '80'" },
	{ "10.0.0.1 10.0.0.2 tcp 80 65536", NO_REQUEST, "'65536'" },
	{ "10.0.0.1 10.0.0.2 tcp 80 -1", NO_REQUEST, "'-1'" },
	{ "10.0.0.1 10.0.0.2 icmp 8 0", NO_REQUEST, "'8' is too much: protocol 1 has no ports" },
	{ "10.0.0.1 10.0.0.2 on", NO_REQUEST, "the name of an interface is missing after 'on'" },
	{ "10.0.0.1 10.0.0.2 on interface-with-a-long-name", NO_REQUEST, "not an interface name" },
	{ "10.0.0.1 10.0.0.2 on ge-0/0/0", NO_REQUEST, "no Linux interface name has a '/'" },
	{ "10.0.0.1 10.0.0.2 out in", NO_REQUEST, "'in' is too much after 'out'" },
	{ "10.0.0.1 10.0.0.2 on lan0 out", NO_REQUEST, "'out' is too much after 'lan0'" },
	{ "10.0.0.1 10.0.0.2 tcp 1 2 3", NO_REQUEST, "'3' is too much after '2'" },
};

START_TEST(explain_words)
{
	const struct explain_request *want = &words_cases[_i].q;
	struct command c = { .packet.packet.src = 1 };
	struct command_error err;
	int r = parse(&c, VERB_EXPLAIN, words_cases[_i].line, &err);

	if (words_cases[_i].err) {
		ck_assert_int_eq(r, -EINVAL);
		ck_assert_msg(strstr(err.text, words_cases[_i].err), "%s: %s", words_cases[_i].line, err.text);
		ck_assert(err.with_usage);
		ck_assert_uint_eq(c.packet.packet.src, 1); /* untouched */
		return;
	}
	ck_assert_msg(r == 0, "%s: %s", words_cases[_i].line, err.text);
	ck_assert_uint_eq(c.packet.packet.src, want->packet.src);
	ck_assert_uint_eq(c.packet.packet.dst, want->packet.dst);
	ck_assert_uint_eq(c.packet.packet.protocol, want->packet.protocol);
	ck_assert_uint_eq(c.packet.packet.sport, want->packet.sport);
	ck_assert_uint_eq(c.packet.packet.dport, want->packet.dport);
	ck_assert_int_eq(c.packet.way, want->way);
	ck_assert_str_eq(c.packet.inside, want->inside);
}
END_TEST

/* --- the others --- */

static const struct {
	enum command_verb verb;
	const char *line, *vpn, *file, *err;
} others[] = {
	{ VERB_CLEAR, "", NULL, NULL, NULL },
	{ VERB_CLEAR, "office", "office", NULL, NULL },
	{ VERB_CLEAR, "security", "security", NULL, NULL }, /* a VPN of that name */
	{ VERB_CLEAR, "security group-vpn member group", NULL, NULL, NULL },
	{ VERB_CLEAR, "security group-vpn member group office", "office", NULL, NULL },
	{ VERB_CLEAR, "security group-vpn", NULL, NULL,
	  "'group-vpn' is too much after 'clear': it takes the name of one VPN, or none for all" },
	{ VERB_CLEAR, "sec group-vpn member group office", NULL, NULL,
	  "'group-vpn' is too much after 'clear': it takes the name of one VPN, or none for all" },
	{ VERB_RELOAD, "now", NULL, NULL, "'now' is too much after 'reload': nothing follows it" },
	{ VERB_IMPORT, "device.txt", NULL, "device.txt", NULL },
	{ VERB_IMPORT, "", NULL, NULL, "import: a file is missing, or - for standard input" },
	{ VERB_IMPORT, "a b", NULL, NULL,
	  "'b' is too much after 'import': it takes one file, or - for standard input" },
};

START_TEST(other_words)
{
	struct command_error err;
	struct command c = { 0 };
	int r = parse(&c, others[_i].verb, others[_i].line, &err);

	ck_assert_int_eq(r, others[_i].err ? -EINVAL : 0);
	ck_assert_str_eq(err.text, others[_i].err ? others[_i].err : "");
	ck_assert_pstr_eq(c.vpn, others[_i].vpn);
	ck_assert_pstr_eq(c.file, others[_i].file);
}
END_TEST

START_TEST(verbs)
{
	static const struct {
		const char *word;
		int verb; /* -1: none */
	} cases[] = {
		{ "show", VERB_SHOW },
		{ "sh", VERB_SHOW },
		{ "s", -1 },
		{ "ex", VERB_EXPLAIN },
		{ "me", VERB_METRICS },
		{ "mo", VERB_MONITOR },
		{ "m", -1 },
		{ "clea", -1 },
		{ "clear", VERB_CLEAR },
		{ "sto", -1 },
		{ "stop", VERB_STOP },
		{ "impor", -1 },
		{ "reloa", -1 },
		{ "shows", -1 },
		{ "", -1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct command_error err = { .with_usage = false };
		enum command_verb v;
		int r = command_verb_find(&v, cases[i].word, &err);

		ck_assert_msg(r == (cases[i].verb < 0 ? -EINVAL : 0), "%s", cases[i].word);
		if (r == 0)
			ck_assert_int_eq(v, cases[i].verb);
		else
			ck_assert_ptr_nonnull(strstr(err.text,
						     "expected show, explain, monitor, metrics, clear, reload, "
						     "stop or import"));
	}
}
END_TEST

/* --- the man page --- */

static char page[131072];

static void read_page(void)
{
	FILE *f = fopen("man/gvpnctl.8", "r");

	ck_assert_msg(f != NULL, "man/gvpnctl.8 cannot be read; run the test from the root of the tree");
	ck_assert_uint_lt(fread(page, 1, sizeof(page) - 1, f), sizeof(page) - 1);
	fclose(f);
}

/*
 * A line of mdoc(7) as a reader sees it, without blanks: "Op" is brackets around the rest of its line or up to the next
 * "Op" that closes nothing, "Fl Fl x" is "--x", and what the user chooses is in capitals.
 */
static void put_line(FILE *out, char *line)
{
	unsigned brackets = 0, dashes = 0;
	bool chosen = false;

	for (char *save = NULL, *w = strtok_r(line, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
		if (strcmp(w, "Op") == 0 || strcmp(w, "Oo") == 0) {
			fputc('[', out);
			brackets += strcmp(w, "Op") == 0;
		} else if (strcmp(w, "Oc") == 0) {
			fputc(']', out);
		} else if (strcmp(w, "Fl") == 0) {
			dashes++;
		} else if (strcmp(w, "Ar") == 0 || strcmp(w, "Cm") == 0) {
			chosen = strcmp(w, "Ar") == 0;
		} else if (strcmp(w, "Ns") != 0) {
			for (; dashes > 0; dashes--)
				fputc('-', out);
			for (; *w; w++)
				fputc(chosen ? toupper((unsigned char)*w) : *w, out);
		}
	}
	for (; brackets > 0; brackets--)
		fputc(']', out);
}

/* The lines of the page from FROM on up to TO, each command on a line of its own. */
static char *synopsis_of_page(void)
{
	char *from = strstr(page, ".Sh SYNOPSIS\n"), *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	ck_assert_ptr_nonnull(from);
	ck_assert_ptr_nonnull(f);
	from = strdup(strchr(from, '\n') + 1);
	*strstr(from, ".Sh ") = '\0';
	for (char *save = NULL, *line = strtok_r(from, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		ck_assert_int_eq(line[0], '.');
		if (strcmp(line, ".Nm") == 0)
			fputc('\n', f);
		else
			put_line(f, line + 1);
	}
	fclose(f);
	free(from);
	return text;
}

static char *without_blanks(char *text)
{
	char *to = text;

	for (char *p = text; *p; p++)
		if (*p != ' ')
			*to++ = *p;
	*to = '\0';
	return text;
}

static char *synopsis(enum command_verb verb, const struct command_form *form, bool words_alone)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	ck_assert_ptr_nonnull(f);
	if (words_alone) {
		fprintf(f, "%s ", command_verbs[verb].name);
		command_form_synopsis(f, form, 0);
	} else {
		command_synopsis(f, verb, form);
	}
	fclose(f);
	return without_blanks(text);
}

START_TEST(synopsis_is_the_table)
{
	char *have, *want = NULL, *line;
	size_t size;
	FILE *f = open_memstream(&want, &size);

	read_page();
	have = synopsis_of_page();
	for (int v = 0; v < COMMAND_VERBS; v++) {
		line = synopsis((enum command_verb)v, NULL, false);
		fprintf(f, "\n%s", line);
		free(line);
	}
	fprintf(f, "\n--help|--version");
	fclose(f);
	ck_assert_str_eq(have, want);
	free(have);
	free(want);
}
END_TEST

/* Every form of show and clear heads a paragraph: ".It Cm show Oo Cm security ...". */
START_TEST(forms_are_described)
{
	static const enum command_verb described[] = { VERB_SHOW, VERB_CLEAR, VERB_RELOAD, VERB_IMPORT };
	unsigned n = 0;

	read_page();
	for (size_t i = 0; i < ARRAY_SIZE(described); i++) {
		const struct verb_token *v = &command_verbs[described[i]];

		for (size_t j = 0; j < v->n_forms; j++) {
			char *want = synopsis(described[i], &v->forms[j], true), *copy = strdup(page);
			bool found = false;

			for (char *save = NULL, *line = strtok_r(copy, "\n", &save); line;
			     line = strtok_r(NULL, "\n", &save)) {
				char *text = NULL;
				size_t size;
				FILE *f;

				if (strncmp(line, ".It ", 4) != 0)
					continue;
				f = open_memstream(&text, &size);
				put_line(f, line + 4);
				fclose(f);
				found |= strcmp(text, want) == 0;
				free(text);
			}
			ck_assert_msg(found, "gvpnctl(8) does not describe '%s'", want);
			n++;
			free(copy);
			free(want);
		}
	}
	ck_assert_uint_eq(n, 7);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("command");
	TCase *t = tcase_create("the command line");
	SRunner *r;

	tcase_add_loop_test(t, show_words, 0, ARRAY_SIZE(views));
	tcase_add_loop_test(t, show_refuses, 0, ARRAY_SIZE(wrong_views));
	tcase_add_test(t, empty_and_long_words);
	tcase_add_loop_test(t, explain_words, 0, ARRAY_SIZE(words_cases));
	tcase_add_loop_test(t, other_words, 0, ARRAY_SIZE(others));
	tcase_add_test(t, verbs);
	tcase_add_test(t, synopsis_is_the_table);
	tcase_add_test(t, forms_are_described);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
