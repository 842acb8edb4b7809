/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/ctl/show_part.h"

#include <stdlib.h>

#define KEYS(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* Keys that a view shows of the snapshot, of each VPN, of each SA and its policies, and of the KEK; NULL: all of them.
 */
struct part {
	const char *const *top, *const *vpn, *const *sa, *const *policy, *const *kek;
};

static const struct part parts[] = {
	[SHOW_KEK] = {
		.top = KEYS("format", "version", "kernel", "vpns"),
		.vpn = KEYS("name", "group_id", "kek"),
		.kek = KEYS("index", "server_address", "life_seconds", "initiator_cookie", "responder_cookie"),
	},
	[SHOW_KEK_DETAIL] = {
		.top = KEYS("format", "version", "kernel", "vpns"),
		.vpn = KEYS("name", "group_id", "local_gateway", "gdoi_server", "kek"),
	},
	[SHOW_IPSEC] = {
		.top = KEYS("format", "version", "kernel", "vpns"),
		.vpn = KEYS("name", "group_id", "gdoi_server", "server_port", "state", "state_reason", "sas"),
		.sa = KEYS("spi", "protocol", "encryption", "authentication", "direction", "hard_seconds",
			   "lifesize_kilobytes", "state", "policies"),
		.policy = KEYS("tunnel_id", "state"),
	},
	[SHOW_IPSEC_DETAIL] = {
		.top = KEYS("format", "version", "kernel", "vpns"),
		.vpn = KEYS("name", "group_id", "local_gateway", "gdoi_server", "server_port", "routing_instance",
			    "recovery_probe", "df_bit", "tunnel_mtu", "match_direction", "state", "state_reason",
			    "max_keys", "max_policies", "rekey_needed", "next_registration_seconds", "stats", "sas",
			    "refusals", "vendor_ids", "gap_unknown", "sender_ids", "interfaces"),
	},
	[SHOW_STATISTICS] = {
		.top = KEYS("format", "version", "kernel", "vpns", "counters", "clock"),
		.vpn = KEYS("name", "group_id", "max_keys", "max_policies", "stats", "sas"),
		.sa = KEYS("spi", "packets_in", "bytes_in", "packets_out", "bytes_out"),
	},
	[SHOW_POLICY] = {
		.top = KEYS("format", "version", "kernel", "vpns"),
		.vpn = KEYS("name", "group_id", "zones", "interfaces"),
	},
};

static bool lists_key(const char *const *keys, const char *key)
{
	if (!keys)
		return true;
	for (; *keys; keys++) {
		if (strcmp(*keys, key) == 0)
			return true;
	}
	return false;
}

static int keep_keys(struct json_object *o, const char *const *keys)
{
	struct json_object_iterator it = json_object_iter_begin(o), end = json_object_iter_end(o);
	size_t n = 0, max = (size_t)json_object_object_length(o);
	char **gone = calloc(max + 1, sizeof(*gone));
	int r = 0;

	if (!gone)
		return -ENOMEM;
	for (; !json_object_iter_equal(&it, &end); json_object_iter_next(&it)) {
		const char *key = json_object_iter_peek_name(&it);
		if (lists_key(keys, key) || strcmp(key, SNAPSHOT_KERNEL_FAILURE) == 0)
			continue;
		gone[n] = strdup(key);
		if (!gone[n]) {
			r = -ENOMEM;
			break;
		}
		n++;
	}
	for (size_t i = 0; i < n; i++) {
		json_object_object_del(o, gone[i]);
		free(gone[i]);
	}
	free(gone);
	return r;
}

/* A member that must be an array of objects when it is there. */
static int object_array(struct json_object *o, const char *key, struct json_object **ret, size_t *ret_n)
{
	struct json_object *a = NULL;

	*ret = NULL;
	*ret_n = 0;
	if (!json_object_object_get_ex(o, key, &a) || !a)
		return 0;
	if (!json_object_is_type(a, json_type_array))
		return -EBADMSG;
	for (size_t i = 0; i < json_object_array_length(a); i++) {
		if (!json_object_is_type(json_object_array_get_idx(a, i), json_type_object))
			return -EBADMSG;
	}
	*ret = a;
	*ret_n = json_object_array_length(a);
	return 0;
}

static int check_zones(struct json_object *vpn)
{
	struct json_object *zones, *policies;
	size_t n, n_policies;
	int r = object_array(vpn, "zones", &zones, &n);

	for (size_t i = 0; r == 0 && i < n; i++)
		r = object_array(json_object_array_get_idx(zones, i), "policies", &policies, &n_policies);
	return r;
}

static int keep_sa(struct json_object *sa, const struct part *p)
{
	struct json_object *policies;
	size_t n;
	int r = keep_keys(sa, p->sa);

	if (r == 0)
		r = object_array(sa, "policies", &policies, &n);
	for (size_t i = 0; r == 0 && i < n; i++)
		r = keep_keys(json_object_array_get_idx(policies, i), p->policy);
	return r;
}

static int keep_vpn(struct json_object *vpn, const struct part *p)
{
	struct json_object *sas, *kek = NULL;
	size_t n;
	int r = keep_keys(vpn, p->vpn);

	if (r == 0)
		r = object_array(vpn, "sas", &sas, &n);
	for (size_t i = 0; r == 0 && i < n; i++)
		r = keep_sa(json_object_array_get_idx(sas, i), p);
	if (r == 0 && json_object_object_get_ex(vpn, "kek", &kek) && kek)
		r = json_object_is_type(kek, json_type_object) ? keep_keys(kek, p->kek) : -EBADMSG;
	return r == 0 ? check_zones(vpn) : r;
}

int show_part(struct json_object **ret, enum show_view view, struct json_object *snapshot)
{
	_cleanup_(json_putp) struct json_object *part = NULL;
	struct json_object *vpns;
	size_t n;
	int r;

	if (!json_object_is_type(snapshot, json_type_object) || !json_object_object_get_ex(snapshot, "vpns", NULL))
		return -EBADMSG;
	if (json_object_deep_copy(snapshot, &part, NULL) < 0)
		return -ENOMEM;
	r = keep_keys(part, parts[view].top);
	if (r == 0)
		r = object_array(part, "vpns", &vpns, &n);
	for (size_t i = 0; r == 0 && i < n; i++)
		r = keep_vpn(json_object_array_get_idx(vpns, i), &parts[view]);
	if (r < 0)
		return r;
	*ret = TAKE(part);
	return 0;
}
