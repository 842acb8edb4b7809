/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xfrm/kernel_private.h"

#include "lib/refuse.h"
#include "xfrm/bpf/attach.h"
#include "xfrm/bpf/load.h"
#include "xfrm/nft/query.h"
#include "xfrm/searcher.h"

#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <syslog.h>
#include <unistd.h>

bool kernel_can_d3p(const struct kernel *k)
{
	return k->stamps.can;
}

int kernel_probe_esp(struct kernel *k, char err[static 256])
{
	struct plan_sa sa = { .reqid = KERNEL_REQID_MAX, .hard_seconds = 10 };
	struct sa_id s;
	struct message m;
	char why[256];
	int r;

	sa.tek = (struct tek){ .spi = 0x67767000 | (uint32_t)(getpid() & 0xfff),
			       .cipher = CIPHER_AES_CBC_256,
			       .auth = AUTH_HMAC_SHA256_128,
			       .key.len = 32,
			       .auth_key.len = 32 };
	s = sa_id_of(&sa, KERNEL_DUMMY, true);
	r = sa_build_add(&m, &sa, KERNEL_DUMMY, true, NULL, 0);
	if (r == 0)
		r = netlink_request(k->xfrm, &m, NULL, NULL, why);
	if (r < 0)
		return refuse(-EPROTONOSUPPORT, err,
			      "this kernel cannot do ESP with AES-256 and HMAC-SHA-256 (%.80s); it needs the modules "
			      "esp4 and xfrm_user (CONFIG_INET_ESP, CONFIG_XFRM_USER)",
			      why);
	r = sa_build_id(&m, XFRM_MSG_DELSA, &s);
	return r < 0 ? r : netlink_request(k->xfrm, &m, NULL, NULL, err);
}

static int open_socket(struct netlink **ret, int family, const char *what, char err[static 256])
{
	int r = netlink_open(ret, family);

	if (r == -EPROTONOSUPPORT)
		return refuse(r, err, "this kernel has no %s over netlink; install a kernel with it", what);
	return r < 0 ? refuse(r, err, "cannot open netlink for %s: %s", what, strerror(-r)) : 0;
}

int kernel_load(const char *folder, uint32_t uid, uint32_t gid, char err[static 256])
{
	return datapath_load(folder, uid, gid, err);
}

void kernel_say_tcx(kernel_log_fn log, void *ctx)
{
	char names[128], text[384];

	if (!attach_tcx_names(names, sizeof(names)))
		return;
	snprintf(text, sizeof(text),
		 "other programs have tcx links on %s, which see packets before gvpnd's programs: where gvpnd has "
		 "some, group traffic that such a link does not pass on with \"next\" (-1) is lost; attach those "
		 "programs by clsact instead",
		 names);
	log(ctx, LOG_WARNING, KERNEL_NEWS_CONFLICT, text);
}

static int open_programs(struct kernel *k, const char *folder, char err[static 256])
{
	int r = datapath_open(&k->datapath, folder, k->route, err);

	if (r != -ENOENT || geteuid() != 0)
		return r;
	r = datapath_load(folder, geteuid(), getegid(), err);
	return r < 0 ? r : datapath_open(&k->datapath, folder, k->route, err);
}

static int probe_table(struct kernel *k, char err[static 256])
{
	char why[256];
	int r = query_nf_tables(k->nft, why);

	if (r == 0)
		return 0;
	if (r == -EPERM)
		return refuse(r, err, "no privilege to program the kernel; run as root or with CAP_NET_ADMIN");
	return refuse(-EPROTONOSUPPORT, err,
		      "this kernel has no nf_tables (%.100s); it needs the module nf_tables (CONFIG_NF_TABLES)", why);
}

static int open_all(struct kernel *k, const char *folder, char err[static 256])
{
	struct links_ports own;
	int r = open_socket(&k->xfrm, NETLINK_XFRM, "XFRM", err);

	if (r == 0)
		r = open_socket(&k->nft, NETLINK_NETFILTER, "nf_tables", err);
	if (r == 0)
		r = open_socket(&k->route, NETLINK_ROUTE, "routes", err);
	if (r < 0)
		return r;
	netlink_filter_dumps(k->route);
	stamps_open(&k->stamps, k->xfrm, k->route);
	r = probe_table(k, err);
	if (r == 0 && folder)
		r = open_programs(k, folder, err);
	if (r < 0)
		return r;
	if (folder && searcher_new(&k->searcher, k->xfrm) < 0)
		return refuse_memory(err);
	if (folder) {
		stamps_tell_clock(k->datapath);
		stamps_probe(&k->stamps);
	}
	own = (struct links_ports){ netlink_port(k->nft), netlink_port(k->xfrm), netlink_port(k->route) };
	r = links_new(&k->links, &own, &k->names);
	return r < 0 ? refuse(r, err, "cannot watch interfaces and SAs: %s", strerror(-r)) : 0;
}

int kernel_open(struct kernel **ret, const char *folder, kernel_log_fn log, void *ctx, char err[static 256])
{
	struct kernel *k = calloc(1, sizeof(*k));
	int r;

	if (!k)
		return refuse_memory(err);
	k->log = log;
	k->ctx = ctx;
	r = open_all(k, folder, err);
	if (r < 0) {
		kernel_close(k);
		return r;
	}
	*ret = k;
	return 0;
}

void kernel_close(struct kernel *k)
{
	if (!k)
		return;
	searcher_free(k->searcher);
	datapath_close(k->datapath);
	links_free(k->links);
	names_clear(&k->names);
	stamps_forget(&k->stamps);
	table_objects_clear(&k->table);
	free(k->lost);
	netlink_close(k->xfrm);
	netlink_close(k->nft);
	netlink_close(k->route);
	free(k);
}
