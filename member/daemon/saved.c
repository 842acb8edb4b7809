/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/daemon/saved.h"

#include "lib/file.h"
#include "lib/json.h"
#include "lib/selector.h"

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define BOOT_ID "/proc/sys/kernel/random/boot_id"
#define BOOT_ID_LEN 36
#define SAS_MAX (KEYRING_POLICIES_MAX * KEYRING_KEYS_MAX)
#define FILE_MAX (4 * 1024 * 1024)
#define FORMAT 2 /* raised when a name goes, or gets another meaning */

#define NONE "none" /* of a cipher, of an integrity algorithm; the others have Junos's names */

static int boot_id(char id[static BOOT_ID_LEN + 1])
{
	FILE *f = fopen(BOOT_ID, "re");
	size_t n;

	if (!f)
		return -errno;
	n = fread(id, 1, BOOT_ID_LEN, f);
	fclose(f);
	id[n] = '\0';
	return n == BOOT_ID_LEN ? 0 : -EIO;
}

/* --- writing --- */

static void put_number(struct json_object *o, const char *name, uint64_t value)
{
	json_object_object_add(o, name, json_object_new_uint64(value));
}

static void put_prefix(struct json_object *o, const char *name, struct ip_prefix p)
{
	char text[PREFIX_TEXT_MAX];

	json_object_object_add(o, name, json_object_new_string(prefix_format(p, text)));
}

static void put_bool(struct json_object *o, const char *name, bool value)
{
	json_object_object_add(o, name, json_object_new_boolean(value));
}

static struct json_object *sa_object(const struct keyring_sa *sa)
{
	struct json_object *o = json_object_new_object();

	put_number(o, "spi", sa->tek.spi);
	put_number(o, "reqid", sa->reqid);
	json_object_object_add(
		o, "cipher",
		json_object_new_string(sa->tek.cipher == CIPHER_NONE ? NONE : cipher_junos(sa->tek.cipher)));
	json_object_object_add(o, "auth",
			       json_object_new_string(sa->tek.auth == AUTH_NONE ? NONE : auth_junos(sa->tek.auth)));
	put_number(o, "life", sa->tek.life_seconds);
	put_number(o, "kilobytes", sa->tek.life_kilobytes);
	put_number(o, "received", sa->received);
	put_number(o, "soft_at", sa->soft_at);
	put_number(o, "hard_at", sa->hard_at);
	put_number(o, "cut_at", sa->cut_at);
	put_bool(o, "deleted", sa->deleted);
	put_number(o, "window_ms", sa->window_ms);
	return o;
}

static struct json_object *key_object(const struct keyring_key *k)
{
	struct json_object *o = json_object_new_object();

	put_number(o, "spi", k->sa->tek.spi);
	put_number(o, "send_at", k->send_at);
	put_bool(o, "overtaken", k->overtaken);
	return o;
}

static struct json_object *policy_object(const struct keyring_policy *p)
{
	struct json_object *o = json_object_new_object(), *keys = json_object_new_array();

	put_prefix(o, "source", p->sel.src);
	put_prefix(o, "destination", p->sel.dst);
	put_number(o, "protocol", p->sel.protocol);
	put_number(o, "source_port_min", p->sel.sport.min);
	put_number(o, "source_port_max", p->sel.sport.max);
	put_number(o, "destination_port_min", p->sel.dport.min);
	put_number(o, "destination_port_max", p->sel.dport.max);
	put_number(o, "tunnel_id", p->tunnel_id);
	for (size_t i = 0; i < p->n_keys; i++)
		json_object_array_add(keys, key_object(&p->keys[i]));
	json_object_object_add(o, "keys", keys);
	return o;
}

static struct json_object *vpn_object(const struct group *g)
{
	struct json_object *o = json_object_new_object(), *policies = json_object_new_array(),
			   *sas = json_object_new_array();
	const struct keyring *keys = group_keyring(g);

	json_object_object_add(o, "name", json_object_new_string(group_vpn(g)->name));
	put_number(o, "group", group_vpn(g)->group);
	put_number(o, "local", group_gateway(g)->local_address);
	put_number(o, "slot", group_slot(g));
	for (size_t i = 0; i < keyring_sas(keys); i++)
		json_object_array_add(sas, sa_object(keyring_sa(keys, i)));
	json_object_object_add(o, "sas", sas);
	for (size_t i = 0; i < keyring_policies(keys); i++)
		json_object_array_add(policies, policy_object(keyring_policy(keys, i)));
	json_object_object_add(o, "policies", policies);
	return o;
}

int saved_write(const char *path, struct group *const *groups, size_t n_groups)
{
	struct json_object *o = json_object_new_object(), *vpns = json_object_new_array();
	char id[BOOT_ID_LEN + 1];
	int r = boot_id(id);

	if (r == 0) {
		put_number(o, "format", FORMAT);
		json_object_object_add(o, "boot_id", json_object_new_string(id));
		for (size_t i = 0; i < n_groups; i++)
			json_object_array_add(vpns, vpn_object(groups[i]));
		json_object_object_add(o, "vpns", json_object_get(vpns));
		r = file_replace(path, json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN));
	}
	json_object_put(vpns);
	json_object_put(o);
	return r;
}

/* --- reading: a file that is not as saved_write() makes it is refused as a whole --- */

static bool take_prefix(const struct json_object *o, const char *name, struct ip_prefix *ret)
{
	const char *text = json_take_string(o, name);

	return text && prefix_parse(ret, text) == 0;
}

static bool take_cipher(const struct json_object *o, enum cipher *ret)
{
	const char *name = json_take_string(o, "cipher");

	*ret = name ? cipher_of_junos(name) : CIPHER_NONE;
	return name && (*ret != CIPHER_NONE || strcmp(name, NONE) == 0);
}

static bool take_auth(const struct json_object *o, enum auth *ret)
{
	const char *name = json_take_string(o, "auth");

	*ret = name ? auth_of_junos(name) : AUTH_NONE;
	return name && (*ret != AUTH_NONE || strcmp(name, NONE) == 0);
}

/* Files from before there was one have none: their SAs had no window. */
static bool take_window(const struct json_object *o, uint32_t *ret)
{
	uint64_t ms = 0;

	if (json_object_object_get_ex(o, "window_ms", NULL) && !json_take_number(o, "window_ms", UINT32_MAX, &ms))
		return false;
	*ret = (uint32_t)ms;
	return true;
}

static bool read_sa(const struct json_object *o, struct keyring_sa *ret)
{
	uint64_t spi, reqid, life, kilobytes;
	enum cipher cipher;
	enum auth auth;

	if (!json_take_number(o, "spi", UINT32_MAX, &spi) || !json_take_number(o, "reqid", UINT32_MAX, &reqid) ||
	    !take_cipher(o, &cipher) || !take_auth(o, &auth) || !json_take_number(o, "life", UINT32_MAX, &life) ||
	    !json_take_number(o, "kilobytes", UINT32_MAX, &kilobytes) ||
	    !json_take_number(o, "received", INT64_MAX, &ret->received) ||
	    !json_take_number(o, "soft_at", INT64_MAX, &ret->soft_at) ||
	    !json_take_number(o, "hard_at", INT64_MAX, &ret->hard_at) ||
	    !json_take_number(o, "cut_at", INT64_MAX, &ret->cut_at) || !json_take_bool(o, "deleted", &ret->deleted) ||
	    !take_window(o, &ret->window_ms))
		return false;
	ret->reqid = (uint32_t)reqid;
	ret->tek = (struct tek){ .spi = (uint32_t)spi,
				 .cipher = cipher,
				 .auth = auth,
				 .life_seconds = (uint32_t)life,
				 .life_kilobytes = (uint32_t)kilobytes,
				 .tunnel = true };
	return true;
}

/* The SA of the key must be one of VPN, whose SAs have been read before. */
static bool read_key(const struct json_object *o, const struct saved_vpn *vpn, struct keyring_key *ret)
{
	uint64_t spi;

	if (!json_take_number(o, "spi", UINT32_MAX, &spi) ||
	    !json_take_number(o, "send_at", INT64_MAX, &ret->send_at) ||
	    !json_take_bool(o, "overtaken", &ret->overtaken))
		return false;
	for (size_t i = 0; i < vpn->n_sas && !ret->sa; i++)
		if (vpn->sas[i].tek.spi == spi)
			ret->sa = &vpn->sas[i];
	return ret->sa;
}

static bool read_selector(const struct json_object *o, struct selector *ret)
{
	uint64_t protocol, smin, smax, dmin, dmax;

	if (!take_prefix(o, "source", &ret->src) || !take_prefix(o, "destination", &ret->dst) ||
	    !json_take_number(o, "protocol", UINT8_MAX, &protocol) ||
	    !json_take_number(o, "source_port_min", UINT16_MAX, &smin) ||
	    !json_take_number(o, "source_port_max", UINT16_MAX, &smax) ||
	    !json_take_number(o, "destination_port_min", UINT16_MAX, &dmin) ||
	    !json_take_number(o, "destination_port_max", UINT16_MAX, &dmax))
		return false;
	ret->protocol = (uint8_t)protocol;
	ret->sport = (struct port_range){ (uint16_t)smin, (uint16_t)smax };
	ret->dport = (struct port_range){ (uint16_t)dmin, (uint16_t)dmax };
	return true;
}

static bool read_policy(const struct json_object *o, const struct saved_vpn *vpn, struct keyring_policy *ret)
{
	const struct json_object *keys = json_take_array(o, "keys", KEYRING_KEYS_MAX);
	uint64_t tunnel_id;

	if (!keys || !read_selector(o, &ret->sel) || !json_take_number(o, "tunnel_id", UINT32_MAX, &tunnel_id))
		return false;
	ret->tunnel_id = (uint32_t)tunnel_id;
	ret->keys = calloc(json_object_array_length(keys) + 1, sizeof(*ret->keys));
	if (!ret->keys)
		return false;
	for (size_t i = 0; i < json_object_array_length(keys); i++)
		if (!read_key(json_object_array_get_idx(keys, i), vpn, &ret->keys[ret->n_keys++]))
			return false;
	return true;
}

static bool read_vpn(const struct json_object *o, struct saved_vpn *ret)
{
	const struct json_object *policies = json_take_array(o, "policies", KEYRING_POLICIES_MAX);
	const struct json_object *sas = json_take_array(o, "sas", SAS_MAX);
	const char *name = json_take_string(o, "name");
	uint64_t group, local, slot;

	if (!policies || !sas || !name || !json_take_number(o, "group", UINT32_MAX, &group) ||
	    !json_take_number(o, "local", UINT32_MAX, &local) ||
	    !json_take_number(o, "slot", GROUP_SLOTS_MAX - 1, &slot))
		return false;
	snprintf(ret->name, sizeof(ret->name), "%s", name);
	ret->group = (uint32_t)group;
	ret->local = (uint32_t)local;
	ret->slot = (size_t)slot;
	ret->policies = calloc(json_object_array_length(policies) + 1, sizeof(*ret->policies));
	ret->sas = calloc(json_object_array_length(sas) + 1, sizeof(*ret->sas));
	if (!ret->policies || !ret->sas)
		return false;
	for (size_t i = 0; i < json_object_array_length(sas); i++)
		if (!read_sa(json_object_array_get_idx(sas, i), &ret->sas[ret->n_sas++]))
			return false;
	for (size_t i = 0; i < json_object_array_length(policies); i++)
		if (!read_policy(json_object_array_get_idx(policies, i), ret, &ret->policies[ret->n_policies++]))
			return false;
	return true;
}

static int read_vpns(const struct json_object *o, struct saved *s)
{
	const struct json_object *vpns = json_take_array(o, "vpns", SAVED_VPNS_MAX);
	const char *id;
	char now_id[BOOT_ID_LEN + 1];
	uint64_t format;
	int r = boot_id(now_id);

	if (r < 0)
		return r;
	if (!json_object_is_type(o, json_type_object))
		return -EINVAL;
	if (!json_take_number(o, "format", UINT32_MAX, &format) || format != FORMAT)
		return -EPROTO;
	id = json_take_string(o, "boot_id");
	if (!vpns || !id)
		return -EINVAL;
	if (strcmp(id, now_id) != 0)
		return -ESTALE;
	s->vpns = calloc(json_object_array_length(vpns) + 1, sizeof(*s->vpns));
	if (!s->vpns)
		return -ENOMEM;
	for (size_t i = 0; i < json_object_array_length(vpns); i++)
		if (!read_vpn(json_object_array_get_idx(vpns, i), &s->vpns[s->n_vpns++]))
			return -EINVAL;
	return 0;
}

int saved_read(struct saved **ret, const char *path)
{
	_cleanup_(saved_freep) struct saved *s = NULL;
	struct json_object *o;
	int fd = file_open_own(path, FILE_MAX), r;

	if (fd < 0)
		return fd;
	o = json_object_from_fd(fd);
	close(fd);
	if (!o)
		return -EINVAL;
	s = calloc(1, sizeof(*s));
	r = s ? read_vpns(o, s) : -ENOMEM;
	json_object_put(o);
	if (r < 0)
		return r;
	*ret = TAKE(s);
	return 0;
}

const char *saved_why(int r)
{
	switch (r) {
	case -EPERM:
		return "it is not this user's, or others can write it: nobody knows who wrote it; look at it, and "
		       "remove "
		       "it";
	case -EPROTO:
		return "another version of gvpnd wrote it";
	case -EINVAL:
		return "it is not what gvpnd writes; remove it if it is not yours";
	default:
		return strerror(-r);
	}
}

void saved_free(struct saved *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->n_vpns; i++) {
		for (size_t j = 0; j < s->vpns[i].n_policies; j++)
			free(s->vpns[i].policies[j].keys);
		free(s->vpns[i].policies);
		free(s->vpns[i].sas);
	}
	free(s->vpns);
	free(s);
}

const struct saved_vpn *saved_find(const struct saved *s, const struct config *config, size_t index)
{
	const struct config_vpn *vpn = &config->vpns[index];

	for (size_t i = 0; s && i < s->n_vpns; i++)
		if (strcmp(s->vpns[i].name, vpn->name) == 0 && s->vpns[i].group == vpn->group &&
		    s->vpns[i].local == config->gateways[vpn->gateway].local_address)
			return &s->vpns[i];
	return NULL;
}
