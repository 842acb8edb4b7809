/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The key server as a whole, from its configuration: the groups, and one GDOI responder for each local address
 * (RFC 6407 3, row G).  Pure like its parts: datagrams and times (milliseconds) come in, datagrams and log lines go
 * out.
 *
 * A member is recognised before any cryptography, by the pair of its address and ours: an ike gateway names both.  Then
 * the gateway's identity and key prove the member.  Any other address is met with silence.
 */
#ifndef GCKS_SERVER_H
#define GCKS_SERVER_H

#include "tests/gcks/cluster.h"
#include "tests/gcks/config.h"

#define GCKS_LOCALS_MAX 32 /* local addresses, a socket each */

struct gcks_server_ops {
	gcks_random_fn random;
	int (*signature)(void *ctx, enum sig_algorithm algorithm, EVP_PKEY **ret); /* as in gdoi_group_ops */
	void (*log)(void *ctx, enum ike_note_level level, const char *text);       /* NULL: nobody listens */
	/* To another server of a cluster; NULL when the configuration has no clusters. */
	void (*cluster_send)(void *ctx, uint32_t local, uint32_t to, const uint8_t *data, size_t len);
	void *ctx;
};

struct gcks_server;

/*
 * C stays the caller's and must outlive the server.  Errors: -EINVAL with ERR for what the configuration asks and no
 * server can do, and those of gdoi_group_new() and responder_new().
 */
GVPN_MUST_CHECK int gcks_server_new(struct gcks_server **ret, const struct gcks_config *c,
				    const struct gcks_server_ops *ops, uint64_t now, struct gcks_error *err);
void gcks_server_free(struct gcks_server *s); /* wipes; NULL is fine */
static inline void gcks_server_freep(struct gcks_server **s)
{
	gcks_server_free(*s);
}

size_t gcks_server_n_locals(const struct gcks_server *s);
uint32_t gcks_server_local(const struct gcks_server *s, size_t i);

/*
 * A datagram for the local address I came from ADDR and PORT; or (DATA NULL) time has passed, which the caller says for
 * each local address.  OUT gets the answers and pushes to be sent from that address; its notes are logged already, and
 * the caller clears it.  When OUT is full there may be more: call again.
 */
void gcks_server_step(struct gcks_server *s, uint64_t now, size_t i, uint32_t addr, uint16_t port, const uint8_t *data,
		      size_t len, struct ike_out *out);
uint64_t gcks_server_deadline(const struct gcks_server *s);

/* The local addresses that other servers of clusters speak to, and their datagrams. */
size_t gcks_server_n_cluster_locals(const struct gcks_server *s);
uint32_t gcks_server_cluster_local(const struct gcks_server *s, size_t i);
void gcks_server_cluster_input(struct gcks_server *s, uint64_t now, uint32_t local, uint32_t from, const uint8_t *data,
			       size_t len);
struct gdoi_cluster *const *gcks_server_clusters(const struct gcks_server *s); /* of the groups; NULL: has none */

void gcks_server_set_answer(struct gcks_server *s, enum gcks_answer answer);

struct gdoi_group *const *gcks_server_groups(const struct gcks_server *s, size_t *ret_n);

#endif
