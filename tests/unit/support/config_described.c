/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/support/config_described.h"

#include "tests/unit/support/config_cases.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

struct config *config_parsed(const char *text)
{
	struct config *c;
	struct config_error err;

	ck_assert_msg(config_parse(&c, "f.conf", text, strlen(text), &err) == 0, "%s", err.text);
	return c;
}

struct config *config_loaded(const char *path)
{
	char *text = config_file(path);
	struct config *c = config_parsed(text);

	free(text);
	return c;
}

static void write_selector(FILE *f, const struct config_rule *r)
{
	fprintf(f, "  rule %s %08x/%u>%08x/%u p%u %u-%u>%u-%u '%s'\n", r->name, r->sel.src.addr, r->sel.src.len,
		r->sel.dst.addr, r->sel.dst.len, r->sel.protocol, r->sel.sport.min, r->sel.sport.max, r->sel.dport.min,
		r->sel.dport.max, r->application);
}

static void write_terms(FILE *f, const struct config_term *t, size_t n)
{
	for (; n > 0; n--, t++)
		fprintf(f, "  %s %s %08x/%u>%08x/%u p%u %u-%u>%u-%u\n", t->service ? "service" : "skip", t->name,
			t->sel.src.addr, t->sel.src.len, t->sel.dst.addr, t->sel.dst.len, t->sel.protocol,
			t->sel.sport.min, t->sel.sport.max, t->sel.dport.min, t->sel.dport.max);
}

static void write_octets(FILE *f, const char *what, unsigned type, const uint8_t *data, size_t len)
{
	fprintf(f, "  %s %u:", what, type);
	for (size_t i = 0; i < len; i++)
		fprintf(f, "%02x", data[i]);
	fputc('\n', f);
}

static void write_gateway(FILE *f, const struct config_gateway *g)
{
	fprintf(f, "gateway %s mode %d local %08x doi %u ", g->name, (int)g->mode, g->local_address, g->doi);
	if (g->has_situation)
		fprintf(f, "situation %u ", g->situation);
	if (g->gap_numbers.d3p_type != GAP_D3P_TYPE || g->gap_numbers.d3p_window != GAP_D3P_WINDOW)
		fprintf(f, "d3p %u %u ", g->gap_numbers.d3p_type, g->gap_numbers.d3p_window);
	fprintf(f, "form %d servers", (int)g->group_form);
	for (size_t i = 0; i < g->n_servers; i++)
		fprintf(f, " %08x", g->servers[i]);
	fputc('\n', f);
	for (size_t i = 0; i < g->n_proposals; i++)
		fprintf(f, "  proposal %d %d %d %u\n", (int)g->proposals[i].hash, (int)g->proposals[i].group,
			(int)g->proposals[i].cipher, g->proposals[i].lifetime_seconds);
	write_octets(f, "psk", 0, g->psk.data, g->psk.len);
	write_octets(f, "local-identity", g->local_identity.type, g->local_identity.data, g->local_identity.len);
	write_octets(f, "remote-identity", g->remote_identity.type, g->remote_identity.data, g->remote_identity.len);
}

char *config_described(const struct config *c)
{
	char *text;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	for (size_t i = 0; i < c->n_zones; i++) {
		fprintf(f, "zone %s", c->zones[i].name);
		for (size_t k = 0; k < c->zones[i].n_interfaces; k++)
			fprintf(f, " %s", c->zones[i].interfaces[k]);
		fputc('\n', f);
	}
	for (size_t i = 0; i < c->n_gateways; i++)
		write_gateway(f, &c->gateways[i]);
	for (size_t i = 0; i < c->n_vpns; i++) {
		const struct config_vpn *v = &c->vpns[i];

		fprintf(f,
			"vpn %s gateway %zu group %u external %s used %d probe %d %u/%u df %d mtu %u direction %d keys "
			"%u policies %u\n",
			v->name, v->gateway, v->group, v->external, v->used, v->recovery_probe, v->probe_packets,
			v->probe_seconds, (int)v->df, v->tunnel_mtu, (int)v->match_direction, v->max_keys,
			v->max_policies);
		if (v->replay_window_ms > 0)
			fprintf(f, " anti-replay %u\n", v->replay_window_ms);
		for (size_t k = 0; k < v->n_exclude; k++)
			write_selector(f, &v->exclude[k]);
		fprintf(f, " fail-open\n");
		for (size_t k = 0; k < v->n_fail_open; k++)
			write_selector(f, &v->fail_open[k]);
	}
	for (size_t i = 0; i < c->n_ipsec_policies; i++)
		fprintf(f, "pair %zu %zu vpn %zu\n", c->ipsec_policies[i].from, c->ipsec_policies[i].to,
			c->ipsec_policies[i].vpn);
	for (size_t i = 0; i < c->n_services; i++) {
		const struct config_service *s = &c->services[i];

		fprintf(f, "service %s vpn %zu\n output '%s'\n", s->name, s->vpn, s->output_filter);
		write_terms(f, s->output, s->n_output);
		fprintf(f, " input '%s'\n", s->input_filter);
		write_terms(f, s->input, s->n_input);
	}
	fprintf(f, "on-stop %d\n", (int)c->on_stop);
	fclose(f);
	return text;
}

char *config_replace_in(char *text, const char *find, const char *replace)
{
	char *at = strstr(text, find), *ret;

	ck_assert_msg(at != NULL, "%s", find);
	ck_assert_int_gt(asprintf(&ret, "%.*s%s%s", (int)(at - text), text, replace, at + strlen(find)), 0);
	free(text);
	return ret;
}

char *config_with(const char *find, const char *replace)
{
	return config_replace_in(config_file("tests/configs/every-statement.conf"), find, replace);
}
