/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The text of each view, laid out as Junos prints it (the guide's member outputs).  PART is what show_part() made for
 * the same view, after json_make_printable(); what is missing in it is printed as "-" or 0.  Lines of ours stand after
 * the guide's, at the end of their block.
 */
#ifndef MEMBER_CTL_SHOW_RENDER_H
#define MEMBER_CTL_SHOW_RENDER_H

#include <json-c/json.h>
#include <stdint.h>
#include <stdio.h>

/* Ours, above the guide's lines, and only where there is something to tell: the kernel does not hold the plan. */
void show_render_failure(FILE *out, struct json_object *part);
void show_render_kek(FILE *out, struct json_object *part);
void show_render_kek_detail(FILE *out, struct json_object *part);
void show_render_policy(FILE *out, struct json_object *part);
void show_render_ipsec(FILE *out, struct json_object *part);
void show_render_ipsec_detail(FILE *out, struct json_object *part);
void show_render_statistics(FILE *out, struct json_object *part);

/* Reading PART, for the renderers.  Names and objects live as long as the object they come from. */
struct json_object *show_get(struct json_object *o, const char *key); /* NULL when missing or null */
const char *show_string(struct json_object *o, const char *key);
int64_t show_int(struct json_object *o, const char *key);
uint64_t show_counter(struct json_object *o, const char *key); /* a negative one is 0 */
size_t show_count(struct json_object *o, const char *key);
struct json_object *show_nth(struct json_object *o, const char *key, size_t i);

/* A number as decimal digits, or TEXT when it is missing or null. */
struct show_number {
	char text[24];
};
struct show_number show_number_or(struct json_object *o, const char *key, const char *text);

/* Ours, and only where there is something to tell: interfaces that this host does not have. */
void show_render_missing(FILE *out, struct json_object *vpn);
void show_render_traffic(FILE *out, uint64_t bytes_in, uint64_t bytes_out, uint64_t packets_in, uint64_t packets_out);

#endif
