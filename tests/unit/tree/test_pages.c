/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What pages and comments cite is in the tree: tests/pages-check, which is tried on small trees with a fault each
 * first. */
#include "lib/gvpn.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

/* A tree without a fault: $d */
#define TREE                                                                                                           \
	"d=$(mktemp -d) && trap 'rm -r \"$d\"' EXIT && mkdir -p \"$d/doc\" \"$d/lib\" \"$d/member/group\" && "         \
	"printf '| D6 | blocks stay |\\n| G | a server |\\n' >\"$d/doc/requirements.md\" && "                          \
	"printf 'USES_lib :=\\nUSES_member/group := lib\\n' >\"$d/Makefile\" && "                                      \
	"printf '| `lib/` | none | x |\\n| `member/group/` | lib | y |\\n\\n1. `walk_on()` in `lib/a.c`: goes\\n' "    \
	">\"$d/doc/house.md\" && "                                                                                     \
	"printf '/* Row D6, see doc/house.md and b.c. */\\nvoid walk_on(void)\\n{\\n}\\n' >\"$d/lib/a.c\" && "         \
	"printf '#include <far/odd.h>\\nint b; /* a.c */\\n' >\"$d/lib/b.c\" && touch \"$d/member/group/c.c\" && "

static const struct fault {
	const char *name, *change, *said;
} faults[] = {
	{ "a row", "echo '/* as row D7 says */' >>\"$d/lib/b.c\"", "row D7 is not in doc/requirements.md" },
	{ "a row in brackets", "echo 'int c; // closed (E9)' >>\"$d/lib/b.c\"", "row E9 is not in" },
	{ "a row in a script", "echo 'true # row B9' >\"$d/run.sh\"", "row B9 is not in" },
	{ "a row in a page", "echo 'This is row F3.' >\"$d/doc/x.md\"", "row F3 is not in" },
	{ "a file", "echo '/* see group_kek.c */' >>\"$d/lib/b.c\"", "there is no file group_kek.c" },
	{ "a path", "echo '/* as in member/group/kek.c */' >>\"$d/lib/b.c\"", "there is no member/group/kek.c" },
	{ "a path within a room", "echo '/* as in group/kek.c */' >>\"$d/lib/b.c\"", "there is no file group/kek.c" },
	{ "a folder", "echo 'See tests/lost/ for it.' >\"$d/doc/x.md\"", "there is no tests/lost" },
	{ "a page beside", "echo '[x](../ike/README.md)' >\"$d/doc/x.md\"", "there is no ../ike/README.md" },
	{ "outside", "echo '/* shared/requirements.md says it */' >>\"$d/lib/b.c\"", "is outside the tree" },
	{ "a comment of two lines", "printf '/*\\n * prototype/d3p\\n */\\n' >>\"$d/lib/b.c\"", "is outside the tree" },
	{ "an arrow more", "echo 'USES_ike := lib' >>\"$d/Makefile\"", "only in the Makefile: ike -> lib" },
	{ "an arrow less", "echo 'USES_lib :=' >\"$d/Makefile\"", "only in doc/house.md: member/group -> lib" },
	{ "a function that went", "echo 'int walk_on;' >\"$d/lib/a.c\"", "no function walk_on() in lib/a.c" },
	{ "a declaration alone", "echo 'void walk_on(void);' >\"$d/lib/a.c\"", "no function walk_on() in lib/a.c" },
	{ "a file that went", "rm \"$d/lib/a.c\"", "no function walk_on() in lib/a.c" },
	{ "a step without a file", "echo '2. then the rest' >>\"$d/doc/house.md\"",
	  "no function and file in: 2. then" },
};

START_TEST(no_fault)
{
	ck_assert_msg(system("set -e; " TREE "bash tests/pages-check \"$d\"") == 0, "see above");
}
END_TEST

START_TEST(each_fault)
{
	const struct fault *f = &faults[_i];
	char command[2048];

	snprintf(command, sizeof(command),
		 TREE "%s && out=$(bash tests/pages-check \"$d\"); test $? = 1 && echo \"$out\" | grep -qF '%s'",
		 f->change, f->said);
	ck_assert_msg(system(command) == 0, "%s: not found", f->name);
}
END_TEST

/* Strings, names in capitals, headers of the system and blocks of code cite nothing. */
START_TEST(no_citation)
{
	ck_assert_msg(system(TREE "printf 'const char *s = \"row D9 /work/x group_kek.c\"; /* linux/xfrm.h, "
				  "tests/NAME/run, odd.h */\\n' "
				  ">>\"$d/lib/b.c\" && printf '```\\nrow D9\\n```\\n' >\"$d/doc/x.md\" && "
				  "bash tests/pages-check \"$d\"") == 0,
		      "see above");
}
END_TEST

START_TEST(this_tree)
{
	ck_assert_msg(system("bash tests/pages-check") == 0, "see above");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("pages");
	TCase *t = tcase_create("cites");
	SRunner *r;

	tcase_add_test(t, no_fault);
	tcase_add_loop_test(t, each_fault, 0, ARRAY_SIZE(faults));
	tcase_add_test(t, no_citation);
	tcase_add_test(t, this_tree);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
