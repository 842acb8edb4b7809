/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The completions for bash, as bash runs them, against the tool's own list of commands. Run from the root of the tree.
 */
#include "lib/gvpn.h"
#include "member/ctl/ctl.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* The tool in the completions' eyes: a member with two VPNs.  The words are the real tool's: this program runs it. */
#define TOOL                                                                                                           \
	"gvpnctl() { [[ $1 == complete ]] && { $SELF \"$@\"; return; }; printf '{\\n \"vpns\":[\\n {\\n  \"name\": "   \
	"\"office\",\\n  \"group_id\": 1\\n },"                                                                        \
	"\\n {\\n  \"name\": \"lab\"\\n }\\n ]\\n}\\n'; }; "

static char self[4096];

static void complete(const char *line, char *ret, size_t size)
{
	char command[1024];
	size_t n;
	FILE *f;

	snprintf(command, sizeof(command),
		 "bash -c 'source member/ctl/completions/gvpnctl.bash; source member/ctl/completions/gvpnd.bash; eval "
		 "\"$1\"; "
		 "COMP_WORDS=($2); "
		 "if [[ $2 == *\" \" ]]; then COMP_WORDS+=(\"\"); fi; COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); "
		 "_${COMP_WORDS[0]}; echo \"${COMPREPLY[*]}\"' - \"$TOOL\" \"%s\"",
		 line);
	setenv("TOOL", TOOL, 1);
	setenv("SELF", self, 1);
	f = popen(command, "r");
	ck_assert_ptr_nonnull(f);
	n = fread(ret, 1, size - 1, f);
	ck_assert_int_eq(pclose(f), 0);
	ck_assert_uint_gt(n, 0);
	ret[n - 1] = '\0';
}

static const struct {
	const char *line, *words;
} cases[] = {
	{ "gvpnctl sh", "show" },
	{ "gvpnctl show ", "kek ipsec policy security" },
	{ "gvpnctl show security ", "group-vpn" },
	{ "gvpnctl show security group-vpn ", "member" },
	{ "gvpnctl show security group-vpn member ipsec ", "security-associations statistics" },
	{ "gvpnctl show security group-vpn member ", "kek ipsec policy" },
	{ "gvpnctl show security group-vpn member kek ", "security-associations" },
	{ "gvpnctl show security group-vpn member s", "" },
	{ "gvpnctl sh sec gr mem ip ", "security-associations statistics" },
	{ "gvpnctl sh ip sec ", "detail" },
	{ "gvpnctl sh ip s ", "" },
	{ "gvpnctl exp 10.0.0.1 10.0.0.2 u", "udp" },
	{ "gvpnctl mon --j", "--json" },
	{ "gvpnctl show kek security-associations d", "detail" },
	{ "gvpnctl sh kek ", "security-associations" },
	{ "gvpnctl clear ", "office lab" },
	{ "gvpnctl --socket /run/x clear l", "lab" },
	{ "gvpnctl clear office ", "" },
	{ "gvpnctl explain 10.0.0.1 10.0.0.2 tcp 1 2 in on l", "lo" },
	{ "gvpnctl explain 10.0.0.1 10.0.0.2 u", "udp" },
	{ "gvpnctl stop --", "--socket --keep" },
	{ "gvpnctl show --j", "--json" },
	{ "gvpnctl import READ", "README.md" },
	{ "gvpnctl import --", "--map --keys" },
	{ "gvpnctl import --map ge-0/0/0 = wan0 READ", "README.md" }, /* as bash breaks it */
	{ "gvpnctl import --keys membe", "member" },
	{ "gvpnctl --socket READ", "README.md" },
	{ "gvpnctl --socket /run/x cle", "clear" },
	{ "gvpnctl explain 10.0.0.1 ", "" },
	{ "gvpnctl explain 10.0.0.1 10.0.0.2 ", "tcp udp icmp ospf in out on" },
	{ "gvpnctl explain 10.0.0.1 10.0.0.2 tcp 1 ", "" },
	{ "gvpnctl explain 10.0.0.1 10.0.0.2 bgp out ", "on" },
	{ "gvpnctl bogus ", "" },
	{ "gvpnctl reload ", "" },
	{ "gvpnd --fa", "--fail-close" },
	{ "gvpnd -c READ", "README.md" },
};

START_TEST(completes)
{
	char words[1024];

	complete(cases[_i].line, words, sizeof(words));
	ck_assert_msg(strcmp(words, cases[_i].words) == 0, "'%s' gave '%s', expected '%s'", cases[_i].line, words,
		      cases[_i].words);
}
END_TEST

/* "... expected show, explain, ... or import": whatever the tool takes is offered. */
START_TEST(offers_every_command)
{
	char *text = NULL, words[1024], *argv[] = { (char[]){ "gvpnctl" }, NULL }, *at;
	size_t size, n = 0;
	FILE *f = open_memstream(&text, &size);

	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(ctl_run(1, argv, stdout, f), CTL_USAGE);
	fclose(f);
	complete("gvpnctl ", words, sizeof(words));
	at = strstr(text, "expected ");
	ck_assert_ptr_nonnull(at);
	at[strcspn(at, "\n")] = '\0';
	for (char *save = NULL, *w = strtok_r(at + strlen("expected "), ", ", &save); w;
	     w = strtok_r(NULL, ", ", &save)) {
		if (strcmp(w, "or") == 0)
			continue;
		n++;
		ck_assert_msg(strstr(words, w) != NULL, "'%s' is not offered: %s", w, words);
	}
	ck_assert_uint_gt(n, 5);
	free(text);
}
END_TEST

int main(int argc, char **argv)
{
	if (argc > 1)
		return (int)ctl_run(argc, argv, stdout, stderr);
	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		return EXIT_FAILURE;

	Suite *s = suite_create("completions");
	TCase *t = tcase_create("bash");
	SRunner *r;

	tcase_add_loop_test(t, completes, 0, ARRAY_SIZE(cases));
	tcase_add_test(t, offers_every_command);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
