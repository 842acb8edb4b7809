/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xfrm/kernel_private.h"

#include "xfrm/nft/query.h"
#include "xfrm/refused.h"
#include "xfrm/sync.h"

#include <linux/xfrm.h>

void kernel_d3p_counters(const struct kernel *k, struct kernel_d3p_counters *ret)
{
	struct dp_counter c[DP_COUNT_N] = { 0 };

	*ret = (struct kernel_d3p_counters){ 0 };
	if (!k->datapath)
		return;
	maps_counters(datapath_maps(k->datapath), c);
	*ret = (struct kernel_d3p_counters){
		.too_old = c[DP_COUNT_D3P_TOO_OLD].packets,
		.too_new = c[DP_COUNT_D3P_TOO_NEW].packets,
		.no_timestamp = c[DP_COUNT_D3P_NO_TIMESTAMP].packets,
		.unexpected = stamps_unexpected(&k->stamps, xfrm_refused_not_ip()),
		.type_error = c[DP_COUNT_D3P_TYPE].packets,
		.length_error = c[DP_COUNT_D3P_LENGTH].packets,
		.next_header_error = c[DP_COUNT_D3P_NEXT_HEADER].packets,
	};
}

int kernel_counters(struct kernel *k, struct kernel_counters *ret)
{
	struct dp_counter c[DP_COUNT_N] = { 0 };
	uint64_t packets[COUNT_N] = { 0 }, bytes;
	int r = 0;

	if (k->datapath)
		maps_counters(datapath_maps(k->datapath), c);
	for (size_t i = 0; r == 0 && i < COUNT_N; i++) {
		r = query_counter(k->nft, i, &packets[i], &bytes);
		if (r == -ENOENT && i == COUNT_INET6_DROPPED)
			r = 0; /* IPv6 passes, or this kernel has none */
	}
	if (r < 0)
		return r;
	*ret = (struct kernel_counters){
		.clear_in_dropped = c[DP_COUNT_CLEAR_IN].packets,
		.fail_close_in = c[DP_COUNT_FAIL_CLOSE_IN].packets + packets[COUNT_FAIL_CLOSE_IN],
		.fail_close_out = c[DP_COUNT_FAIL_CLOSE_OUT].packets + packets[COUNT_FAIL_CLOSE_OUT],
		.unknown_spi = c[DP_COUNT_UNKNOWN_SPI].packets,
		.readdressed = c[DP_COUNT_READDRESSED].packets,
		.misfit = c[DP_COUNT_MISFIT].packets,
		.unprotected_out = c[DP_COUNT_UNPROTECTED_OUT].packets + packets[COUNT_UNPROTECTED_OUT],
		.icmp_quoted = c[DP_COUNT_ICMP_QUOTED].packets,
		.inet6 = c[DP_COUNT_INET6].packets + packets[COUNT_INET6_DROPPED],
		.wrong_iv = c[DP_COUNT_WRONG_IV].packets + packets[COUNT_WRONG_IV],
		.esp_in = c[DP_COUNT_ESP_IN].packets,
		.esp_out = c[DP_COUNT_ESP_OUT].packets,
		.esp_in_bytes = c[DP_COUNT_ESP_IN].bytes,
		.esp_out_bytes = c[DP_COUNT_ESP_OUT].bytes,
	};
	kernel_d3p_counters(k, &ret->d3p);
	return 0;
}

static uint64_t d3p_drops(const struct dp_counter c[static DP_COUNT_N])
{
	uint64_t sum = 0;

	for (int i = DP_COUNT_D3P_NO_TIMESTAMP; i <= DP_COUNT_D3P_TOO_NEW; i++)
		sum += c[i].packets;
	return sum;
}

int kernel_drops(struct kernel *k, struct kernel_drops *ret)
{
	struct dp_counter c[DP_COUNT_N] = { 0 };
	uint64_t made, carried;
	char err[256];
	int r;

	if (!k->datapath)
		return -ENOENT;
	maps_counters(datapath_maps(k->datapath), c);
	r = sync_sent(&made, &carried, k->xfrm, err);
	if (r < 0)
		return r;
	*ret = (struct kernel_drops){
		.came = c[DP_COUNT_ESP_IN].packets,
		.delivered = c[DP_COUNT_OPENED].packets + c[DP_COUNT_READDRESSED].packets + c[DP_COUNT_MISFIT].packets +
			     d3p_drops(c) + xfrm_refused("XfrmIn"),
		.made = made,
		.left = c[DP_COUNT_ESP_OUT].packets + c[DP_COUNT_WRONG_IV].packets,
		.to_stamp = carried,
		.at_stamp = c[DP_COUNT_CARRIED].packets,
	};
	return 0;
}

int kernel_rule_counters(struct kernel *k, const struct plan_scope *scope, const struct plan_rule *rule,
			 struct kernel_rule_counters *ret)
{
	struct dp_counter c;
	int r = k->datapath ? datapath_count(k->datapath, scope, rule, &c) : -ENOENT;

	if (r == 0)
		*ret = (struct kernel_rule_counters){ c.packets, c.bytes };
	return r;
}

static int take_sa_counters(const struct nlmsghdr *nlh, void *data)
{
	struct kernel_sa_counters *c = data;
	struct sa_seen s;
	bool is = sa_parse(nlh, &s);

	if (is)
		*c = (struct kernel_sa_counters){ .packets = s.packets, .bytes = s.bytes };
	explicit_bzero(&s, sizeof(s));
	return is ? 0 : -ENOENT;
}

int kernel_sa_counters(struct kernel *k, uint32_t local, uint32_t spi, bool out, struct kernel_sa_counters *ret)
{
	struct plan_sa sa = { .tek.spi = spi };
	struct sa_id s = sa_id_of(&sa, local, out);
	struct kernel_sa_counters c = { 0 };
	struct dp_age age;
	struct message m;
	char err[256];
	int r = sa_build_id(&m, XFRM_MSG_GETSA, &s);

	if (r == 0)
		r = netlink_request(k->xfrm, &m, take_sa_counters, &c, err);
	if (r < 0)
		return r == -ESRCH ? -ENOENT : r;
	*ret = c;
	if (!out && k->datapath && maps_age(datapath_maps(k->datapath), spi, &age)) {
		ret->has_age = true;
		ret->age_us = age.middle.age;
	}
	return 0;
}
