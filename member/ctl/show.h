/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The show outputs (rows F1, F2; the guide's member outputs, field by field).  The daemon publishes one snapshot of its
 * state as JSON; text is rendered from it here, by gvpnctl, so that --json and the text cannot differ.  gvpn-json(5)
 * says what each key is.
 */
#ifndef MEMBER_CTL_SHOW_H
#define MEMBER_CTL_SHOW_H

#include <json-c/json.h>
#include <stdio.h>

/*
 * WORDS as typed after "show", e.g. { "security", "group-vpn", "member", "ipsec", "security-associations", "detail" };
 * the words "security group-vpn member" may be left out and any word may be abbreviated as long as it is unambiguous.
 * Writes to OUT.  -EINVAL with ERR naming the word and what could stand in its place.
 */
int show_text(FILE *out, const char *const *words, size_t n_words, struct json_object *snapshot, char err[static 256]);
/* The part of the snapshot that the same words show, as a new reference. */
int show_json(struct json_object **ret, const char *const *words, size_t n_words, struct json_object *snapshot,
	      char err[static 256]);

#endif
