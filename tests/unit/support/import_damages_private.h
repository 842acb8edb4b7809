/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The damages of import_damages.c, one file for each subject, and what they share. */
#ifndef TESTS_UNIT_SUPPORT_IMPORT_DAMAGES_PRIVATE_H
#define TESTS_UNIT_SUPPORT_IMPORT_DAMAGES_PRIVATE_H

#include "tests/unit/support/import_damages.h"

#define DAMAGE(name) void damage_##name(FILE *out, const char *text, size_t len, uint32_t *random)
#define UNUSED_RANDOM (void)random

struct damage_line {
	const char *at;
	size_t len; /* without its end */
	size_t number;
	bool ends; /* has an end */
};

uint32_t damage_draw(uint32_t *state, uint32_t below);
bool damage_next_line(struct damage_line *l, const char *text, size_t len);
size_t damage_count_lines(const char *text, size_t len);
void damage_put_line(FILE *out, const struct damage_line *l);
/* BEFORE and AFTER stand in every EVERYth line. */
void damage_around(FILE *out, const char *text, size_t len, const char *before, const char *after, size_t every);
size_t damage_every(uint32_t *random);
/* Every line ends with END. */
void damage_ends(FILE *out, const char *text, size_t len, const char *end);

#define BLANKS_16 "                "

DAMAGE(pager_return);
DAMAGE(pager_percent);
DAMAGE(pager_own_line);
DAMAGE(pager_blanks_alone);
DAMAGE(pager_alone);
DAMAGE(pager_backspaces);
DAMAGE(pager_erase);
DAMAGE(pager_half_erased);
DAMAGE(pager_of_linux);
DAMAGE(pager_of_linux_line);
DAMAGE(colours);
DAMAGE(erased_ends);
DAMAGE(titles);
DAMAGE(bells);
DAMAGE(places);
DAMAGE(escapes_without_escape);
DAMAGE(carets);
DAMAGE(corrected);
DAMAGE(drawn_again);
DAMAGE(edge_of_editor);
DAMAGE(wrapped_80);
DAMAGE(wrapped);
DAMAGE(wrapped_crlf);
DAMAGE(wrapped_trimmed);
DAMAGE(cut_80);
DAMAGE(cut_132);
DAMAGE(crlf);
DAMAGE(crcrlf);
DAMAGE(cr);
DAMAGE(lfcr);
DAMAGE(blank_lines);
DAMAGE(mark);
DAMAGE(utf16_little);
DAMAGE(utf16_big);
DAMAGE(utf16_unmarked);
DAMAGE(no_break_indent);
DAMAGE(no_break);
DAMAGE(no_break_latin);
DAMAGE(thin_spaces);
DAMAGE(widthless);
DAMAGE(soft_hyphens);
DAMAGE(tabs);
DAMAGE(indented);
DAMAGE(trailing_blanks);
DAMAGE(smart_quotes);
DAMAGE(guillemets);
DAMAGE(single_quotes);
DAMAGE(latin_quotes);
DAMAGE(dashes);
DAMAGE(web_quotes);
DAMAGE(web_breaks);
DAMAGE(capital_lines);
DAMAGE(mail);
DAMAGE(mail_bare);
DAMAGE(mail_twice);
DAMAGE(mail_in_part);
DAMAGE(mail_broken);
DAMAGE(mail_with_header);
DAMAGE(flowed);
DAMAGE(filled);
DAMAGE(quoted_printable);
DAMAGE(quoted_printable_blanks);
DAMAGE(prompt_behind);
DAMAGE(prompts_around);
DAMAGE(prompts_of_a_logical_system);
DAMAGE(prompts_of_a_cluster);
DAMAGE(prompts_and_pager);
DAMAGE(last_commit);
DAMAGE(shell_before);
DAMAGE(part_shown);
DAMAGE(two_devices);
DAMAGE(typed_lines);
DAMAGE(typed_and_rolled_back);
DAMAGE(typed_and_loaded);
DAMAGE(typed_elsewhere);
DAMAGE(typed_and_refused);
DAMAGE(typed_and_scrolled);
DAMAGE(typed_and_wrapped);
DAMAGE(without_head);
DAMAGE(without_tail);
DAMAGE(without_first_lines);
DAMAGE(without_last_lines);
DAMAGE(without_a_line);
DAMAGE(every_line_twice);
DAMAGE(a_line_twice);
DAMAGE(without_open);
DAMAGE(without_close);
DAMAGE(without_braces);
DAMAGE(without_end);
DAMAGE(without_quote);
DAMAGE(without_line_end);
DAMAGE(on_one_line);
DAMAGE(numbered);
DAMAGE(numbered_by_grep);
DAMAGE(difference);
DAMAGE(fence);
DAMAGE(pages);
DAMAGE(zeros);
DAMAGE(comment_open);
DAMAGE(groups);
DAMAGE(wildcards);
DAMAGE(unused_group);
DAMAGE(tag_protect);
DAMAGE(tag_replace);
DAMAGE(inactive_elsewhere);
DAMAGE(off_nothing);
DAMAGE(deleted);
DAMAGE(backslashes);
DAMAGE(long_statement);
DAMAGE(long_set_line);
DAMAGE(mail_address);

#endif
