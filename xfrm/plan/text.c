/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xfrm/plan/text.h"

#include <arpa/inet.h>
#include <inttypes.h>

static const char *verdict_text(enum plan_verdict v)
{
	switch (v) {
	case PLAN_ENCRYPT:
		return "encrypt";
	case PLAN_CLEAR:
		return "clear";
	case PLAN_BLOCK:
		return "block";
	}
	return "?";
}

const char *plan_reason_text(enum plan_reason r)
{
	switch (r) {
	case PLAN_OWN_IKE:
		return "own GDOI traffic";
	case PLAN_EXCLUDE:
		return "exclude rule";
	case PLAN_GROUP_POLICY:
		return "group policy";
	case PLAN_FAIL_OPEN:
		return "fail-open rule";
	case PLAN_FAIL_CLOSE:
		return "fail-close";
	case PLAN_NOT_GOVERNED:
		return "not governed";
	}
	return "?";
}

static void print_end(FILE *out, struct ip_prefix p, struct port_range ports)
{
	struct in_addr in = { .s_addr = htonl(p.addr) };
	char text[INET_ADDRSTRLEN];

	fprintf(out, " %s/%u", inet_ntop(AF_INET, &in, text, sizeof(text)), p.len);
	if (ports.min != 0 || ports.max != UINT16_MAX)
		fprintf(out, " port %u-%u", ports.min, ports.max);
}

static void print_rule(FILE *out, const struct plan_rule *r)
{
	fprintf(out, "  %-7s", verdict_text(r->verdict));
	print_end(out, r->sel.src, r->sel.sport);
	fputs(" ->", out);
	print_end(out, r->sel.dst, r->sel.dport);
	if (r->sel.protocol != 0)
		fprintf(out, " protocol %u", r->sel.protocol);
	fprintf(out, "  (%s%s%s)\n", plan_reason_text(r->reason), r->name[0] ? " " : "", r->name);
}

void plan_print(const struct plan *plan, FILE *out)
{
	for (size_t i = 0; i < plan->n_scopes; i++) {
		const struct plan_scope *s = &plan->scopes[i];

		fprintf(out, "would program: vpn %s, from-zone %s to-zone %s, external interface %s\n", s->vpn,
			s->from_zone, s->to_zone, s->external);
		for (size_t j = 0; j < s->n_rules; j++)
			print_rule(out, &s->rules[j]);
	}
	for (size_t i = 0; i < plan->n_sas; i++) {
		const struct plan_sa *sa = &plan->sas[i];

		fprintf(out, "would program: SA with SPI %08" PRIx32 " of vpn %s,%s%s hard lifetime %" PRIu64 " s",
			sa->tek.spi, plan->scopes[sa->scope].vpn, sa->in ? " receives," : "", sa->out ? " sends," : "",
			sa->hard_seconds > PLAN_HARD_GRACE ? sa->hard_seconds - PLAN_HARD_GRACE : 0);
		if (sa->window_ms > 0)
			fprintf(out, ", D3P with a window of %" PRIu32 " ms", sa->window_ms);
		fprintf(out, "\n");
	}
}
